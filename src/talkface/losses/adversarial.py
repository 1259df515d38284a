"""Adversarial losses of a discriminator that gives one judgement a picture.

Source: "bce" as Wav2Lip's quality discriminator (Rudrabha, 5c90fa9); "hinge" as Lim & Ye 2017.
"""

from typing import Literal

import torch
from torch import Tensor

from talkface.losses.probability import probability_bce

Form = Literal["bce", "hinge"]


def adversarial_loss(fake: Tensor, *, form: Form = "bce") -> Tensor:
    """What the generator pays for being recognised. Returns an unweighted scalar.

    fake: judgements of generated pictures, any shape: probabilities of "real" for "bce", logits for "hinge".
    """
    if form == "hinge":
        return -fake.mean()
    return probability_bce(fake, torch.ones_like(fake))


def discriminator_loss(judgement: Tensor, *, real: bool, form: Form = "bce") -> Tensor:
    """What the discriminator pays for real or for generated pictures; its whole loss is the sum of both.

    judgement: any shape, probabilities of "real" for "bce", logits for "hinge"; generated pictures must have been
    detached. real: whether the judged pictures were real. Returns an unweighted scalar ≥ 0.
    """
    if form == "hinge":
        return torch.relu(1 - judgement if real else 1 + judgement).mean()
    return probability_bce(judgement, torch.full_like(judgement, float(real)))
