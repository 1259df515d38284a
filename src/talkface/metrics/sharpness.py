"""Accumulator of CPBD over pictures. Formula: functional/sharpness."""

from torch import Tensor

from talkface.metrics.functional.sharpness import cpbd
from talkface.metrics.mean import MeanOfMeasured


class Cpbd(MeanOfMeasured):
    """Mean CPBD over pictures, in [0, 1]; sides of at least 64 pixels."""

    higher_is_better = True

    def update(self, pictures: Tensor) -> None:
        """Any number of pictures: (N, 3, H, W) float RGB in [0, 1]."""
        self.add(cpbd(pictures))
