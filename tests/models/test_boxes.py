import pytest
import torch

from models.boxes import area, clip, giou, iou, shared, suppress


def some_boxes(n, seed=0):
    chance = torch.Generator().manual_seed(seed)
    corner = 40 * torch.rand(n, 2, generator=chance)
    boxes = torch.cat([corner, corner + 30 * torch.rand(n, 2, generator=chance)], 1)
    boxes[0, 2] = boxes[0, 0]  # one is empty
    return boxes.round()


def slow_overlap(a, b):
    """Count unit squares of whole-numbered boxes."""
    one = {(x, y) for x in range(int(a[0]), int(a[2])) for y in range(int(a[1]), int(a[3]))}
    two = {(x, y) for x in range(int(b[0]), int(b[2])) for y in range(int(b[1]), int(b[3]))}
    return len(one & two), len(one | two), one, two


def test_iou_is_that_of_counted_pixels():
    a, b = some_boxes(12), some_boxes(9, 1)
    b[3] = a[5]
    ours, both = iou(a, b), shared(a, b)
    for i, j in ((i, j) for i in range(len(a)) for j in range(len(b))):
        common, union, *_ = slow_overlap(a[i], b[j])
        assert both[i, j] == common
        assert ours[i, j] == pytest.approx(common / union if union else 0.0)
    assert iou(a[None], b[None]).shape == (1, 12, 9)


def test_giou_is_that_of_counted_pixels():
    a, b = some_boxes(40), some_boxes(40, 1)
    b[1] = a[1]
    for ours, one, two in zip(giou(a, b), a, b, strict=True):
        common, union, *_ = slow_overlap(one, two)
        width = max(one[2], two[2]) - min(one[0], two[0])
        height = max(one[3], two[3]) - min(one[1], two[1])
        hull = float(width * height)
        overlap, beside = common / max(union, 1), (hull - union) / max(hull, 1)
        assert ours == pytest.approx(overlap - beside, abs=1e-5)
    whole = a[area(a) > 0]
    assert torch.allclose(giou(whole, whole), torch.ones(len(whole)))


def test_boxes_apart_are_drawn_together_by_giou():
    far = torch.tensor([[40.0, 0.0, 50.0, 10.0]], requires_grad=True)
    value = giou(far, torch.tensor([[0.0, 0.0, 10.0, 10.0]]))
    (slope,) = torch.autograd.grad(value.sum(), far)
    assert value < -0.5
    assert slope[0, 0] < 0  # growing towards the other box makes it larger


def test_suppression_is_the_greedy_one():
    chance = torch.Generator().manual_seed(3)
    boxes = torch.stack([some_boxes(30, seed) for seed in range(4)])
    scores = torch.rand(4, 30, generator=chance).sort(1, descending=True).values
    scores[:, 25:] = 0
    keep = suppress(boxes, scores, 0.3)
    for i in range(4):
        kept: list[int] = []
        for k in range(30):
            rival = any(iou(boxes[i, k : k + 1], boxes[i, j : j + 1]) > 0.3 for j in kept)
            if scores[i, k] > 0 and not rival:
                kept.append(k)
        assert torch.nonzero(keep[i])[:, 0].tolist() == kept
    assert 0 < keep.sum() < keep.numel()


def test_clipped_boxes_lie_in_the_picture():
    boxes = torch.tensor([[-5.0, 3.0, 20.0, 50.0], [90.0, 90.0, 120.0, 99.0]])
    cut = clip(boxes, 60, 40)
    assert cut.tolist() == [[0, 3, 20, 40], [60, 40, 60, 40]]
    assert area(cut).tolist() == [740, 0]
