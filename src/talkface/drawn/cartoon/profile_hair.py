"""Hair seen from the side, looking to the picture's right."""

import numpy as np

from talkface.drawn.cartoon.design import Design
from talkface.drawn.cartoon.parts import Part
from talkface.drawn.cartoon.place import flat
from talkface.drawn.shapes import darker, spline


def hair_from_the_side(design: Design, front: float) -> list[Part]:
    """The mass on the head. front: x of the face's line, head units."""
    style, top, hair = design.styles.hair, design.shape.skull_y, design.colours.hair
    if style == "bald":
        return []
    high = top * 0.62
    fringe = [(front - 0.02, high * 1.05), (0.52, high * 0.72), (0.30, -0.36)]
    if style in ("bangs", "zigzag", "bowl", "curtain"):
        fringe = [(front + 0.05, -0.30), (0.60, -0.42), (0.48, -0.18), (0.32, -0.34)]
    low = [(0.06, -0.28), (-0.02, 0.0), (-0.36, 0.02), (-0.52, 0.42), (-0.92, 0.46), (-1.08, -0.2)]
    crown = [(-1.0, top * 0.7), (-0.55, top * 1.08), (0.0, top * 1.15), (0.55, top * 1.02), (front, top * 0.72)]
    if style in ("spiky", "zigzag", "mohawk"):
        tips = np.linspace(0, 1, 13)
        reach = np.where(np.arange(13) % 2 == 1, 1.24, 1.04)
        crown = [(-np.cos(np.pi * t) * 1.0 * r, np.sin(np.pi * t) * top * r) for t, r in zip(tips, reach, strict=True)]
    outline = np.array([*fringe, *low, *crown])
    if style not in ("spiky", "zigzag", "mohawk"):
        outline = spline(outline, samples=3, closed=True)
    return [Part(flat(outline), hair, design.lines.of(hair), design.lines.weight)]


def back_hair_from_the_side(design: Design) -> list[Part]:
    """What hangs behind the head."""
    style, top = design.styles.back_hair, design.shape.skull_y
    hair = darker(design.colours.hair, 0.15)
    shapes = {
        "long": [(-0.2, top * 0.9), (-1.05, top * 0.7), (-1.25, 0.2), (-1.15, 1.8), (-0.45, 1.9), (-0.2, 0.6)],
        "bob": [(-0.2, top * 0.9), (-1.1, top * 0.7), (-1.25, 0.2), (-1.05, 1.0), (-0.3, 1.05), (-0.1, 0.5)],
        "ponytail": [(-0.85, -0.7), (-1.35, -0.85), (-1.6, 0.1), (-1.35, 1.3), (-1.25, 0.2)],
        "twintails": [(-0.85, -0.5), (-1.3, -0.6), (-1.5, 0.3), (-1.2, 1.7), (-1.1, 0.3)],
        "bun": [(-0.8, top * 0.75), (-1.3, top * 0.95), (-1.5, top * 0.5), (-1.1, top * 0.2)],
    }
    if style not in shapes:
        return []
    outline = spline(np.array(shapes[style]), samples=4, closed=True)
    return [Part(flat(outline, -0.2), hair, design.lines.of(hair), design.lines.weight)]
