import io

import pytest
import torch
from torch import nn

from models.place import PlaceNetwork

PLACES = torch.tensor([[2.0, 10.0], [4.0, 30.0], [9.0, 20.0]])
MEAN = (5.0, 20.0)
SPREAD = ((26 / 3) ** 0.5, (200 / 3) ** 0.5)  # squares over n: 9 + 1 + 16, 100 + 100


class Answer(nn.Module):
    """Says what it is asked, times a weight."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, first, second):
        return self.scale * (first + second)


def by_hand(answers, places, weights):
    """Return the weighted mean over frames of the mean squared error of both coordinates."""
    total = 0.0
    for answer, place, weight in zip(answers, places, weights, strict=True):
        error = [(a - (p - m) / s) ** 2 for a, p, m, s in zip(
            answer, place, MEAN, SPREAD, strict=True)]  # fmt: skip
        total += weight * sum(error) / 2
    return total / sum(weights)


@pytest.mark.parametrize("weights", [(1.0, 1.0), (0.5, 2.0), (0.0, 3.0), (0.001, 0.002)])
def test_the_loss_is_the_weighted_mean_squared_error_in_units_of_the_spread(weights):
    network = PlaceNetwork(Answer(), PLACES)
    first, second = torch.tensor([[0.3, -0.2], [1.0, 2.0]]), torch.tensor([[0.1, 0.1], [-2, 0.5]])
    place = torch.tensor([[3.0, 25.0], [8.0, 11.0]])
    loss = network(place, torch.tensor(weights), first, second).item()
    answers = (first + second).tolist()
    assert loss == pytest.approx(by_hand(answers, place.tolist(), weights), rel=1e-5)


def test_frames_without_weight_teach_nothing():
    network = PlaceNetwork(Answer(), PLACES)
    answer, nothing = torch.ones(2, 2), torch.zeros(2, 2)
    loss = network(PLACES[:2], torch.zeros(2), answer, nothing)
    assert loss.item() == 0
    alone = network(PLACES[:1], torch.ones(1), answer[:1], nothing[:1])
    wild = torch.stack([PLACES[0], torch.tensor([1e6, -1e6])])
    assert network(wild, torch.tensor([1.0, 0.0]), answer, nothing).item() == alone.item()


def test_answers_come_back_in_metres():
    network = PlaceNetwork(Answer(), PLACES)
    answer = torch.tensor([[0.0, 0.0], [1.0, -1.0], [-2.0, 0.5]])
    found = network.places(answer, torch.zeros(3, 2))
    assert not found.requires_grad
    for one, place in zip(answer.tolist(), found.tolist(), strict=True):
        assert place == pytest.approx([a * s + m for a, s, m in zip(
            one, SPREAD, MEAN, strict=True)], rel=1e-6)  # fmt: skip
    assert network(found, torch.ones(3), answer, torch.zeros(3, 2)).item() < 1e-10


def test_places_that_are_all_alike_have_a_spread_of_ten_centimetres():
    network = PlaceNetwork(Answer(), torch.tensor([[3.0, 7.0], [3.0, 9.0]]))
    assert network.spread.tolist() == pytest.approx([0.1, 1.0])
    one = PlaceNetwork(Answer(), torch.tensor([[3.0, 7.0]]))
    assert one.spread.tolist() == pytest.approx([0.1, 0.1])


def test_units_are_saved_with_the_network():
    network, file = PlaceNetwork(Answer(), PLACES), io.BytesIO()
    torch.save(network.state_dict(), file)
    file.seek(0)
    again = PlaceNetwork(Answer(), torch.rand(4, 2, generator=torch.Generator().manual_seed(1)))
    again.load_state_dict(torch.load(file, weights_only=True))
    answer = torch.ones(1, 2)
    assert torch.equal(again.places(answer, answer), network.places(answer, answer))
