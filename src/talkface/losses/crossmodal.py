"""Losses that bring content codes of sound and of mouths together.

Source: as the PC-AVS code has them (logit = 1 / distance of unit-length rows); the floor of a distance is ours.
"""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, l1_loss, normalize


def code_distances(anchor: Tensor, other: Tensor) -> Tensor:
    """(B, B) Euclidean distances, in [0, 2], of unit-length rows; the pairs that belong together on the diagonal.

    anchor, other: (B, D) or (B, T, D), codes of T frames in a row as one vector; float32, any scale.
    """
    rows, columns = (normalize(codes.flatten(1), dim=1) for codes in (anchor, other))
    return torch.cdist(rows, columns, compute_mode="donot_use_mm_for_euclid_dist")  # the matrix form is inexact near 0


def distance_contrastive_loss(anchor: Tensor, other: Tensor, *, floor: float = 1e-6) -> Tensor:
    """Cross-entropy of picking, for each anchor, its own row among all rows of `other`; logits are 1 / distance.

    anchor: (B, D) or (B, T, D), taken as it is: no gradient flows to it; the original adds both orders of its
    arguments. other: same shape. floor: smallest distance, without which equal codes give infinity. Returns an
    unweighted scalar ≥ 0; log B when no row stands out.
    """
    with torch.autocast(anchor.device.type, enabled=False):  # reciprocals need float32
        distance = code_distances(anchor.detach().float(), other.float()).clamp_min(floor)
        return cross_entropy(distance.reciprocal(), torch.arange(len(anchor), device=anchor.device))


def crossmodal_loss(audio_code: Tensor, video_code: Tensor) -> Tensor:
    """Mean L1 that pulls the content code of sound towards that of the mouth, which gets no gradient.

    audio_code, video_code: same shape, as the encoders give them. Returns an unweighted scalar ≥ 0.
    """
    return l1_loss(audio_code, video_code.detach())
