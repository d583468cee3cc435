"""Contrastive losses between two modalities: InfoNCE over scores, and MoCo's with queues.

Alloulah and Arnold, "Look, Radiate, and Learn", 2023: equations 3 and 4 over spatial scores, 5 to
8 over projected vectors. Queues: He et al., "Momentum Contrast", CVPR 2020; two of them as Ma et
al., "Active Contrastive Learning of Audio-Visual Video Representations", ICLR 2021.
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.parallel import BatchNorm2d


def spatial_loss(scores: Tensor, temperature: float) -> Tensor:
    """Return the bidirectional contrastive loss of a batch: equations 3 and 4.

    Args:
        scores: (b, b) of radio map i with the target of picture j.
        temperature: By which scores are divided.
    """
    true = torch.arange(len(scores), device=scores.device)
    logits = scores / temperature
    to_radio = functional.cross_entropy(logits, true)  # over the pictures of each radio map
    to_vision = functional.cross_entropy(logits.T, true)
    return (to_radio + to_vision) / 2


def one_sided_loss(query: Tensor, key: Tensor, negatives: Tensor, temperature: float) -> Tensor:
    """Return equation 6 for one direction.

    Args:
        query: (b, d) unit vectors of one modality.
        key: (b, d) of the other, row by row its true match.
        negatives: (k, d) false matches.
        temperature: By which products are divided.
    """
    true = (query * key).sum(1, keepdim=True)
    logits = torch.cat([true, query @ negatives.T], 1) / temperature
    first = torch.zeros(len(query), dtype=torch.long, device=query.device)
    return functional.cross_entropy(logits, first)


class Queue(nn.Module):
    """The keys of the latest batches: a persistent buffer, so that saving loses none of them."""

    keys: Tensor
    filled: Tensor

    def __init__(self, size: int, width: int) -> None:
        super().__init__()
        self.register_buffer("keys", torch.zeros(size, width))
        self.register_buffer("filled", torch.zeros((), dtype=torch.long))

    def held(self) -> Tensor:
        """Return the keys (k, d) it holds, at first none."""
        return self.keys[: int(self.filled)].clone()

    @torch.no_grad()
    def push(self, keys: Tensor) -> None:
        """Put keys (b, d) in front, and drop the oldest that find no place."""
        size = len(self.keys)
        self.keys.copy_(torch.cat([keys[:size], self.keys])[:size])
        self.filled.copy_(torch.clamp(self.filled + len(keys), max=size))


class Projector(nn.Module):
    """Two layers that collapse spatial features (b, c, h, w) to one unit vector (b, d)."""

    def __init__(self, features: int, hidden: int, width: int, normed: bool = False) -> None:
        """Make the layers.

        Args:
            features: c * h * w.
            hidden: Width of the first layer.
            width: d.
            normed: Whether the first layer's values are batch-normalised before the ReLU, as in
                Chen, Xie and He, "An Empirical Study of Training Self-Supervised Vision
                Transformers", ICCV 2021. What all frames have in common, and an untrained network
                answers to little else, is taken off by that: without it, all vectors are nearly the
                same one and a loss stays at chance for long.
        """
        super().__init__()
        self.first, self.second = nn.Linear(features, hidden), nn.Linear(hidden, width)
        self.norm = BatchNorm2d(hidden) if normed else nn.Identity()

    def forward(self, features: Tensor) -> Tensor:
        """Return the projection."""
        hidden = self.norm(self.first(features.flatten(1))[..., None, None]).flatten(1)
        return functional.normalize(self.second(functional.relu(hidden)), dim=1)


def slow_copy(network: nn.Module) -> nn.Module:
    """Return a copy that no gradient changes, for `follow`."""
    copied = copy.deepcopy(network)
    for weight in copied.parameters():
        weight.requires_grad_(False)
    return copied


@torch.no_grad()
def follow(slow: nn.Module, fast: nn.Module, momentum: float) -> None:
    """Let the weights of a copy follow the original's as an exponential moving average."""
    for old, new in zip(slow.parameters(), fast.parameters(), strict=True):
        old.lerp_(new, 1 - momentum)
    for kept, latest in zip(slow.buffers(), fast.buffers(), strict=True):
        kept.copy_(latest)
