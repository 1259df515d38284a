"""The lower face of one frame, made anew at the frame's own size and pasted."""

import math
from collections.abc import Sequence
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
from talkface.models.mouth.renderer import Features, MouthRenderer, Recipe, mix, paint, resized
from talkface.models.optimise import channels_last
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


@dataclass(frozen=True, eq=False)
class FaceJob:
    """One lower face to be made. matrix: (2, 3) frame → the network's crop. native: (h, w, 3) uint8, at `zoom`.

    In the network's pixels: landmarks of the frame and those wanted, (68, 2).
    """

    matrix: FloatArray
    zoom: float
    native: Image
    landmarks: Points
    wanted: Points

    @classmethod
    def of(cls, image: Image, landmarks: Points, wanted: Points, zoom: float) -> "FaceJob":
        """image: (H, W, 3) uint8 RGB. landmarks, wanted: (68, 2) in its pixels."""
        matrix = lay(landmarks)
        native = cut(image, zoomed(matrix, zoom), native_size(zoom))
        return cls(matrix, zoom, native, transformed(landmarks, matrix), transformed(wanted, matrix))

    def small(self) -> Tensor:
        """(3, 88, 96) what the network sees before it is erased."""
        return as_tensor(np.asarray(cv2.resize(self.native, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA), np.uint8))

    def shown(self) -> Mask:
        """(88, 96) how much of what is made is shown: nothing where neither the old nor the new face is."""
        face = np.maximum(*(geometry_maps(points)[..., 2] for points in (self.landmarks, self.wanted)))
        wide = cv2.GaussianBlur(cv2.dilate(face, _BESIDE), (0, 0), _SOFT)
        return np.asarray(erased_mask() * (wide / np.float32(255)), np.float32)


_BESIDE = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7))  # pixels around a face that change with it
_SOFT = 1.5  # pixels: deviation of that region's edge


def make_faces(
    jobs: Sequence[FaceJob], references: References, renderer: MouthRenderer, *, half: bool = False
) -> list[Image]:
    """The lower faces of several frames, made from the same references: native crops (h, w, 3) uint8.

    half: the network computes in bfloat16.
    """
    device, rows = next(renderer.parameters()).device, len(jobs)
    mask = torch.from_numpy(erased_mask().copy())[None, None].to(device)
    target = channels_last(torch.stack([job.small() for job in jobs]).to(device) * (1 - mask))
    maps = channels_last(torch.stack([as_tensor(geometry_maps(job.wanted)) for job in jobs]).to(device))
    images = references.images.expand(rows, -1, -1, -1, -1)
    encoded = Features(*(channels_last(each.repeat(rows, 1, 1, 1)) for each in references.encoded))
    with torch.inference_mode():
        with torch.autocast(device.type, torch.bfloat16, enabled=half):
            recipe = renderer.plan(target, mask, maps, images, encoded)
        return [compose(Recipe(*(part[row : row + 1] for part in recipe)), references) for row in range(rows)]


def compose(recipe: Recipe, references: References) -> Image:
    """One frame's recipe at the size of the references' native crops: (h, w, 3) uint8."""
    size = references.native.shape[-2:]
    warped = mix(references.native, recipe.flow, recipe.share, mode="bicubic").clamp(0, 1)
    return as_image(paint(warped, resized(recipe.paint, size), resized(recipe.alpha, size))[0])


def paste(image: Image, crop: Image, matrix: FloatArray, shown: Mask) -> tuple[Image, Region, Mask]:
    """The frame with a crop laid over it; `image` is not changed.

    crop: (h, w, 3) uint8. matrix: (2, 3) frame → crop. shown: how much of the crop shows, in [0, 1], of any size.
    Returns the frame, the region that may have changed and how much of the crop shows in it.
    """
    region = covered(matrix, crop.shape[:2], image.shape[:2])
    if region.top >= region.bottom or region.left >= region.right:
        return image, region, np.zeros((0, 0), np.float32)
    back = matrix.astype(np.float64)
    back[:, 2] += back[:, :2] @ (region.left, region.top)
    size = (region.right - region.left, region.bottom - region.top)
    mask = cv2.resize(shown, crop.shape[1::-1], interpolation=cv2.INTER_LINEAR)
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
