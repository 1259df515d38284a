"""Where a clip's face is in each of its frames, as the three points that alignment takes."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from talkface.errors import InputError
from talkface.face.align import FloatArray, interpolate_points, three_points
from talkface.face.landmarks import Landmarker
from talkface.face.tracker import FaceTracker, Picture, TrackedFace


@dataclass(frozen=True, eq=False)
class ClipPoints:
    """Three points of one face over a clip of T frames.

    points: (T, 3, 2) float64 pixels (left eye, right eye, mouth), interpolated where the face was lost. seen: (T,)
    bool.
    """

    points: FloatArray
    seen: NDArray[np.bool_]


def locate_points(
    frames: Iterable[Picture],
    tracker: FaceTracker,
    landmarker: Landmarker | None = None,
    *,
    where: object = "the whole clip",
) -> ClipPoints:
    """Three points in every frame. Pictures pass and are let go.

    tracker: follows one face; its five points are used unless there is a `landmarker` for 68. where: what the
    clip is called in errors. InputError: no frame shows a face, or a detector without points and no landmarker.
    """
    rows: list[FloatArray | None] = []
    for frame, faces in tracker.track(frames):
        rows.append(_points(frame, faces[0], landmarker) if faces else None)
    seen = np.array([row is not None for row in rows], dtype=bool)
    if not seen.any():
        remedy = "give pictures with a clear upright face (drawn faces: detector=small:0.6+mtcnn:0.8)"
        raise InputError("no face found in the whole clip", where, remedy)
    lost = np.full((3, 2), np.nan)
    points = np.stack([lost if row is None else row for row in rows])
    return ClipPoints(interpolate_points(points, seen), seen)


def _points(frame: Picture, face: TrackedFace, landmarker: Landmarker | None) -> FloatArray | None:
    if landmarker is not None:
        marks = landmarker.find(frame.image, face.box)
        return None if marks is None else three_points(marks)
    if face.points is None:
        raise InputError("this detector gives boxes only", "landmarks=five", "use detector=mtcnn, or 68 landmarks")
    return three_points(face.points)
