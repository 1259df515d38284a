"""Exponential moving average of the network that is shipped: steadier than its last weights."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel


def warmed_up_average(decay: float) -> Callable[[Sequence[Tensor], Sequence[Tensor], Tensor | int], None]:
    """Averaging rule for `AveragedModel`: the decay rises from 0.1 to `decay`: a random start is forgotten."""

    @torch.no_grad()
    def update(averages: Sequence[Tensor], current: Sequence[Tensor], count: Tensor | int) -> None:
        keep = min(decay, (1.0 + float(count)) / (10.0 + float(count)))
        for average, value in zip(averages, current, strict=True):
            if average.is_floating_point():
                average.lerp_(value.to(average.dtype), 1.0 - keep)
            else:
                average.copy_(value)

    return update


def averaged(network: nn.Module, decay: float) -> AveragedModel:
    """A copy of `network` that follows it (parameters and buffers) with `decay` an update; it collects no gradients."""
    average = AveragedModel(network, multi_avg_fn=warmed_up_average(decay), use_buffers=True)
    average.module.requires_grad_(False)
    return average
