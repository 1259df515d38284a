"""PSNR, SSIM and MS-SSIM of pictures, by frame. Data range 1: pictures are RGB in [0, 1]."""

import math
from collections.abc import Sequence
from typing import NamedTuple

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
    values = [ssim_of(similarity(*pair, scales=1)) for pair in zip(picture, reference, strict=True)]
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
    values = [ms_ssim_of(similarity(*pair, scales=scales)) for pair in zip(picture, reference, strict=True)]
    return torch.stack(values).to(picture.dtype)


class Terms(NamedTuple):
    """SSIM's two terms at each position where the whole window fits: (C, H - 10, W - 10) float64 each."""

    luminance: Tensor
    structure: Tensor


def similarity(picture: Tensor, reference: Tensor, *, scales: int) -> list[Terms]:
    """What SSIM and MS-SSIM of one pair of pictures (C, H, W) in [0, 1] are made of: the terms of each scale.

    Float64: the variances are differences of near-equal numbers. One pair at a time stays in the processor's cache.
    """
    first, second = picture.double(), reference.double()
    found = [_terms(first, second)]
    for _ in range(scales - 1):
        first, second = avg_pool2d(first, 2), avg_pool2d(second, 2)
        found.append(_terms(first, second))
    return found


def lower_half(terms: Sequence[Terms]) -> list[Terms]:
    """The terms of the pictures' lower halves alone. The pictures' height must be even at every scale."""
    return [Terms(*(term[:, (term.shape[1] + WINDOW - 1) // 2 :] for term in each)) for each in terms]


def ssim_of(terms: Sequence[Terms]) -> Tensor:
    """SSIM from the terms of the first scale: a scalar."""
    return (terms[0].luminance * terms[0].structure).mean()


def ms_ssim_of(terms: Sequence[Terms]) -> Tensor:
    """MS-SSIM from the terms of as many scales as it shall have: a scalar."""
    chosen = SCALE_POWERS[: len(terms)]
    powers = chosen if len(terms) == len(SCALE_POWERS) else tuple(power / sum(chosen) for power in chosen)
    means = [each.structure.mean((1, 2)) for each in terms[:-1]]
    means.append((terms[-1].luminance * terms[-1].structure).mean((1, 2)))
    return torch.stack([mean.clamp_min(0) ** power for mean, power in zip(means, powers, strict=True)]).prod(0).mean()


def _terms(first: Tensor, second: Tensor) -> Terms:
    mean_x, mean_y = _blur(first), _blur(second)
    squares, mean_xy = _blur(first.square() + second.square()), _blur(first * second)
    c1, c2 = STABILITY
    products, mean_squares = mean_x * mean_y, mean_x.square() + mean_y.square()
    luminance = (2 * products + c1) / (mean_squares + c1)
    return Terms(luminance, (2 * (mean_xy - products) + c2) / (squares - mean_squares + c2))


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
