"""The lower face of one frame, made anew at the frame's own size and pasted."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor

from talkface.face.crop import Image, Mask, blend
from talkface.face.detection import Points
from talkface.face.mouth_geometry import (
    HEIGHT,
    WIDTH,
    FloatArray,
    cut,
    erased_mask,
    geometry_maps,
    lay,
    transformed,
    zoomed,
)
from talkface.models.mouth.renderer import MouthRenderer, mix, paint, resized
from talkface.pipelines.mouth.references import References, as_tensor, native_size


@dataclass(frozen=True)
class Region:
    """Rows and columns of a frame, half-open."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def box(self) -> FloatArray:
        """(4,) left, top, right, bottom."""
        return np.array([self.left, self.top, self.right, self.bottom], np.float32)


def make_face(
    image: Image, landmarks: Points, wanted: Points, references: References, renderer: MouthRenderer
) -> tuple[Image, FloatArray]:
    """The lower face with its mouth at (68, 2) `wanted` instead of `landmarks`, both in pixels of the frame `image`.

    Returns the native crop (h, w, 3) uint8 and the (2, 3) map, frame → that crop.
    """
    matrix = lay(landmarks)
    device = next(renderer.parameters()).device
    mask = torch.from_numpy(erased_mask().copy())[None, None].to(device)
    small = as_tensor(cut(image, matrix, (HEIGHT, WIDTH)))[None].to(device)
    geometry = as_tensor(geometry_maps(transformed(wanted, matrix)))[None].to(device)
    with torch.inference_mode():
        recipe = renderer.plan(small * (1 - mask), mask, geometry, references.images, references.encoded)
        size = native_size(references.zoom)
        warped = mix(references.native, recipe.flow, recipe.share).float()
        made = paint(warped, resized(recipe.paint, size), resized(recipe.alpha, size))
    return as_image(made[0]), zoomed(matrix, references.zoom)


def paste(image: Image, crop: Image, matrix: FloatArray, weight: float = 1.0) -> tuple[Image, Region, Mask]:
    """The frame with the crop's erased region laid over it, its edge soft; `image` is not changed.

    matrix: (2, 3) frame → crop. weight: how much of it shows, in [0, 1]. Returns the frame, the region that may have
    changed and how much of the crop shows in it.
    """
    region = covered(matrix, crop.shape[:2], image.shape[:2])
    if region.top >= region.bottom or region.left >= region.right:
        return image, region, np.zeros((0, 0), np.float32)
    back = matrix.astype(np.float64)
    back[:, 2] += back[:, :2] @ (region.left, region.top)
    size = (region.right - region.left, region.bottom - region.top)
    mask = cv2.resize(erased_mask(), crop.shape[1::-1], interpolation=cv2.INTER_LINEAR) * np.float32(weight)
    flags = cv2.WARP_INVERSE_MAP | cv2.INTER_CUBIC
    laid = cv2.warpAffine(crop, back, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    flags = cv2.WARP_INVERSE_MAP | cv2.INTER_LINEAR
    share = np.asarray(cv2.warpAffine(mask, back, size, flags=flags, borderMode=cv2.BORDER_CONSTANT), np.float32)
    result = image.copy()
    place = np.s_[region.top : region.bottom, region.left : region.right]
    result[place] = blend(result[place], np.asarray(laid, np.uint8), share)
    return result, region, share


def covered(matrix: FloatArray, crop: tuple[int, ...], frame: tuple[int, ...]) -> Region:
    """The part of a frame of (H, W) that a crop of (h, w), laid by `matrix` (frame → crop), can touch."""
    back = np.linalg.inv(np.vstack([matrix, [0, 0, 1]]))[:2].astype(np.float32)
    corners = np.array([[0, 0], [crop[1], 0], [0, crop[0]], [crop[1], crop[0]]], np.float32)
    low, high = (np.asarray(edge(transformed(corners, back), 0)) for edge in (np.min, np.max))
    limits = [min(max(math.floor(low[1]), 0), frame[0]), min(max(math.ceil(high[1]) + 1, 0), frame[0])]
    sides = [min(max(math.floor(low[0]), 0), frame[1]), min(max(math.ceil(high[0]) + 1, 0), frame[1])]
    return Region(*limits, *sides)


def as_image(made: Tensor) -> Image:
    """(3, H, W) in [0, 1] → (H, W, 3) uint8, rounded."""
    return (made.clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).contiguous().cpu().numpy()
