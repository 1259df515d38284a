"""Perceptual loss: distance between feature maps of a network that the caller brings. Source: Johnson et al. 2016."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn.functional import l1_loss


def perceptual_loss(
    generated: Tensor,
    target: Tensor,
    features: Callable[[Tensor], Sequence[Tensor]],
    *,
    map_weights: Sequence[float] | None = None,
) -> Tensor:
    """L1 between the feature maps of the two pictures, summed with `map_weights`; their mean where none are given.

    generated, target: (N, 3, H, W) float32 RGB in the range that `features` takes. features: frozen network, picture →
    feature maps (`models.perceptual`, which also has the original's weights of PC-AVS). No gradient flows to the
    target. Returns an unweighted scalar ≥ 0. ValueError: another number of weights than of maps.
    """
    with torch.no_grad():
        wanted = features(target.detach())
    made = features(generated)
    weights = [1 / len(made)] * len(made) if map_weights is None else map_weights
    return torch.stack([w * l1_loss(a, b) for w, a, b in zip(weights, made, wanted, strict=True)]).sum()
