"""Softmax over the speakers: what makes a code tell people apart. Source: PC-AVS's first stage (plain softmax)."""

from torch import Tensor
from torch.nn.functional import cross_entropy


def identity_loss(scores: Tensor, speaker: Tensor) -> Tensor:
    """Cross-entropy of the true speaker. Returns an unweighted scalar ≥ 0; log S where all scores are equal.

    scores: (N, S) float32 logits, any range. speaker: (N,) int64 in [0, S).
    """
    return cross_entropy(scores.float(), speaker)
