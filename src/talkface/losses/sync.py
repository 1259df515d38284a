"""Sync losses on the expert's two embeddings. Source: Wav2Lip (Rudrabha, 5c90fa9): BCE of the cosine."""

import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity

from talkface.losses.probability import probability_bce


def cosine_bce(audio_embedding: Tensor, video_embedding: Tensor, labels: Tensor) -> Tensor:
    """BCE between the cosine of the two embeddings and the label; 0.693 when every cosine is 0.5.

    audio_embedding, video_embedding: (N, D) float32, non-negative (ReLU outputs), any length.
    labels: (N,) or (N, 1), 1 = in sync. Returns an unweighted scalar ≥ 0.
    """
    cosine = cosine_similarity(audio_embedding, video_embedding, dim=1)
    return probability_bce(cosine, labels.reshape(cosine.shape))


def sync_loss(audio_embedding: Tensor, video_embedding: Tensor) -> Tensor:
    """Mean of −log cosine: `cosine_bce` with every label one, what the generator is trained on. Embeddings (N, D)."""
    return cosine_bce(audio_embedding, video_embedding, torch.ones(len(audio_embedding), device=audio_embedding.device))


def lower_halves(frames: Tensor) -> Tensor:
    """The expert's picture input: lower half of each frame, frames stacked on the channel axis, frame after frame.

    frames: (B, T, 3, H, W) → (B, 3·T, H − H//2, W).
    """
    return frames[:, :, :, frames.shape[3] // 2 :].flatten(1, 2)
