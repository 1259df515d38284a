"""Colours beyond BT.709 (HLG, PQ, BT.2020, Display P3) to the BT.709 that networks and plain outputs expect, and back.

FFmpeg's libswscale maps them: it keeps what an SDR screen can show (diffuse white of HDR, 203 nits in ITU-R BT.2408, is
its white), clips brighter highlights, and moves colours outside of BT.709 to the nearest inside along their hue.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from av import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray

from talkface.errors import InputError

Image = NDArray[np.uint8]
_Space = tuple[int, int]  # primaries and transfer
_BLOCK = 512, 128  # pixels mapped at a time


class Colours(NamedTuple):
    """How samples are to be read, as files tag it: matrix, range, primaries and transfer by their numbers in H.273."""

    matrix: int
    range: int
    primaries: int
    transfer: int


class Native(NamedTuple):
    """How a source holds pictures of wide colours: pixel format ("yuv420p10le") and complete tags."""

    pixels: str
    colours: Colours


BT709, UNTAGGED = Colours(1, 1, 1, 1), Colours(2, 0, 2, 2)
MATRICES = {1: "ITU709", 2: "ITU601", 5: "ITU601", 6: "ITU601", 9: "BT2020"}  # as swscale takes the tags; 2: untagged
DEEP_PIXELS = tuple(f"yuv{chroma}p{bits}le" for bits in (10, 12) for chroma in (420, 422, 444))
HDR_TRANSFERS = frozenset({16, 18})  # PQ, HLG
_SDR_TRANSFERS = frozenset({1, 4, 5, 6, 7, 11, 13, 14, 15})
_OTHER_TRANSFERS = frozenset({8, 9, 10, 17})  # linear light, logarithmic, cinema
_WIDE_PRIMARIES = frozenset({9, 10, 11, 12})  # BT.2020, XYZ, DCI-P3, Display P3
_BT2020, _BT709 = 9, 1
_UNREADABLE = {14: "ICtCp", 15: "IPT"}  # matrices that swscale takes for another
# Bicubic: with bilinear chroma libswscale 9 gives wrong colours on the way to the 16 bits that it maps from.
_SCALING = int(Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT)


def colours_of(picture: VideoFrame) -> Colours:
    """The tags of a picture."""
    numbers = (picture.colorspace, picture.color_range, picture.color_primaries, picture.color_trc)
    return Colours(*(int(number) for number in numbers))


def native_of(picture: VideoFrame) -> Native | None:
    """How a picture is held; None for what is BT.709 or close to it."""
    tags = colours_of(picture)
    return Native(picture.format.name, complete(tags)) if is_wide(tags) else None


def is_wide(colours: Colours) -> bool:
    """Whether such colours must be mapped to be seen right as BT.709."""
    return colours.primaries in _WIDE_PRIMARIES or colours.transfer in HDR_TRANSFERS | _OTHER_TRANSFERS


def complete(colours: Colours) -> Colours:
    """Tags of wide colours with what a file left out: HDR is BT.2020 unless it says otherwise, range is limited."""
    primaries = colours.primaries
    if colours.transfer in HDR_TRANSFERS and primaries not in _WIDE_PRIMARIES | {_BT709}:
        primaries = _BT2020
    matrix = colours.matrix
    if matrix not in MATRICES or matrix == UNTAGGED.matrix:
        matrix = _BT2020 if primaries == _BT2020 else _BT709
    return Colours(matrix, max(1, colours.range), primaries, colours.transfer)


def check_readable_colours(colours: Colours, where: object) -> None:
    """InputError: a colour matrix that nothing here can read; its pictures would come out in false colours."""
    name = _UNREADABLE.get(colours.matrix)
    if name is not None:
        raise InputError(f"colours stored as {name}", where, "convert the video to HLG, PQ or plain SDR first")


def to_bt709(picture: VideoFrame, width: int, height: int, *, alpha: bool) -> Image:
    """A picture of wide colours (`is_wide`) in another size as BT.709 SDR: (height, width, 3) uint8 RGB, with alpha 4.

    SDR of wide gamut keeps its transfer (sRGB stays sRGB), everything else gets BT.709's.
    """
    tags, whole = colours_of(picture), complete(colours_of(picture))
    source = MATRICES[whole.matrix] if tags.matrix == UNTAGGED.matrix else None
    pixels = "rgba64le" if alpha else "rgb48le"
    deep = picture.reformat(width, height, pixels, src_colorspace=source, interpolation=_SCALING, threads=1)
    samples = np.asarray(deep.to_ndarray(), np.uint16)
    known = whole.transfer in _SDR_TRANSFERS | HDR_TRANSFERS | _OTHER_TRANSFERS
    given = (whole.primaries, whole.transfer if known else _BT709)
    wanted = (_BT709, whole.transfer if whole.transfer in _SDR_TRANSFERS else _BT709)
    image = _mapped(samples[..., :3], given, wanted, "rgb24")
    return np.dstack([image, samples[..., 3] >> 8]).astype(np.uint8) if alpha else image


def from_bt709(image: Image, pixels: str, colours: Colours) -> VideoFrame:
    """(H, W, 3) uint8 RGB of BT.709 SDR in the pixel format and the wide colours of a file."""
    given = (_BT709, colours.transfer if colours.transfer in _SDR_TRANSFERS else _BT709)
    deep = _mapped(image, given, (colours.primaries, colours.transfer), "rgb48le")
    frame = VideoFrame.from_ndarray(deep, format="rgb48le").reformat(
        format=pixels,
        dst_colorspace=MATRICES[colours.matrix],
        dst_color_range=colours.range,
        interpolation=_SCALING,
        threads=1,
    )
    frame.color_primaries, frame.color_trc = colours.primaries, colours.transfer
    return frame


def _mapped(image: NDArray[Any], given: _Space, wanted: _Space, pixels: str) -> NDArray[Any]:
    """(H, W, 3) uint8 or uint16 RGB from one pair of primaries and transfer to another, as `pixels` (rgb24, rgb48le).

    Each pixel for itself: they are mapped in blocks of one size, since libswscale computes its table of colours, which
    takes seconds, anew for every size of a picture.
    """
    flat = np.ascontiguousarray(image).reshape(-1, 3)
    result = np.empty(flat.shape, np.uint8 if pixels == "rgb24" else np.uint16)
    size = _BLOCK[0] * _BLOCK[1]
    with _reformatter(given, wanted, pixels) as reformatter:
        for begin in range(0, len(flat), size):
            part = flat[begin : begin + size]
            block = np.pad(part, ((0, size - len(part)), (0, 0))) if len(part) < size else part
            block = block.reshape(_BLOCK[1], _BLOCK[0], 3)
            frame = VideoFrame.from_ndarray(block, format="rgb24" if image.dtype == np.uint8 else "rgb48le")
            frame.color_primaries, frame.color_trc = given
            frame = reformatter.reformat(
                frame,
                format=pixels,
                interpolation=_SCALING,
                threads=1,
                dst_color_primaries=wanted[0],
                dst_color_trc=wanted[1],
            )
            result[begin : begin + size] = frame.to_ndarray().reshape(-1, 3)[: len(part)]
    return result.reshape(image.shape)


@contextmanager
def _reformatter(given: _Space, wanted: _Space, pixels: str) -> Iterator[VideoReformatter]:
    """A converter that nobody else uses now; it keeps its table for the next picture, also of another source."""
    idle = _idle(given, wanted, pixels)
    try:
        reformatter = idle.pop()
    except IndexError:
        reformatter = VideoReformatter()
    yield reformatter
    idle.append(reformatter)


@lru_cache(maxsize=8)
def _idle(given: _Space, wanted: _Space, pixels: str) -> list[VideoReformatter]:
    """Converters that wait."""
    return []
