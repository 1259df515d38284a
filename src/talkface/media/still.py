"""Stills, GIF, animated PNG and WebP, folders of pictures: by Pillow (PyAV reads no animated WebP and no EXIF)."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image as Pillow
from PIL import ImageOps

from talkface.errors import InputError
from talkface.media.border import PILLOW_ERRORS, reason_of
from talkface.media.container import folder_pictures
from talkface.media.layers import laid
from talkface.media.source import FOLDER_FPS, Colour, Frame, Image, Kind, SourceInfo

logger = logging.getLogger(__name__)


@contextmanager
def _opened(path: Path) -> Iterator[Pillow.Image]:
    """An open picture. InputError: what Pillow raises inside the block too."""
    try:
        with Pillow.open(path) as picture:
            yield picture
    except PILLOW_ERRORS as error:
        raise InputError(f"not a picture, or damaged ({reason_of(error)})", path, "give a complete picture") from error


def picture_info(path: Path) -> SourceInfo:
    """What a picture's header says. fps of an animation: 1 / its first duration, where it has one."""
    with _opened(path) as picture:
        width, height = _upright_size(picture)
        animated = _page_count(picture) > 1
        picture.load()  # the first duration of a WebP is known after that
        fps = 1 / _duration(picture) if animated else None
        codec = (picture.format or "").lower()
    _check_size(width, height, path)
    kind: Kind = "animation" if animated else "image"
    return SourceInfo(path, kind, True, False, width, height, fps, Fraction(0), None, None, None, codec)


def _page_count(picture: Pillow.Image) -> int:
    """Pictures in a file: 1 for a still, and where the rest cannot be counted."""
    try:
        return int(getattr(picture, "n_frames", 1))
    except PILLOW_ERRORS:
        return 2 if getattr(picture, "is_animated", False) else 1


def _upright_size(picture: Pillow.Image) -> tuple[int, int]:
    try:
        orientation = picture.getexif().get(0x0112, 1)
    except PILLOW_ERRORS:
        orientation = 1
    width, height = picture.size
    return (height, width) if orientation in (5, 6, 7, 8) else (width, height)


def folder_info(folder: Path) -> SourceInfo:
    """What the first picture of a folder says; its rate is 25 a second by rule. InputError: no pictures."""
    pictures = folder_pictures(folder)
    first = picture_info(pictures[0])
    seconds = len(pictures) / FOLDER_FPS
    return SourceInfo(
        folder,
        "frames",
        True,
        False,
        first.width,
        first.height,
        FOLDER_FPS,
        Fraction(0),
        None,
        None,
        None,
        first.codec,
        seconds,
    )


def decode_pictures(path: Path, background: Colour | None) -> Iterator[Frame]:
    """Frames of a still (one), an animation (all, with their own times) or a folder (25 a second, one size).

    InputError: not a picture; one of a single pixel; pictures of a folder that differ in size.
    """
    if path.is_dir():
        yield from _decode_folder(path, background)
        return
    timestamp = Fraction(0)
    with _opened(path) as picture:
        for index, page in _pages(picture, path):
            image, alpha = laid(page, background)
            _check_size(image.shape[1], image.shape[0], path)
            duration = _duration(picture)
            yield Frame(index, timestamp, image, duration, alpha)
            timestamp += duration


def _pages(picture: Pillow.Image, path: Path) -> Iterator[tuple[int, Image]]:
    """Every picture of an open file, upright; where one after the first is damaged, the rest is left out."""
    index = 0
    while True:
        try:
            picture.seek(index)
            page = upright(picture)
        except EOFError:
            if index:
                return
            raise
        except PILLOW_ERRORS:
            if index == 0:
                raise
            logger.warning("%s: damaged from picture %d on; the rest is left out", path.name, index)
            return
        yield index, page
        index += 1


def _decode_folder(folder: Path, background: Colour | None) -> Iterator[Frame]:
    size: tuple[int, ...] | None = None
    for index, path in enumerate(folder_pictures(folder)):
        page = next(decode_pictures(path, background))
        size = size or page.image.shape
        if page.image.shape != size:
            found = f"{page.image.shape[1]}x{page.image.shape[0]} after {size[1]}x{size[0]}"
            raise InputError(f"pictures of a folder differ in size ({found})", path, "bring all frames to one size")
        yield Frame(index, index / FOLDER_FPS, page.image, 1 / FOLDER_FPS, page.alpha)


def _duration(page: Pillow.Image) -> Fraction:
    """Seconds a picture of an animation is shown.

    Times under 0.02 s are written by mistake: every browser shows them 0.1 s.
    """
    milliseconds = page.info.get("duration") or 0
    if not getattr(page, "is_animated", False):
        return 1 / FOLDER_FPS
    return Fraction(milliseconds).limit_denominator(1_000_000) / 1000 if milliseconds >= 11 else Fraction(1, 10)


def _check_size(width: int, height: int, path: Path) -> None:
    if width < 2 or height < 2:
        raise InputError(f"the picture has {width}x{height} pixels", path, "give a picture that shows a face")


def upright(picture: Pillow.Image) -> Image:
    """Any Pillow picture as (H, W, 3) uint8 RGB, or (H, W, 4) where it has alpha: EXIF applied, 16 bits scaled to 8."""
    turned = _turned(picture)
    if turned.mode in ("I", "I;16", "I;16B", "I;16L", "F"):
        return _from_deep(np.asarray(turned))
    layered = turned.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in turned.info
    return np.array(turned.convert("RGBA" if layered else "RGB"), dtype=np.uint8, order="C")


def _turned(picture: Pillow.Image) -> Pillow.Image:
    """A picture turned as its EXIF says, or as it is where that cannot be read."""
    picture.load()
    try:
        return ImageOps.exif_transpose(picture) or picture
    except PILLOW_ERRORS:
        return picture


def _from_deep(values: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> Image:
    """One-channel pictures of 16 or 32 bits or float to RGB; integers are 16-bit, floats reach to 1, 255 or 65535."""
    deep = values.astype(np.float64)
    peak = 65535.0
    if np.issubdtype(values.dtype, np.floating):
        peak = next((limit for limit in (1.0, 255.0) if deep.max(initial=0.0) <= limit), 65535.0)
    gray = np.clip(np.rint(deep * (255.0 / peak)), 0, 255).astype(np.uint8)
    return np.ascontiguousarray(np.repeat(gray[:, :, None], 3, axis=2))
