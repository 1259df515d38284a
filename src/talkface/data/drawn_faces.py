"""Pictures with drawn faces and their boxes, made on the fly: every item is another scene, distorted strongly.

Training and validation draw characters from far-apart seeds, and a corpus from yet others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from talkface.batch import DetectionBatch
from talkface.drawn import VISEMES, MouthTrack
from talkface.drawn.cartoon import empty_picture, plan_scene, play_scene
from talkface.drawn.draw import Draw

Picture = NDArray[np.uint8]
Boxes = NDArray[np.float32]

SIDE = 192
"""Pixels of an item's sides."""

STRIDE = 4
_FIRST = {"train": 1 << 42, "val": 1 << 43}
_FRAMES, _FPS = 8, Fraction(25)
_FACELESS = 0.12
_SMALLEST, _LARGEST = 14.0, 150.0  # width of the chosen face, pixels
_SEEN = 0.5  # part of a face's box that must lie in the picture for it to count


@dataclass(frozen=True, eq=False)
class FacePicture:
    """image: (H, W, 3) uint8 RGB. boxes: (F, 4) left, top, right, bottom, pixels."""

    image: Picture
    boxes: Boxes


class DrawnFaces(Dataset[tuple[Picture, Boxes]]):
    """Item number → (picture (192, 192, 3), boxes (F, 4)); the same for the same split, seed and number."""

    def __init__(self, split: str, *, seed: int = 0, length: int = 1 << 40) -> None:
        self._first, self._seed, self._length = _FIRST[split], seed, length

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, number: int) -> tuple[Picture, Boxes]:
        draw = Draw(self._first + number, f"faces {self._seed}")
        return distort(draw, draw_picture(draw, self._first))


def draw_picture(draw: Draw, first: int) -> FacePicture:
    """One frame of a random scene, or a place without faces. first: seed that characters begin at."""
    if draw.chance(_FACELESS):
        return FacePicture(empty_picture(draw, 192, 256), np.zeros((0, 4), np.float32))
    scene = plan_scene(first + draw.number(), 0, _FRAMES, fps=_FPS, side=320)
    viseme = draw.one_of(tuple(VISEMES))
    track = MouthTrack(np.tile(np.array(VISEMES[viseme]), (_FRAMES, 1)), (viseme,) * _FRAMES)
    frame = next(play_scene(scene, track, frames={int(draw.between(0, _FRAMES))}))
    seen = [face.face_box for face in frame.faces if face.visible.mean() > 0.3]
    return FacePicture(frame.image, np.array(seen, np.float32).reshape(-1, 4))


def distort(draw: Draw, picture: FacePicture) -> tuple[Picture, Boxes]:
    """Cut out, turned, scaled, mirrored, recoloured and worn: (SIDE, SIDE, 3) and the boxes that are still in it."""
    height, width = picture.image.shape[:2]
    if len(picture.boxes):
        box = picture.boxes[int(draw.between(0, len(picture.boxes)))]
        size = _SMALLEST * (_LARGEST / _SMALLEST) ** draw.between(0, 1)
        scale, middle = size / max(float(box[2] - box[0]), 1.0), (box[:2] + box[2:]) / 2
    else:
        scale, middle = draw.between(0.6, 2.0), np.array([width, height]) / 2
    angle, mirror = draw.between(-20, 20), draw.chance(0.5)
    goal = np.array([draw.between(0.2, 0.8), draw.between(0.2, 0.8)]) * SIDE
    matrix = _similarity(scale, angle, mirror, middle, goal)
    moved = _placed(picture.image, matrix, min(scale, 1.0), empty_picture(draw, SIDE, SIDE))
    return _worn(draw, moved), _moved_boxes(picture.boxes, matrix, scale)


def _placed(image: Picture, matrix: NDArray[np.float64], scale: float, ground: Picture) -> Picture:
    """The picture moved by the matrix onto `ground`; made smaller by areas first, so that lines do not break up."""
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    grown = matrix.copy()
    grown[:, :2] @= np.diag([image.shape[1] / size[0], image.shape[0] / size[1]])
    cv2.warpAffine(small, grown, (SIDE, SIDE), dst=ground, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_TRANSPARENT)
    return ground


def _similarity(
    scale: float, angle: float, mirror: bool, middle: NDArray[np.floating], goal: NDArray[np.floating]
) -> NDArray[np.float64]:
    """(2, 3) that turns and scales about `middle` and puts it at `goal`."""
    turn = np.radians(angle)
    matrix = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix[:, 0] *= -1 if mirror else 1
    return np.column_stack([matrix, goal - matrix @ middle])


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


def _worn(draw: Draw, image: Picture) -> Picture:
    """Other colours, light, sharpness and grain."""
    hues = cv2.cvtColor(image, cv2.COLOR_RGB2HSV).astype(np.int16)
    hues[..., 0] = (hues[..., 0] + round(draw.between(-20, 20))) % 180
    hues[..., 1] = np.clip(hues[..., 1] * draw.one_of((0.0, draw.between(0.3, 1.5), 1.0, 1.0)), 0, 255)
    seen = cv2.cvtColor(hues.astype(np.uint8), cv2.COLOR_HSV2RGB)
    level = 255 * (np.arange(256) / 255) ** draw.between(0.5, 1.9)
    table = np.clip((level - 128) * draw.between(0.6, 1.3) + 128 + draw.between(-35, 35), 0, 255)
    seen = cv2.LUT(seen, table.astype(np.uint8))
    if draw.chance(0.35):
        small = round(SIDE * draw.between(0.3, 0.8))
        seen = cv2.resize(cv2.resize(seen, (small, small), interpolation=cv2.INTER_AREA), (SIDE, SIDE))
    if draw.chance(0.25):
        seen = cv2.GaussianBlur(seen, (0, 0), draw.between(0.4, 1.6))
    if draw.chance(0.3):
        noise = np.random.default_rng(draw.number()).normal(0, draw.between(2, 14), seen.shape)
        seen = np.clip(seen + noise, 0, 255).astype(np.uint8)
    return np.asarray(seen, np.uint8)


def join_faces(items: Sequence[tuple[Picture, Boxes]]) -> DetectionBatch:
    """Items as one batch with the maps that the detector should give."""
    maps = [target_maps(boxes) for _, boxes in items]
    heat, sides, weight = (torch.from_numpy(np.stack(column)) for column in zip(*maps, strict=True))
    images = np.stack([np.ascontiguousarray(image.transpose(2, 0, 1)) for image, _ in items])
    return DetectionBatch(torch.from_numpy(images), heat, sides, weight)


def target_maps(boxes: Boxes) -> tuple[Boxes, Boxes, Boxes]:
    """(heat (1, 48, 48), sides (4, 48, 48) pixels, weight (1, 48, 48)) of boxes (F, 4); smaller faces lie on top."""
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
