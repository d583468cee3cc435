import math

import pytest
import torch

from models.boxes import iou
from models.checkpoint import CheckpointError, load_detector, read_checkpoint, save_detector
from models.detector import (
    STRIDE,
    DetectorConfig,
    Maps,
    as_input,
    boxes_from,
    decode,
    detect,
    new_detector,
)
from models.detector_loss import box_loss, centre_loss, detector_loss, encode

SMALL = DetectorConfig(widths=(8, 8, 16, 16), blocks=(1, 1, 1, 1), neck=8)
NOTHING = torch.zeros(0, 4)
CARS = torch.tensor([
    [10.0, 12.0, 31.0, 25.0], [60.0, 40.0, 68.0, 47.0], [70.0, 5.0, 127.0, 38.0],
    [0.0, 60.0, 40.0, 96.0], [100.0, 70.0, 106.0, 76.0],
])  # fmt: skip


def perfect(truth):
    """Return maps that say what the truth does."""
    return Maps(torch.where(truth.centre == 1, 9.0, -9.0), truth.boxes)


def test_boxes_survive_encoding_and_decoding():
    truth = encode([CARS, NOTHING], [NOTHING, NOTHING], 24, 32)
    found = decode(perfect(truth), n_most=20)
    real = found.scores[0] > 0.5
    assert real.sum() == len(CARS)
    assert not (found.scores[1] > 0.5).any()
    overlap = iou(CARS, found.boxes[0, real])
    assert torch.equal(overlap.max(1).values, torch.ones(len(CARS)))
    assert detector_loss(perfect(truth), truth) < 0.01


def test_a_cell_belongs_to_the_car_in_whose_middle_it_is():
    truth = encode([CARS], [NOTHING], 24, 32)
    for car in CARS:
        x, y = ((car[:2] + car[2:]) / 2 / STRIDE).floor().long().tolist()
        assert truth.centre[0, y, x] == 1
        assert torch.equal(truth.boxes[0, :, y, x], car)
    assert truth.box_weight.sum() == pytest.approx(len(CARS))
    assert truth.centre.max() == 1
    assert torch.equal(truth.box_weight > 0, truth.centre > 0)


def test_distances_are_from_the_middles_of_cells():
    distances = torch.ones(1, 4, 3, 5)
    assert boxes_from(distances)[0, :, 1, 2].tolist() == [9, 5, 11, 7]


def test_ignored_boxes_give_no_loss():
    ignored = torch.tensor([[5.0, 40.0, 50.0, 80.0], [100.0, 0.0, 128.0, 20.0]])
    truth = encode([CARS], [ignored], 24, 32)
    logit = torch.zeros(1, 24, 32, requires_grad=True)
    boxes = torch.zeros(1, 4, 24, 32, requires_grad=True)
    loss = detector_loss(Maps(logit, boxes), truth)
    of_logit, of_boxes = torch.autograd.grad(loss, (logit, boxes))
    for y in range(24):
        for x in range(32):
            x0, y0 = x * STRIDE, y * STRIDE
            inside = any(
                x0 + STRIDE > a and x0 < c and y0 + STRIDE > b and y0 < d for a, b, c, d in ignored
            )
            free = inside and truth.centre[0, y, x] == 0
            assert (of_logit[0, y, x] == 0) == free
            if free:
                assert (of_boxes[0, :, y, x] == 0).all()
    assert (truth.weight == 0).any()


def test_the_centres_loss_is_that_of_the_paper():
    truth = encode([CARS, CARS[:1]], [CARS[1:2] + 8, NOTHING], 24, 32)
    logit = torch.randn(2, 24, 32, generator=torch.Generator().manual_seed(0))
    slow = 0.0
    for y, p, w in zip(*(t.flatten().tolist() for t in (
        truth.centre, logit.sigmoid(), truth.weight)), strict=True):  # fmt: skip
        if y == 1:
            slow -= (1 - p) ** 2 * math.log(p)
        elif w:
            slow -= (1 - y) ** 4 * p**2 * math.log(1 - p)
    n_car = len(CARS) + 1
    assert centre_loss(logit, truth).item() == pytest.approx(slow / n_car, rel=1e-4)


def test_every_car_has_the_same_part_in_the_loss_of_boxes():
    truth = encode([CARS], [NOTHING], 24, 32)
    assert box_loss(truth.boxes, truth).item() == pytest.approx(0, abs=1e-5)
    losses = []
    for car in CARS:
        of_car = (truth.boxes == car[None, :, None, None]).all(1, keepdim=True)
        moved = torch.where(of_car, truth.boxes + 1000, truth.boxes)  # GIoU is then nearly -1
        losses.append(box_loss(moved, truth).item() * len(CARS))
    assert losses == pytest.approx([2.0] * len(CARS), abs=0.02)


