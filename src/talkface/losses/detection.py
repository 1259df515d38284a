"""Losses of a detector that marks the middles of faces on a map and tells their four sides."""

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid


def heatmap_loss(logits: Tensor, heat: Tensor, *, focus: float = 2.0, mercy: float = 4.0) -> Tensor:
    """Penalty-reduced focal loss, divided by the number of faces.

    Source: Law and Deng 2018, "CornerNet", equation 1: alpha = `focus`, beta = `mercy`. logits, heat: (N, 1, h, w);
    heat is 1 at the middle of a face, falls off around it, 0 elsewhere. Returns an unweighted scalar >= 0.
    """
    with torch.autocast(logits.device.type, enabled=False):
        logits = logits.float()
        probability, peak = logits.sigmoid(), heat >= 1
        hit = -((1 - probability) ** focus) * logsigmoid(logits)
        miss = -((1 - heat) ** mercy) * probability**focus * logsigmoid(-logits)
        return torch.where(peak, hit, miss).sum() / peak.sum().clamp_min(1)


def sides_loss(sides: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """1 - generalised IoU of two boxes about the same point, averaged by weight; in [0, 2].

    Source: Rezatofighi et al. 2019, for boxes given as Yu et al. 2016 ("UnitBox") do. sides, target: (N, 4, h, w)
    distances to left, top, right, bottom, > 0 where `weight` (N, 1, h, w) is. 0 where no weight is at all.
    """
    low, high = torch.minimum(sides, target), torch.maximum(sides, target)
    both, hull = _area(low), _area(high)
    union = _area(sides) + _area(target) - both
    iou = both / union.clamp_min(1e-6)
    generalised = iou - (hull - union) / hull.clamp_min(1e-6)
    share = weight[:, 0]
    return ((1 - generalised) * share).sum() / share.sum().clamp_min(1e-6)


def _area(sides: Tensor) -> Tensor:
    left, top, right, bottom = sides.unbind(1)
    return (left + right) * (top + bottom)
