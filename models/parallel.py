"""Steps that several processes share: each sees its part of the batch, and all know the whole.

Parts are equally long and in the order of the processes, so that what is gathered is the batch as
one process would have it. In a single process nothing here does anything.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, distributed, nn


def n_process() -> int:
    """Return how many processes share a step."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


def rank() -> int:
    """Return the number of this process, from 0."""
    return distributed.get_rank() if distributed.is_initialized() else 0


def gathered(part: Tensor) -> Tensor:
    """Return the whole batch (n_process * b, ...) of this process's part (b, ...).

    Gradients go back to the process that a row came from, summed over all that used it. The
    gradients of weights are to be averaged over processes, as DistributedDataParallel does: then
    they are those of one process with the whole batch, whether each process returns the loss of the
    whole or of its part.
    """
    return part if n_process() == 1 else cast(Tensor, _Gather.apply(part))  # type: ignore[no-untyped-call]


@torch.no_grad()
def averaged(value: Tensor) -> Tensor:
    """Return the mean over processes of a tensor; no gradient flows."""
    if n_process() == 1:
        return value
    total = value.clone()
    distributed.all_reduce(total)
    return total / n_process()


def chance(rows: int, columns: int) -> Tensor:
    """Return numbers (rows, columns), 0 to 1, by torch's generator, for this process's frames.

    The whole batch's are drawn, so that a frame meets the same chance in any number of processes.
    """
    whole = torch.rand((n_process() * rows, columns), dtype=torch.float64)
    return whole[rank() * rows : (rank() + 1) * rows]


class _Gather(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, part: Tensor) -> Tensor:
        ctx.length = len(part)
        parts = [torch.empty_like(part) for _ in range(n_process())]
        distributed.all_gather(parts, part.contiguous())
        return torch.cat(parts)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        total = gradients[0].clone(memory_format=torch.contiguous_format)
        distributed.all_reduce(total)
        first = rank() * ctx.length
        return total[first : first + ctx.length]


class BatchNorm2d(nn.BatchNorm2d):
    """Batch normalisation by the statistics of the whole batch, of all processes.

    That is torch's SyncBatchNorm, which does not run on CPUs.
    """

    def forward(self, features: Tensor) -> Tensor:
        """Return normalised features (b, c, height, width)."""
        n = n_process()
        if n == 1 or not self.training:
            return super().forward(features)
        x = features.float()
        own = torch.stack([x.mean((0, 2, 3)), x.var((0, 2, 3), correction=0)])
        means, variances = gathered(own[None]).unbind(1)
        mean = means.mean(0)
        variance = variances.mean(0) + ((means - mean) ** 2).mean(0)
        self._follow(mean.detach(), variance.detach(), n * x.numel() // x.shape[1])
        scale = self.weight * torch.rsqrt(variance + self.eps)
        normal = (x - mean[:, None, None]) * scale[:, None, None] + self.bias[:, None, None]
        return normal.to(features.dtype)

    @torch.no_grad()
    def _follow(self, mean: Tensor, variance: Tensor, count: int) -> None:
        """Move the running statistics towards those of a batch of `count` values a channel."""
        step = cast(float, self.momentum)
        cast(Tensor, self.running_mean).lerp_(mean, step)
        cast(Tensor, self.running_var).lerp_(variance * count / max(count - 1, 1), step)
        cast(Tensor, self.num_batches_tracked).add_(1)
