"""Upright pictures with square pixels: display matrix and sample aspect ratio."""

from fractions import Fraction

import numpy as np
import numpy.typing as npt

from talkface.media.source import Image

Orientation = tuple[
    int, bool
]  # quarter turns counter-clockwise as np.rot90 counts, after mirroring left to right if True
UPRIGHT: Orientation = (0, False)


def orientation_of_matrix(matrix: npt.NDArray[np.int32]) -> Orientation:
    """Orientation out of a display matrix: nine int32 in row order (a b u c d v x y w), ISO 14496-12 section 6.2.2.

    It maps a stored point (x, y) to (a x + c y, b x + d y), y downwards. Angles between quarter turns go to the
    nearest.
    """
    a, b, _, c, d = (float(value) for value in matrix[:5])
    mirrored = a * d - b * c < 0
    if mirrored:  # mirror first (x -> -x): what is left is a pure turn
        a, b = -a, -b
    clockwise = round(float(np.degrees(np.arctan2(b, a))) / 90.0)
    return -clockwise % 4, mirrored


def orient(image: Image, orientation: Orientation) -> Image:
    """Apply an orientation to (H, W, 3); a view where nothing changes, else a contiguous copy."""
    turns, mirrored = orientation
    if orientation == UPRIGHT:
        return image
    return np.ascontiguousarray(np.rot90(image[:, ::-1] if mirrored else image, turns))


def square_size(width: int, height: int, aspect: Fraction | None) -> tuple[int, int]:
    """Size (width, height) with square pixels of a stored picture; grows one side, so that no detail is lost.

    aspect: pixel width / height, None or 0 when unknown; values beyond 1/8..8 are taken for damage and ignored.
    """
    if not aspect or aspect == 1 or not Fraction(1, 8) <= aspect <= 8:
        return width, height
    if aspect > 1:
        return round(width * aspect), height
    return width, round(height / aspect)


def upright_size(width: int, height: int, aspect: Fraction | None, orientation: Orientation) -> tuple[int, int]:
    """Size (width, height) after pixel aspect and orientation."""
    wide, high = square_size(width, height, aspect)
    return (high, wide) if orientation[0] % 2 else (wide, high)
