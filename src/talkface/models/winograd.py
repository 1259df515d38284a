"""3×3 convolution with a quarter of the multiplications, for CPUs. Source: Lavin & Gray 2016, F(4×4, 3×3).

A tile of 4×4 results comes from a patch of 6×6 values: patches and weights are taken to a space of 36 points, in which
the convolution is one matrix product a point. Rounding grows: about 1e-5 of the largest value instead of 2e-6.
"""

from functools import lru_cache
from math import ceil

import torch
from torch import Tensor, nn

from talkface.models.products import product

TILE, PATCH = 4, 6
POINTS = PATCH**2
INPUT = (
    (4, 0, -5, 0, 1, 0),
    (0, -4, -4, 1, 1, 0),
    (0, 4, -4, -1, 1, 0),
    (0, -2, -1, 2, 1, 0),
    (0, 2, -1, -2, 1, 0),
    (0, 4, 0, -5, 0, 1),
)
WEIGHT = ((6, 0, 0), (-4, -4, -4), (-4, 4, -4), (1, 2, 4), (1, -2, 4), (0, 0, 24))  # of 24
OUTPUT = ((1, 1, 1, 1, 1, 0), (0, 1, -1, 2, -2, 0), (0, 1, 1, 4, 4, 0), (0, 1, -1, 8, -8, 1))
STRIP = 2_000_000  # values of transformed patches worked on at a time: they stay in the processor's cache
LEAST_TILES = 32  # of all rows of a batch together; with fewer, reading 36 weights instead of 9 costs what it gains


@lru_cache(maxsize=2)
def both_axes(matrix: tuple[tuple[int, ...], ...]) -> Tensor:
    """The matrix of a transform of rows and columns at once, float32: (m², n²) from (m, n)."""
    one = torch.tensor(matrix, dtype=torch.float32)
    return torch.kron(one, one)


def transform_weight(weight: Tensor) -> Tensor:
    """(out, in, 3, 3) → (36, out, in)."""
    rows = torch.tensor(WEIGHT, dtype=torch.float64) / 24
    taps = weight.permute(2, 3, 0, 1).reshape(9, -1)
    points: Tensor = torch.kron(rows, rows).to(weight) @ taps
    return points.view(POINTS, *weight.shape[:2])


def fits(rows: int, height: int, width: int) -> bool:
    """Whether `rows` maps of this size make enough tiles to gain by it. Sizes need not divide into tiles."""
    return rows * ceil(height / TILE) * ceil(width / TILE) >= LEAST_TILES


def winograd_conv(
    x: Tensor, points: Tensor, *, scale_in: Tensor | None, scale_out: Tensor | float, shift: Tensor
) -> Tensor:
    """conv3×3(x · scale_in), padded by 1, · scale_out + shift. For inference: nothing is kept for a gradient.

    x: (N, C, H, W) float32. points: (36, O, C) of `transform_weight`. scale_in: (N, C) or None.
    scale_out: (N, O) or a number. shift: (O,). Returns (N, O, H, W) in channels-last memory.
    """
    rows, channels, height, width = x.shape
    out_channels, down, across = points.shape[1], ceil(height / TILE), ceil(width / TILE)
    padded = x.new_zeros(rows, down * TILE + 2, across * TILE + 2, channels)
    inside = padded[:, 1 : height + 1, 1 : width + 1]
    if scale_in is None:
        inside.copy_(x.permute(0, 2, 3, 1))
    else:
        torch.mul(x.permute(0, 2, 3, 1), scale_in[:, None, None], out=inside)
    result = x.new_empty(rows, down * TILE, across * TILE, out_channels)
    factor = scale_out[:, None, None, None, None] if isinstance(scale_out, Tensor) else x.new_tensor(scale_out)
    step = max(1, STRIP // (POINTS * rows * across * channels))
    for top in range(0, down, step):
        lines = min(step, down - top)
        made = _strip(padded[:, TILE * top :], points, lines, across)
        target = result[:, TILE * top : TILE * (top + lines)].view(rows, lines, TILE, across, TILE, out_channels)
        torch.addcmul(shift, made, factor, out=target)
    return result[:, :height, :width].permute(0, 3, 1, 2)


def _strip(padded: Tensor, points: Tensor, down: int, across: int) -> Tensor:
    """`down` rows of tiles from the top of `padded` (N, …, W + 2, C) → (N, down, 4, across, 4, O)."""
    rows, channels, out_channels = len(padded), padded.shape[3], points.shape[1]
    sample, line, column, _ = padded.stride()
    shape = (PATCH, PATCH, rows, down, across, channels)
    patches = padded.as_strided(shape, (line, column, sample, TILE * line, TILE * column, 1), padded.storage_offset())
    seen = product(both_axes(INPUT).to(padded), patches.reshape(POINTS, -1).T).view(POINTS, -1, channels)
    made = torch.stack([product(tiles, weight) for tiles, weight in zip(seen, points, strict=True)])
    made = product(both_axes(OUTPUT).to(padded), made.view(POINTS, -1).T)
    return made.view(TILE, TILE, rows, down, across, out_channels).permute(2, 3, 0, 4, 1, 5)


class WinogradConv(nn.Module):
    """A served 3×3 convolution: by `winograd_conv` on batches of maps that gain by it, plain on others."""

    points: Tensor
    shift: Tensor

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__()
        self.plain = convolution
        weight = convolution.weight.detach()
        bias = weight.new_zeros(len(weight)) if convolution.bias is None else convolution.bias.detach()
        self.register_buffer("points", transform_weight(weight), persistent=False)
        self.register_buffer("shift", bias, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        if x.device.type == "cpu" and fits(len(x), *x.shape[2:]):
            return winograd_conv(x, self.points, scale_in=None, scale_out=1.0, shift=self.shift)
        result: Tensor = self.plain(x)
        return result


def replace_convolutions(module: nn.Module, *, least_channels: int = 128) -> None:
    """Put a `WinogradConv` in the place of every plain 3×3 convolution in `module` that takes `least_channels`."""
    for name, child in list(module.named_children()):
        if isinstance(child, nn.Conv2d) and _plain(child) and child.in_channels >= least_channels:
            setattr(module, name, WinogradConv(child))
        else:
            replace_convolutions(child, least_channels=least_channels)


def _plain(convolution: nn.Conv2d) -> bool:
    c = convolution
    return (c.kernel_size, c.stride, c.padding, c.groups) == ((3, 3), (1, 1), (1, 1), 1)
