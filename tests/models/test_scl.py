import math

import pytest
import torch

from models.attention import Window, attend, templates
from models.scl import Scl, SclConfig
from models.vgg import BackboneConfig, Layer

LAYERS = (Layer(4, 3, 2, pool=2), Layer(6, 3))
SMALL = SclConfig(BackboneConfig(LAYERS), BackboneConfig(LAYERS))
UNLIKE = SclConfig(
    BackboneConfig((Layer(4, 3, 2), Layer(6, 3)), "replicate", True), BackboneConfig(LAYERS),
    temperature=0.3, box_margin=2.0, cell_margin=0,
)  # fmt: skip


def seeded(config, seed=0):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Scl(config)


def batch(n, seed=0):
    """Return pictures (n, 3, 24, 32), radio maps, and boxes in the pictures."""
    chance = torch.Generator().manual_seed(seed)
    pictures = torch.randint(0, 256, (n, 3, 24, 32), generator=chance, dtype=torch.uint8)
    corner = torch.rand(n, 2, generator=chance) * torch.tensor([22.0, 14.0])
    size = torch.rand(n, 2, generator=chance) * 7 + 3
    radio = torch.randn(n, 1, 24, 32, generator=chance)
    return pictures, radio, torch.cat([corner, corner + size], 1)


def target_only(picture, box, margin):
    """Return one picture's values, zero beyond a box, pixel by pixel."""
    x0, y0, x1, y1 = box
    kept = torch.zeros(3, 24, 32)
    for y in range(24):
        for x in range(32):
            if x0 - margin <= x + 0.5 < x1 + margin and y0 - margin <= y + 0.5 < y1 + margin:
                kept[:, y, x] = (picture[:, y, x] / 255 - 0.45) / 0.25
    return kept


def cells(low, high, number, pixels, margin):
    """Return the cells of 4 px that an interval and a margin of pixels and of cells touch."""
    seen = [c for c in range(number) if low - pixels < 4 * c + 4 and high + pixels > 4 * c]
    first, end = max(seen[0] - margin, 0), min(seen[-1] + margin + 1, number)
    if (end - first) % 2 == 0:  # a window has a cell in its middle
        if end < number:
            end += 1
        elif first:
            first -= 1
        else:
            end -= 1
    return range(first, end)


def attention(radio, visual, rows, columns):
    """Return equation 1 of features (c, h, w), by a sum over the target's cells."""
    radio, visual = radio / radio.norm(dim=0), visual / visual.norm(dim=0)
    height, width = radio.shape[1:]
    made = torch.zeros(height, width)
    for y in range(height):
        for x in range(width):
            for j, v in enumerate(rows):
                for i, u in enumerate(columns):
                    at = y + j - len(rows) // 2, x + i - len(columns) // 2
                    if 0 <= at[0] < height and 0 <= at[1] < width:
                        made[y, x] += radio[:, at[0], at[1]] @ visual[:, v, u]
    return made / (len(rows) * len(columns))


@pytest.mark.parametrize("config", [SMALL, UNLIKE])
def test_the_loss_is_equations_1_to_4_of_the_features(config):
    pictures, radio, boxes = batch(3)
    network = seeded(config).eval()
    masked = torch.stack([
        target_only(picture, box, config.box_margin)
        for picture, box in zip(pictures, boxes.tolist(), strict=True)
    ])  # fmt: skip
    with torch.no_grad():
        f_radio, f_vision = network.radio(radio), network.vision(masked)
        loss, own = network(pictures, radio, boxes), network.attention(pictures, radio, boxes)
    score = [[0.0] * 3 for _ in range(3)]
    for j, (x0, y0, x1, y1) in enumerate(boxes.tolist()):
        rows = cells(y0, y1, 6, config.box_margin, config.cell_margin)
        columns = cells(x0, x1, 8, config.box_margin, config.cell_margin)
        for i in range(3):
            h = attention(f_radio[i], f_vision[j], rows, columns)
            score[i][j] = max(h.flatten().tolist()) / config.temperature
            if i == j:
                torch.testing.assert_close(own[i], h, atol=1e-5, rtol=0)
    slow = 0.0
    for i in range(3):
        of_radio = sum(math.exp(score[i][k]) for k in range(3))
        of_vision = sum(math.exp(score[k][i]) for k in range(3))
        slow -= math.log(math.exp(score[i][i]) / of_radio) / 3
        slow -= math.log(math.exp(score[i][i]) / of_vision) / 3
    assert loss.item() == pytest.approx(slow / 2, rel=1e-4)


def test_nothing_but_the_target_counts_in_the_picture():
    pictures, radio, boxes = batch(4)
    network = seeded(SMALL).eval()
    loss = network(pictures, radio, boxes)
    away = torch.ones(4, 1, 24, 32, dtype=torch.bool)
    for i, (x0, y0, x1, y1) in enumerate(boxes.tolist()):
        away[i, :, max(int(y0) - 5, 0) : int(y1) + 7, max(int(x0) - 5, 0) : int(x1) + 7] = False
    assert torch.equal(network(torch.where(away, 255 - pictures, pictures), radio, boxes), loss)
    assert not torch.equal(network(torch.where(away, pictures, 255 - pictures), radio, boxes), loss)


def test_inputs_stay_as_they_are():
    inputs = batch(2)
    before = [one.clone() for one in inputs]
    seeded(SMALL)(*inputs).backward()
    assert all(torch.equal(one, old) for one, old in zip(inputs, before, strict=True))


def test_attention_leaves_no_graph_and_is_as_fine_as_the_radios_features():
    own = seeded(UNLIKE).eval().attention(*batch(2))
    assert own.shape == (2, 12, 16)
    assert not own.requires_grad


def test_every_weight_learns_from_the_loss():
    network = seeded(SMALL)
    network(*batch(4)).backward()
    for name, weight in network.named_parameters():
        assert weight.grad is not None and weight.grad.abs().max() > 0, name


def test_the_loss_falls_until_pictures_find_their_radio_maps():
    network, inputs = seeded(SMALL), batch(4)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-2)
    first = last = 0.0
    for _ in range(80):
        optimizer.zero_grad()
        loss = network(*inputs)
        loss.backward()
        optimizer.step()
        last = loss.item()
        first = first or last
    assert first > 0.5 * math.log(4)
    assert last < 0.2 * first


def test_the_defaults_are_the_papers():
    config = SclConfig()
    assert (config.temperature, config.box_margin, config.cell_margin) == (0.1, 5, 1)
    assert config.radio.width == config.vision.width == 128
    assert config.radio.padding == config.vision.padding == "zeros"
    assert not config.radio.coordinates and not config.vision.coordinates


def test_a_target_is_found_where_the_radio_map_shows_the_same():
    features = torch.randn(1, 8, 9, 9, generator=torch.Generator().manual_seed(1))
    moved = features.roll((2, -1), (2, 3))
    found = attend(moved, templates(features, [Window(3, 3, 6, 6)]))[0, 0]
    assert divmod(int(found.argmax()), 9) == (4 + 2, 4 - 1)
    assert found.max().item() == pytest.approx(1, abs=1e-5)
