"""What is behind the characters: places painted once for a shot, wider than the picture, so that the camera can pan."""

from collections.abc import Callable

import cv2
import numpy as np

from talkface.drawn.cartoon.colouring import bright
from talkface.drawn.draw import Draw
from talkface.drawn.shapes import Canvas, Colour, Image, Points, darker, ellipse, lighter, mix, spline


def paint_backdrop(draw: Draw, height: int, width: int) -> Image:
    """(height, width, 3) uint8 RGB, of a kind that the draw chooses."""
    canvas = Canvas(np.empty((height, width, 3), np.uint8))
    draw.one_of(_PLACES)(draw, canvas)
    return cv2.GaussianBlur(canvas.image, (0, 0), 0.008 * height) if draw.chance(0.35) else canvas.image  # type: ignore[return-value]


def _gradient(canvas: Canvas, top: Colour, bottom: Colour) -> None:
    ramp = np.linspace(0, 1, canvas.image.shape[0])[:, None]
    rows = np.array(top) * (1 - ramp) + np.array(bottom) * ramp
    canvas.image[:] = np.round(rows)[:, None].astype(np.uint8)


def _box(left: float, top: float, right: float, bottom: float) -> Points:
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)])


def _sky(draw: Draw, canvas: Canvas) -> None:
    """Sky with clouds above hills."""
    rows, columns = canvas.image.shape[:2]
    sky = bright(draw, strength=(0.2, 0.6), value=(0.7, 1.0))
    _gradient(canvas, sky, lighter(sky, 0.6))
    for _ in range(5):
        x, y, size = draw.between(0, columns), draw.between(0, rows * 0.5), draw.between(0.05, 0.13) * rows
        for shift in (-1.2, 0.0, 1.1):
            canvas.fill(
                ellipse(x + shift * size, y - size * 0.3 * (shift == 0), size * 1.2, size * 0.7), (250, 250, 252)
            )
    land = bright(draw, value=(0.4, 0.75))
    for layer in range(3):
        base = rows * (0.62 + 0.13 * layer)
        x = np.linspace(-0.1, 1.1, 8) * columns
        y = base - np.array([draw.between(0, 0.12) * rows for _ in range(8)])
        hills = np.concatenate([spline(np.stack([x, y], axis=1)), [(columns * 1.1, rows), (-columns * 0.1, rows)]])
        canvas.fill(hills, darker(land, 0.15 * layer))


def _room(draw: Draw, canvas: Canvas) -> None:
    """A wall with a window or pictures, a shelf, a skirting board."""
    rows, columns = canvas.image.shape[:2]
    wall = bright(draw, strength=(0.1, 0.45), value=(0.5, 0.95))
    _gradient(canvas, lighter(wall, 0.15), darker(wall, 0.15))
    canvas.fill(_box(0, rows * 0.82, columns, rows), darker(wall, 0.45))
    for _ in range(4):
        x, y = draw.between(0, columns), draw.between(0.05, 0.45) * rows
        wide, tall = draw.between(0.12, 0.3) * rows, draw.between(0.15, 0.35) * rows
        canvas.fill(_box(x - 5, y - 5, x + wide + 5, y + tall + 5), darker(wall, 0.55))
        canvas.fill(_box(x, y, x + wide, y + tall), bright(draw, strength=(0.1, 0.6), value=(0.6, 1.0)))
    if draw.chance(0.5):
        y = rows * 0.60
        canvas.fill(_box(0, y, columns, y + 0.02 * rows), darker(wall, 0.6))
        for place in range(14):
            x, tall = place * columns / 14, draw.between(0.06, 0.16) * rows
            canvas.fill(_box(x, y - tall, x + columns / 20, y), bright(draw))


