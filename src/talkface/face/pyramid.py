"""The pictures that MTCNN's first network looks at, in all sizes from one integral image."""

from collections.abc import Callable
from weakref import ReferenceType, ref

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Resample = Callable[[Tensor, tuple[int, int]], Tensor]
_CROPS = ((24, 24), (48, 48))  # what the other networks look at: of many small pictures, once each


class AreaPyramid:
    """Stands in for the cascade's own resampling: equal up to rounding, and its cost does not grow with the sizes."""

    def __init__(self, plain: Resample) -> None:
        """plain: the cascade's own, for crops and other devices."""
        self._plain = plain
        self._held: tuple[ReferenceType[Tensor], NDArray[np.int32]] | None = None

    def __call__(self, images: Tensor, size: tuple[int, int]) -> Tensor:
        """images: (N, 3, H, W) float32, whole numbers in [0, 255]. Returns (N, 3, *size) float32: means over areas."""
        if images.device.type != "cpu" or tuple(size) in _CROPS:
            return self._plain(images, size)
        held = self._held  # read and written as one: detectors of several threads share this
        if held is None or held[0]() is not images:
            held = self._held = ref(images), integrals(images)
        return area_means(held[1], size)


def integrals(images: Tensor) -> NDArray[np.int32]:
    """(N, 3, H, W) whole numbers in [0, 255], H W < 2^23 → (N, H + 1, W + 1, 3) sums of all above and left."""
    pictures = images.permute(0, 2, 3, 1).numpy().astype(np.uint8)
    return np.stack([np.asarray(cv2.integral(picture), np.int32) for picture in pictures])


def area_means(sums: NDArray[np.int32], size: tuple[int, int]) -> Tensor:
    """Integral images → (N, 3, *size) float32: torch's ``interpolate(mode="area")``, whose areas may share pixels."""
    (top, bottom), (left, right) = (
        _spans(length - 1, parts) for length, parts in zip(sums.shape[1:3], size, strict=True)
    )
    rows = sums[:, bottom] - sums[:, top]
    means = (rows[:, :, right] - rows[:, :, left]) / ((bottom - top)[:, None, None] * (right - left)[:, None])
    return torch.from_numpy(means.astype(np.float32)).permute(0, 3, 1, 2)


def _spans(length: int, parts: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and end pixel of each of `parts` areas of a line of `length`."""
    number = np.arange(parts)
    return number * length // parts, -(-(number + 1) * length // parts)
