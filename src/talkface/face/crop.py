"""Cutting a box out of a picture and putting a crop back, both by the same sub-pixel geometry.

Pixel i covers [i, i + 1): its centre is i + 0.5. Crop pixel (u, v) of a (h, w) crop looks at
left + (u + 0.5) * box_width / w, and likewise downwards. Where one target pixel covers several source pixels, several
samples are averaged, so that reduction does not alias.
"""

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from talkface.errors import InputError
from talkface.face.box import Box, as_box

Image = NDArray[np.uint8]
Mask = NDArray[np.float32]


def crop_face(image: Image, box: Box, size: tuple[int, int]) -> Image:
    """The box of the picture, stretched to `size` = (height, width).

    image: (H, W, 3) uint8. box: (4,), may be fractional and may leave the picture (its border is replicated).
    Returns (height, width, 3) uint8. InputError for an empty box.
    """
    left, top, right, bottom = as_box(box)
    height, width = size
    scale = ((right - left) / width, (bottom - top) / height)
    picture = _resample(image, scale, (left, top), size, border=cv2.BORDER_REPLICATE)
    return np.asarray(picture, dtype=np.uint8)


def paste_face(image: Image, crop: Image, box: Box, mask: Mask | None = None) -> Image:
    """A copy of the picture with `crop` laid over `box`, weighted by `mask`.

    image: (H, W, 3) uint8; crop: (h, w, 3) uint8; box: (4,), where `crop_face` would have taken the crop from;
    mask: (h, w) float32 in [0, 1] in the crop's own pixels, None for the whole crop. Returns (H, W, 3) uint8. Every
    pixel whose weight is zero, and every pixel outside the box, keeps its value bit for bit.
    """
    left, top, right, bottom = as_box(box)
    height, width = crop.shape[:2]
    weights = np.ones((height, width), dtype=np.float32) if mask is None else mask
    if weights.shape != (height, width):
        raise InputError(
            "mask does not fit the crop", f"{weights.shape} for {crop.shape[:2]}", "make both the same size"
        )
    result = image.copy()
    scale = (width / (right - left), height / (bottom - top))
    (above, below), (before, after) = _shown(weights, 1), _shown(weights, 0)
    rows = _pixels(top + above / scale[1], top + below / scale[1], image.shape[0])
    columns = _pixels(left + before / scale[0], left + after / scale[0], image.shape[1])
    size = (rows.stop - rows.start, columns.stop - columns.start)
    if min(size) <= 0:
        return result
    origin = ((columns.start - left) * scale[0], (rows.start - top) * scale[1])
    pasted = _resample(crop, scale, origin, size, border=cv2.BORDER_REPLICATE)
    weight = _resample(weights, scale, origin, size, border=cv2.BORDER_CONSTANT)
    result[rows, columns] = blend(result[rows, columns], pasted, weight)
    return result


def paste_weight(shape: tuple[int, ...], mask: Mask, box: Box) -> Mask:
    """(H, W) float32: how much of a crop `paste_face` lays over each pixel of a picture of `shape` (height, width)."""
    left, top, right, bottom = as_box(box)
    scale = (mask.shape[1] / (right - left), mask.shape[0] / (bottom - top))
    weight = _resample(
        mask, scale, (-left * scale[0], -top * scale[1]), (shape[0], shape[1]), border=cv2.BORDER_CONSTANT
    )
    return np.asarray(weight, np.float32)


def blend(below: Image, above: Image, weight: Mask) -> Image:
    """Weighted mean of two uint8 pictures (h, w, 3), rounded; weight (h, w) in [0, 1]; exactly `below` where it is
    zero.
    """
    share = weight[..., None]
    mixed = np.rint(below + share * (above.astype(np.float32) - below)).astype(np.uint8)
    return np.where(share > 0, mixed, below)


def _shown(mask: Mask, axis: int) -> tuple[int, int]:
    """From where to where a mask is not zero across `axis`, and one pixel beyond for the interpolation."""
    seen = np.flatnonzero(mask.any(axis=axis))
    return (0, 0) if not len(seen) else (max(0, int(seen[0]) - 1), min(mask.shape[1 - axis], int(seen[-1]) + 2))


def _pixels(low: float, high: float, length: int) -> slice:
    """The pixels of one axis that [low, high) touches, cut to [0, length)."""
    start = min(max(math.floor(low), 0), length)
    return slice(start, max(start, min(math.ceil(high), length)))


def _resample(
    image: NDArray[Any],
    scale: tuple[float, float],
    origin: tuple[float, float],
    size: tuple[int, int],
    *,
    border: int,
) -> NDArray[Any]:
    """Samples `image` at origin + (index + 0.5) * scale, (x, y) in pixels of `image`, into `size` = (height, width).

    Averages ceil(scale) bilinear samples a target pixel and axis.
    """
    height, width = size
    count_x, count_y = max(1, math.ceil(scale[0])), max(1, math.ceil(scale[1]))
    step_x, step_y = scale[0] / count_x, scale[1] / count_y
    matrix = np.array(
        [[step_x, 0, origin[0] + step_x / 2 - 0.5], [0, step_y, origin[1] + step_y / 2 - 0.5]], dtype=np.float64
    )
    fine = cv2.warpAffine(
        image,
        matrix,
        (width * count_x, height * count_y),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=border,
    )
    return fine if count_x == count_y == 1 else cv2.resize(fine, (width, height), interpolation=cv2.INTER_AREA)
