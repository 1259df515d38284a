"""Mouth shapes in three dimensions, and how they are placed into a frame: the head's pose apart from the mouth's shape.

A face is seen by a far camera (scaled orthography): place = scale · rotation · shape + shift. Shapes are in pixels of
the frame of reference of `mouth_geometry` (eyes' outer corners 62 apart), x to the right, y down, z away.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from talkface.face.detection import Points
from talkface.face.mouth_geometry import RIGID

FloatArray = npt.NDArray[np.float32]

MOUTH = (*range(3, 14), *range(48, 68))
"""Of the 68 points: chin and lower jaw, lips. Speech moves these 31."""
_FACING = (*RIGID, 30)  # with the tip of the nose, which tells how far a head is turned
_UPPER, _LOWER = (61, 62, 63), (67, 66, 65)  # inner lips, facing pairs
_HALF_OPEN = 1.7  # pixels: half of what the inner lips are apart in the mean of speech
_SHUT = 0.6  # pixels: lips that are nearer touch


@dataclass(frozen=True, eq=False)
class MouthBasis:
    """What shapes are made of. mean: (68, 3) of many people, mouth shut. slope: (68, 3) how points move, on average, a
    pixel that the lips part. directions: (C, 31, 3) what one unit of each coefficient adds to the points `MOUTH`.
    """

    mean: FloatArray
    slope: FloatArray
    directions: FloatArray


@dataclass(frozen=True, eq=False)
class Camera:
    """Of one frame. rotation: (3, 3), its rows x, y and z of the image. scale: pixels a shape pixel. shift: (2,)."""

    rotation: FloatArray
    scale: float
    shift: FloatArray

    def place(self, shape: FloatArray) -> Points:
        """(P, 3) shape → (P, 2) image."""
        return np.asarray(self.scale * shape @ self.rotation[:2].T + self.shift, np.float32)

    def lift(self, offsets: Points) -> FloatArray:
        """(P, 2) offsets in the image → (P, 3) offsets of the shape that lie in the image's plane."""
        return np.asarray(offsets / self.scale @ self.rotation[:2], np.float32)


def find_camera(landmarks: Points, basis: MouthBasis) -> Camera:
    """The camera that sees the mean shape's eyes and nose nearest to where (68, 2) landmarks are. Least squares."""
    shape, seen = basis.mean[list(_FACING)].astype(np.float64), landmarks[list(_FACING)].astype(np.float64)
    middle, target = shape.mean(0), seen.mean(0)
    affine = np.linalg.lstsq(shape - middle, seen - target, rcond=None)[0].T  # (2, 3)
    u, sizes, v = np.linalg.svd(affine, full_matrices=False)
    rows, scale = u @ v, max(float(sizes.mean()), 1e-6)
    rotation = np.vstack([rows, np.cross(rows[0], rows[1])])
    shift = target - scale * rows @ middle
    return Camera(rotation.astype(np.float32), scale, shift.astype(np.float32))


def parting(shape: FloatArray) -> float:
    """How far the inner lips are apart in (68, 3), pixels: mean of three facing pairs, down is positive."""
    return float(partings(shape))


def partings(shapes: FloatArray) -> FloatArray:
    """`parting` of (..., 68, 3) → (...)."""
    apart = shapes[..., list(_LOWER), 1] - shapes[..., list(_UPPER), 1]
    return np.asarray(apart.mean(-1), np.float32)


def opening(landmarks: Points) -> FloatArray:
    """(..., 68, 2) → (...): distance of the inner lips' middles over that of the eyes' outer corners."""
    lips = np.linalg.norm(landmarks[..., 66, :] - landmarks[..., 62, :], axis=-1)
    eyes = np.linalg.norm(landmarks[..., 45, :] - landmarks[..., 36, :], axis=-1)
    return np.asarray(lips / np.maximum(eyes, 1e-6), np.float32)


def resting_offset(landmarks: Sequence[Points], basis: MouthBasis) -> FloatArray:
    """(68, 3) what a person's shut mouth and face add to the mean, from some of the person's (68, 2) landmarks.

    The mean over frames of what is not explained by pose, with the lips brought together as they usually part.
    """
    offsets = []
    for points in landmarks:
        camera = find_camera(points, basis)
        offset = camera.lift(points - camera.place(basis.mean))
        offsets.append(offset - basis.slope * max(0.0, parting(basis.mean + offset)))
    return np.asarray(np.mean(offsets, axis=0), np.float32)


def emphasised(coefficients: FloatArray, basis: MouthBasis, gain: float) -> FloatArray:
    """(C,) coefficients with openings made `gain` times as large about a half-open mouth's, and shut ones kept shut.

    What is predicted from sound is a mean of many mouths: it moves too little, and closes too seldom. Openings below
    (gain - 1) / gain of half the usual one close.
    """
    moved = np.tensordot(
        coefficients, basis.directions[:, [MOUTH.index(number) for number in (*_UPPER, *_LOWER)], 1], 1
    )
    parted = float((moved[3:] - moved[:3]).mean())
    if parted <= 0:
        return coefficients * np.float32(gain)
    return np.asarray(coefficients * max(0.0, gain - (gain - 1) * _HALF_OPEN / parted), np.float32)


def shape_of(coefficients: FloatArray, rest: FloatArray, basis: MouthBasis) -> FloatArray:
    """(68, 3) the mouth that (C,) coefficients say of the person with (68, 3) resting offset; lips never cross."""
    shape = basis.mean + rest
    shape[list(MOUTH)] += np.tensordot(coefficients, basis.directions, 1)
    parted = shape[list(_LOWER), 1] - shape[list(_UPPER), 1]
    touch = np.full(3, parted.mean() < _SHUT) | (parted < 0)
    middle = (shape[list(_LOWER), 1] + shape[list(_UPPER), 1]) / 2
    for number in np.flatnonzero(touch):
        shape[_LOWER[number], 1] = shape[_UPPER[number], 1] = middle[number]
    return shape


def placed(landmarks: Points, shape: FloatArray, camera: Camera) -> Points:
    """(68, 2) the frame's own landmarks with those of `MOUTH` where the shape has them."""
    points = landmarks.copy()
    points[list(MOUTH)] = camera.place(shape[list(MOUTH)])
    return points
