"""Fréchet distance of two sets of features: FID with Inception's, FVD with a video network's.

Source: Heusel et al. 2017. The features' network is the caller's; a report names it.
"""

from typing import NamedTuple

import torch
from torch import Tensor


class Moments(NamedTuple):
    """Sums over features, which add up over batches and processes: size (), total (D,), products (D, D), float64."""

    size: Tensor
    total: Tensor
    products: Tensor


def moments(features: Tensor) -> Moments:
    """(N, D) features → their sums."""
    if features.ndim != 2:
        raise ValueError(f"features must be (N, D), got {tuple(features.shape)}")
    wide = features.double()
    return Moments(torch.tensor(len(wide), device=wide.device), wide.sum(0), wide.T @ wide)


def mean_and_covariance(sums: Moments) -> tuple[Tensor, Tensor]:
    """(D,) mean and (D, D) unbiased covariance. ValueError: fewer than two features."""
    count = int(sums.size)
    if count < 2:
        raise ValueError(f"a covariance needs at least 2 features, got {count}")
    mean = sums.total / count
    return mean, (sums.products - count * torch.outer(mean, mean)) / (count - 1)


def frechet_distance(first: Moments, second: Moments) -> Tensor:
    """|μ₁ - μ₂|² + tr(Σ₁ + Σ₂ - 2 (Σ₁Σ₂)^½), () float64 ≥ 0 up to rounding.

    The trace of the root is taken from the eigenvalues of Σ₁^½ Σ₂ Σ₁^½, which is symmetric: no complex remainder to
    drop, unlike the general matrix root of common implementations.
    """
    (mean_a, covariance_a), (mean_b, covariance_b) = mean_and_covariance(first), mean_and_covariance(second)
    root = _square_root(covariance_a)
    crossed = torch.linalg.eigvalsh(root @ covariance_b @ root).clamp_min(0).sqrt().sum()
    shift: Tensor = (mean_a - mean_b).square().sum()
    traces: Tensor = covariance_a.trace() + covariance_b.trace() - 2 * crossed
    return shift + traces


def _square_root(covariance: Tensor) -> Tensor:
    values, vectors = torch.linalg.eigh(covariance)
    root: Tensor = (vectors * values.clamp_min(0).sqrt()) @ vectors.T
    return root
