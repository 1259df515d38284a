"""Pictures as a file stores them: what nobody changes is written with the very samples that were read."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from av import VideoFrame
from av.video.reformatter import Interpolation

from talkface.media.colours import DEEP_PIXELS, MATRICES, Colours, colours_of, complete, from_bt709, is_wide
from talkface.media.geometry import UPRIGHT, Orientation, square_size
from talkface.media.source import Box, Image, Stored

# swscale's default drops half of the chroma resolution and rounds down by one; these flags do neither.
SCALING = int(Interpolation.BILINEAR | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT)
_PIXELS = "yuv420p"
_NARROW_MATRICES = frozenset({1, 2, 5, 6})  # BT.709, BT.601, untagged
_FULL_RANGE = 2
_SEAM = 2  # pixels written around a changed box, so that chroma is filtered from the picture's own neighbours


def as_stored(
    picture: VideoFrame, aspect: Fraction | None, orientation: Orientation, *, wide: bool = False
) -> Stored | None:
    """A copy of the decoded picture where our video files could store it as it is, else None: it has to be converted.

    That is 4:2:0 in 8 bits, limited range, BT.709, BT.601 or untagged, progressive, upright, square pixels, even sides.
    wide: or, instead, HDR or a wide gamut, also in 10 or 12 bits (`VideoWriter`'s `native`).
    """
    tags, pixels = colours_of(picture), picture.format.name
    if is_wide(tags):
        ours = wide and (pixels == _PIXELS or pixels in DEEP_PIXELS)
    else:
        ours = pixels == _PIXELS and tags.matrix in _NARROW_MATRICES and tags.range != _FULL_RANGE
    whole = square_size(picture.width, picture.height, aspect) == (picture.width, picture.height)
    even = picture.width % 2 == 0 and picture.height % 2 == 0
    kept = ours and whole and even and orientation == UPRIGHT and not picture.interlaced_frame
    return _copied(picture) if kept else None


def repainted(stored: Stored, image: Image, boxes: Sequence[Box]) -> Stored:
    """A copy of `stored` that shows `image`, (H, W, 3) uint8 RGB of its size, inside `boxes` (left, top, right, bottom)
    pixels, and outside them the same samples.
    """
    copy = _copied(stored)
    planes, colours, pixels = _planes(copy), colours_of(stored), stored.format.name
    for left, top, right, bottom in (_even(box, image.shape) for box in boxes):
        if left >= right or top >= bottom:  # outside of the picture
            continue
        part = to_stored(image[top:bottom, left:right], pixels, colours)
        for plane, samples in zip(planes, _planes(part), strict=True):
            across, down = stored.width // plane.shape[1], stored.height // plane.shape[0]
            plane[top // down : bottom // down, left // across : right // across] = samples
    return copy


def _copied(picture: Stored) -> Stored:
    """The same samples and tags in memory of its own. (PyAV's decoded pictures are part of a cycle once their side data
    was looked at: those that wait in a queue would be freed late, if at all.)
    """
    copy = VideoFrame(picture.width, picture.height, picture.format.name)
    for plane, samples in zip(_planes(copy), _planes(picture), strict=True):
        plane[:] = samples
    tags = colours_of(picture)
    tags = complete(tags) if is_wide(tags) else tags
    copy.colorspace, copy.color_range, copy.color_primaries, copy.color_trc = tags
    return copy


def to_stored(image: Image, pixels: str, colours: Colours) -> Stored:
    """(H, W, 3) uint8 RGB, or (H, W, 4) with alpha, in the pixel format and colours of a file."""
    if is_wide(colours):
        return from_bt709(image, pixels, colours)
    source = VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgba" if image.shape[2] == 4 else "rgb24")
    matrix = MATRICES[colours.matrix]
    return source.reformat(format=pixels, dst_colorspace=matrix, interpolation=SCALING, threads=1)


def _planes(picture: Stored) -> list[npt.NDArray[Any]]:
    """Views of the samples of each plane (uint8, deep ones uint16), without the padding of its rows."""
    planes = cast(Any, picture.planes)  # buffers, which PyAV's types do not say
    sample = np.uint16 if picture.format.name in DEEP_PIXELS else np.uint8
    rows = (np.frombuffer(plane, np.uint8).view(sample).reshape(plane.height, -1) for plane in planes)
    return [samples[: plane.height, : plane.width] for samples, plane in zip(rows, planes, strict=True)]


def _even(box: Box, shape: tuple[int, ...]) -> npt.NDArray[np.int64]:
    """The box grown to even sides, so that whole chroma samples lie in it, and cut at the picture's edges."""
    low, high = np.floor(box[:2]) - _SEAM, np.ceil(box[2:]) + _SEAM
    limits = np.array([shape[1], shape[0]])
    grown = np.concatenate([low // 2 * 2, -(-high // 2) * 2])
    return np.asarray(grown.clip(0, np.tile(limits, 2)), np.int64)
