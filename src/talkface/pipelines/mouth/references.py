"""Frames of a shot whose lower faces are moved into the result."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from talkface.face.crop import Image
from talkface.face.detection import Points
from talkface.face.mouth_geometry import (
    HEIGHT,
    WIDTH,
    cut,
    geometry_maps,
    lay,
    scale_of,
    transformed,
    zoomed,
)
from talkface.face.mouth_shape import opening
from talkface.models.mouth.renderer import Features, MouthRenderer

COUNT = 2
"""References of a pose: the mouth most open and the one most shut."""
_EXTREME = 0.04  # part of the frames that are more open (or more shut) still: a blink of a landmark is no mouth
_FINER = 1.3  # pixels of a native crop per frame pixel: warping twice must not blur
_LARGEST = 5.0  # crop pixels of a native crop per pixel of the network's


@dataclass(frozen=True, eq=False)
class Sighting:
    """A face in one frame. image: (H, W, 3) uint8 RGB. landmarks: (68, 2) float32 in its pixels."""

    image: Image
    landmarks: Points


@dataclass(frozen=True, eq=False)
class References:
    """What frames are made from. zoom: native crop pixels per pixel of the network's crop.

    images: (1, K, 3, 88, 96), native: (K, 3, h, w) float32 in [0, 1]. encoded: of them.
    """

    zoom: float
    images: Tensor
    native: Tensor
    encoded: Features


def choose_references(landmarks: Sequence[Points], count: int = COUNT) -> list[int]:
    """Numbers of the sightings to take: most open, most shut, then the middle one; fewer if there are fewer."""
    order = np.argsort(opening(np.stack(landmarks)))
    skipped = round(_EXTREME * len(order))
    places = (len(order) - 1 - skipped, skipped, len(order) // 2)
    return list(dict.fromkeys(int(order[place]) for place in places))[:count]


def build_references(sightings: Sequence[Sighting], renderer: MouthRenderer, *, count: int = COUNT) -> References:
    """References from some frames of one person in one shot and pose, at least one."""
    chosen = [sightings[number] for number in choose_references([one.landmarks for one in sightings], count)]
    usual = float(np.median([scale_of(lay(one.landmarks)) for one in sightings]))
    zoom = float(np.clip(_FINER / max(usual, 1e-3), 1, _LARGEST))
    device = next(renderer.parameters()).device
    small, native, maps = [], [], []
    for sighting in chosen:
        matrix = lay(sighting.landmarks)
        small.append(as_tensor(cut(sighting.image, matrix, (HEIGHT, WIDTH))))
        native.append(as_tensor(cut(sighting.image, zoomed(matrix, zoom), native_size(zoom))))
        maps.append(as_tensor(geometry_maps(transformed(sighting.landmarks, matrix))))
    images = torch.stack(small).to(device)
    with torch.inference_mode():
        encoded = renderer.encode(images, torch.stack(maps).to(device))
    return References(zoom, images[None], torch.stack(native).to(device), encoded)


def native_size(zoom: float) -> tuple[int, int]:
    """Height and width of the native crop."""
    return round(HEIGHT * zoom), round(WIDTH * zoom)


def as_tensor(image: Image) -> Tensor:
    """(H, W, C) uint8 → (C, H, W) float32 in [0, 1]."""
    return torch.from_numpy(np.ascontiguousarray(image)).permute(2, 0, 1).float() / 255
