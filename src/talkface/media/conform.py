"""Sources that change midway: every picture in the size of the first."""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from talkface.media.source import Frame, Image

logger = logging.getLogger(__name__)


def in_one_size(frames: Iterable[Frame], path: Path, size: tuple[int, int] | None = None) -> Iterator[Frame]:
    """The same frames, those of another size shrunk or grown into the first one's, undistorted, with black around.

    size: (width, height) of the source's first picture, where `frames` begin later than that. One line is logged when
    the size changes for the first time.
    """
    changed = False
    for frame in frames:
        found = frame.image.shape[1], frame.image.shape[0]
        size = size or found
        if found == size:
            yield frame
            continue
        if not changed:
            text = "%s: the picture changes from %dx%d to %dx%d at %.2f s; all are brought to the first size"
            logger.warning(text, path.name, *size, *found, float(frame.timestamp))
            changed = True
        alpha = None if frame.alpha is None else fitted(frame.alpha, size)
        yield replace(frame, image=fitted(frame.image, size), alpha=alpha, stored=None)


def fitted(image: Image, size: tuple[int, int]) -> Image:
    """(H, W) or (H, W, 3) uint8 as large as fits into `size` (width, height), in its middle, 0 around it."""
    height, width = image.shape[:2]
    scale = min(size[0] / width, size[1] / height)
    wide, tall = (max(1, min(limit, round(side * scale))) for limit, side in zip(size, (width, height), strict=True))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    result = np.zeros((size[1], size[0], *image.shape[2:]), np.uint8)
    left, top = (size[0] - wide) // 2, (size[1] - tall) // 2
    result[top : top + tall, left : left + wide] = cv2.resize(image, (wide, tall), interpolation=method)
    return result
