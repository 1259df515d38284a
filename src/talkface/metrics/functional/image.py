"""PSNR, SSIM and MS-SSIM of pictures, by frame. Data range 1: pictures are RGB in [0, 1]."""

import math

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

WINDOW, SIGMA = 11, 1.5
STABILITY = (0.01**2, 0.03**2)
"""C1, C2 of the SSIM paper for data range 1."""
SCALE_POWERS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Of MS-SSIM, from the full size down."""


def squared_error(picture: Tensor, reference: Tensor) -> Tensor:
    """Mean squared error of each picture: (N, C, H, W), (N, C, H, W) float in [0, 1] -> (N,)."""
    _check(picture, reference)
    return (picture - reference).square().flatten(1).mean(1)


def psnr_of(error: Tensor) -> Tensor:
    """Mean squared error (any shape, data range 1) -> PSNR in dB; infinite where the error is 0."""
    return -10 * torch.log10(error)


def psnr(picture: Tensor, reference: Tensor) -> Tensor:
    """PSNR of each picture in dB: (N, C, H, W), (N, C, H, W) float in [0, 1] -> (N,); infinite for equal pictures.

    For a clip use `psnr_of(squared_error(...).mean())`: one equal frame would make a mean of decibels infinite.
    """
    return psnr_of(squared_error(picture, reference))


def ssim(picture: Tensor, reference: Tensor) -> Tensor:
    """SSIM of each picture: (N, C, H, W), (N, C, H, W) float in [0, 1] -> (N,) in [-1, 1].

    Wang et al. 2004: Gaussian window 11, sigma 1.5, population covariance, K = 0.01 and 0.03; mean over channels and
    over the positions where the whole window lies inside. Sides must be at least 11.
    """
    _check(picture, reference)
    if min(picture.shape[-2:]) < WINDOW:
        raise ValueError(f"SSIM needs pictures of at least {WINDOW} x {WINDOW}, got {tuple(picture.shape)}")
    values = [_ssim_of_one(*pair) for pair in zip(picture.double(), reference.double(), strict=True)]
    return torch.stack(values).to(picture.dtype)


def ms_ssim(picture: Tensor, reference: Tensor, *, scales: int = len(SCALE_POWERS)) -> Tensor:
    """Multi-scale SSIM of each picture: (N, C, H, W), (N, C, H, W) float in [0, 1] -> (N,) in [0, 1].

    Wang et al. 2003: product over five scales, each half the size of the one before (2 x 2 means), of the mean
    structure term, and of the mean SSIM at the last, to the powers `SCALE_POWERS`; by channel, then their mean;
    negative means count as 0. Sides must be at least 11 x 2^(scales - 1), so that the window fits at the last scale.
    scales: of pictures too small for five, the first powers are used, made to sum to 1: another measure, say so.
    """
    _check(picture, reference)
    if not 1 <= scales <= len(SCALE_POWERS):
        raise ValueError(f"MS-SSIM has 1 to {len(SCALE_POWERS)} scales, got {scales}")
    least = WINDOW * 2 ** (scales - 1)
    if min(picture.shape[-2:]) < least:
        raise ValueError(f"MS-SSIM needs pictures of at least {least} x {least}, got {tuple(picture.shape)}")
    chosen = SCALE_POWERS[:scales]
    powers = chosen if scales == len(SCALE_POWERS) else tuple(power / sum(chosen) for power in chosen)
    pairs = zip(picture.double(), reference.double(), strict=True)
    values = [_ms_ssim_of_one(first, second, powers) for first, second in pairs]
    return torch.stack(values).to(picture.dtype)


def _ssim_of_one(first: Tensor, second: Tensor) -> Tensor:
    """One picture at a time stays in the cache. Float64: the variances are differences of near-equal numbers."""
    luminance, structure = _similarity(first, second)
    return (luminance * structure).mean()


def _ms_ssim_of_one(first: Tensor, second: Tensor, powers: tuple[float, ...]) -> Tensor:
    product = torch.ones(len(first), dtype=first.dtype, device=first.device)
    for scale, power in enumerate(powers):
        luminance, structure = _similarity(first, second)
        term = (luminance * structure if scale == len(powers) - 1 else structure).mean((1, 2))
        product = product * term.clamp_min(0) ** power
        if scale < len(powers) - 1:
            first, second = avg_pool2d(first, 2), avg_pool2d(second, 2)
    return product.mean()


def _similarity(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """SSIM's luminance and structure terms at each position: (C, H, W) float64 twice."""
    mean_x, mean_y = _blur(first), _blur(second)
    mean_xx, mean_yy, mean_xy = _blur(first * first), _blur(second * second), _blur(first * second)
    c1, c2 = STABILITY
    luminance = (2 * mean_x * mean_y + c1) / (mean_x.square() + mean_y.square() + c1)
    variances = mean_xx - mean_x.square() + mean_yy - mean_y.square()
    structure = (2 * (mean_xy - mean_x * mean_y) + c2) / (variances + c2)
    return luminance, structure


def _weights() -> tuple[float, ...]:
    """The Gaussian from its middle outwards, (6,), such that the whole window sums to 1."""
    half = [math.exp(-0.5 * (distance / SIGMA) ** 2) for distance in range(WINDOW // 2 + 1)]
    total = half[0] + 2 * sum(half[1:])
    return tuple(weight / total for weight in half)


WEIGHTS = _weights()


def _blur(x: Tensor) -> Tensor:
    """Gaussian mean at every position where the whole window fits: (C, H, W) -> (C, H - 10, W - 10)."""
    return _blur_along(_blur_along(x, 2), 1)


def _blur_along(x: Tensor, axis: int) -> Tensor:
    """Sums of shifted slices: in float64 seven times as fast as torch's convolution on a CPU."""
    reach, size = WINDOW // 2, x.shape[axis] - WINDOW + 1
    total = x.narrow(axis, reach, size) * WEIGHTS[0]
    for distance in range(1, reach + 1):
        both = x.narrow(axis, reach - distance, size) + x.narrow(axis, reach + distance, size)
        total.add_(both, alpha=WEIGHTS[distance])
    return total


def _check(picture: Tensor, reference: Tensor) -> None:
    if picture.shape != reference.shape or picture.ndim != 4 or picture.numel() == 0:
        raise ValueError(
            f"pictures must be two equal (N, C, H, W), got {tuple(picture.shape)}, {tuple(reference.shape)}"
        )
    if not (picture.is_floating_point() and reference.is_floating_point()):
        raise ValueError(f"pictures must be float in [0, 1], got {picture.dtype}, {reference.dtype}")
