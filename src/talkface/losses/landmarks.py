"""How far found points are from where they should be, small errors counting more than their share."""

import math

import torch
from torch import Tensor


def wing_loss(points: Tensor, target: Tensor, *, width: float = 0.05, bend: float = 0.01) -> Tensor:
    """Mean of width · ln(1 + |error| / bend) below `width`, and |error| minus what makes both meet, above.

    Source: Feng et al. 2018, "Wing loss", equation 5, with lengths as parts of the crop's side. points, target:
    (N, P, 2). Returns an unweighted scalar >= 0.
    """
    error = (points - target).abs()
    near = width * (1 + error / bend).log()
    meet = width - width * math.log1p(width / bend)
    return torch.where(error < width, near, error - meet).mean()
