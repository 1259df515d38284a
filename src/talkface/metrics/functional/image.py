"""PSNR, SSIM and MS-SSIM of pictures, by frame. Data range 1: pictures are RGB in [0, 1]."""

from functools import cache

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, conv2d

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
    luminance, structure = _similarity(_by_channel(picture), _by_channel(reference))
    return (luminance * structure).reshape(len(picture), -1).mean(1).to(picture.dtype)


def ms_ssim(picture: Tensor, reference: Tensor) -> Tensor:
    """Multi-scale SSIM of each picture: (N, C, H, W), (N, C, H, W) float in [0, 1] -> (N,) in [0, 1].

    Wang et al. 2003: product over five scales, each half the size of the one before (2 x 2 means), of the mean
    structure term, and of the mean SSIM at the last, to the powers `SCALE_POWERS`; by channel, then their mean;
    negative means count as 0. Sides must be at least 176, so that the window fits at the last scale.
    """
    _check(picture, reference)
    least = WINDOW * 2 ** (len(SCALE_POWERS) - 1)
    if min(picture.shape[-2:]) < least:
        raise ValueError(f"MS-SSIM needs pictures of at least {least} x {least}, got {tuple(picture.shape)}")
    first, second = _by_channel(picture), _by_channel(reference)
    product = torch.ones(len(first), dtype=first.dtype, device=first.device)
    for scale, power in enumerate(SCALE_POWERS):
        luminance, structure = _similarity(first, second)
        last = scale == len(SCALE_POWERS) - 1
        term = (luminance * structure if last else structure).flatten(1).mean(1)
        product = product * term.clamp_min(0) ** power
        first, second = avg_pool2d(first, 2), avg_pool2d(second, 2)
    return product.reshape(picture.shape[:2]).mean(1).to(picture.dtype)


def _similarity(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """SSIM's luminance and structure terms at each position: (N, 1, H, W) float64 twice."""
    stacked = torch.cat([first, second, first * first, second * second, first * second])
    mean_x, mean_y, mean_xx, mean_yy, mean_xy = _blur(stacked).chunk(5)
    c1, c2 = STABILITY
    luminance = (2 * mean_x * mean_y + c1) / (mean_x.square() + mean_y.square() + c1)
    variances = mean_xx - mean_x.square() + mean_yy - mean_y.square()
    structure = (2 * (mean_xy - mean_x * mean_y) + c2) / (variances + c2)
    return luminance, structure


def _by_channel(picture: Tensor) -> Tensor:
    """(N, C, H, W) -> (N * C, 1, H, W) float64: the variances are differences of near-equal numbers."""
    return picture.double().flatten(0, 1).unsqueeze(1)


@cache
def _kernel() -> Tensor:
    position = torch.arange(WINDOW, dtype=torch.float64) - WINDOW // 2
    weight = torch.exp(-0.5 * (position / SIGMA).square())
    return weight / weight.sum()


def _blur(picture: Tensor) -> Tensor:
    """Gaussian mean at every position where the whole window fits: (N, 1, H, W) -> (N, 1, H - 10, W - 10)."""
    kernel = _kernel().to(picture.device)
    return conv2d(conv2d(picture, kernel.view(1, 1, -1, 1)), kernel.view(1, 1, 1, -1))


def _check(picture: Tensor, reference: Tensor) -> None:
    if picture.shape != reference.shape or picture.ndim != 4 or picture.numel() == 0:
        raise ValueError(
            f"pictures must be two equal (N, C, H, W), got {tuple(picture.shape)}, {tuple(reference.shape)}"
        )
    if not (picture.is_floating_point() and reference.is_floating_point()):
        raise ValueError(f"pictures must be float in [0, 1], got {picture.dtype}, {reference.dtype}")
