"""Reads the shape of a drawn mouth from a picture: the measure of what a generator has drawn.

The layers are our own: five halvings, then one linear layer that still knows where things are.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn

from talkface.models.blocks import check_width
from talkface.models.network import Network

PARAMETERS = 6
"""Numbers that describe a mouth, as in `talkface.drawn.MouthShape`, in its order."""

_CHANNELS = (3, 16, 32, 64, 96, 128)
_CELLS = 2 * 3  # of a map of 48 x 96 pixels after five halvings


class MouthReader(Network):
    """`width` scales all layers (1: 0.18 M parameters, 0.4 MB in half precision)."""

    def __init__(self, width: float = 1.0) -> None:
        super().__init__()
        self.width = check_width(width).times
        sizes = [3, *(max(8, round(channels * width)) for channels in _CHANNELS[1:])]
        self.layers = nn.Sequential(*(_halving(before, after) for before, after in pairwise(sizes)))
        self.last = nn.Linear(sizes[-1] * _CELLS, PARAMETERS)

    def forward(self, mouths: Tensor) -> Tensor:
        """(N, 6) in [0, 1]: opening, width, roundness, teeth, tongue, press.

        mouths: (N, 3, 48, 96) float32 RGB in [0, 1], lower halves of face crops.
        """
        return torch.sigmoid(self.last(self.layers(mouths * 2 - 1).flatten(1)))


def _halving(before: int, after: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(before, after, 3, 2, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU())
