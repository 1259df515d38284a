"""What is below a head, from the shoulders to the neck, and what it wears."""

import numpy as np

from talkface.drawn.cartoon.body_shapes import FLOOR, neck_end, piece, stroke
from talkface.drawn.cartoon.clothes import clothes_parts
from talkface.drawn.cartoon.design import Design
from talkface.drawn.cartoon.parts import Part
from talkface.drawn.cartoon.place import SIDES
from talkface.drawn.shapes import darker, spline


def body_parts(design: Design) -> list[Part]:
    """Back to front; all but the head's own parts."""
    return [*_torso(design), *_neck(design), *clothes_parts(design)]


def _torso(design: Design) -> list[Part]:
    neck, wide, y, cloth = design.shape.neck, design.shape.shoulders, neck_end(design), design.colours.cloth
    boxy = 0.25 if design.kind == "robot" else 0.0
    half = [
        (neck * 1.0, y - 0.05),
        (neck * 1.5, y + 0.10),
        (wide * (0.75 + boxy), y + 0.25 - boxy * 0.4),
        (wide * 0.97, y + 0.62),
        (wide * 1.06, y + 1.4),
        (wide * 1.1, FLOOR),
    ]
    right = spline(half, samples=4)
    body = np.concatenate([right, (right * (-1, 1))[::-1]])
    arms = [spline([(s * wide * 0.68, y + 0.7), (s * wide * 0.76, y + 1.2), (s * wide * 0.74, y + 1.9)]) for s in SIDES]
    dark = darker(cloth, 0.3)
    s = -design.light
    edge = [
        (s * wide * 0.78, y + 0.36),
        (s * wide * 0.96, y + 0.66),
        (s * wide * 1.03, y + 1.4),
        (s * wide * 1.06, FLOOR),
    ]
    shade = np.array([*edge, (s * wide * 0.62, FLOOR), (s * wide * 0.60, y + 1.2)])
    side = [piece(design, shade, darker(cloth, 0.16), line=False)] if design.shading == "cel" else []
    return [piece(design, body, cloth), *side, *(stroke(design, arm, dark, 0.03) for arm in arms)]


def _neck(design: Design) -> list[Part]:
    neck, y = design.shape.neck, neck_end(design)
    skin = darker(design.colours.skin, 0.08) if design.kind != "robot" else darker(design.colours.skin, 0.4)
    half = [(neck * 0.96, 0.3), (neck * 0.98, y - 0.2), (neck * 1.2, y + 0.04), (neck * 0.6, y + 0.26), (0.0, y + 0.34)]
    column = np.concatenate([np.array(half), (np.array(half[:-1]) * (-1, 1))[::-1]])
    shadow = np.array(
        [
            (-neck * 0.97, 0.4),
            (neck * 0.97, 0.4),
            (neck * 0.97, y - 0.26),
            (design.light * -0.1, y - 0.10),
            (-neck * 0.97, y - 0.26),
        ]
    )
    return [piece(design, column, skin), piece(design, shadow, darker(skin, 0.22), line=False)]
