import math
from itertools import pairwise

import pytest
import torch
from torch import nn

from models.localiser import Localiser, LocaliserConfig

# Alloulah and Arnold, 2023, table 5, "best net chosen".
CONVOLUTIONS = ((8, 4, 2), (16, 3, 2), (8, 2, 2), (32, 4, 1))  # c_size, k_size, s_size
LINEAR = (128, 16, 64, 64)
CURVES = {
    "ReLU": lambda x: max(x, 0.0),
    "LeakyReLU": lambda x: x if x > 0 else 0.01 * x,
    "Sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "Tanh": math.tanh,
    "Softplus": lambda x: math.log(1 + math.exp(x)),
}
TINY = {"widths": (2, 3, 2, 2), "kernels": (3, 2, 2, 2), "strides": (2, 1, 1, 2),
        "linear": (4, 3, 5, 2)}  # fmt: skip


def places_of_kernel(size, kernel, stride):
    """Return how many places a kernel has, step by step, when it never leaves the map."""
    return sum(1 for start in range(0, size, stride) if start + kernel <= size)


def test_the_layers_are_those_of_table_5():
    with torch.device("meta"):
        network = Localiser(LocaliserConfig(), 1, 480, 640)
        assert network(torch.zeros(3, 1, 480, 640)).shape == (3, 2)
    layers = [part for part in network.convolutions if isinstance(part, nn.Conv2d)]
    assert [(part.out_channels, *part.kernel_size, *part.stride) for part in layers] == [
        (n, k, k, s, s) for n, k, s in CONVOLUTIONS
    ]
    height, width = 480, 640
    for _, kernel, stride in CONVOLUTIONS:
        height = places_of_kernel(height, kernel, stride)
        width = places_of_kernel(width, kernel, stride)
    assert (height, width) == (56, 76)
    sizes = (32 * 56 * 76, *LINEAR, 2)
    linear = [part for part in network.linear if isinstance(part, nn.Linear)]
    assert [(part.in_features, part.out_features) for part in linear] == list(pairwise(sizes))
    assert {type(part) for part in network.modules()} == {
        Localiser, nn.Sequential, nn.Conv2d, nn.Linear, nn.ReLU}  # fmt: skip


def convolved(maps, part, curve):
    """Return maps [channel][row][column] after a convolution, by sums."""
    kernel, stride = part.kernel_size[0], part.stride[0]
    made = []
    for weight, bias in zip(part.weight.tolist(), part.bias.tolist(), strict=True):
        made.append([
            [
                curve(bias + sum(
                    weight[c][j][i] * maps[c][y + j][x + i]
                    for c in range(len(maps)) for j in range(kernel) for i in range(kernel)
                ))
                for x in range(0, len(maps[0][0]) - kernel + 1, stride)
            ]
            for y in range(0, len(maps[0]) - kernel + 1, stride)
        ])  # fmt: skip
    return made


@pytest.mark.parametrize("activation", CURVES)
def test_every_layer_but_the_last_is_followed_by_the_activation(activation):
    curve = CURVES[activation]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(2)
        network = Localiser(LocaliserConfig(**TINY, activation=activation), 2, 13, 16)
        for weight in network.parameters():
            weight.data *= 2  # so that curves bend
        radio = torch.randn(2, 2, 13, 16)
    for one, found in zip(radio.tolist(), network(radio).tolist(), strict=True):
        for part in network.convolutions:
            one = convolved(one, part, curve) if isinstance(part, nn.Conv2d) else one
        flat = [value for channel in one for row in channel for value in row]
        layers = [part for part in network.linear if isinstance(part, nn.Linear)]
        for part in layers:
            flat = [
                sum(w * x for w, x in zip(row, flat, strict=True)) + bias
                for row, bias in zip(part.weight.tolist(), part.bias.tolist(), strict=True)
            ]
            flat = flat if part is layers[-1] else [curve(value) for value in flat]
        assert found == pytest.approx(flat, rel=1e-4, abs=1e-6)


def test_an_unknown_activation_is_refused():
    with pytest.raises(KeyError, match="Swish"), torch.device("meta"):
        Localiser(LocaliserConfig(activation="Swish"), 1, 60, 80)
