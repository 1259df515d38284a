"""Curves, colours and a canvas: everything is drawn as anti-aliased polygons with sub-pixel corners."""

from collections.abc import Sequence
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Image = NDArray[np.uint8]
Colour = tuple[int, int, int]

_SHIFT = 4  # fractional bits of the corners given to OpenCV


def mix(first: Colour, second: Colour, amount: float) -> Colour:
    """`first` at amount 0, `second` at 1; (red, green, blue) 0-255."""
    red, green, blue = (round(a + (b - a) * amount) for a, b in zip(first, second, strict=True))
    return red, green, blue


def darker(colour: Colour, amount: float) -> Colour:
    """Towards a warm black."""
    return mix(colour, (20, 10, 14), amount)


def lighter(colour: Colour, amount: float) -> Colour:
    """Towards white."""
    return mix(colour, (255, 255, 255), amount)


@cache
def _catmull_rom(samples: int) -> Points:
    """(samples, 4) weights of four neighbouring knots; Catmull and Rom 1974, tension 1/2."""
    t = np.arange(samples)[:, None] / samples
    return np.hstack([-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, -(t**2) + t**3]) / 2


def spline(knots: Points | Sequence[Sequence[float]], *, samples: int = 6, closed: bool = False) -> Points:
    """A smooth curve through (K, D) knots: (K * samples, D) when closed, else ((K - 1) * samples + 1, D)."""
    given = np.asarray(knots, np.float64)
    if closed:
        around = np.concatenate([given[-1:], given, given[:2]])
    else:
        around = np.concatenate([2 * given[:1] - given[1:2], given, 2 * given[-1:] - given[-2:-1]])
    windows = np.stack([around[i : len(around) - 3 + i] for i in range(4)], axis=1)
    curve = np.einsum("sk,nkd->nsd", _catmull_rom(samples), windows).reshape(-1, given.shape[1])
    return curve if closed else np.concatenate([curve, given[-1:]])


def ellipse(x: float, y: float, rx: float, ry: float, *, count: int = 24) -> Points:
    """(count, 2) points around an ellipse."""
    angle = np.arange(count) * (2 * np.pi / count)
    return np.stack([x + rx * np.cos(angle), y + ry * np.sin(angle)], axis=1)


def ribbon(centre: Points, width: Points) -> Points:
    """The outline (2N, 2) of a stroke along (N, 2) points, `width` (N,) across, measured vertically."""
    half = np.stack([np.zeros(len(centre)), width / 2], axis=1)
    return np.concatenate([centre - half, (centre + half)[::-1]])


def mirrored(points: Points | Sequence[Sequence[float]]) -> Points:
    """The same on the other side of the face: x is negated and the order turned round."""
    return (np.asarray(points, np.float64) * (-1, 1))[::-1]


def resample(curve: Points, count: int) -> Points:
    """(count, D) points at equal arc lengths along an open curve, both ends included."""
    steps = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(curve[:, :2], axis=0).T))])
    at = np.linspace(0, steps[-1], count)
    return np.stack([np.interp(at, steps, column) for column in curve.T], axis=1)


class Canvas:
    """A picture being painted; coordinates are its own pixels, (0, 0) the top-left corner of the first one."""

    def __init__(self, image: Image) -> None:
        self.image = image

    def fill(self, points: Points, colour: Colour | int) -> None:
        """Fills the polygon (N, 2); an integer colour for pictures of one channel."""
        cv2.fillPoly(self.image, [fixed(points)], (colour,) if isinstance(colour, int) else colour, cv2.LINE_AA, _SHIFT)

    def fill_fixed(self, outlines: list[NDArray[np.int32]], colour: Colour) -> None:
        """Fills polygons that `fixed` has made; of two, what lies between them."""
        cv2.fillPoly(self.image, outlines, colour, cv2.LINE_AA, _SHIFT)

    def line(self, points: Points, colour: Colour, width: float, *, closed: bool = False) -> None:
        """A line through (N, 2) of about `width` pixels (whole ones: OpenCV draws no others)."""
        cv2.polylines(self.image, [fixed(points)], closed, colour, max(1, round(width)), cv2.LINE_AA, _SHIFT)


def fixed(points: Points) -> NDArray[np.int32]:
    """(N, 2) pixels as the fixed-point numbers that OpenCV takes."""
    # Pixel centres are whole numbers for OpenCV and halves for us.
    return np.round((points - 0.5) * (1 << _SHIFT)).astype(np.int32)
