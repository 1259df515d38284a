"""Accumulator of CSIM over pictures. Formula: functional/identity."""

from torch import Tensor

from talkface.metrics.functional.identity import csim
from talkface.metrics.mean import MeanOfMeasured


class Csim(MeanOfMeasured):
    """Mean cosine of face-recognition embeddings over pictures, in [-1, 1]."""

    higher_is_better = True

    def update(self, embedding: Tensor, reference: Tensor) -> None:
        """Embeddings of any number of pictures (N, D), and of what they should show: (N, D) or (1, D)."""
        self.add(csim(embedding, reference))
