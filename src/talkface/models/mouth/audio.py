"""Audio network of the mouth model: mel spectrogram → coefficients of the mouth's shape. Ours.

Every layer is a valid convolution over time: the network computes the same for one window as for a whole sound, and a
window is exactly as long as what it sees.
"""

from typing import Any

import torch
from torch import Tensor, nn

from talkface.models.blocks import check_width
from talkface.models.network import Network

BANDS = 80
COEFFICIENTS, POINTS, MOVED = 12, 68, 31
"""Numbers of a mouth's shape; landmarks of a face; those of them that speech moves."""
_FRONT = (16, 32, 48)  # channels over bands and time; each halves the bands
_CHANNELS = 128
_DILATIONS = (1, 2, 4, 8, 8, 4)
WINDOW = 1 + 2 * (2 + 1 + 1) + 2 * sum(_DILATIONS)
"""Mel steps of a window: 63, of 0.79 s, the frame in its middle."""


class MouthAudioNetwork(Network):
    """`width` scales all layers (1: 0.48 M parameters a member). members: networks whose answers are averaged.

    mean, slope, directions: what the coefficients mean, as in `face.mouth_shape.MouthBasis`; found from the training
    corpus before training and part of the weights.
    """

    mean: Tensor
    slope: Tensor
    directions: Tensor

    def __init__(self, width: float = 1.0, dropout: float = 0.3, members: int = 1) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(POINTS, 3))
        self.register_buffer("slope", torch.zeros(POINTS, 3))
        self.register_buffer("directions", torch.zeros(COEFFICIENTS, MOVED, 3))
        self.width, self.dropout = check_width(width).times, dropout
        self.members = nn.ModuleList(MouthAudioMember(self.width, dropout) for _ in range(members))

    @property
    def config(self) -> dict[str, Any]:
        return {"width": self.width, "dropout": self.dropout, "members": len(self.members)}

    def forward(self, mel: Tensor) -> Tensor:
        """mel: (N, 80, S) float32 in [-4, 4], S ≥ `WINDOW`. Returns (N, S - WINDOW + 1, 12): step i sees i .. i + 62.

        Coefficients are in standard deviations of the training corpus; all 0 is a shut, resting mouth.
        """
        answers: Tensor = torch.stack([member(mel) for member in self.members])
        return answers.mean(0)


class MouthAudioMember(nn.Module):
    """One network: convolutions over bands and time, then over time alone. Arguments and result as its owner's."""

    def __init__(self, width: float, dropout: float) -> None:
        super().__init__()
        sizes, channels = [max(8, round(size * width)) for size in _FRONT], max(8, round(_CHANNELS * width))
        kernels = ((5, 5), (3, 3), (3, 3))
        front: list[nn.Module] = []
        before = 1
        for size, kernel in zip(sizes, kernels, strict=True):
            front += [nn.Conv2d(before, size, kernel, (2, 1), (kernel[0] // 2, 0)), nn.BatchNorm2d(size), nn.ReLU()]
            before = size
        self.front = nn.Sequential(*front, nn.Flatten(1, 2))
        self.enter = nn.Sequential(nn.Conv1d(before * BANDS // 8, channels, 1), nn.BatchNorm1d(channels), nn.ReLU())
        self.blocks = nn.ModuleList(TimeBlock(channels, dilation, dropout / 2) for dilation in _DILATIONS)
        self.leave = nn.Sequential(nn.Dropout(dropout), nn.Conv1d(channels, COEFFICIENTS, 1))

    def forward(self, mel: Tensor) -> Tensor:
        """(N, 80, S) → (N, S - WINDOW + 1, 12)."""
        x = self.enter(self.front(mel[:, None] / 4))
        for block in self.blocks:
            x = block(x)
        return self.leave(x).transpose(1, 2)  # type: ignore[no-any-return]


class TimeBlock(nn.Module):
    """(N, C, S) → (N, C, S - 2·dilation): what was there at the same time + a dilated convolution of three steps."""

    def __init__(self, channels: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.cut, self.drop = dilation, nn.Dropout1d(dropout)
        self.convolution = nn.Conv1d(channels, channels, 3, dilation=dilation)
        self.norm, self.mix = nn.BatchNorm1d(channels), nn.Conv1d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.mix(self.drop(torch.relu(self.norm(self.convolution(x)))))
        return torch.relu(x[:, :, self.cut : -self.cut] + y)
