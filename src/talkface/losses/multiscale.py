"""Losses on a discriminator that judges a picture at several sizes. Source: PC-AVS; hinge, Wang et al. 2018.

A judgement, as `models.multiscale_discriminator` gives it: per scale (logits, feature maps).
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import l1_loss

from talkface.losses.adversarial import adversarial_loss, discriminator_loss

Judgement = Sequence[tuple[Tensor, Sequence[Tensor]]]


def multiscale_adversarial_loss(fake: Judgement) -> Tensor:
    """What the generator pays for being recognised: the hinge form, mean over the scales. Unweighted scalar."""
    return torch.stack([adversarial_loss(logits, form="hinge") for logits, _ in fake]).mean()


def multiscale_discriminator_loss(judgement: Judgement, *, real: bool) -> Tensor:
    """What the discriminator pays for real or for generated (detached) pictures; its loss is the sum of both.

    Hinge form, mean over the scales. Returns an unweighted scalar ≥ 0.
    """
    return torch.stack([discriminator_loss(logits, real=real, form="hinge") for logits, _ in judgement]).mean()


def feature_matching_loss(fake: Judgement, real: Judgement, *, picture_weight: float = 1.0) -> Tensor:
    """L1 between the feature maps of a generated and of the real picture: summed over maps, mean over the scales.

    No gradient flows to the real side. The first map of each scale is the picture itself (a pixel L1); its term is
    multiplied by `picture_weight`: 0 leaves it out. Returns an unweighted scalar ≥ 0.
    """
    scales = []
    for (_, made), (_, right) in zip(fake, real, strict=True):
        picture, *others = (l1_loss(a, b.detach()) for a, b in zip(made, right, strict=True))
        scales.append(torch.stack([picture_weight * picture, *others]).sum())
    return torch.stack(scales).mean()
