"""Frames of a shot whose lower faces are moved into the result: what is kept of each, and which are taken."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
import torch
from torch import Tensor

from talkface.face.crop import Image
from talkface.face.detection import Points
from talkface.face.mouth_geometry import (
    HEIGHT,
    WIDTH,
    FloatArray,
    cut,
    erased_mask,
    geometry_maps,
    lay,
    scale_of,
    transformed,
    zoomed,
)
from talkface.face.mouth_shape import opening
from talkface.models.mouth.renderer import Features, MouthRenderer

_FINER = 1.3  # pixels of a native crop per frame pixel: warping twice must not blur
_LARGEST = 5.0  # crop pixels of a native crop per pixel of the network's
_LOOK = (22, 24)  # rows and columns of the crop at which frames are compared


@dataclass(frozen=True, eq=False)
class Sighting:
    """A face in one frame. native: (h, w, 3) uint8, its crop at the frame's size. points: (68, 2) in network pixels.

    opening: of its mouth. look: (N,) float32 in [0, 1], what is around the erased region, coarsely.
    """

    native: Image
    points: Points
    opening: float
    look: FloatArray


@dataclass(frozen=True, eq=False)
class References:
    """What frames are made from. images: (1, K, 3, 88, 96), native: (K, 3, h, w), both in [0, 1]; encoded: of them."""

    images: Tensor
    native: Tensor
    encoded: Features


def zoom_of(landmarks: Points) -> float:
    """Pixels of a native crop per pixel of the network's, for a face with (68, 2) landmarks in frame pixels."""
    return float(np.clip(_FINER / max(scale_of(lay(landmarks)), 1e-3), 1, _LARGEST))


def native_size(zoom: float) -> tuple[int, int]:
    """Height and width of a native crop."""
    return round(HEIGHT * zoom), round(WIDTH * zoom)


def sight(image: Image, landmarks: Points, zoom: float) -> Sighting:
    """What is kept of a face. image: (H, W, 3) uint8 RGB; landmarks: (68, 2) in its pixels."""
    matrix = lay(landmarks)
    native = cut(image, zoomed(matrix, zoom), native_size(zoom))
    return Sighting(native, transformed(landmarks, matrix), float(opening(landmarks)), look_of(native))


def look_of(crop: Image) -> FloatArray:
    """(N,) float32 in [0, 1]: a crop of any size outside the erased region, coarsely."""
    small = cv2.resize(crop, _LOOK[::-1], interpolation=cv2.INTER_AREA)
    return np.asarray(small[_around()].ravel() / 255, np.float32)


def extremes(sightings: Sequence[Sighting]) -> tuple[Sighting, ...]:
    """The one with the most open mouth and the one with the most shut; one alone if there is no other."""
    ordered = sorted(sightings, key=lambda one: one.opening)
    return (ordered[-1], ordered[0]) if len(ordered) > 1 else (ordered[0],)


def build_references(chosen: Sequence[Sighting], renderer: MouthRenderer) -> References:
    """References from one or more sightings of one shot."""
    device = next(renderer.parameters()).device
    small = [cv2.resize(one.native, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA) for one in chosen]
    images = torch.stack([as_tensor(np.asarray(image, np.uint8)) for image in small]).to(device)
    maps = torch.stack([as_tensor(geometry_maps(one.points)) for one in chosen]).to(device)
    with torch.inference_mode():
        encoded = renderer.encode(images, maps)
    return References(images[None], torch.stack([as_tensor(one.native) for one in chosen]).to(device), encoded)


def as_tensor(image: Image) -> Tensor:
    """(H, W, C) uint8 → (C, H, W) float32 in [0, 1]."""
    return torch.from_numpy(np.ascontiguousarray(image)).permute(2, 0, 1).float() / 255


@cache
def _around() -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """(22, 24) where nothing is erased."""
    erased = cv2.resize(erased_mask(), _LOOK[::-1], interpolation=cv2.INTER_AREA)
    return np.asarray(erased < 0.02)
