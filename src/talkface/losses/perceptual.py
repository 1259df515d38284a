"""Perceptual loss: distance between feature maps of a network that the caller brings. Source: Johnson et al. 2016."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn.functional import l1_loss

_FLOOR = 1e-3  # of a map's mean: an empty map decides nothing


def perceptual_loss(
    generated: Tensor,
    target: Tensor,
    features: Callable[[Tensor], Sequence[Tensor]],
    *,
    map_weights: Sequence[float] | None = None,
    relative: bool = False,
) -> Tensor:
    """L1 between the feature maps of the two pictures, summed with `map_weights`; their mean where none are given.

    generated, target: (N, 3, H, W) float32 RGB in the range that `features` takes. features: frozen network, picture →
    feature maps (`models.perceptual`, which also has the original's weights of PC-AVS). relative: each map's L1 is
    divided by the mean of the target's map, so that deep and shallow maps count alike. No gradient flows to the target.
    Returns an unweighted scalar ≥ 0. ValueError: another number of weights than of maps.
    """
    with torch.no_grad():
        wanted = features(target.detach())
    made = features(generated)
    weights = [1 / len(made)] * len(made) if map_weights is None else map_weights
    sizes = [b.abs().mean() + _FLOOR if relative else 1.0 for b in wanted]
    return torch.stack([w * l1_loss(a, b) / s for w, a, b, s in zip(weights, made, wanted, sizes, strict=True)]).sum()
