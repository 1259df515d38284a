"""Face crops with 68 landmarks: labelled faces cut out as a detector's box would have it, distorted strongly."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from talkface.batch import LandmarkBatch
from talkface.data.face_wear import Picture, place, similarity, wear
from talkface.data.labels import LabelledSet
from talkface.drawn.draw import Draw
from talkface.face import landmark_square, landmarks_box
from talkface.labelled import LabelledPicture

Points = NDArray[np.float32]

SIDE = 80
"""Pixels of an item's sides."""

MIRRORED = (
    *range(16, -1, -1),  # jaw
    *range(26, 16, -1),  # brows
    *(27, 28, 29, 30, 35, 34, 33, 32, 31),  # nose
    *(45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40),  # eyes
    *(54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55),  # outer lips
    *(64, 63, 62, 61, 60, 67, 66, 65),  # inner lips
)
"""Which point of the face each point is in the mirror, iBUG order."""

_SHIFT, _GROWTH, _TURN = 0.08, (0.8, 1.15), 30.0  # of the side; factors; degrees


class FaceCrops(Dataset[tuple[Picture, Points]]):
    """Item number → (crop (80, 80, 3), points (68, 2) in parts of its side); the same for the same set and number."""

    def __init__(self, labelled: LabelledSet, *, length: int = 1 << 40, plain: bool = False) -> None:
        """plain: neither distorted nor worn."""
        self._labelled, self._length, self._plain = labelled, length, plain

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, number: int) -> tuple[Picture, Points]:
        draw = Draw(number, f"crop {self._labelled.purpose}")
        picture = self._labelled.draw(draw)
        known = np.flatnonzero(np.isfinite(picture.landmarks).all(axis=(1, 2)))
        face = int(known[int(draw.between(0, len(known)))])
        return plain_crop(picture, face) if self._plain else distorted_crop(draw, picture, face)


def plain_crop(picture: LabelledPicture, face: int) -> tuple[Picture, Points]:
    """The square about the face's landmarks as it is."""
    return _crop(picture, face, angle=0.0, mirror=False, growth=1.0, shift=np.zeros(2))


def distorted_crop(draw: Draw, picture: LabelledPicture, face: int) -> tuple[Picture, Points]:
    """Shifted, scaled, turned, mirrored, recoloured and worn."""
    shift = np.array([draw.between(-_SHIFT, _SHIFT), draw.between(-_SHIFT, _SHIFT)])
    crop, points = _crop(
        picture,
        face,
        angle=draw.between(-_TURN, _TURN),
        mirror=draw.chance(0.5),
        growth=draw.between(*_GROWTH),
        shift=shift,
    )
    return wear(draw, crop), points


def _crop(
    picture: LabelledPicture, face: int, *, angle: float, mirror: bool, growth: float, shift: NDArray[np.floating]
) -> tuple[Picture, Points]:
    points = picture.landmarks[face]
    left, top, right, _ = landmark_square(landmarks_box(points))
    side = right - left
    scale = SIDE / side * growth
    middle = np.array([left, top]) + side / 2
    matrix = similarity(scale, angle, mirror, middle, SIDE * (0.5 + shift))
    crop = place(picture.image, matrix, scale, np.zeros((SIDE, SIDE, 3), np.uint8))
    moved = points @ matrix[:, :2].T + matrix[:, 2]
    return crop, np.asarray((moved[list(MIRRORED)] if mirror else moved) / SIDE, np.float32)


def join_crops(items: Sequence[tuple[Picture, Points]]) -> LandmarkBatch:
    """Items as one batch."""
    crops = np.stack([np.ascontiguousarray(crop.transpose(2, 0, 1)) for crop, _ in items])
    return LandmarkBatch(torch.from_numpy(crops), torch.from_numpy(np.stack([points for _, points in items])))
