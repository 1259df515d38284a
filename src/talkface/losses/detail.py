"""Losses that ask for sharp edges and need no trained network.

Sources: gradient difference loss, Mathieu et al. 2016 (here L1 of signed differences);
Laplacian pyramid L1, Bojanowski et al. 2018.
"""

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate


def gradient_loss(generated: Tensor, target: Tensor) -> Tensor:
    """Mean L1 between differences of neighbours: blur costs, a constant shift of brightness does not.

    generated, target: (…, H, W) float32, same shape, H and W ≥ 2. Returns an unweighted scalar ≥ 0.
    """
    error = generated - target
    across, down = error.diff(dim=-1).abs().mean(), error.diff(dim=-2).abs().mean()
    return (across + down) / 2


def laplacian_bands(image: Tensor, levels: int) -> list[Tensor]:
    """What each halving of the size loses, then the rest. image: (N, C, H, W)."""
    bands = []
    for _ in range(levels):
        small = avg_pool2d(image, 2, ceil_mode=True)
        bands.append(image - interpolate(small, size=image.shape[-2:], mode="bilinear", align_corners=False))
        image = small
    return [*bands, image]


def detail_loss(generated: Tensor, target: Tensor, *, levels: int = 4) -> Tensor:
    """Mean over the bands of the L1 in each band, so that fine detail weighs as much as flat areas do.

    generated, target: (…, C, H, W) float32, same shape. Returns an unweighted scalar ≥ 0.
    """
    error = generated - target  # the pyramid is linear: bands of the difference are differences of the bands
    bands = laplacian_bands(error.reshape(-1, *error.shape[-3:]), levels)
    return torch.stack([band.abs().mean() for band in bands]).mean()
