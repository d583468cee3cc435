import math

import pytest
import torch

from models.attention import (
    Window,
    attend,
    attend_own,
    mask_boxes,
    peaks,
    scores,
    standardised,
    templates,
    windows,
)

CELLS = [Window(1, 0, 4, 3), Window(2, 1, 4, 5), Window(5, 4, 6, 5), Window(0, 2, 7, 4)]


def random(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def unit(vector):
    """Return a feature's direction, as a list."""
    values = vector.tolist()
    length = math.sqrt(sum(value * value for value in values))
    return [value / length for value in values]


def correlation(radio, visual, window):
    """Return equation 1 as rows of numbers, by sums over cells, of features (c, h, w)."""
    height, width = radio.shape[1:]
    rows, columns = window.y1 - window.y0, window.x1 - window.x0
    made = [[0.0] * width for _ in range(height)]
    for y in range(height):
        for x in range(width):
            for j in range(rows):
                for i in range(columns):
                    v, u = y + j - rows // 2, x + i - columns // 2
                    if 0 <= v < height and 0 <= u < width:
                        target = unit(visual[:, window.y0 + j, window.x0 + i])
                        products = zip(unit(radio[:, v, u]), target, strict=True)
                        made[y][x] += sum(a * b for a, b in products) / (rows * columns)
    return made


def test_attention_is_equation_1_for_every_pair_of_map_and_target():
    radio, visual = random(3, 4, 5, 7), random(4, 4, 5, 7, seed=1)
    maps = attend(radio, templates(visual, CELLS))
    assert maps.shape == (3, 4, 5, 7)
    for a in range(3):
        for b, window in enumerate(CELLS):
            slow = torch.tensor(correlation(radio[a], visual[b], window))
            torch.testing.assert_close(maps[a, b], slow, atol=1e-6, rtol=0)


def test_a_template_is_the_same_alone_and_among_larger_ones():
    radio, visual = random(2, 4, 5, 7), random(4, 4, 5, 7, seed=1)
    together = attend(radio, templates(visual, CELLS))
    for b, window in enumerate(CELLS):
        alone = attend(radio, templates(visual[b : b + 1], [window]))
        torch.testing.assert_close(together[:, b : b + 1], alone)


def test_a_map_of_ones_own_is_the_diagonal():
    radio, visual = random(4, 6, 5, 7), random(4, 6, 5, 7, seed=1)
    kernels = templates(visual, CELLS)
    diagonal = torch.stack([attend(radio, kernels)[i, i] for i in range(4)])
    torch.testing.assert_close(attend_own(radio, kernels), diagonal)


def test_only_directions_count_and_scores_end_at_one():
    features = random(4, 6, 5, 7)
    stronger = features * (1 + torch.arange(35).reshape(5, 7))
    maps = attend(features, templates(features, CELLS))
    torch.testing.assert_close(attend(stronger, templates(3 * stronger, CELLS)), maps)
    assert maps.abs().max() <= 1 + 1e-6
    best = peaks(attend_own(features, templates(features, CELLS)))
    torch.testing.assert_close(best.score, torch.ones(4))
    assert best.row.tolist() == [(w.y0 + w.y1) // 2 for w in CELLS]
    assert best.column.tolist() == [(w.x0 + w.x1) // 2 for w in CELLS]


def test_no_response_is_no_attention():
    nothing = torch.zeros(1, 4, 5, 7)
    assert not attend(nothing, templates(random(1, 4, 5, 7), CELLS[:1])).any()
    assert not attend(random(1, 4, 5, 7), templates(nothing, CELLS[:1])).any()


def test_scores_and_peaks_are_equation_2():
    maps = random(6, 4, 5) - 9  # the largest is below zero: no padding may win
    maps[2, 3, 4] = maps[3, 0, 0] = -1
    score, row, column = peaks(maps)
    for i, one in enumerate(maps.tolist()):
        best = max((one[y][x], y, x) for y in range(4) for x in range(5))
        assert (score[i].item(), row[i].item(), column[i].item()) == best
    assert torch.equal(scores(maps), score)
    assert torch.equal(scores(maps.reshape(2, 3, 4, 5)), score.reshape(2, 3))


def odd(first, end, number):
    """Return a span with one cell more, or less, where it has no cell in its middle."""
    if (end - first) % 2 == 1:
        return first, end
    return (first, end + 1) if end < number else (first - 1, end) if first else (first, end - 1)


def touched(low, high, stride, number, margin):
    """Return first and end of the cells that an interval overlaps, with a margin of cells."""
    cells = [c for c in range(-9, number + 9) if low < (c + 1) * stride and high > c * stride]
    return odd(max(cells[0] - margin, 0), min(cells[-1] + 1 + margin, number), number)


@pytest.mark.parametrize("margin", [0, 1, 2])
def test_windows_are_the_cells_that_boxes_touch_made_odd(margin):
    generator = torch.Generator().manual_seed(3)
    corner = torch.rand(50, 2, generator=generator) * torch.tensor([70, 44]) - 4
    size = torch.rand(50, 2, generator=generator) * 30 + 5
    exact = torch.tensor([[8.0, 16.0, 24.0, 32.0], [0.0, 0.0, 80.0, 48.0]])
    boxes = torch.cat([torch.cat([corner, corner + size], 1), exact])
    for (x0, y0, x1, y1), window in zip(
        boxes.tolist(), windows(boxes, 8, 6, 10, margin), strict=True
    ):
        left, right = touched(x0, x1, 8, 10, margin)
        up, down = touched(y0, y1, 8, 6, margin)
        assert window == Window(left, up, right, down)
        assert (right - left) % 2 == (down - up) % 2 == 1


def test_boxes_of_nothing_or_outside_keep_a_cell():
    boxes = torch.tensor([[0.0, 0, 0, 0], [100, 60, 120, 90], [-50, -40, -20, -10]])
    for window in windows(boxes, 8, 6, 10, 0):
        assert 0 <= window.x0 < window.x1 <= 10
        assert 0 <= window.y0 < window.y1 <= 6


def test_a_mask_keeps_the_pixels_whose_middles_are_in_the_box():
    pictures = random(3, 2, 9, 12)
    boxes = torch.tensor([[3.0, 2.0, 7.0, 5.0], [-2.0, 4.4, 3.6, 20.0], [5.0, 5.0, 5.0, 5.0]])
    masked = mask_boxes(pictures, boxes, 1.0)
    for i, (x0, y0, x1, y1) in enumerate(boxes.tolist()):
        for y in range(9):
            for x in range(12):
                inside = x0 - 1 <= x + 0.5 < x1 + 1 and y0 - 1 <= y + 0.5 < y1 + 1
                expected = pictures[i, :, y, x] if inside else torch.zeros(2)
                assert torch.equal(masked[i, :, y, x], expected)


def test_bytes_become_ordinary_numbers():
    pictures = torch.arange(256, dtype=torch.uint8).reshape(1, 1, 16, 16).expand(1, 3, 16, 16)
    values = standardised(pictures)
    assert values.dtype == torch.float32
    for byte in (0, 100, 255):
        expected = pytest.approx((byte / 255 - 0.45) / 0.25)
        assert values[0, :, byte // 16, byte % 16].tolist() == [expected] * 3
