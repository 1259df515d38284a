"""Losses of the mouth model: images weighted by regions, and coefficients over time. All unweighted scalars ≥ 0."""

import torch
from torch import Tensor
from torch.nn.functional import smooth_l1_loss

_BEND = 0.5  # standard deviations: below, errors count by their square


def region_l1(generated: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Mean |generated − target| weighted by `weight`, over all pixels and channels; 0 where nothing is weighted.

    generated, target: (N, C, H, W) float32. weight: broadcastable, ≥ 0.
    """
    error = (generated - target).abs()
    return (error * weight).sum() / (weight.expand_as(error).sum() + 1)  # a mouth has hundreds of pixels: 1 is nothing


def coefficient_loss(found: Tensor, true: Tensor, weights: Tensor) -> Tensor:
    """Smooth L1 of coefficients. found, true: (N, T, C), standard deviations. weights: (N, T, C) or so, ≥ 0."""
    error = smooth_l1_loss(found, true, reduction="none", beta=_BEND)
    return (error * weights).sum() / weights.sum().clamp_min(1e-6)


def velocity_loss(found: Tensor, true: Tensor, weights: Tensor) -> Tensor:
    """L1 between the differences of neighbouring frames, where both count. Arguments as `coefficient_loss`."""
    error = (found.diff(dim=1) - true.diff(dim=1)).abs()
    both = torch.minimum(weights[:, 1:], weights[:, :-1])
    return (error * both).sum() / both.sum().clamp_min(1e-6)


def concordance_loss(found: Tensor, true: Tensor, known: Tensor, *, scale: float) -> Tensor:
    """1 − concordance of two courses, mean over rows: how far they fail to rise and fall together, and as far.

    Source: Lin 1989, with the difference of the means at .3 of its weight (a clip's own level is a guess) and small
    courses kept from deciding. found, true: (N, T), any unit. known: (N, T), 1 where they count. scale: one usual
    deviation, in that unit.
    """
    found, true, known = found / scale, true / scale, known.to(found.dtype)
    count = known.sum(1).clamp_min(2)
    means = [(course * known).sum(1) / count for course in (found, true)]
    off = [(course - mean[:, None]) * known for course, mean in zip((found, true), means, strict=True)]
    first, second = (course.square().sum(1) / count for course in off)
    together = (off[0] * off[1]).sum(1) / count
    apart = first + second + 0.3 * (means[0] - means[1]).square()
    return (1 - (2 * together + 0.05) / (apart + 0.05)).mean()
