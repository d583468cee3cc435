import math

import pytest
import torch

from models.spatial import SpatialConfig, SpatialLocaliser, cell_middles
from models.vgg import coordinates

CONFIG = SpatialConfig(width=4, dilations=(1, 2), blur=0.8, reach=1.5, exact=0.4)
MIDDLES = torch.tensor([[[0.0, 1.0], [2.0, 1.0]], [[0.0, 3.0], [2.0, 3.0]]])


def seeded(config=CONFIG, middles=MIDDLES, pictures=False):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return SpatialLocaliser(config, middles, pictures)


def judging(network, scores, offsets, monkeypatch):
    """Let a network judge cells as it is told to."""
    told = torch.tensor(scores), network.middles.flatten(0, 1) + torch.tensor(offsets)
    monkeypatch.setattr(network, "_judged", lambda *inputs: told)
    return network


def by_hand(scores, ats, places, weights):
    """Return the loss from its definition, number by number."""
    total = 0.0
    for score, at, place, weight in zip(scores, ats, places, weights, strict=True):
        likely = [math.exp(value) for value in score]
        likely = [value / sum(likely) for value in likely]
        middles = MIDDLES.flatten(0, 1).tolist()
        shown = [math.exp(-(math.dist(m, place) ** 2) / (2 * 0.8**2)) for m in middles]
        shown = [value / sum(shown) for value in shown]
        unlikely = -sum(s * math.log(q) for s, q in zip(shown, likely, strict=True))
        mean = [sum(q * where[i] for q, where in zip(likely, at, strict=True)) for i in (0, 1)]
        total += weight * (unlikely + 0.4 * math.dist(mean, place))
    return total / sum(weights)


@pytest.mark.parametrize("weights", [(1.0, 1.0), (0.2, 3.0), (0.0, 2.0)])
def test_the_loss_is_that_of_its_definition(weights, monkeypatch):
    scores = [[0.3, -1.0, 2.0, 0.1], [1.0, 0.0, -0.5, 0.4]]
    offsets = [[[0.1, 0.2], [0.0, -0.3], [0.4, 0.0], [-0.2, 0.1]]] * 2
    network = judging(seeded(), scores, offsets, monkeypatch)
    ats = (MIDDLES.flatten(0, 1) + torch.tensor(offsets)).tolist()
    places = [[0.4, 2.2], [5.0, 9.0]]
    loss = network(torch.tensor(places), torch.tensor(weights), torch.zeros(2, 1, 8, 8))
    assert loss.item() == pytest.approx(by_hand(scores, ats, places, weights), rel=1e-4)


def test_of_two_likely_targets_one_is_told_and_not_the_middle(monkeypatch):
    middles = torch.stack([torch.arange(6.0), torch.full((6,), 10.0)], 1)[None]
    network = seeded(middles=middles)
    scores = [[5.0, 4.0, -9.0, -9.0, -9.0, 4.9]]
    judging(network, scores, [[[0.0, 0.0]] * 6], monkeypatch)
    x, y = network.places(torch.zeros(1, 1, 4, 24))[0].tolist()
    first, second = math.exp(5.0), math.exp(4.0)
    assert (x, y) == pytest.approx((second / (first + second), 10.0), abs=1e-3)


def test_middles_are_the_means_of_four_by_four_pixels():
    rows, columns = torch.arange(8.0), torch.arange(12.0)
    pixels = torch.stack([columns.expand(8, 12), rows[:, None].expand(8, 12)], 2)
    found = cell_middles(pixels)
    assert found.shape == (2, 3, 2)
    assert found[1, 2].tolist() == [9.5, 5.5]
    with pytest.raises(ValueError, match="13 x 8 px: sides are multiples of 4"):
        cell_middles(torch.zeros(8, 13, 2))


def blobs(n, seed):
    """Maps of 32 x 40 with a blob each, and where it is [m]: a metre is 4 pixels."""
    generator = torch.Generator().manual_seed(seed)
    place = torch.rand(n, 2, generator=generator) * torch.tensor([9.0, 7.0]) + 0.5
    column, row = torch.arange(40.0) / 4, torch.arange(32.0)[:, None] / 4
    near = (column - place[:, :1, None]) ** 2 + (row - place[:, 1:, None]) ** 2
    noise = torch.rand(n, 32, 40, generator=generator)
    return (3 * torch.exp(-near) + noise)[:, None], place


def test_it_finds_targets_at_places_that_it_has_not_seen():
    column, row = torch.arange(40.0) / 4, torch.arange(32.0) / 4
    pixels = torch.stack([column.expand(32, 40), row[:, None].expand(32, 40)], 2)
    network = seeded(SpatialConfig(width=8), cell_middles(pixels))
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-2)
    maps, place = blobs(128, 0)
    seen = (place[:, 0] - 5).abs() > 1.5  # nothing in the middle
    with torch.random.fork_rng():
        for _ in range(120):
            loss = network(place[seen], torch.ones(int(seen.sum())), maps[seen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    maps, place = blobs(200, 1)
    error = (network.eval().places(maps) - place).norm(dim=1)
    new = (place[:, 0] - 5).abs() < 1
    assert error[~new].median() < 0.25
    assert error[new].median() < 0.4


def test_pictures_count_where_they_are_seen():
    network = seeded(pictures=True).eval()
    maps = torch.rand(2, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    pictures = torch.zeros(2, 3, 8, 8, dtype=torch.uint8)
    at = torch.zeros(2, 2, 2, 2)
    bright = pictures + 200
    assert not torch.equal(network.places(maps, pictures, at), network.places(maps, bright, at))
    outside = at + 2
    assert torch.equal(
        network.places(maps, pictures, outside), network.places(maps, bright, outside)
    )
    network(torch.ones(2, 2), torch.ones(2), maps, bright, at).backward()
    assert all(weight.grad is not None for weight in network.parameters())
    assert seeded().vision is None


def test_a_cell_sees_the_picture_where_it_is_shown():
    """Left half dark, right half bright, told crosswise: the cells' columns change places."""
    network = seeded(pictures=True).eval()
    seen = torch.zeros(1, 3, 8, 8, dtype=torch.uint8)
    seen[..., 4:] = 200
    straight = torch.tensor([[[[-0.5, -0.5], [0.5, -0.5]], [[-0.5, 0.5], [0.5, 0.5]]]])
    laid = []
    hook = network.cells.register_forward_pre_hook(lambda _, given: laid.append(given[0]))
    for at in (straight, straight.flip(2)):
        network.places(torch.zeros(1, 1, 8, 8), seen, at)
    hook.remove()
    alone = network.radio(torch.cat([torch.zeros(1, 1, 8, 8), coordinates(seen.float())], 1))
    there, crossed = (one - alone for one in laid)
    torch.testing.assert_close(crossed, there.flip(-1), rtol=1e-3, atol=1e-5)
    assert (there[..., 0] - there[..., 1]).abs().max() > 1e-3
