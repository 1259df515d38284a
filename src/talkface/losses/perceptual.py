"""Perceptual loss: distance between feature maps of a network that the caller brings. Source: Johnson et al. 2016."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn.functional import l1_loss


def perceptual_loss(generated: Tensor, target: Tensor, features: Callable[[Tensor], Sequence[Tensor]]) -> Tensor:
    """Mean over the feature maps of the L1 between those of the two pictures.

    generated, target: (N, 3, H, W) float32 RGB in [0, 1]. features: frozen network, picture → feature maps
    (`models.perceptual.VggFeatures`). No gradient flows to the target. Returns an unweighted scalar ≥ 0.
    """
    with torch.no_grad():
        wanted = features(target.detach())
    pairs = zip(features(generated), wanted, strict=True)
    return torch.stack([l1_loss(made, right) for made, right in pairs]).mean()
