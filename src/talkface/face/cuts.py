"""Scene cuts: where one picture has nothing to do with the one before."""

from collections import deque

import cv2
import numpy as np
from numpy.typing import NDArray

from talkface.face.crop import Image

_SMALL = (32, 24)
_LEAST_CHANGE = 0.04
"""Mean change of the small gray picture, of full scale. Talking heads stay below 0.01, cuts between alike shots give
0.08.
"""
_TIMES_USUAL = 5.0
_MEMORY = 8


class SceneCuts:
    """Looks at pictures in order and says which begin a new shot. Looks back only, so it works on a stream."""

    def __init__(self) -> None:
        self._previous: NDArray[np.float32] | None = None
        self._changes: deque[float] = deque(maxlen=_MEMORY)

    def is_cut(self, image: Image) -> bool:
        """Whether (H, W, 3) uint8 `image` starts a new shot: it differs from the last by far more than its forerunners
        did.

        The first picture is no cut. A change of size is one.
        """
        small = small_gray(image)
        previous, self._previous = self._previous, small
        if previous is None:
            return False
        change = float(np.abs(small - previous).mean())
        usual = float(np.median(self._changes)) if self._changes else 0.0
        cut = change > max(_LEAST_CHANGE, _TIMES_USUAL * usual)
        if not cut:
            self._changes.append(change)
        return cut


def small_gray(image: Image) -> NDArray[np.float32]:
    """The green channel reduced to (24, 32) float32 in [0, 1]; big pictures are thinned out first, as only means
    matter.
    """
    stride = max(1, min(image.shape[:2]) // 64)
    thin = np.ascontiguousarray(image[::stride, ::stride, 1])
    return np.asarray(cv2.resize(thin, _SMALL, interpolation=cv2.INTER_AREA), dtype=np.float32) / np.float32(255)
