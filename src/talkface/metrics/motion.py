"""Accumulators of how faces move, over clips: trembling, movement in silence, blinks, head pose.

Formulas: functional/motion. `update` takes one clip; each clip counts once, clips that say nothing (NaN) do not.
"""

from fractions import Fraction

from torch import Tensor

from talkface.metrics.functional import motion
from talkface.metrics.mean import MeanOfMeasured


class Jitter(MeanOfMeasured):
    """Mean trembling of points, pixels a frame²."""

    higher_is_better = False

    def update(self, points: Tensor) -> None:
        """One clip's points: (T, P, 2) float pixels, NaN where no face was found."""
        self.add(points.new_tensor([motion.jitter(points)]))


class MouthLeak(MeanOfMeasured):
    """Mean movement of the mouth in silence, as a share of that in speech."""

    higher_is_better = False

    def update(self, movement: Tensor, silent: Tensor) -> None:
        """One clip: (T - 1,) movement from frame to frame, (T,) bool where nobody speaks."""
        self.add(movement.new_tensor([motion.mouth_leak(movement, silent)]))


class BlinkRate(MeanOfMeasured):
    """Mean number of blinks a minute."""

    higher_is_better: bool | None = None  # neither: it should be that of the real clip

    def __init__(self, fps: Fraction) -> None:
        super().__init__()
        self.fps = fps

    def update(self, ratio: Tensor) -> None:
        """One clip's eye aspect ratio by frame: (T,), NaN where no eyes were found."""
        self.add(ratio.new_tensor([motion.blink_rate(ratio, self.fps)]))


class PoseError(MeanOfMeasured):
    """Mean absolute difference of head angles over frames; `compute` gives (3,) degrees: yaw, pitch, roll."""

    higher_is_better = False

    def __init__(self) -> None:
        super().__init__(columns=3)

    def update(self, angles: Tensor, reference: Tensor) -> None:
        """Angles of any number of frames, (T, 3) degrees twice, NaN where unknown."""
        self.add(motion.angle_difference(angles, reference))
