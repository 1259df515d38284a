"""What is exactly known about one drawn face in one frame."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from talkface.drawn.pose import Expression, Pose
from talkface.drawn.visemes import MouthShape
from talkface.face import five_of_68, landmarks_box

Float32 = NDArray[np.float32]

_MOUTH = slice(48, 68)


def _all_visible() -> NDArray[np.bool_]:
    return np.ones(68, bool)


@dataclass(frozen=True)
class FrameTruth:
    """What is exactly known about one drawn face; pixels of the picture, x to the right, y down.

    landmarks: (68, 2) float32, iBUG order. opening: distance between the inner lips at the middle, pixels.
    viseme: the one that sounds ("" for a frame drawn alone). mouth, pose, expression: the parameters it was drawn with.
    visible: (68,) bool, False where something stands before a landmark or the picture ends.
    """

    landmarks: Float32
    opening: float
    viseme: str
    mouth: MouthShape
    pose: Pose
    expression: Expression
    visible: NDArray[np.bool_] = field(default_factory=_all_visible)

    @property
    def face_box(self) -> Float32:
        """(4,) left, top, right, bottom: from the middle of the forehead to the chin, ear to ear."""
        return landmarks_box(self.landmarks)

    @property
    def mouth_points(self) -> Float32:
        """(20, 2): iBUG 48-67."""
        return self.landmarks[_MOUTH]

    @property
    def mouth_box(self) -> Float32:
        """(4,) left, top, right, bottom of the lips."""
        return np.array(_bounds(self.mouth_points), np.float32)

    @property
    def five_points(self) -> Float32:
        """(5, 2): eyes (the picture's left first), tip of the nose, corners of the mouth: the order of detectors."""
        return five_of_68(self.landmarks)


def _bounds(points: Float32) -> tuple[float, float, float, float]:
    (left, top), (right, bottom) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    return left, top, right, bottom
