"""Boxes: float32 (..., 4) arrays of (left, top, right, bottom) pixels, half-open, origin at the picture's top-left
corner.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from talkface.errors import InputError

Box = NDArray[np.float32]


@dataclass(frozen=True)
class Margin:
    """What is added around a box on each side, as a fraction of its height (top, bottom) or width (left, right).

    Negative values shrink the box; the two of one axis must add up to more than -1.
    """

    top: float = 0.0
    bottom: float = 0.0
    left: float = 0.0
    right: float = 0.0

    def __post_init__(self) -> None:
        if self.top + self.bottom <= -1 or self.left + self.right <= -1:
            raise InputError("margin leaves nothing of the box", self, "make opposite sides add up to more than -1")


WAV2LIP_MARGIN = Margin(bottom=0.10)
"""The model's crop is `expand_box(face_box, WAV2LIP_MARGIN)` stretched to 96x96: the chin must stay inside while the
jaw drops. The original adds 10 pixels below at any size; a fraction keeps the crop the same at every resolution."""


def as_box(values: Sequence[float] | NDArray[np.generic]) -> Box:
    """Checked float32 (4,) box. InputError unless there are four finite numbers with left < right and top < bottom."""
    box = np.asarray(values, dtype=np.float32)
    if box.shape != (4,) or not np.isfinite(box).all() or box[2] <= box[0] or box[3] <= box[1]:
        raise InputError("not a box", values, "give left, top, right, bottom with left < right and top < bottom")
    return box


def box_size(boxes: Box) -> NDArray[np.float32]:
    """(width, height) of boxes (..., 4), pixels: (..., 2)."""
    return np.asarray(boxes[..., 2:] - boxes[..., :2], dtype=np.float32)


def box_area(boxes: Box) -> NDArray[np.float32]:
    """Area of boxes (..., 4) in square pixels, never negative: (...)."""
    return np.asarray(box_size(boxes).clip(min=0).prod(axis=-1), dtype=np.float32)


def box_center(boxes: Box) -> NDArray[np.float32]:
    """(x, y) of the middle of boxes (..., 4): (..., 2)."""
    return np.asarray((boxes[..., :2] + boxes[..., 2:]) / 2, dtype=np.float32)


def box_iou(boxes: Box, others: Box) -> NDArray[np.float32]:
    """Intersection over union of every pair: (N, 4), (M, 4) -> (N, M) in [0, 1]; 0 where both are empty."""
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    shared = (high - low).clip(min=0).prod(axis=-1)
    union = box_area(boxes)[:, None] + box_area(others)[None] - shared
    return np.asarray(shared / np.maximum(union, np.finfo(np.float32).tiny), dtype=np.float32)


def expand_box(boxes: Box, margin: Margin, bounds: tuple[int, int] | None = None) -> Box:
    """Boxes (..., 4) grown by `margin`; with `bounds` = (height, width) of the picture, also clipped to it."""
    width, height = box_size(boxes)[..., 0], box_size(boxes)[..., 1]
    change = (-margin.left * width, -margin.top * height, margin.right * width, margin.bottom * height)
    grown = np.asarray(boxes + np.stack(change, axis=-1), dtype=np.float32)
    return grown if bounds is None else clip_box(grown, bounds)


def clip_box(boxes: Box, bounds: tuple[int, int]) -> Box:
    """Boxes (..., 4) cut to a picture of `bounds` = (height, width); one wholly outside becomes empty at the border."""
    height, width = bounds
    return np.clip(boxes, 0, np.array([width, height, width, height], dtype=np.float32))


def scale_box(boxes: Box, factor: float | Sequence[float] | NDArray[np.generic]) -> Box:
    """Boxes (..., 4) of a picture that is resized: `factor` is one number, or (x, y) factors (2,)."""
    pair = np.broadcast_to(np.asarray(factor, dtype=np.float32), (2,))
    return np.asarray(boxes * np.tile(pair, 2), dtype=np.float32)
