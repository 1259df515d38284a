"""Building blocks and layer tables shared by the Wav2Lip family. Source: layer tables of Wav2Lip (Rudrabha, 5c90fa9).

A network is a table of `Layer` rows; `build_chain` turns rows into modules and derives every input width from the row
before it. Names of parameters (`conv_block.0`, `conv_block.1`) are those of the official checkpoints.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from talkface.errors import InputError

SMALLEST_LAYER = 4  # channels; below this a layer carries nothing

Size = int | tuple[int, int]


@dataclass(frozen=True)
class Layer:
    """One row of a table: `channels` it gives at width 1, and the geometry of its convolution."""

    channels: int
    kernel: Size = 3
    stride: Size = 1
    padding: Size = 1
    kind: Literal["conv", "residual", "transposed", "plain"] = "conv"
    output_padding: int = 0


def residuals(channels: int, count: int) -> tuple[Layer, ...]:
    """`count` residual 3×3 rows that keep `channels`."""
    return (Layer(channels, kind="residual"),) * count


def upsample(channels: int) -> Layer:
    """The transposed 3×3 row that doubles height and width."""
    return Layer(channels, stride=2, kind="transposed", output_padding=1)


class ConvBlock(nn.Module):
    """Conv2d (with bias) → BatchNorm2d → [+ input] → ReLU. (N, C, H, W) → (N, C', H', W')."""

    def __init__(self, in_channels: int, layer: Layer, out_channels: int) -> None:
        super().__init__()
        convolution = nn.Conv2d(in_channels, out_channels, layer.kernel, layer.stride, layer.padding)
        self.conv_block = nn.Sequential(convolution, nn.BatchNorm2d(out_channels))
        self.residual = layer.kind == "residual"

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.conv_block(x)
        return torch.relu(y + x if self.residual else y)


class TransposedBlock(nn.Module):
    """ConvTranspose2d (with bias) → BatchNorm2d → ReLU. (N, C, H, W) → (N, C', H', W')."""

    def __init__(self, in_channels: int, layer: Layer, out_channels: int) -> None:
        super().__init__()
        convolution = nn.ConvTranspose2d(
            in_channels, out_channels, layer.kernel, layer.stride, layer.padding, layer.output_padding
        )
        self.conv_block = nn.Sequential(convolution, nn.BatchNorm2d(out_channels))

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.conv_block(x))


class PlainBlock(nn.Module):
    """Conv2d (with bias) → LeakyReLU 0.01, no norm. (N, C, H, W) → (N, C', H', W')."""

    def __init__(self, in_channels: int, layer: Layer, out_channels: int) -> None:
        super().__init__()
        convolution = nn.Conv2d(in_channels, out_channels, layer.kernel, layer.stride, layer.padding)
        self.conv_block = nn.Sequential(convolution)

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.leaky_relu(self.conv_block(x), 0.01)


_BLOCKS: dict[str, type[ConvBlock | TransposedBlock | PlainBlock]] = {
    "conv": ConvBlock,
    "residual": ConvBlock,
    "transposed": TransposedBlock,
    "plain": PlainBlock,
}


@dataclass(frozen=True)
class Width:
    """Size of a network's hidden layers. times: of the official channels. least: channels that none falls below.

    A narrow network keeps its fine layers with `least`: they carry the lines of the picture and cost few parameters.
    """

    times: float = 1.0
    least: int = SMALLEST_LAYER

    def of(self, channels: int) -> int:
        """Channels of a layer that officially has `channels`: rounded, `least` at least."""
        return max(self.least, round(self.times * channels))


def check_width(width: float, least: int = SMALLEST_LAYER) -> Width:
    """Both as a `Width`. InputError: a multiplier out of (0, 4], or layers of less than 1 or more than 64 channels."""
    if not 0 < width <= 4:
        raise InputError("network width out of range", f"width={width}", "give a number above 0 and at most 4")
    if not 1 <= least <= 64:
        raise InputError("narrowest layer out of range", f"least={least}", "give 1 to 64 channels")
    return Width(float(width), int(least))


def build_chain(in_channels: int, layers: Sequence[Layer], width: Width) -> nn.Sequential:
    """The modules of a table in order; the first takes exactly `in_channels` (not scaled)."""
    blocks: list[nn.Module] = []
    for layer in layers:
        out_channels = width.of(layer.channels)
        blocks.append(_BLOCKS[layer.kind](in_channels, layer, out_channels))
        in_channels = out_channels
    return nn.Sequential(*blocks)


def fold_time(x: Tensor, axis: int) -> Tensor:
    """Fold the time axis into the batch, time-major: row t·B + b is sample b at time t (as the original does).

    x: (B, …, T at `axis`, …) → (T·B, …).
    """
    return x.movedim(axis, 0).flatten(0, 1)


def unfold_time(x: Tensor, batch: int) -> Tensor:
    """(T·B, C, H, W) time-major → (B, C, T, H, W)."""
    return x.reshape(-1, batch, *x.shape[1:]).movedim(0, 2)
