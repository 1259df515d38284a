"""Pictures for the detector: labelled ones with their faces at other places and sizes, distorted strongly."""

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from talkface.batch import DetectionBatch
from talkface.data.face_wear import Picture, place, similarity, wear
from talkface.data.labels import LabelledSet
from talkface.drawn.draw import Draw
from talkface.labelled import LabelledPicture

Boxes = NDArray[np.float32]

SIDE = 128
"""Pixels of an item's sides."""

STRIDE = 8
_SMALLEST, _LARGEST = 11.0, 112.0  # width of the chosen face, pixels
_NOBODY = 0.2  # part of the items that show only what lies beside faces
_NARROWEST = 32  # pixels of a part without faces
_SEEN = 0.5  # part of a face's box that must lie in the picture for it to count


class FaceScenes(Dataset[tuple[Picture, Boxes]]):
    """Item number → (picture (128, 128, 3), boxes (F, 4)); the same for the same labelled set and number."""

    def __init__(self, labelled: LabelledSet, *, length: int = 1 << 40) -> None:
        self._labelled, self._length = labelled, length

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, number: int) -> tuple[Picture, Boxes]:
        draw = Draw(number, f"scene {self._labelled.purpose}")
        if draw.chance(_NOBODY):
            return wear(draw, ground(draw, self._labelled)), np.zeros((0, 4), np.float32)
        return distort(draw, self._labelled.draw(draw), ground(draw, self._labelled))


def ground(draw: Draw, labelled: LabelledSet) -> Picture:
    """(SIDE, SIDE, 3) what lies behind and beside a picture: what another picture shows beside its faces, stretched, or

    black bars or a plain colour.
    """
    if draw.chance(0.2):
        return np.zeros((SIDE, SIDE, 3), np.uint8)
    beside = faceless_part(labelled.draw(draw))
    if beside is None or draw.chance(0.1):
        return np.full((SIDE, SIDE, 3), [round(draw.between(0, 255)) for _ in range(3)], np.uint8)
    return np.asarray(cv2.resize(beside, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)


def faceless_part(picture: LabelledPicture) -> Picture | None:
    """The largest strip left of, above, right of or below all faces; None where it is narrower than 32 pixels."""
    height, width = picture.image.shape[:2]
    if not len(picture.boxes):
        return picture.image
    low, high = picture.boxes[:, :2].min(axis=0), picture.boxes[:, 2:].max(axis=0)
    (left, top), (right, bottom) = low.clip(0).astype(int), np.ceil(high).clip(0, [width, height]).astype(int)
    image = picture.image
    strips = [image[:, :left], image[:top], image[:, right:], image[bottom:]]
    best = max(strips, key=lambda strip: min(strip.shape[:2]) / 4 + strip.size**0.5)
    return best if min(best.shape[:2]) >= _NARROWEST else None


def distort(draw: Draw, picture: LabelledPicture, behind: Picture) -> tuple[Picture, Boxes]:
    """Cut out, turned, scaled, mirrored, recoloured and worn, over `behind`: (SIDE, SIDE, 3) and the boxes left."""
    height, width = picture.image.shape[:2]
    if len(picture.boxes):
        box = picture.boxes[int(draw.between(0, len(picture.boxes)))]
        size = _SMALLEST * (_LARGEST / _SMALLEST) ** draw.between(0, 1)
        scale, middle = size / max(float(box[2] - box[0]), 1.0), (box[:2] + box[2:]) / 2
    else:
        scale, middle = draw.between(0.6, 2.0), np.array([width, height]) / 2
    angle, mirror = draw.between(-25, 25), draw.chance(0.5)
    goal = np.array([draw.between(0.15, 0.85), draw.between(0.15, 0.85)]) * SIDE
    matrix = similarity(scale, angle, mirror, middle, goal)
    moved = place(picture.image, matrix, scale, behind)
    return wear(draw, moved), _moved_boxes(picture.boxes, matrix, scale)


def _moved_boxes(boxes: Boxes, matrix: NDArray[np.float64], scale: float) -> Boxes:
    """Boxes keep their upright shape about their moved middles; those mostly outside are left out."""
    if not len(boxes):
        return boxes
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2 @ matrix[:, :2].T + matrix[:, 2]
    half = (boxes[:, 2:] - boxes[:, :2]) / 2 * scale
    moved = np.concatenate([middles - half, middles + half], axis=1)
    inside = np.clip(moved, 0, SIDE)
    share = np.prod(inside[:, 2:] - inside[:, :2], axis=1) / np.maximum(np.prod(2 * half, axis=1), 1e-6)
    kept = (share >= _SEEN) & (middles > 0).all(axis=1) & (middles < SIDE).all(axis=1)
    return np.asarray(moved[kept], np.float32)


def join_faces(items: Sequence[tuple[Picture, Boxes]]) -> DetectionBatch:
    """Items as one batch with the maps that the detector should give."""
    maps = [target_maps(boxes) for _, boxes in items]
    heat, sides, weight = (torch.from_numpy(np.stack(column)) for column in zip(*maps, strict=True))
    images = np.stack([np.ascontiguousarray(image.transpose(2, 0, 1)) for image, _ in items])
    return DetectionBatch(torch.from_numpy(images), heat, sides, weight)


def target_maps(boxes: Boxes) -> tuple[Boxes, Boxes, Boxes]:
    """(heat (1, 16, 16), sides (4, 16, 16) pixels, weight (1, 16, 16)) of boxes (F, 4); smaller faces lie on top."""
    cells = SIDE // STRIDE
    heat, weight = np.zeros((1, cells, cells), np.float32), np.zeros((1, cells, cells), np.float32)
    sides = np.ones((4, cells, cells), np.float32)
    place = STRIDE * (np.arange(cells) + 0.5)
    for box in sorted(boxes, key=lambda box: -float(np.prod(box[2:] - box[:2]))):
        middle, size = (box[:2] + box[2:]) / 2, box[2:] - box[:2]
        spread = np.maximum(size / 9, STRIDE * 0.6)
        x, y = ((place - middle[axis]) / spread[axis] for axis in (0, 1))
        near = np.exp(-(x[None] ** 2 + y[:, None] ** 2) / 2)
        heat[0] = np.maximum(heat[0], np.minimum(near, 0.99))
        column, row = np.clip(middle // STRIDE, 0, cells - 1).astype(int)
        heat[0, row, column] = 1.0
        own = near > 0.6
        own[row, column] = True
        distance = np.stack(
            np.broadcast_arrays(
                place[None] - box[0], place[:, None] - box[1], box[2] - place[None], box[3] - place[:, None]
            )
        )
        own &= (distance > 0.5).all(axis=0)
        sides[:, own], weight[0, own] = distance[:, own], np.maximum(near[own], 0.6)
    return heat, sides, weight
