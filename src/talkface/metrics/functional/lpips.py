"""LPIPS: distance of two pictures in the feature maps of a network, weighted by what people notice.

Source: Zhang et al. 2018, version 0.1. The network and its heads are the caller's; a report names them.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

FLOOR = 1e-10
"""Added to the length of a feature vector before it is made unit length, as the original does."""


def lpips(maps: Sequence[Tensor], reference: Sequence[Tensor], heads: Sequence[Tensor]) -> Tensor:
    """LPIPS of each picture, ≥ 0, lower is more alike.

    maps, reference: feature maps (N, C, H, W) of both, one a layer. heads: (C,) ≥ 0, one a layer. Over channels: the
    weighted squared difference of unit vectors; over places: the mean; over layers: the sum. Returns (N,).
    ValueError: shapes that do not belong together.
    """
    shapes = [[tuple(each.shape) for each in one] for one in (maps, reference, heads)]
    if not maps or shapes[0] != shapes[1] or shapes[2] != [shape[1:2] for shape in shapes[0] if len(shape) == 4]:
        raise ValueError(f"maps must be equal (N, C, H, W) with heads (C,), got {shapes}")
    layers = [
        torch.einsum("nchw,c->nhw", (_unit(a) - _unit(b)).square(), head).mean((1, 2))
        for a, b, head in zip(maps, reference, heads, strict=True)
    ]
    return torch.stack(layers).sum(0)


def _unit(features: Tensor) -> Tensor:
    return features / (features.square().sum(1, keepdim=True).sqrt() + FLOOR)
