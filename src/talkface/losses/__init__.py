"""Losses: unweighted scalars by name; weights live in config, networks and embeddings come as arguments."""

from talkface.losses.adversarial import adversarial_loss, discriminator_loss
from talkface.losses.contrastive import contrastive_loss
from talkface.losses.detail import detail_loss, gradient_loss
from talkface.losses.perceptual import perceptual_loss
from talkface.losses.reconstruction import reconstruction_loss
from talkface.losses.sync import cosine_bce, lower_halves, sync_loss

__all__ = [
    "adversarial_loss",
    "contrastive_loss",
    "cosine_bce",
    "detail_loss",
    "discriminator_loss",
    "gradient_loss",
    "lower_halves",
    "perceptual_loss",
    "reconstruction_loss",
    "sync_loss",
]
