"""The border of this room: what FFmpeg, Pillow and OpenCV raise becomes one clear line."""

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import av.error
import cv2
from PIL import Image as Pillow

from talkface.errors import InputError

LIBRARY_ERRORS = (av.error.FFmpegError, cv2.error, MemoryError)
PILLOW_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RuntimeError,
    MemoryError,
    struct.error,
    zlib.error,
    Pillow.DecompressionBombError,
)
"""What Pillow's readers raise on damaged files (found by cutting and changing files of every kind)."""


def reason_of(error: BaseException) -> str:
    """A library's own words, short."""
    if isinstance(error, MemoryError) and not isinstance(error, av.error.FFmpegError):
        return "too large for the memory"
    return str(getattr(error, "strerror", None) or error).strip() or type(error).__name__


@contextmanager
def translated(what: str, where: object, remedy: str) -> Iterator[None]:
    """InputError instead of what FFmpeg or OpenCV raise inside: `what (reason): where - remedy`."""
    try:
        yield
    except LIBRARY_ERRORS as error:
        raise InputError(f"{what} ({reason_of(error)})", where, remedy) from error
