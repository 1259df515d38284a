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


def discriminator_loss(real: Tensor, fake: Tensor, *, form: Form = "bce") -> tuple[Tensor, Tensor]:
    """What the discriminator pays for real and for generated pictures: two unweighted scalars ≥ 0, to be added.

    real, fake: judgements of any shape, probabilities for "bce", logits for "hinge".
    Detach the pictures before judging them.
    """
    if form == "hinge":
        return torch.relu(1 - real).mean(), torch.relu(1 + fake).mean()
    return probability_bce(real, torch.ones_like(real)), probability_bce(fake, torch.zeros_like(fake))
