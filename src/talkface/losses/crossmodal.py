"""Losses that bring content codes of sound and of mouths together.

Source: as the PC-AVS code has them (logit = 1 / distance of unit-length rows); the floor of a distance is ours.
"""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, l1_loss, normalize

from talkface.losses.contrastive import contrastive_loss, weigh_foreign


def code_distances(anchor: Tensor, other: Tensor) -> Tensor:
    """(B, B) Euclidean distances, in [0, 2], of unit-length rows; the pairs that belong together on the diagonal.

    anchor, other: (B, D) or (B, T, D), codes of T frames in a row as one vector; float32, any scale.
    """
    rows, columns = (normalize(codes.flatten(1), dim=1) for codes in (anchor, other))
    return torch.cdist(rows, columns, compute_mode="donot_use_mm_for_euclid_dist")  # the matrix form is inexact near 0


def distance_contrastive_loss(
    anchor: Tensor,
    other: Tensor,
    *,
    floor: float = 1e-6,
    clip: Tensor | None = None,
    cross_clip: float = 1.0,
) -> Tensor:
    """Cross-entropy of picking, for each anchor, its own row among the rows of `other`; logits are 1 / distance.

    anchor: (B, D) or (B, T, D), taken as it is: no gradient flows to it; the original adds both orders of its
    arguments. other: same shape. floor: smallest distance, without which equal codes give infinity. clip: (B,) int64,
    which rows come from one clip. cross_clip: how much a row of another clip counts as a negative: 1 as one of the same
    clip (the original), 0 not at all; recognising who speaks helps against other clips' rows only, so on few speakers
    less is better. Returns an unweighted scalar ≥ 0; log B when no row stands out and all count.
    """
    with torch.autocast(anchor.device.type, enabled=False):  # reciprocals need float32
        logits = code_distances(anchor.detach().float(), other.float()).clamp_min(floor).reciprocal()
        if clip is not None:
            logits = weigh_foreign(logits, clip, cross_clip)
        return cross_entropy(logits, torch.arange(len(anchor), device=anchor.device))


def contrastive_both_ways(
    audio_code: Tensor,
    video_code: Tensor,
    *,
    clip: Tensor | None = None,
    cross_clip: float = 1.0,
    temperature: float | None = None,
) -> Tensor:
    """`distance_contrastive_loss` of sound against seen mouths plus that of seen mouths against sound, as the original.

    audio_code, video_code: (B, D) or (B, T, D); both get a gradient. temperature: instead of 1 / distance, cosines
    divided by it are the logits (`contrastive_loss`), and the anchors get a gradient too: 1 / distance lies between .5
    and 1 for most pairs of fresh networks, so its softmax hardly prefers any. Unweighted scalar ≥ 0; 2 log B at chance.
    """
    if temperature is not None:
        rows = (audio_code.flatten(1), video_code.flatten(1))
        return 2 * contrastive_loss(*rows, temperature=temperature, group=clip, cross_group=cross_clip)
    to_audio = distance_contrastive_loss(video_code, audio_code, clip=clip, cross_clip=cross_clip)
    return to_audio + distance_contrastive_loss(audio_code, video_code, clip=clip, cross_clip=cross_clip)


def crossmodal_loss(audio_code: Tensor, video_code: Tensor) -> Tensor:
    """Mean L1 that pulls the content code of sound towards that of the mouth, which gets no gradient.

    audio_code, video_code: same shape, as the encoders give them. Returns an unweighted scalar ≥ 0.
    """
    return l1_loss(audio_code, video_code.detach())
