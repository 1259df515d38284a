"""CSIM: does the result show the same person? Cosine of two pictures' face-recognition embeddings."""

from torch import Tensor
from torch.nn.functional import cosine_similarity


def csim(embedding: Tensor, reference: Tensor) -> Tensor:
    """Cosine by picture, in [-1, 1], higher is more alike: (N, D), (N, D) or (1, D) float, any length → (N,).

    ValueError: other shapes.
    """
    fits = embedding.ndim == reference.ndim == 2 and embedding.shape[1] == reference.shape[1]
    if not fits or len(reference) not in (1, len(embedding)):
        raise ValueError(
            f"embeddings must be (N, D) and (N or 1, D), got {tuple(embedding.shape)}, {tuple(reference.shape)}"
        )
    return cosine_similarity(embedding, reference, dim=1)
