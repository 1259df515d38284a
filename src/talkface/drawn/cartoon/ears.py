"""Ears of people, elves, animals and machines."""

from collections.abc import Callable

import numpy as np

from talkface.drawn.cartoon.design import Design
from talkface.drawn.cartoon.parts import Part
from talkface.drawn.cartoon.place import SIDES, blob, face, ones, rim, turned
from talkface.drawn.shapes import Colour, Points, darker, lighter, mix, spline

_BEHIND = -0.12


def ear_parts(design: Design) -> list[Part]:
    """Both ears, painted before the head."""
    style = design.styles.ears
    if style == "none":
        return []
    if style in _ANIMAL_EARS:
        return _animal_ears(design)
    if style in ("bolt", "disc"):
        return _machine_ears(design, style)
    shape, skin = design.shape, design.colours.skin
    found = []
    for side in SIDES:
        outer = _elf(design, side) if style == "elf" else _round(design, side, 0.72 if style == "small" else 1.0)
        middle = outer.mean(axis=0)
        inner = (outer - middle) * 0.5 + middle
        found += [_around(design, outer, skin), Part(rim(inner, _BEHIND), darker(skin, 0.2), rim=ones(inner))]
        if "earrings" in design.styles.marks:
            ring = blob(side * (shape.width + 0.05), 0.44 * shape.ear, 0.055, 0.055, count=12)
            found.append(_around(design, ring, design.colours.trim))
    return found


def _around(design: Design, outline: Points, colour: Colour, depth: float = _BEHIND) -> Part:
    return Part(rim(outline, depth), colour, design.lines.of(colour), design.lines.weight, rim=ones(outline))


def _round(design: Design, side: float, size: float) -> Points:
    shape = design.shape
    return blob(side * (shape.width + 0.02), 0.16, 0.15 * shape.ear * size, 0.26 * shape.ear * size, count=18)


def _elf(design: Design, side: float) -> Points:
    w, size = design.shape.width, design.shape.ear
    return spline(
        [
            (side * w * 0.9, -0.08),
            (side * (w + 0.42 * size), -0.34),
            (side * (w + 0.16 * size), 0.16),
            (side * w * 0.9, 0.38),
        ],
        samples=4,
        closed=True,
    )


def _machine_ears(design: Design, style: str) -> list[Part]:
    metal = darker(design.colours.skin, 0.22)
    found = []
    for side in SIDES:
        x = side * (design.shape.width + 0.05)
        power, rx, ry = (6.0, 0.12, 0.22) if style == "bolt" else (2.4, 0.12, 0.32)
        found.append(_around(design, blob(x, 0.1, rx, ry, power=power), metal))
        if style == "bolt":
            found.append(_around(design, blob(x + side * 0.14, 0.1, 0.07, 0.10, power=5.0), lighter(metal, 0.25)))
    return found


def _triangle(w: float, top: float, *, out: float, high: float, base: tuple[float, float]) -> Points:
    """An upright ear: from `base` (places on the crown, parts of the width) to a tip."""
    first, last = base
    return spline(
        [(w * first, top * 0.93), (w * (first * 0.35 + last * 0.65) + out, top * high), (w * last, top * 0.42)],
        samples=5,
    )


# Right ear of each animal from (width, top of the skull); the left one is its mirror image.
_ANIMAL_EARS: dict[str, Callable[[float, float], Points]] = {
    "cat": lambda w, top: _triangle(w, top, out=0.14, high=1.46, base=(0.22, 0.92)),
    "fox": lambda w, top: _triangle(w, top, out=0.20, high=1.62, base=(0.20, 0.95)),
    "wolf": lambda w, top: _triangle(w, top, out=0.08, high=1.48, base=(0.30, 0.90)),
    "bear": lambda w, top: blob(w * 0.72, top * 0.86, 0.30, 0.30),
    "panda": lambda w, top: blob(w * 0.72, top * 0.86, 0.30, 0.30),
    "mouse": lambda w, top: blob(w * 0.86, top * 0.92, 0.48, 0.48),
    "monkey": lambda w, top: blob(w * 1.12, -0.02, 0.30, 0.34),
    "pig": lambda w, top: np.array(
        [(w * 0.35, top * 0.95), (w * 0.95, top * 1.25), (w * 1.02, top * 0.62), (w * 0.8, top * 0.45)]
    ),
    "rabbit": lambda w, top: turned(blob(w * 0.42, top * 1.62, 0.20, 0.72), 10, (w * 0.42, top)),
    "dog": lambda w, top: spline(
        [(w * 0.55, top * 0.92), (w * 1.18, top * 0.62), (w * 1.34, 0.1), (w * 1.12, 0.52), (w * 0.92, -0.15)],
        samples=5,
        closed=True,
    ),
}


def _animal_ears(design: Design) -> list[Part]:
    w, top, fur = design.shape.width, design.shape.skull_y, design.colours.skin
    right = _ANIMAL_EARS[design.styles.ears](w, top)
    dark = (34, 30, 34) if design.styles.ears == "panda" else darker(fur, 0.25) if design.styles.ears == "dog" else fur
    inner = mix(fur, (240, 150, 150), 0.5) if design.styles.ears not in ("dog", "panda") else None
    found = []
    for side in SIDES:
        outer = right * (side, 1)
        found.append(_around(design, outer, dark, -0.25))
        if inner is not None:
            middle = outer.mean(axis=0)
            hollow = (outer - middle) * 0.6 + middle
            found.append(Part(rim(hollow, -0.24), inner, rim=ones(hollow)))
    return found


def floppy_parts(design: Design) -> list[Part]:
    """Ears that hang before the head."""
    if design.styles.ears != "dog" or design.wave < 0.5:
        return []
    w, top, fur = design.shape.width, design.shape.skull_y, darker(design.colours.skin, 0.25)
    found = []
    for side in SIDES:
        flap = spline(
            [
                (side * w * 0.50, top * 0.92),
                (side * w * 1.10, top * 0.70),
                (side * w * 1.22, -0.1),
                (side * w * 0.94, 0.1),
                (side * w * 0.78, -0.45),
            ],
            samples=5,
            closed=True,
        )
        found.append(Part(face(flap, 0.1), fur, design.lines.of(fur), design.lines.weight))
    return found
