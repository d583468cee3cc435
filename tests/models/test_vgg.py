from dataclasses import replace

import pytest
import torch
from torch import nn

from models.vgg import VGG_M, Backbone, BackboneConfig, Layer, coordinates

SHAPES = (
    (Layer(2, 3),),
    (Layer(2, 5, 2), Layer(3, 3)),
    (Layer(2, 3, 1, pool=3), Layer(2, 3, 2), Layer(2, 1, 3, pool=2)),
    tuple(replace(layer, width=1) for layer in VGG_M),
)


def chance(seed):
    return torch.Generator().manual_seed(seed)


def seeded(config, channels):
    """Return a backbone of one seed's weights, with norms that have seen other data."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(4)
        network = Backbone(config, channels).eval()
    for norm in network.modules():
        if isinstance(norm, nn.BatchNorm2d):
            norm.running_mean = torch.randn(norm.num_features, generator=chance(5)) / 4
            norm.running_var = torch.rand(norm.num_features, generator=chance(6)) + 0.5
    return network


def test_the_papers_pictures_become_128_by_60_by_80_features():
    with torch.device("meta"):
        network = Backbone(BackboneConfig(), 3)
        features = network(torch.zeros(2, 3, 480, 640))
    assert features.shape == (2, 128, 60, 80)
    assert (network.config.width, network.config.stride) == (128, 8)


def test_the_layers_are_those_of_vgg_m():
    with torch.device("meta"):
        parts = [(type(part).__name__, part) for part in Backbone(BackboneConfig(), 1).layers]
    block = ["Conv2d", "BatchNorm2d", "ReLU"]
    assert [name for name, _ in parts] == block + ["AvgPool2d"] + 3 * block + ["Conv2d"]
    convolutions = [part for _, part in parts if isinstance(part, nn.Conv2d)]
    shapes = [tuple(part.weight.shape) for part in convolutions]
    assert shapes == [(96, 1, 7, 7), (256, 96, 5, 5), (512, 256, 3, 3), (512, 512, 3, 3),
                      (128, 512, 3, 3)]  # fmt: skip
    assert [part.stride for part in convolutions] == [(2, 2), (2, 2), (1, 1), (1, 1), (1, 1)]


def seen(network, side, row, column):
    """Return first and last row and column of the pixels that one cell of the output sees."""
    picture = torch.ones(1, 1, side, side, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(network(picture)[0, :, row, column].sum(), picture)
    rows, columns = torch.nonzero(slope[0, 0], as_tuple=True)
    return int(rows.min()), int(rows.max()), int(columns.min()), int(columns.max())


@pytest.mark.parametrize("layers", SHAPES)
def test_stride_and_receptive_field_are_those_that_slopes_show(layers):
    config = BackboneConfig(layers)
    network = Backbone(config, 1).double().eval()
    for weight in network.parameters():
        weight.data.fill_(0.1)  # all positive: nothing cancels, and no ReLU is shut
    side = config.stride * (2 * config.receptive_field // config.stride + 4)
    middle = side // config.stride // 2
    up, down, left, right = seen(network, side, middle, middle)
    assert down - up + 1 == right - left + 1 == config.receptive_field
    assert seen(network, side, middle + 1, middle)[:2] == (up + config.stride, down + config.stride)
    assert seen(network, side, middle, middle - 1)[2:] == (
        left - config.stride, right - config.stride)  # fmt: skip


def test_a_pixel_changes_the_cells_whose_field_it_is_in_and_no_others():
    config = BackboneConfig((Layer(3, 5, 2, pool=2), Layer(4, 3)))
    network = seeded(config, 1)
    picture = torch.rand(1, 1, 64, 64, generator=chance(1))
    before = network(picture)
    changed = torch.zeros(16, 64, dtype=torch.bool)
    for row in range(64):
        moved = picture.clone()
        moved[0, 0, row, 30] += 5
        changed[:, row] = (network(moved) != before).any(1)[0].any(1)
    for cell in range(4, 12):
        assert changed[cell].sum() == config.receptive_field
        assert torch.equal(changed[cell + 1].roll(-config.stride), changed[cell])


def test_only_without_zeros_a_constant_has_constant_features():
    layers = (Layer(4, 7, 2, pool=2), Layer(5, 5, 2), Layer(6, 3))
    constant = torch.full((1, 2, 48, 64), 0.7)
    blind = seeded(BackboneConfig(layers, padding="replicate"), 2)(constant)
    torch.testing.assert_close(blind, blind[..., :1, :1].expand_as(blind))
    told = seeded(BackboneConfig(layers, padding="zeros"), 2)(constant)
    inside, corner = told[0, :, 3, 4], told[0, :, 0, 0]
    assert (inside - corner).abs().max() > 0.01
    torch.testing.assert_close(inside, blind[0, :, 3, 4])


def test_coordinates_run_from_border_to_border():
    made = coordinates(torch.zeros(3, 1, 4, 6))
    assert made.shape == (3, 2, 4, 6)
    for row in range(4):
        for column in range(6):
            expected = pytest.approx([-1 + 2 * column / 5, -1 + 2 * row / 3], abs=1e-6)
            assert all(one[:, row, column].tolist() == expected for one in made)


def test_a_backbone_with_coordinates_is_given_picture_column_and_row():
    network = seeded(BackboneConfig((Layer(1, 1),), coordinates=True), 1)
    network.layers[0].bias.data.zero_()
    network.layers[0].weight.data.copy_(torch.tensor([100.0, 10.0, 1.0]).reshape(1, 3, 1, 1))
    picture = torch.rand(2, 1, 3, 5, generator=chance(2))
    found = network(picture)
    for row in range(3):
        for column in range(5):
            place = 10 * (-1 + column / 2) + (-1 + row)
            torch.testing.assert_close(found[:, 0, row, column], 100 * picture[:, 0, row, column]
                                       + place)  # fmt: skip


def test_features_have_directions_on_both_sides_of_zero():
    features = seeded(BackboneConfig((Layer(4, 3), Layer(8, 3))), 1)(torch.rand(
        1, 1, 8, 8, generator=chance(3)))  # fmt: skip
    assert (features < 0).any() and (features > 0).any()


def test_what_has_no_middle_or_no_whole_cells_is_refused():
    with pytest.raises(ValueError, match="odd number"):
        BackboneConfig((Layer(4, 4),))
    with pytest.raises(ValueError, match="zeros or replicate"):
        BackboneConfig(padding="circular")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="multiples of 8"), torch.device("meta"):
        Backbone(BackboneConfig(), 1)(torch.zeros(1, 1, 480, 636))
