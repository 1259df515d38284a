"""Pictures as a file stores them: what nobody changes is written with the very samples that were read."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt
from av import VideoFrame
from av.video.reformatter import Interpolation

from talkface.media.geometry import UPRIGHT, Orientation, square_size
from talkface.media.source import Box, Image, Stored

# swscale's default drops half of the chroma resolution and rounds down by one; these flags do neither.
SCALING = int(Interpolation.BILINEAR | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT)
_PIXELS = "yuv420p"
_MATRICES = {1: "ITU709", 2: "ITU601", 5: "ITU601", 6: "ITU601"}  # what swscale takes the tags for; 2: untagged
_FULL_RANGE = 2
_SEAM = 2  # pixels written around a changed box, so that chroma is filtered from the picture's own neighbours


class Colours(NamedTuple):
    """How samples are to be read, as files tag it: matrix, range, primaries and transfer by their numbers in H.273."""

    matrix: int
    range: int
    primaries: int
    transfer: int


BT709, UNTAGGED = Colours(1, 1, 1, 1), Colours(2, 0, 2, 2)


def as_stored(picture: VideoFrame, aspect: Fraction | None, orientation: Orientation) -> Stored | None:
    """A copy of the decoded picture where our video files could store it as it is, else None: it has to be converted.

    That is 4:2:0 in 8 bits, limited range, BT.709, BT.601 or untagged, progressive, upright, square pixels, even sides.
    """
    ours = picture.format.name == _PIXELS and picture.colorspace in _MATRICES and picture.color_range != _FULL_RANGE
    whole = square_size(picture.width, picture.height, aspect) == (picture.width, picture.height)
    even = picture.width % 2 == 0 and picture.height % 2 == 0
    kept = ours and whole and even and orientation == UPRIGHT and not picture.interlaced_frame
    return _copied(picture) if kept else None


def colours_of(stored: Stored) -> Colours:
    """The tags of a picture."""
    numbers = (stored.colorspace, stored.color_range, stored.color_primaries, stored.color_trc)
    return Colours(*(int(number) for number in numbers))


def repainted(stored: Stored, image: Image, boxes: Sequence[Box]) -> Stored:
    """A copy of `stored` that shows `image`, (H, W, 3) uint8 RGB of its size, inside `boxes` (left, top, right, bottom)
    pixels, and outside them the same samples.
    """
    copy = _copied(stored)
    planes = _planes(copy)
    for left, top, right, bottom in (_even(box, image.shape) for box in boxes):
        if left >= right or top >= bottom:  # outside of the picture
            continue
        part = to_stored(image[top:bottom, left:right], _PIXELS, colours_of(stored))
        for plane, samples in zip(planes, _planes(part), strict=True):
            step = stored.height // len(plane)
            plane[top // step : bottom // step, left // step : right // step] = samples
    return copy


def _copied(picture: Stored) -> Stored:
    """The same samples and tags in memory of its own. (PyAV's decoded pictures are part of a cycle once their side data
    was looked at: those that wait in a queue would be freed late, if at all.)
    """
    copy = VideoFrame(picture.width, picture.height, _PIXELS)
    for plane, samples in zip(_planes(copy), _planes(picture), strict=True):
        plane[:] = samples
    copy.colorspace, copy.color_range, copy.color_primaries, copy.color_trc = colours_of(picture)
    return copy


def to_stored(image: Image, pixels: str, colours: Colours) -> Stored:
    """(H, W, 3) uint8 RGB, or (H, W, 4) with alpha, in the pixel format and colours of a file."""
    source = VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgba" if image.shape[2] == 4 else "rgb24")
    matrix = _MATRICES[colours.matrix]
    return source.reformat(format=pixels, dst_colorspace=matrix, interpolation=SCALING, threads=1)


def _planes(picture: Stored) -> list[Image]:
    """Views of the samples of each plane, without the padding of its rows."""
    planes = cast(Any, picture.planes)  # buffers, which PyAV's types do not say
    rows = (np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size) for plane in planes)
    return [samples[: plane.height, : plane.width] for samples, plane in zip(rows, planes, strict=True)]


def _even(box: Box, shape: tuple[int, ...]) -> npt.NDArray[np.int64]:
    """The box grown to even sides, so that whole chroma samples lie in it, and cut at the picture's edges."""
    low, high = np.floor(box[:2]) - _SEAM, np.ceil(box[2:]) + _SEAM
    limits = np.array([shape[1], shape[0]])
    grown = np.concatenate([low // 2 * 2, -(-high // 2) * 2])
    return np.asarray(grown.clip(0, np.tile(limits, 2)), np.int64)
