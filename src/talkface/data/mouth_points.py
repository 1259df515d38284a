"""Straight crops of faces with their 68 landmarks: what the mouth model's landmark network learns from."""

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from talkface.batch import LandmarkBatch
from talkface.data.face_crops import MIRRORED
from talkface.data.mouth_frames import turned
from talkface.data.mouth_set import MouthItems
from talkface.face.mouth_geometry import framed, lay, transformed, zoomed
from talkface.models.mouth.landmarks import HEIGHT, SCALE, WIDTH

Image = NDArray[np.uint8]
Floats = NDArray[np.float32]

_MIDDLE = np.array([64.0, 64.0]) * SCALE
_TURN, _GROWTH, _SHIFT = 0.05, 0.05, 2.5  # radians, logarithm, pixels of the frame of reference: deviations
_CALM = 0.5  # of them in validation: by so much landmarks err from frame to frame
_SIZE = np.array([WIDTH, HEIGHT], np.float32)


class MouthPoints(MouthItems[LandmarkBatch]):
    """Rows of the mouth model's training. plain: laid nearly straight, and not worn."""

    def __getitem__(self, item: int) -> LandmarkBatch:
        rng = self.rng(item)
        reader, number = self.clips.sample(rng)
        labels = reader.labels(number)
        frame = int(rng.choice(np.flatnonzero(labels.known)))
        crop, points = placed(reader.crop(number, frame), labels.places[frame], rng, plain=self.plain)
        if not self.plain:
            crop = worn(crop, rng)
        rows = torch.from_numpy(np.ascontiguousarray(crop.transpose(2, 0, 1)))[None]
        return LandmarkBatch(rows, torch.from_numpy(points)[None])


def placed(crop: Image, points: Floats, rng: np.random.Generator, *, plain: bool) -> tuple[Image, Floats]:
    """(128, 112, 3) crop, laid a little off, and (68, 2) points as parts of its sides.

    crop: (180, 160, 3) as it is stored; points: (68, 2) in its pixels.
    """
    share = _CALM if plain else 1.0
    turn, growth = rng.normal(0, _TURN * share), np.exp(rng.normal(0, _GROWTH * share))
    shift = rng.normal(0, _SHIFT * share, 2) * SCALE
    matrix = turned(zoomed(framed(lay(points)), SCALE), _MIDDLE, growth, turn, shift)
    border = cv2.BORDER_REPLICATE if plain or rng.random() < 0.7 else cv2.BORDER_CONSTANT
    image = cv2.warpAffine(crop, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR, borderMode=border)
    parts = (transformed(points, matrix) + 0.5) / _SIZE
    if not plain and rng.random() < 0.5:
        image, parts = image[:, ::-1], parts[list(MIRRORED)] * [-1, 1] + [1, 0]
    return np.asarray(image, np.uint8), np.asarray(parts, np.float32)


def worn(image: Image, rng: np.random.Generator) -> Image:
    """Other light and colours, blur, fewer pixels, grain, gray, or something in front: (H, W, 3) uint8 → the same."""
    seen = (image.astype(np.float32) / 255) ** rng.uniform(0.7, 1.4) * rng.uniform(0.6, 1.3)
    seen = np.clip(seen * rng.uniform(0.85, 1.15, 3), 0, 1)
    if rng.random() < 0.3:
        seen = np.asarray(cv2.GaussianBlur(seen, (0, 0), rng.uniform(0.4, 1.6)), np.float64)
    if rng.random() < 0.15:
        part = rng.uniform(0.3, 0.7)
        small = cv2.resize(seen, None, fx=part, fy=part, interpolation=cv2.INTER_AREA)
        seen = np.asarray(cv2.resize(small, image.shape[1::-1]), np.float64)
    if rng.random() < 0.2:
        seen = seen + rng.normal(0, rng.uniform(0.01, 0.05), seen.shape)
    if rng.random() < 0.1:
        seen = np.repeat(seen.mean(2, keepdims=True), 3, 2)
    if rng.random() < 0.12:
        top, left = int(rng.integers(0, image.shape[0] - 20)), int(rng.integers(0, image.shape[1] - 20))
        seen = seen.copy()
        seen[top : top + int(rng.integers(8, 40)), left : left + int(rng.integers(8, 40))] = rng.random(3)
    return np.asarray(np.round(np.clip(seen, 0, 1) * 255), np.uint8)
