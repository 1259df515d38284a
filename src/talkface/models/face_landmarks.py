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
_SPREAD = 0.12  # of each point about its usual place, parts of the crop's side

# Where points usually are in the crop, per cent of its side: the mean of drawn and real faces and their mirror images.
_USUAL = (
    *((20, 39), (20, 49), (21, 56), (23, 67), (26, 73), (29, 79), (36, 84), (43, 87), (50, 88)),  # jaw
    *((57, 87), (64, 84), (71, 79), (74, 73), (77, 67), (79, 56), (80, 49), (80, 39)),
    *((27, 34), (31, 33), (35, 31), (40, 32), (44, 33), (56, 33), (60, 32), (65, 31), (69, 33), (73, 34)),  # brows
    *((50, 42), (50, 47), (50, 53), (50, 57), (45, 60), (47, 61), (50, 61), (53, 61), (55, 60)),  # nose
    *((31, 43), (34, 39), (40, 39), (43, 44), (40, 47), (34, 46)),  # eyes
    *((57, 44), (60, 39), (66, 39), (69, 43), (66, 46), (60, 47)),
    *((39, 71), (44, 69), (47, 68), (50, 69), (53, 68), (56, 69)),  # outer lips
    *((61, 71), (56, 75), (53, 76), (50, 77), (47, 76), (44, 75)),
    *((41, 71), (47, 71), (50, 71), (53, 71), (59, 71), (53, 73), (50, 74), (47, 73)),  # inner lips
)


class FaceLandmarkNetwork(Network):
    """`width` scales all layers (1: 0.31 M parameters, 0.6 MB as float16)."""

    prior: Tensor

    def __init__(self, width: float = 1.0) -> None:
        super().__init__()
        self.width = check_width(width).times
        sizes, wide = [max(8, round(channels * width)) for channels in _CHANNELS], max(8, round(_WIDE * width))
        self.stem = strided_layer(3, sizes[0])
        self.down = nn.ModuleList(
            nn.Sequential(strided_layer(before, after), *(SeparableLayer(after) for _ in range(depth)))
            for (before, after), depth in zip(pairwise(sizes), _DEPTHS, strict=True)
        )
        self.side = nn.ModuleList(nn.Conv2d(size, wide, 1) for size in sizes[1:])
        self.mend = nn.ModuleList(SeparableLayer(wide) for _ in sizes[2:])
        self.head = nn.Sequential(SeparableLayer(wide), nn.Conv2d(wide, POINTS, 1))
        self.register_buffer("prior", usual_maps(self.usual_places(), self.cells()), persistent=False)

    @staticmethod
    def usual_places() -> Tensor:
        """(68, 2) parts of the crop's sides: where learning starts."""
        return torch.tensor(_USUAL) / 100

    @staticmethod
    def cells() -> tuple[int, int]:
        """Rows and columns of its maps."""
        return CROP_SIDE // 4, CROP_SIDE // 4

    def forward(self, crops: Tensor) -> Tensor:
        """crops: (N, 3, 80, 80) float32 RGB in [0, 1]. Returns (N, 68, 2) x and y, parts of the crop's side."""
        x, levels = self.stem(crops * 2 - 1), []
        for down in self.down:
            x = down(x)
            levels.append(x)
        up = self.side[-1](levels[-1])
        for place in range(len(levels) - 2, -1, -1):
            up = self.mend[place](interpolate(up, scale_factor=2.0) + self.side[place](levels[place]))
        return mean_places(self.head(up) + self.prior)


def usual_maps(places: Tensor, cells: tuple[int, int]) -> Tensor:
    """(68, rows, columns) logits of a normal distribution about each point's usual place: where learning starts.

    places: (68, 2) parts of the map's width and height.
    """
    x, y = places.T[..., None]
    across, down = ((torch.arange(count) + 0.5) / count for count in reversed(cells))
    away: Tensor = (across - x)[:, None, :] ** 2 + (down - y)[:, :, None] ** 2
    return -away / (2 * _SPREAD**2)


def mean_places(maps: Tensor) -> Tensor:
    """(N, P, h, w) logits → (N, P, 2) mean x and y under their softmax, parts of the map's width and height."""
    height, width = maps.shape[-2:]
    share = maps.flatten(2).softmax(-1).view_as(maps)
    x = (torch.arange(width, device=maps.device) + 0.5) / width
    y = (torch.arange(height, device=maps.device) + 0.5) / height
    return torch.stack([(share.sum(2) * x).sum(-1), (share.sum(3) * y).sum(-1)], dim=-1)
