"""Losses: unweighted scalars by name; weights live in config, networks and embeddings come as arguments."""

from talkface.losses.adversarial import adversarial_loss, discriminator_loss
from talkface.losses.classification import identity_loss
from talkface.losses.contrastive import contrastive_loss
from talkface.losses.crossmodal import (
    code_distances,
    contrastive_both_ways,
    crossmodal_loss,
    distance_contrastive_loss,
)
from talkface.losses.detail import detail_loss, gradient_loss
from talkface.losses.detection import heatmap_loss, sides_loss
from talkface.losses.flow import flow_loss
from talkface.losses.landmarks import wing_loss
from talkface.losses.mouth import coefficient_loss, concordance_loss, region_l1, velocity_loss
from talkface.losses.multiscale import (
    feature_matching_loss,
    multiscale_adversarial_loss,
    multiscale_discriminator_loss,
)
from talkface.losses.perceptual import perceptual_loss
from talkface.losses.reconstruction import changed_loss, known_difference, movement_loss, reconstruction_loss
from talkface.losses.sync import cosine_bce, lower_halves, sync_loss

__all__ = [
    "adversarial_loss",
    "changed_loss",
    "code_distances",
    "coefficient_loss",
    "concordance_loss",
    "contrastive_both_ways",
    "contrastive_loss",
    "cosine_bce",
    "crossmodal_loss",
    "detail_loss",
    "discriminator_loss",
    "distance_contrastive_loss",
    "feature_matching_loss",
    "flow_loss",
    "gradient_loss",
    "heatmap_loss",
    "identity_loss",
    "known_difference",
    "lower_halves",
    "movement_loss",
    "multiscale_adversarial_loss",
    "multiscale_discriminator_loss",
    "perceptual_loss",
    "reconstruction_loss",
    "region_l1",
    "sides_loss",
    "sync_loss",
    "velocity_loss",
    "wing_loss",
]
