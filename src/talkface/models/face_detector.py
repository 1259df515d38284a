"""A small detector of faces, drawn ones above all: where their middles are, and the four sides of each box.

Sources: middles as peaks of a map, Zhou et al. 2019, "Objects as points"; distances to the four sides, Tian et al.
2019, "FCOS". The layers are our own: a narrow encoder down to 1/32 and a decoder of sums back to 1/8.
"""

from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, max_pool2d, pad

from talkface.models.blocks import check_width
from talkface.models.network import Network
from talkface.models.separable import SeparableLayer, strided_layer

STRIDE = 8
"""Pixels of the picture for one cell of the maps."""

DEPTH = 32
"""Sides of pictures are multiples of this; `pad_pictures` sees to it."""

_CHANNELS = (16, 32, 64, 96, 128)  # at 1/2, 1/4, 1/8, 1/16, 1/32
_DEPTHS = (1, 2, 2, 2)  # separable layers at 1/4 … 1/32
_COARSEST = 2  # place of 1/8 in _CHANNELS, where the decoder ends
_PRIOR = -4.0  # logit of a face before anything is learned: faces are rare


class FaceMaps(NamedTuple):
    """logits: (N, 1, H/8, W/8) of a face having its middle there. sides: (N, 4, H/8, W/8) distances from the middle of

    the cell to the left, upper, right and lower side of the box, pixels of the picture, > 0.
    """

    logits: Tensor
    sides: Tensor


class FaceDetectorNetwork(Network):
    """`width` scales all layers (1: 0.28 M parameters, 0.6 MB as float16)."""

    def __init__(self, width: float = 1.0) -> None:
        super().__init__()
        self.width = check_width(width).times
        sizes = [max(8, round(channels * width)) for channels in _CHANNELS]
        self.stem = strided_layer(3, sizes[0])
        self.down = nn.ModuleList(
            nn.Sequential(strided_layer(before, after), *(SeparableLayer(after) for _ in range(depth)))
            for (before, after), depth in zip(pairwise(sizes), _DEPTHS, strict=True)
        )
        wide = sizes[_COARSEST]
        self.side = nn.ModuleList(nn.Conv2d(size, wide, 1) for size in sizes[_COARSEST:])
        self.mend = nn.ModuleList(SeparableLayer(wide) for _ in sizes[_COARSEST + 1 :])
        self.head = nn.Sequential(SeparableLayer(wide), nn.Conv2d(wide, 5, 1))
        last = self.head[1]
        assert isinstance(last, nn.Conv2d) and last.bias is not None
        nn.init.normal_(last.weight, std=0.01)
        nn.init.constant_(last.bias, 0.0)
        with torch.no_grad():
            last.bias[0] = _PRIOR
            last.bias[1:] = 2.5  # exp(2.5) = 12 pixels: half a small face

    def forward(self, pictures: Tensor) -> FaceMaps:
        """pictures: (N, 3, H, W) float32 RGB in [0, 1]; H and W multiples of 32."""
        x, levels = self.stem(pictures * 2 - 1), []
        for down in self.down:
            x = down(x)
            levels.append(x)
        levels = levels[_COARSEST - 1 :]
        up = self.side[-1](levels[-1])
        for place in range(len(levels) - 2, -1, -1):
            up = self.mend[place](interpolate(up, scale_factor=2.0) + self.side[place](levels[place]))
        found = self.head(up)
        return FaceMaps(found[:, :1], found[:, 1:].clamp(-2, 7).exp())


def pad_pictures(pictures: Tensor) -> Tensor:
    """(N, 3, H, W) with black to the right and below, so that both sides are multiples of DEPTH."""
    height, width = pictures.shape[-2:]
    return pad(pictures, (0, -width % DEPTH, 0, -height % DEPTH))


def cell_middles(height: int, width: int, device: torch.device | None = None) -> Tensor:
    """(2, height, width) x and y of the middle of each cell, pixels of the picture."""
    y, x = (STRIDE * (torch.arange(size, device=device) + 0.5) for size in (height, width))
    return torch.stack([x[None, :].expand(height, width), y[:, None].expand(height, width)])


def boxes_of(sides: Tensor) -> Tensor:
    """(N, 4, h, w) left, top, right, bottom of the box that each cell tells of. sides: as in FaceMaps."""
    middles = cell_middles(sides.shape[-2], sides.shape[-1], sides.device)
    return torch.cat([middles - sides[:, :2], middles + sides[:, 2:]], dim=1)


def decode_faces(maps: FaceMaps, *, threshold: float = 0.35, overlap: float = 0.4) -> list[tuple[Tensor, Tensor]]:
    """For each picture (boxes (F, 4) pixels, confidences (F,) in [0, 1]), the surest first.

    A face is a peak of the map above `threshold`; of two boxes with an IoU above `overlap` the surer one stays.
    """
    scores = maps.logits.sigmoid()
    peaks = (scores == max_pool2d(scores, 3, 1, 1)) & (scores >= threshold)
    boxes = boxes_of(maps.sides)
    found = []
    for number in range(len(scores)):
        here = peaks[number, 0]
        confidence, order = scores[number, 0][here].sort(descending=True, stable=True)
        chosen = boxes[number][:, here].T[order]
        kept = _apart(chosen, overlap)
        found.append((chosen[kept], confidence[kept]))
    return found


def _apart(boxes: Tensor, overlap: float) -> list[int]:
    """Places of the boxes (F, 4) that no earlier kept one overlaps by more than `overlap`."""
    kept: list[int] = []
    for place in range(len(boxes)):
        if all(float(pair_iou(boxes[place], boxes[other])) <= overlap for other in kept):
            kept.append(place)
    return kept


def pair_iou(first: Tensor, second: Tensor) -> Tensor:
    """IoU of boxes (..., 4) with boxes (..., 4)."""
    size = (torch.minimum(first[..., 2:], second[..., 2:]) - torch.maximum(first[..., :2], second[..., :2])).clamp_min(
        0
    )
    both = size.prod(-1)
    areas = (first[..., 2:] - first[..., :2]).prod(-1) + (second[..., 2:] - second[..., :2]).prod(-1)
    iou: Tensor = both / (areas - both).clamp_min(1e-6)
    return iou