def _city(draw: Draw, canvas: Canvas) -> None:
    """Houses with lit windows."""
    rows, columns = canvas.image.shape[:2]
    sky = bright(draw, value=(0.15, 0.8))
    _gradient(canvas, sky, mix(sky, (250, 190, 140), 0.5))
    lamp = lighter((250, 220, 120), draw.between(0, 0.5))
    x = 0.0
    while x < columns:
        wide, top = draw.between(0.10, 0.25) * rows, draw.between(0.1, 0.6) * rows
        house = darker(sky, draw.between(0.3, 0.75))
        canvas.fill(_box(x, top, x + wide, rows), house)
        step = 0.06 * rows
        for row in np.arange(top + step, rows, step * 1.3).tolist():
            for column in np.arange(x + step * 0.4, x + wide - step * 0.5, step).tolist():
                if draw.chance(0.5):
                    canvas.fill(_box(column, row, column + step * 0.5, row + step * 0.6), lamp)
        x += wide


def _forest(draw: Draw, canvas: Canvas) -> None:
    """Trunks and leaves."""
    rows, columns = canvas.image.shape[:2]
    leaf = bright(draw, strength=(0.3, 0.7), value=(0.3, 0.75))
    _gradient(canvas, lighter(leaf, 0.5), darker(leaf, 0.3))
    for _ in range(7):
        x, wide = draw.between(0, columns), draw.between(0.03, 0.08) * rows
        canvas.fill(_box(x, 0, x + wide, rows), darker(leaf, draw.between(0.4, 0.75)))
    for _ in range(22):
        size = draw.between(0.08, 0.2) * rows
        spot = ellipse(draw.between(0, columns), draw.between(-0.05, 0.45) * rows, size * 1.3, size, count=12)
        canvas.fill(spot, mix(darker(leaf, 0.35), lighter(leaf, 0.25), draw.between(0, 1)))


def _plain(draw: Draw, canvas: Canvas) -> None:
    """One colour, or one that runs into another."""
    first = bright(draw, strength=(0.0, 0.7), value=(0.2, 1.0))
    _gradient(canvas, first, first if draw.chance(0.5) else bright(draw))


def _rays(draw: Draw, canvas: Canvas) -> None:
    """Speed lines that meet behind the head."""
    rows, columns = canvas.image.shape[:2]
    ground = bright(draw, value=(0.5, 1.0))
    canvas.image[:] = ground
    middle = np.array([columns / 2, rows * 0.45])
    for angle in np.linspace(0, 2 * np.pi, 33)[:-1].tolist():
        reach, half = rows * 2.0, draw.between(0.02, 0.08)
        far = [middle + reach * np.array([np.cos(a), np.sin(a)]) for a in (angle - half, angle + half)]
        canvas.fill(np.array([middle, *far]), lighter(ground, 0.35))


def _pattern(draw: Draw, canvas: Canvas) -> None:
    """Dots or stripes."""
    rows, columns = canvas.image.shape[:2]
    ground, spot = bright(draw, strength=(0.1, 0.6)), bright(draw, strength=(0.1, 0.6))
    canvas.image[:] = ground
    step = draw.between(0.08, 0.2) * rows
    for row in range(int(rows / step) + 2):
        if draw.chance(0.15):
            canvas.fill(_box(0, row * step, columns, (row + 0.5) * step), spot)
        for column in range(int(columns / step) + 2):
            x = (column + 0.5 * (row % 2)) * step
            canvas.fill(ellipse(x, row * step, step * 0.22, step * 0.22, count=10), spot)


def _sea(draw: Draw, canvas: Canvas) -> None:
    """Sun over water."""
    rows, columns = canvas.image.shape[:2]
    glow = bright(draw, strength=(0.4, 0.8), value=(0.7, 1.0))
    _gradient(canvas, darker(glow, 0.4), lighter(glow, 0.5))
    x, size = draw.between(0.2, 0.8) * columns, draw.between(0.08, 0.2) * rows
    canvas.fill(ellipse(x, rows * 0.5, size, size), (255, 240, 190))
    water = darker(glow, 0.55)
    canvas.fill(_box(0, rows * 0.58, columns, rows), water)
    for _ in range(26):
        y, left, wide = draw.between(0.6, 1.0) * rows, draw.between(0, columns), draw.between(0.05, 0.25) * rows
        canvas.fill(_box(left, y, left + wide, y + 0.008 * rows), lighter(water, 0.4))


_PLACES: tuple[Callable[[Draw, Canvas], None], ...] = (_sky, _room, _city, _forest, _plain, _rays, _pattern, _sea)
