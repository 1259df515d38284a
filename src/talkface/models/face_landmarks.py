"""A small network that finds 68 points in a face crop: one map a point, and the mean place of each map.

Source: places as means of maps, Sun et al. 2018, "Integral human pose regression". The layers are our own: a narrow
encoder down to 1/16 and a decoder of sums back to 1/4.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from talkface.models.blocks import check_width
from talkface.models.network import Network
from talkface.models.separable import SeparableLayer, strided_layer

CROP_SIDE = 80
"""Pixels of the crop's sides."""

POINTS = 68

_CHANNELS = (24, 48, 96, 128)  # at 1/2, 1/4, 1/8, 1/16
_DEPTHS = (1, 2, 3)  # separable layers at 1/4, 1/8, 1/16
_WIDE = 64  # channels of the decoder


class FaceLandmarkNetwork(Network):
    """`width` scales all layers (1: 0.31 M parameters, 0.6 MB as float16)."""

    def __init__(self, width: float = 1.0) -> None:
        super().__init__()
        self.width = check_width(width)
        sizes, wide = [max(8, round(channels * width)) for channels in _CHANNELS], max(8, round(_WIDE * width))
        self.stem = strided_layer(3, sizes[0])
        self.down = nn.ModuleList(
            nn.Sequential(strided_layer(before, after), *(SeparableLayer(after) for _ in range(depth)))
            for (before, after), depth in zip(pairwise(sizes), _DEPTHS, strict=True)
        )
        self.side = nn.ModuleList(nn.Conv2d(size, wide, 1) for size in sizes[1:])
        self.mend = nn.ModuleList(SeparableLayer(wide) for _ in sizes[2:])
        self.head = nn.Sequential(SeparableLayer(wide), nn.Conv2d(wide, POINTS, 1))

    def forward(self, crops: Tensor) -> Tensor:
        """crops: (N, 3, 80, 80) float32 RGB in [0, 1]. Returns (N, 68, 2) x and y, parts of the crop's side."""
        x, levels = self.stem(crops * 2 - 1), []
        for down in self.down:
            x = down(x)
            levels.append(x)
        up = self.side[-1](levels[-1])
        for place in range(len(levels) - 2, -1, -1):
            up = self.mend[place](interpolate(up, scale_factor=2.0) + self.side[place](levels[place]))
        return mean_places(self.head(up))


def mean_places(maps: Tensor) -> Tensor:
    """(N, P, h, w) logits → (N, P, 2) mean x and y under their softmax, parts of the map's width and height."""
    height, width = maps.shape[-2:]
    share = maps.flatten(2).softmax(-1).view_as(maps)
    x = (torch.arange(width, device=maps.device) + 0.5) / width
    y = (torch.arange(height, device=maps.device) + 0.5) / height
    return torch.stack([(share.sum(2) * x).sum(-1), (share.sum(3) * y).sum(-1)], dim=-1)
