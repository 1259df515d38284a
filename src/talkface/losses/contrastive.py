"""Contrastive (InfoNCE) loss between sounds and pictures.

Source: van den Oord et al. 2018, symmetric as in CLIP (Radford et al. 2021).
"""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize


def contrastive_loss(
    audio_embedding: Tensor,
    video_embedding: Tensor,
    *,
    temperature: float | Tensor = 0.07,
    group: Tensor | None = None,
    cross_group: float = 0.0,
) -> Tensor:
    """Cross-entropy of picking each sound's own picture among all pictures, and the reverse; mean of both directions.

    audio_embedding, video_embedding: (N, D) float32, any scale (made unit length here); row i of both belong together.
    temperature: divides the cosines; a tensor may be learned. group: (N,) integers; when given, rows of another group
    (clip), which recognising the speaker tells apart, count as negatives only as much as cross_group says: 0 not at
    all, 1 as those of the same group. Returns an unweighted scalar ≥ 0.
    """
    with torch.autocast(audio_embedding.device.type, enabled=False):  # logits of 1/temperature need float32
        audio, video = normalize(audio_embedding.float(), dim=1), normalize(video_embedding.float(), dim=1)
        logits = audio @ video.T / temperature
        if group is not None:
            logits = weigh_foreign(logits, group, cross_group)
        own = torch.arange(len(logits), device=logits.device)
        return (cross_entropy(logits, own) + cross_entropy(logits.T, own)) / 2


def weigh_foreign(logits: Tensor, group: Tensor, share: float) -> Tensor:
    """(N, N) logits under which a column of another group than the row's counts `share` times in the softmax."""
    foreign = group[:, None] != group[None, :]
    return torch.where(foreign, logits + logits.new_tensor(share).log(), logits)
