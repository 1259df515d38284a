"""Where a picture's parts are fetched from, where that is known."""

import torch
from torch import Tensor
from torch.nn.functional import grid_sample

from talkface.losses.reconstruction import known_difference


def flow_loss(flow: Tensor, source: Tensor, target: Tensor) -> Tensor:
    """Mean absolute difference of the flow at known points of the target and the way to the same points of the source.

    flow: (N, 2, H, H) float32, x and y, in half sides of the picture. source, target: (N, P, 2) float32 in half sides
    from the picture's middle, NaN where unknown; points outside of either picture do not count. Returns an unweighted
    scalar ≥ 0, 0 with gradients of 0 where nothing is known.
    """
    inside = ((source.abs() < 1) & (target.abs() < 1)).all(-1, keepdim=True)
    way = torch.where(inside, source - target, torch.nan)
    places = torch.where(inside, target, 0.0)
    found = grid_sample(flow, places[:, :, None], padding_mode="border", align_corners=False)[..., 0].transpose(1, 2)
    return known_difference(found, way)
