"""Colours beyond BT.709 (HLG, PQ, BT.2020, Display P3) to the BT.709 that networks and plain outputs expect, and back.

FFmpeg's libswscale maps them: it keeps what an SDR screen can show (diffuse white of HDR, 203 nits in ITU-R BT.2408, is
its white), clips brighter highlights, and moves colours outside of BT.709 to the nearest inside along their hue.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, NamedTuple

from av import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter

from talkface.errors import InputError


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


def to_bt709(picture: VideoFrame, width: int, height: int, pixels: str) -> VideoFrame:
    """A picture of wide colours (`is_wide`) as BT.709 SDR in another size and RGB pixel format; alpha stays.

    SDR of wide gamut keeps its transfer (sRGB stays sRGB), everything else gets BT.709's.
    """
    tags = colours_of(picture)
    whole = complete(tags)
    picture.color_primaries = whole.primaries
    if tags.matrix == UNTAGGED.matrix:
        picture.colorspace = whole.matrix
    if tags.transfer not in _SDR_TRANSFERS | HDR_TRANSFERS | _OTHER_TRANSFERS:
        picture.color_trc = _BT709
    transfer = tags.transfer if tags.transfer in _SDR_TRANSFERS else _BT709
    target = Colours(0, 0, _BT709, transfer)
    return _mapped(picture, width, height, pixels, target)


def from_bt709(picture: VideoFrame, pixels: str, colours: Colours) -> VideoFrame:
    """An RGB picture of BT.709 SDR in the pixel format and the wide colours of a file."""
    picture.color_primaries, picture.color_trc = _BT709, _BT709
    return _mapped(picture, picture.width, picture.height, pixels, colours)


def _mapped(picture: VideoFrame, width: int, height: int, pixels: str, target: Colours) -> VideoFrame:
    options: dict[str, Any] = {}
    if target.matrix in MATRICES:
        options = {"dst_colorspace": MATRICES[target.matrix], "dst_color_range": target.range}
    size = (picture.width, picture.height, width, height)
    with _reformatter((size, picture.format.name, pixels, colours_of(picture), target)) as reformatter:
        return reformatter.reformat(
            picture,
            width,
            height,
            pixels,
            interpolation=_SCALING,
            threads=1,
            dst_color_trc=target.transfer,
            dst_color_primaries=target.primaries,
            **options,
        )


@contextmanager
def _reformatter(key: tuple[object, ...]) -> Iterator[VideoReformatter]:
    """A converter for one kind of picture that nobody else uses now. Each computes its table of colours once, which
    takes seconds: they are kept for the next picture, also of another pass over the clip.
    """
    idle = _idle(key)
    try:
        reformatter = idle.pop()
    except IndexError:
        reformatter = VideoReformatter()
    yield reformatter
    idle.append(reformatter)


@lru_cache(maxsize=4)
def _idle(key: tuple[object, ...]) -> list[VideoReformatter]:
    """Converters that wait. The oldest kinds of picture are forgotten, so that sources of many sizes do not pile up."""
    return []
