"""What is said: 0.2 s of mel spectrogram → content code.

Source: netA_sync of PC-AVS, a ResNet-34 with squeeze-and-excitation (Hu et al. 2018) and self-attentive pooling.
"""

import torch
from torch import Tensor, nn

from talkface.models.network import Network
from talkface.models.pcavs.sizes import CodeSizes, scaled

STAGES = ((32, 3), (64, 4), (128, 6), (256, 3))  # (channels, blocks); every stage but the first halves rows and time
BANDS = 80
REDUCTION = 8
ATTENTION = 128


class SqueezeExcitation(nn.Module):
    """Scales every channel by a factor in (0, 1) that follows from all channels' means. (N, C, H, W) → same."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = max(1, channels // REDUCTION)
        self.fc = nn.Sequential(nn.Linear(channels, inner), nn.ReLU(), nn.Linear(inner, channels), nn.Sigmoid())

    def forward(self, x: Tensor) -> Tensor:
        factor: Tensor = self.fc(x.mean((2, 3)))
        return x * factor[:, :, None, None]


class SpeechBlock(nn.Module):
    """3×3 → ReLU → norm → 3×3 → norm → squeeze-and-excitation, beside a shortcut; the ReLU precedes the first norm."""

    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.se = SqueezeExcitation(out_channels)
        self.downsample: nn.Sequential | None = None
        if stride != 1 or in_channels != out_channels:
            shortcut = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm2d(out_channels))

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn1(torch.relu(self.conv1(x)))
        y = self.se(self.bn2(self.conv2(y)))
        return torch.relu(y + (x if self.downsample is None else self.downsample(x)))


class SpeechResNet(nn.Module):
    """Backbone: (N, 1, 80, T) → (N, motion)."""

    def __init__(self, width: float, motion: int) -> None:
        super().__init__()
        channels = scaled(STAGES[0][0], width)
        self.conv1, self.bn1 = nn.Conv2d(1, channels, 3, 1, 1), nn.BatchNorm2d(channels)
        for stage, (official, depth) in enumerate(STAGES):
            out_channels, blocks = scaled(official, width), nn.Sequential()
            for number in range(depth):
                blocks.append(SpeechBlock(channels, out_channels, 2 if stage and not number else 1))
                channels = out_channels
            self.add_module(f"layer{stage + 1}", blocks)
        rows, inner = channels * BANDS // 2 ** (len(STAGES) - 1), scaled(ATTENTION, width)
        self.attention = nn.Sequential(
            nn.Conv1d(rows, inner, 1), nn.ReLU(), nn.BatchNorm1d(inner), nn.Conv1d(inner, rows, 1), nn.Softmax(2)
        )
        self.fc = nn.Linear(rows, motion)

    def forward(self, mel: Tensor) -> Tensor:
        x = self.bn1(torch.relu(self.conv1(mel)))
        for stage in range(len(STAGES)):
            x = self.get_submodule(f"layer{stage + 1}")(x)
        x = x.flatten(1, 2)  # (N, channels × rows, time)
        code: Tensor = self.fc((x * self.attention(x)).sum(2))
        return code


class SpeechEncoder(Network):
    """`width` scales all layers (1: official, 7 M parameters). speakers: rows of the training head `fc`; 0: none."""

    def __init__(self, width: float = 1.0, *, speakers: int = 0) -> None:
        super().__init__()
        self.width, sizes = width, CodeSizes(width)
        self.model = SpeechResNet(width, sizes.motion)
        if speakers:
            self.fc = nn.Linear(sizes.motion, speakers)

    def forward(self, mel: Tensor) -> Tensor:
        """content_code (N, 512·width). mel: (N, 1, 80, 20) float32 in [0, 1], or (B, K, 1, 80, 20): N = B·K rows."""
        code: Tensor = self.model(mel.flatten(0, 1) if mel.ndim == 5 else mel)
        return code
