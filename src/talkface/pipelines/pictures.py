"""The pictures to be made to speak: decoded, turned, cut and shrunk as asked. Opened again for every pass."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from talkface.errors import InputError
from talkface.media import Frame, decode_video
from talkface.media.source import BLACK
from talkface.pipelines.files import probe_pictures
from talkface.pipelines.options import OFF_EDGE, WHOLE, Four, LipSyncOptions

logger = logging.getLogger(__name__)
Image = npt.NDArray[np.uint8]

_UNEVEN = Fraction(6, 5)  # longest / shortest frame: containers that round to 1 ms stay below 1.1
_DARK, _BRIGHT_SHARE = 20, 0.4  # mean grey level of the first picture; share of its pixels at the upper end


class PictureSource:
    """The picture side of a request. Calling it decodes (a stretch of) the clip."""

    def __init__(self, path: Path, options: LipSyncOptions, *, alpha: bool = False) -> None:
        """alpha: pictures carry their alpha, else they are laid over black. InputError: missing, not media, no picture
        in it.
        """
        self.path, self._options, self._ground = path, options, None if alpha else BLACK
        self.info = probe_pictures(path, "give a video or a picture as face")
        self.still = options.static or self.info.kind == "image"
        self.fps = options.fps if self.info.kind == "image" or not self.info.fps else self.info.fps
        self._as_decoded = options.resize_factor == 1 and not options.rotate and options.crop == WHOLE

    def __call__(self, start: Fraction | None = None, stop: Fraction | None = None) -> Iterator[Frame]:
        keep = self._options.colour == "keep"
        frames = decode_video(self.path, start=start, stop=stop, background=self._ground, keep_colour=keep)
        return map(self._prepared, islice(frames, 1) if self.still else frames)

    def size(self) -> tuple[int, int]:
        """(width, height) of the pictures that come out. InputError: the crop leaves nothing."""
        blank: Image = np.zeros((self.info.height, self.info.width, 1), np.uint8)
        image = prepared(blank, self._options)
        if not image.size:
            raise InputError("the crop leaves nothing", f"crop={list(self._options.crop)}", "give a larger crop")
        return image.shape[1], image.shape[0]

    def _prepared(self, frame: Frame) -> Frame:
        if self._as_decoded:
            return frame
        alpha = None if frame.alpha is None else prepared(frame.alpha[..., None], self._options)[..., 0]
        return replace(frame, image=prepared(frame.image, self._options), alpha=alpha, stored=None)


def prepared(image: Image, options: LipSyncOptions) -> Image:
    """A picture divided by `resize_factor`, turned 90 degrees clockwise, then cut: the original's order."""
    height, width = image.shape[:2]
    if options.resize_factor > 1:
        size = max(1, width // options.resize_factor), max(1, height // options.resize_factor)
        image = np.asarray(cv2.resize(image, size), np.uint8).reshape(size[1], size[0], image.shape[2])
    if options.rotate:
        image = np.rot90(image, -1)
    top, bottom, left, right = sides(options.crop, image.shape[0], image.shape[1])
    return np.ascontiguousarray(image[top:bottom, left:right])


def sides(crop: Four, height: int, width: int) -> Four:
    """`crop` (top, bottom, left, right) with -1 as the far edge, inside the picture."""
    top, bottom, left, right = crop
    bottom, right = (height if bottom == OFF_EDGE else bottom), (width if right == OFF_EDGE else right)
    return max(0, top), min(height, bottom), max(0, left), min(width, right)


def with_warnings(frames: Iterator[Frame], path: Path) -> Iterator[Frame]:
    """The same frames; a line if the first is very dark or overexposed, one if the frame times are uneven."""
    previous: Fraction | None = None
    shortest = longest = Fraction(0)
    for frame in frames:
        if previous is None:
            _check_light(frame.image, path)
        else:
            interval = frame.timestamp - previous
            uneven = longest > 0 and longest > _UNEVEN * shortest
            shortest, longest = min(shortest or interval, interval), max(longest, interval)
            if not uneven and longest > _UNEVEN * shortest:
                logger.warning("%s: frame times are uneven; they are kept as they are", path.name)
        previous = frame.timestamp
        yield frame


def _check_light(image: Image, path: Path) -> None:
    if float(image.mean()) < _DARK:
        logger.warning("%s: the picture is very dark, the face may be missed", path.name)
    elif float((image.min(axis=2) >= 250).mean()) > _BRIGHT_SHARE:
        logger.warning("%s: the picture is overexposed, the face may be missed", path.name)
