"""Accumulator of the mouth's landmark distance over frames. Formula: functional/landmark."""

from torch import Tensor, float64, int64, zeros

from talkface.metrics.functional import landmark
from talkface.torchvision_shim import prepare_torchvision

prepare_torchvision()
from torchmetrics import Metric  # noqa: E402  (imports torchvision, which needs the shim first)


class MouthLandmarkDistance(Metric):
    """Mean distance of the mouth's points in pixels, over all frames in which both faces were found."""

    is_differentiable = False
    higher_is_better = False
    full_state_update = False
    total: Tensor
    measured: Tensor
    frames: Tensor

    def __init__(self, *, centred: bool = False) -> None:
        super().__init__()
        self.centred = centred
        self.add_state("total", zeros((), dtype=float64), dist_reduce_fx="sum")
        self.add_state("measured", zeros((), dtype=int64), dist_reduce_fx="sum")
        self.add_state("frames", zeros((), dtype=int64), dist_reduce_fx="sum")

    def update(self, points: Tensor, reference: Tensor) -> None:
        """Points of any number of frames: (T, 5 | 68, 2) float pixels, NaN where no face was found."""
        mouths = (landmark.mouth_points(each) for each in (points, reference))
        distance = landmark.landmark_distance(*mouths, centred=self.centred)
        found = ~distance.isnan()
        self.total += distance[found].double().sum()
        self.measured += int(found.sum())
        self.frames += len(distance)

    def compute(self) -> dict[str, Tensor]:
        """{"lmd": mean in pixels, "found": share of frames measured}; NaN before the first."""
        return {"lmd": self.total / self.measured, "found": self.measured / self.frames}
