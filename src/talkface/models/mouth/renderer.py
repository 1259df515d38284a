"""Renderer of the mouth model: reference frames are warped to a wanted mouth geometry; only what none shows is painted.

Ours. The idea of moving texture instead of painting it is that of DINet (Zhang et al. 2023, arXiv 2303.03988) and
IP_LAP (Zhong et al. 2023, arXiv 2305.08293); the layers are our own. The target's lower face is erased before the
network sees it, so nothing of the old mouth can remain.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import grid_sample, interpolate, pixel_shuffle, pixel_unshuffle

from talkface.models.blocks import check_width
from talkface.models.network import Network

IMAGE, GEOMETRY = 3, 3  # channels
FLOW_SCALE = 0.25  # of the half side of the crop: what a flow output of 1 moves by
_CHANNELS = (16, 32, 56)  # at 1/2, 1/4, 1/8
_FLOOR = 0.01  # colours stay this far from 0 and 1 when their logit is taken


class Features(NamedTuple):
    """Maps of one encoder. half, quarter, eighth: (N, C, H/2, W/2), (N, C', H/4, W/4), (N, C'', H/8, W/8)."""

    half: Tensor
    quarter: Tensor
    eighth: Tensor


class Recipe(NamedTuple):
    """How the lower face is made from the references, at the crop's size; `compose` applies it at any size.

    flow: (N, K, 2, H/4, W/4) float32, where each pixel comes from, in [-1, 1] units of the crop, added to its place.
    share: (N, K, 1, H/4, W/4) float32, weight of each reference, sums to 1 over K. paint: (N, 3, H, W) float32, added
    to the logit of the warped colour. alpha: (N, 1, H, W) float32 in [0, 1], how much the painted colour covers.
    """

    flow: Tensor
    share: Tensor
    paint: Tensor
    alpha: Tensor


class MouthRenderer(Network):
    """`width` scales all layers (1: 0.6 M parameters)."""

    def __init__(self, width: float = 1.0) -> None:
        super().__init__()
        self.width = check_width(width).times
        half, quarter, eighth = (max(8, round(channels * width / 8) * 8) for channels in _CHANNELS)
        self.target_encoder = Encoder(IMAGE + 1 + GEOMETRY, (half, quarter, eighth), fine=False)
        self.reference_encoder = Encoder(IMAGE + GEOMETRY, (half, quarter, eighth), fine=True)
        self.coarse_flow = nn.Sequential(layer(2 * eighth, eighth, 1), Residual(eighth), Residual(eighth, 2))
        self.coarse_out = zero(nn.Conv2d(eighth, 3, 3, padding=1))
        self.fine_flow = nn.Sequential(layer(eighth + 2 * quarter, quarter, 1), layer(quarter, quarter))
        self.fine_out = zero(nn.Conv2d(quarter, 3, 3, padding=1))
        self.decode_eighth = nn.Sequential(layer(2 * eighth, eighth, 1), Residual(eighth), Residual(eighth, 2))
        self.decode_quarter = nn.Sequential(
            layer(eighth + 2 * quarter, quarter, 1), Residual(quarter), Residual(quarter)
        )
        self.decode_half = layer(quarter + 2 * half, half, 1)
        pixels = 4 * (2 * IMAGE + GEOMETRY)  # 2×2 pixels of the warped image, the masked target and the geometry
        self.decode_pixels = nn.Sequential(layer(half + pixels, half), Residual(half))
        self.out = zero(nn.Conv2d(half, 4 * (IMAGE + 1), 3, padding=1))

    def encode(self, references: Tensor, geometry: Tensor) -> Features:
        """References once for all frames. references: (N, 3, H, W) RGB in [0, 1]; geometry: (N, 3, H, W) theirs."""
        features: Features = self.reference_encoder(torch.cat((references, geometry), 1))
        return features

    def plan(self, target: Tensor, mask: Tensor, geometry: Tensor, references: Tensor, encoded: Features) -> Recipe:
        """How each frame is made.

        target: (N, 3, H, W) float32 RGB in [0, 1], already zero where `mask` is 1. mask: (1, 1, H, W) float32 in
        [0, 1]. geometry: (N, 3, H, W) wanted maps in [0, 1]. references: (N, K, 3, H, W) RGB in [0, 1]. encoded: of
        them, (N·K, …). H and W are multiples of 8.
        """
        rows, count = references.shape[:2]
        seen = self.target_encoder(torch.cat((target, mask.expand(rows, -1, -1, -1).to(target.dtype), geometry), 1))
        flow, share = self._flow(seen, encoded, count)

        def moved(maps: Tensor) -> Tensor:
            return mix(maps, flow, share)

        warped = moved(references.flatten(0, 1))
        x = self.decode_eighth(torch.cat((seen.eighth, moved(encoded.eighth)), 1))
        x = self.decode_quarter(torch.cat((double(x), seen.quarter, moved(encoded.quarter)), 1))
        x = self.decode_half(torch.cat((double(x), seen.half, moved(encoded.half)), 1))
        pixels = pixel_unshuffle(torch.cat((warped, target, geometry), 1), 2)
        painted = pixel_shuffle(self.out(self.decode_pixels(torch.cat((x, pixels.to(x.dtype)), 1))), 2).float()
        return Recipe(flow, share, painted[:, :IMAGE], torch.sigmoid(painted[:, IMAGE:] - 1))

    def forward(
        self, target: Tensor, mask: Tensor, geometry: Tensor, references: Tensor, reference_geometry: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Arguments as `encode` and `plan`. Returns the frames (N, 3, H, W) and the warped references alone."""
        encoded = self.encode(references.flatten(0, 1), reference_geometry.flatten(0, 1))
        recipe = self.plan(target, mask, geometry, references, encoded)
        warped = mix(references.flatten(0, 1), recipe.flow, recipe.share).float()
        made = paint(warped, recipe.paint, recipe.alpha)
        return target + made * mask, warped

    def _flow(self, seen: Features, encoded: Features, count: int) -> tuple[Tensor, Tensor]:
        """(N, K, 2, H/4, W/4) flow and (N, K, 1, H/4, W/4) shares."""
        rows = len(seen.eighth)
        hidden = self.coarse_flow(torch.cat((repeated(seen.eighth, count), encoded.eighth), 1))
        coarse = double(self.coarse_out(hidden)).float()
        flow = coarse[:, :2] * FLOW_SCALE
        moved = warp(encoded.quarter, flow)
        fine = self.fine_out(
            self.fine_flow(torch.cat((double(hidden), repeated(seen.quarter, count), moved), 1))
        ).float()
        flow = flow + fine[:, :2] * FLOW_SCALE
        share = (coarse[:, 2:] + fine[:, 2:]).unflatten(0, (rows, count)).softmax(1)
        return flow.unflatten(0, (rows, count)), share


class Encoder(nn.Module):
    """(N, channels, H, W) → `Features`. sizes: channels at 1/2, 1/4, 1/8. fine: more layers at 1/2."""

    def __init__(self, channels: int, sizes: tuple[int, int, int], *, fine: bool) -> None:
        super().__init__()
        half, quarter, eighth = sizes
        first = layer(channels, half, stride=2)
        self.to_half = nn.Sequential(first, Residual(half)) if fine else first
        self.to_quarter = nn.Sequential(layer(half, quarter, stride=2), Residual(quarter))
        self.to_eighth = nn.Sequential(layer(quarter, eighth, stride=2), Residual(eighth), Residual(eighth, 2))

    def forward(self, x: Tensor) -> Features:
        half = self.to_half(x)
        quarter = self.to_quarter(half)
        return Features(half, quarter, self.to_eighth(quarter))


class Residual(nn.Module):
    """x + convolution of a normalised, dilated convolution; keeps the shape."""

    def __init__(self, channels: int, dilation: int = 1) -> None:
        super().__init__()
        self.inner = layer(channels, channels, dilation=dilation)
        self.outer = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.outer(self.inner(x))  # type: ignore[no-any-return]


def layer(before: int, after: int, kernel: int = 3, *, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    """Convolution, group norm of eight channels a group, SiLU."""
    convolution = nn.Conv2d(before, after, kernel, stride, dilation * (kernel // 2), dilation=dilation)
    return nn.Sequential(convolution, nn.GroupNorm(max(1, after // 8), after), nn.SiLU())


def zero(convolution: nn.Conv2d) -> nn.Conv2d:
    """The same, giving 0: the first image is the plain mean of the references."""
    nn.init.zeros_(convolution.weight)
    assert convolution.bias is not None
    nn.init.zeros_(convolution.bias)
    return convolution


def repeated(maps: Tensor, count: int) -> Tensor:
    """(N, …) → (N·count, …), each row `count` times in a row."""
    return maps.repeat_interleave(count, 0)


def double(maps: Tensor) -> Tensor:
    """Twice the height and width, bilinear."""
    return interpolate(maps, scale_factor=2.0, mode="bilinear", align_corners=False)


def warp(maps: Tensor, flow: Tensor, *, mode: str = "bilinear") -> Tensor:
    """(N, C, H, W) sampled at each place moved by `flow` (N, 2, H, W), x and y in [-1, 1] units; edges continue.

    mode: bilinear, or bicubic, which keeps images sharper and may leave their range.
    """
    height, width = maps.shape[-2:]
    ys = (torch.arange(height, device=maps.device) * 2 + 1) / height - 1
    xs = (torch.arange(width, device=maps.device) * 2 + 1) / width - 1
    grid = torch.stack(torch.meshgrid(xs, ys, indexing="xy"), -1) + flow.float().movedim(1, -1)
    moved = grid_sample(maps.float(), grid, mode=mode, padding_mode="border", align_corners=False)
    return moved.to(maps.dtype)


def mix(maps: Tensor, flow: Tensor, share: Tensor, *, mode: str = "bilinear") -> Tensor:
    """Maps of K references warped and summed by their shares. maps: (N·K, C, H, W) at any size → (N, C, H, W).

    mode: as for `warp`.
    """
    size, rows = maps.shape[-2:], share.shape[:2]
    moved = warp(maps, resized(flow.flatten(0, 1), size), mode=mode)
    weights = resized(share.flatten(0, 1), size)
    mixed: Tensor = (moved * weights.to(moved.dtype)).view(*rows, *moved.shape[1:]).sum(1)
    return mixed


def resized(maps: Tensor, size: tuple[int, ...]) -> Tensor:
    """(N, C, h, w) brought to `size`, bilinear; shrunk with smoothing, so that small maps see all of it."""
    if maps.shape[-2:] == size:
        return maps
    smaller = size[0] < maps.shape[-2]
    return interpolate(maps, size=size, mode="bilinear", align_corners=False, antialias=smaller)


def paint(warped: Tensor, added: Tensor, alpha: Tensor) -> Tensor:
    """Colours in [0, 1]: `added` on their logit, covering by `alpha`. warped: (N, 3, H, W) in [0, 1]."""
    colour = torch.sigmoid(torch.logit(warped.clamp(_FLOOR, 1 - _FLOOR)) + added)
    return warped + alpha * (colour - warped)
