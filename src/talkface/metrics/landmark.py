"""Accumulator of landmark distances over frames. Formula: functional/landmark."""

from torch import Tensor

from talkface.metrics.functional import landmark
from talkface.metrics.mean import MeanOfMeasured


class LandmarkDistance(MeanOfMeasured):
    """Mean distance of the mouth's points (`region` mouth) or of all (face), over frames in which both were found."""

    higher_is_better = False

    def __init__(self, *, region: landmark.Region = "mouth", centred: bool = False) -> None:
        super().__init__()
        self.region, self.centred = region, centred

    def update(self, points: Tensor, reference: Tensor) -> None:
        """Points of any number of frames: (T, 5 | 68, 2) float pixels, NaN where no face was found."""
        chosen = [landmark.region_points(each, self.region) for each in (points, reference)]
        self.add(landmark.landmark_distance(*chosen, centred=self.centred))
