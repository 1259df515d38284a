"""Frames with references of the same clip: what the mouth's renderer learns from."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from talkface.data.mouth_set import MouthItems
from talkface.face.mouth_geometry import HEIGHT, WIDTH, geometry_maps, lay, transformed
from talkface.face.mouth_shape import opening
from talkface.mouth_batch import MouthFrameBatch

Image = NDArray[np.uint8]
Floats = NDArray[np.float32]

REFERENCES = 3
"""Of an item: any frame; a wide open or most different one; any or a shut one. A step takes the first few."""
_APART = 2  # frames: nearer ones are the target itself
_TRIED = 12  # frames among which open, different and shut ones are sought
_MIDDLE = np.array([48.0, 34.0])  # of turns and growth, crop pixels: between the nostrils
_GROWTH, _TURN = 0.07, 0.12  # parts, radians: of all images of an item alike
_SHIFT, _OWN_GROWTH, _OWN_TURN, _OFF = 2.5, 0.02, 0.03, 0.35  # of each reference, and pixels that its landmarks err by


@dataclass(frozen=True)
class Look:
    """What happens to all images of an item alike, so that references still tell what the target looks like.

    mirrored; growth: factor; turn: radians. gamma, gain: of the light. tint: (3,) factors of the colours.
    """

    mirrored: bool = False
    growth: float = 1.0
    turn: float = 0.0
    gamma: float = 1.0
    gain: float = 1.0
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)

    @classmethod
    def sample(cls, rng: np.random.Generator) -> "Look":
        """Any."""
        red, green, blue = (float(x) for x in rng.uniform(0.93, 1.07, 3))
        return cls(
            mirrored=bool(rng.random() < 0.5),
            growth=float(rng.uniform(1 - _GROWTH, 1 + _GROWTH)),
            turn=float(rng.uniform(-_TURN, _TURN)),
            gamma=float(rng.uniform(0.8, 1.25)),
            gain=float(rng.uniform(0.75, 1.25)),
            tint=(red, green, blue),
        )

    def light(self, image: Image, brighter: float = 1.0) -> Image:
        """(H, W, 3) uint8 in this light. brighter: factor on top, of this image alone."""
        level = np.clip((np.arange(256)[:, None] / 255) ** self.gamma * self.gain * np.array(self.tint), 0, 1)
        table = np.round(np.clip(level * brighter, 0, 1) * 255).astype(np.uint8)
        return np.asarray(cv2.LUT(image, table[None]), np.uint8)


class MouthFrames(MouthItems[MouthFrameBatch]):
    """Rows of the mouth model's training. plain: as the clips are."""

    def __getitem__(self, item: int) -> MouthFrameBatch:
        rng = self.rng(item)
        reader, number = self.clips.sample(rng)
        labels = reader.labels(number)
        frames, places = np.flatnonzero(labels.known), labels.places
        chosen = choose_frames(opening(places[frames]), rng)
        look = Look() if self.plain else Look.sample(rng)
        images, maps = [], []
        for order, frame in enumerate(frames[chosen]):
            off = None if self.plain or order == 0 else rng
            image, geometry = laid(reader.crop(number, int(frame)), places[frame], look, off)
            images.append(image)
            maps.append(geometry)
        return MouthFrameBatch(_rows(images), _rows(maps))


def choose_frames(openings: Floats, rng: np.random.Generator) -> list[int]:
    """Numbers of the target and its references among (N,) openings of the known frames of a clip."""
    count = len(openings)
    target = int(rng.integers(count))
    tried = [int(j) for j in rng.integers(0, count, _TRIED)]
    far = [j for j in tried if abs(j - target) > _APART] or [int(rng.integers(count))]
    wide = rng.random() < 0.5
    second = max(far, key=lambda j: openings[j] if wide else abs(openings[j] - openings[target]))
    third = far[-1] if rng.random() < 0.5 else min(far, key=lambda j: openings[j])
    return [target, far[0], second, third]


def laid(crop: Image, points: Floats, look: Look, off: np.random.Generator | None) -> tuple[Image, Image]:
    """(88, 96, 3) uint8 crop of the network and its geometry maps.

    crop: (180, 160, 3) as it is stored; points: (68, 2) in its pixels. off: by which a reference lies a little off;
    serving's landmarks do.
    """
    shift, growth, turn, brighter = np.zeros(2), look.growth, look.turn, 1.0
    if off is not None:
        shift, brighter = off.uniform(-_SHIFT, _SHIFT, 2), off.uniform(0.96, 1.04)
        growth, turn = growth + off.uniform(-_OWN_GROWTH, _OWN_GROWTH), turn + off.uniform(-_OWN_TURN, _OWN_TURN)
    matrix = turned(lay(points), _MIDDLE, growth, turn, shift)
    size = (WIDTH, HEIGHT)
    image = cv2.warpAffine(crop, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    seen = transformed(points, matrix)
    if off is not None:
        seen = seen + off.normal(0, _OFF, seen.shape).astype(np.float32)
    maps = geometry_maps(seen)
    step = -1 if look.mirrored else 1
    return look.light(np.ascontiguousarray(image[:, ::step]), brighter), np.ascontiguousarray(maps[:, ::step])


def turned(
    matrix: Floats, middle: NDArray[np.floating], growth: float, turn: float, shift: NDArray[np.floating]
) -> Floats:
    """(2, 3) `matrix`, then growth and turn (radians) about `middle`, then a shift."""
    cos, sin = np.cos(turn), np.sin(turn)
    rotation = np.array([[cos, -sin], [sin, cos]]) * growth
    moved = rotation @ matrix[:, 2] + middle - rotation @ middle + shift
    return np.column_stack([rotation @ matrix[:, :2], moved]).astype(np.float32)


def _rows(images: Sequence[Image]) -> Tensor:
    """(1, 1 + K, 3, H, W) uint8."""
    return torch.from_numpy(np.ascontiguousarray(np.stack(images).transpose(0, 3, 1, 2)))[None]