def test_pictures_without_cars_have_a_finite_loss():
    truth = encode([NOTHING], [NOTHING], 16, 16)
    maps = new_detector(SMALL, 0)(torch.zeros(1, 3, 64, 64))
    detector_loss(maps, truth).backward()
    assert detector_loss(maps, truth).isfinite()


def painted(boxes, height=96, width=128):
    """Return a picture of grey noise with brighter rectangles."""
    chance = torch.Generator().manual_seed(1)
    picture = torch.randint(60, 120, (height, width, 3), generator=chance, dtype=torch.uint8)
    for x0, y0, x1, y1 in boxes.int().tolist():
        picture[y0:y1, x0:x1] += 110
    return picture


def test_the_loss_falls_until_cars_are_found():
    network = new_detector(SMALL, 0)
    picture = painted(CARS)[None]
    truth = encode([CARS], [NOTHING], 24, 32)
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-2)
    first = last = 0.0
    for _ in range(150):
        optimizer.zero_grad()
        loss = detector_loss(network(as_input(picture)), truth)
        loss.backward()
        optimizer.step()
        last = loss.item()
        first = first or last
    assert last < 0.1 * first
    network.eval()
    found = detect(network, picture)
    overlap = iou(CARS, found.boxes[0, found.scores[0] > 0.3])
    assert overlap.max(1).values.min() > 0.6


def test_pictures_of_any_size_are_searched():
    network = new_detector(SMALL, 0).eval()
    boxes, scores = detect(network, torch.zeros(2, 45, 70, 3, dtype=torch.uint8), n_most=9)
    assert boxes.shape == (2, 9, 4)
    assert scores.shape == (2, 9)
    assert (boxes[..., 2] <= 70).all() and (boxes[..., 3] <= 45).all() and (boxes >= 0).all()
    with pytest.raises(ValueError, match="multiples of 32"):
        network(torch.zeros(1, 3, 45, 70))


def test_detections_come_by_falling_score():
    maps = Maps(torch.randn(3, 24, 32, generator=torch.Generator().manual_seed(2)),
                boxes_from(torch.full((3, 4, 24, 32), 20.0)))  # fmt: skip
    scores = decode(maps).scores
    assert (scores.diff(dim=1) <= 0).all()
    assert (scores == 0).any()  # many overlap


def test_a_seed_is_a_network():
    before = torch.random.get_rng_state()
    one, same, other = (new_detector(SMALL, seed) for seed in (5, 5, 6))
    assert torch.equal(torch.random.get_rng_state(), before)
    pairs = zip(one.parameters(), same.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    assert not torch.equal(one.head.weight, other.head.weight)


def test_a_detector_comes_back_from_its_file(tmp_path):
    network = new_detector(SMALL, 3)
    with torch.no_grad():
        network(as_input(painted(CARS)[None]))  # moves the norms' means
    save_detector(tmp_path / "detector.pt", network, 0.4, "abc")
    again, threshold = load_detector(tmp_path / "detector.pt")
    assert threshold == 0.4
    assert again.config == SMALL
    assert not again.training
    picture = painted(CARS)[None]
    pairs = zip(detect(network.eval(), picture), detect(again, picture), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)


class Trap:
    def __reduce__(self):
        return print, ("code of a stranger",)


def test_what_is_no_checkpoint_is_refused(tmp_path, capsys):
    path = tmp_path / "x.pt"
    with pytest.raises(CheckpointError, match="No such file"):
        read_checkpoint(path)
    path.write_bytes(b"")
    with pytest.raises(CheckpointError, match="no checkpoint"):
        read_checkpoint(path)
    path.write_bytes(b"PK\x03\x04 not quite")
    with pytest.raises(CheckpointError, match="no checkpoint"):
        read_checkpoint(path)
    torch.save({"config": Trap()}, path)
    with pytest.raises(CheckpointError, match="no checkpoint"):
        read_checkpoint(path)
    assert capsys.readouterr().out == ""
    torch.save([1, 2], path)
    with pytest.raises(CheckpointError, match="no checkpoint"):
        load_detector(path)


def test_a_checkpoint_of_another_network_is_refused(tmp_path):
    network = new_detector(SMALL, 0)
    save_detector(tmp_path / "detector.pt", network, 0.4, "abc")
    held = torch.load(tmp_path / "detector.pt", weights_only=True)
    for key, value in (("config", {"neck": 9}), ("config", {"depth": 3}), ("network", {})):
        torch.save({**held, key: value}, tmp_path / "other.pt")
        with pytest.raises(CheckpointError, match="no car detector"):
            load_detector(tmp_path / "other.pt")
