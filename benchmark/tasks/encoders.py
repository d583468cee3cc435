"""The backbones that tasks examine without further training, by the method that trained them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from benchmark.context import Context
from benchmark.methods import METHODS, MethodError, make_method, self_labelled
from benchmark.methods.self_labelled import SelfLabelled, fit_backbones, scl
from benchmark.pairs import Pair
from benchmark.sources import Source
from models.attention import mask_boxes, standardised
from models.cl import Cl
from models.scl import Scl

RANDOM = "random"  # backbones as they are made: what a network knows before it learns


def encoders() -> list[str]:
    """Return the names of methods whose backbones see whole maps, and of those untrained."""
    made = ((name, make_method(name)) for name in METHODS)
    learned = [name for name, one in made if isinstance(one, SelfLabelled) and one.clutter]
    return [*learned, RANDOM]


def check_encoder(task: str, method: str, others: tuple[str, ...] = ()) -> None:
    """Raise MethodError unless a method has backbones or is one of the others."""
    known = [*encoders(), *others]
    if method not in known:
        raise MethodError(
            f"--task {task}: {method} trains no backbones on whole maps; methods that do: "
            f"{', '.join(known)}"
        )


def backbones(method: str, train: Source, context: Context) -> Scl | Cl:
    """Return a method's backbones, trained on a split: from their checkpoint if there is one."""
    if method != RANDOM:
        found: Any = fit_backbones(make_method(method).make, train, context)
    else:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(context.seed)
            found = context.fabric.to_device(scl(context)).eval()
    if not isinstance(found, Scl | Cl):
        raise MethodError(f"{method} has backbones of another kind: {type(found).__name__}")
    return found


def seconds_to_learn(method: str, train: Source, context: Context) -> float:
    """Return about how long a method's backbones take to train on a split [s]."""
    if method == RANDOM:
        return 0.0
    return self_labelled.seconds_to_learn(make_method(method).make, train, context)


def radio_branch(network: Scl | Cl) -> nn.Module:
    """Return the backbone of the radio map: of two copies the one that gradients train."""
    branch: nn.Module = network.radio if isinstance(network, Scl) else network.radio.fast[0]
    return branch


def vision_branch(network: Scl | Cl) -> nn.Module:
    """Return the backbone of the picture."""
    branch: nn.Module = network.vision if isinstance(network, Scl) else network.vision.fast[0]
    return branch


def visual_input(network: Scl | Cl, batch: Pair) -> Tensor:
    """Return pictures (b, 3, height, width) as the vision branch saw them when it learned."""
    pictures = standardised(batch.picture)
    if isinstance(network, Scl) or network.config.masked:
        return mask_boxes(pictures, batch.box, network.config.box_margin)
    return pictures


@torch.no_grad()
def features(network: Scl | Cl, branch: str, source: Source, context: Context) -> Iterator[Tensor]:
    """Yield features (b, channels, rows, columns) of the frames of a split, in order.

    Args:
        network: The backbones.
        branch: "radio" or "vision".
        source: The split.
        context: Of the run: its device.
    """
    radio = branch == "radio"
    encode = radio_branch(network) if radio else vision_branch(network)
    for batch in source.in_order(context.preset.backbones.batch):
        seen = batch.radio if radio else visual_input(network, batch)
        found: Tensor = encode(context.fabric.to_device(seen))
        yield found
