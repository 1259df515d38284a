"""Convolutions steered by a code, and the filter around the doubling of size. Source: StyleGAN2, Karras et al. 2020.

The original multiplies the weights, one copy a sample. Here the activations are multiplied instead, which is the same
number: Σ (w·s)·x = Σ w·(s·x), and the demodulation is a factor of each output channel.
"""

from functools import lru_cache

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, conv_transpose2d, leaky_relu

TAPS = (1.0, 3.0, 3.0, 1.0)
SLOPE, GAIN = 0.2, 2.0**0.5  # of the leaky ReLU, which keeps the variance
EPSILON = 1e-8
INITIAL_COLOUR = 0.3  # deviation of fresh colour weights: six sizes add up, and a saturated tanh passes no gradient


@lru_cache(maxsize=1)
def fir_kernel() -> Tensor:
    """(4, 4) float32 low-pass: outer product of 1 3 3 1. Its sum is 4, as three of four pixels are inserted zeros."""
    with torch.inference_mode(False):  # kept for all calls: one that serves must not spoil it for one that trains
        taps = torch.tensor(TAPS)
        return torch.outer(taps, taps) * 4 / taps.sum() ** 2


def depthwise_kernel(like: Tensor) -> Tensor:
    """The filter once for each channel of `like` (N, C, H, W), in its type and on its device: (C, 1, 4, 4)."""
    return fir_kernel().to(like).expand(like.shape[1], 1, 4, 4)


def upsample(x: Tensor) -> Tensor:
    """Twice the size by inserted zeros and the filter. (N, C, H, W) → (N, C, 2H, 2W)."""
    return conv_transpose2d(x, depthwise_kernel(x), stride=2, padding=1, groups=x.shape[1])


def blur(x: Tensor) -> Tensor:
    """The filter after a transposed convolution. (N, C, 2H + 1, 2W + 1) → (N, C, 2H, 2W)."""
    return conv2d(x, depthwise_kernel(x), padding=1, groups=x.shape[1])


class EqualLinear(nn.Module):
    """Linear whose stored weights have variance 1 and are scaled when used. (N, in) → (N, out)."""

    def __init__(self, in_size: int, out_size: int, *, bias: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_size, in_size))
        self.bias = nn.Parameter(torch.full((out_size,), bias))
        self.scale = in_size**-0.5

    def forward(self, x: Tensor) -> Tensor:
        return torch.addmm(self.bias, x, self.weight.T, alpha=self.scale)


class ModulatedConv(nn.Module):
    """Convolution whose input channels are scaled by a style; demodulated, output variance does not follow the style.

    up: doubles the size by a transposed convolution and `blur`. forward: x (N, in, H, W), style (N, in), as
    `modulation` makes it from a style code → (N, out, H, W) or (N, out, 2H, 2W).
    """

    def __init__(
        self, in_channels: int, out_channels: int, kernel: int, style: int, *, demodulate: bool = True, up: bool = False
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(1, out_channels, in_channels, kernel, kernel))
        self.modulation = EqualLinear(style, in_channels, bias=1.0)
        self.scale = (in_channels * kernel**2) ** -0.5
        self.demodulate, self.up = demodulate, up

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        weight, style = self.weight[0], style * self.scale
        x = x * style[:, :, None, None]
        if self.up:
            x = blur(conv_transpose2d(x, weight.transpose(0, 1), stride=2))
        else:
            x = conv2d(x, weight, padding=weight.shape[-1] // 2)
        return x * self.demodulation(style)[:, :, None, None] if self.demodulate else x

    def demodulation(self, style: Tensor) -> Tensor:
        """Factor of each output channel: (N, out). style: (N, in), the scale already in it."""
        energy = self.weight[0].square().sum((2, 3))
        return torch.rsqrt(style.square() @ energy.T + EPSILON)


class Noise(nn.Module):
    """Adds a given map, weighted. Starts without effect."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor, noise: Tensor | None) -> Tensor:
        """x: (N, C, H, W). noise: (N, 1, H, W), or None for none."""
        return x if noise is None else x + self.weight * noise


class Activation(nn.Module):
    """Bias → leaky ReLU → √2. (N, C, H, W) → same."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(1, channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return leaky_relu(x + self.bias, SLOPE).mul(GAIN)


class StyledConv(nn.Module):
    """Modulated 3×3, noise, activation. (N, in, H, W) → (N, out, H, W), or twice the size with `up`."""

    def __init__(self, in_channels: int, out_channels: int, style: int, *, up: bool = False) -> None:
        super().__init__()
        self.conv = ModulatedConv(in_channels, out_channels, 3, style, up=up)
        self.noise, self.activate = Noise(), Activation(out_channels)

    def forward(self, x: Tensor, style: Tensor, noise: Tensor | None) -> Tensor:
        result: Tensor = self.activate(self.noise(self.conv(x, style), noise))
        return result


class ToRGB(nn.Module):
    """Modulated 1×1 to colours, not demodulated, added to the doubled picture of the size before.

    more: channels beyond the three colours, which start at 0 everywhere.
    """

    def __init__(self, in_channels: int, style: int, *, more: int = 0) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(1, 3 + more, 1, 1))
        self.conv = ModulatedConv(in_channels, 3 + more, 1, style, demodulate=False)
        nn.init.normal_(self.conv.weight[:, :3], std=INITIAL_COLOUR)
        nn.init.zeros_(self.conv.weight[:, 3:])

    def forward(self, x: Tensor, style: Tensor, skip: Tensor | None) -> Tensor:
        """x: (N, in, H, W). skip: (N, 3 + more, H/2, W/2) or None. → (N, 3 + more, H, W)."""
        colour: Tensor = self.conv(x, style) + self.bias
        return colour if skip is None else colour + upsample(skip)
