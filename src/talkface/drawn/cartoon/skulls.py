"""Heads: the outline that moves with the jaw, and the light on it."""

import numpy as np

from talkface.drawn.cartoon.design import Design
from talkface.drawn.cartoon.parts import Part
from talkface.drawn.cartoon.place import blob, face, ones, rim
from talkface.drawn.head import Outline, head_outline, rim_depth
from talkface.drawn.shapes import Points, lighter, mix, spline


def outline_of(design: Design, drop: float) -> Outline:
    """Outline of the head with its chin lowered by `drop` head units."""
    if design.styles.head not in ("box", "dome", "capsule"):
        return head_outline(design.shape, drop)
    return _machine(design, drop)


def _machine(design: Design, drop: float) -> Outline:
    """A rounded box whose lower half is the jaw; a dome is rounder above."""
    shape = design.shape
    middle, half = (shape.chin_y + shape.skull_y) / 2, (shape.chin_y - shape.skull_y) / 2
    power, top_power = {"box": (7.0, 7.0), "dome": (8.0, 2.2), "capsule": (3.0, 2.4)}[design.styles.head]
    angle = np.linspace(np.pi, 0, 21)  # from the picture's left over the chin to its right
    jaw = _corner(angle, power) * (shape.width, half) + (0, middle)
    jaw[:, 1] += drop * np.clip((jaw[:, 1] - 0.3) / 0.4, 0, 1)
    top = _corner(angle[1:-1] - np.pi, top_power) * (shape.width, half) + (0, middle)
    top = top[np.argsort(-top[:, 0], kind="stable")]
    closed = rim_depth(np.concatenate([jaw, top]))
    return Outline(closed, closed[: len(jaw)])


def _corner(angle: Points, power: float) -> Points:
    cos, sin = np.cos(angle), np.sin(angle)
    return np.stack([np.sign(cos) * np.abs(cos) ** (2 / power), np.sign(sin) * np.abs(sin) ** (2 / power)], axis=1)


def head_parts(design: Design, outline: Outline) -> list[Part]:
    """Skin, and in cel shading its dark side as one hard shape."""
    colours, lines = design.colours, design.lines
    closed = outline.closed
    skin = Part(closed, colours.skin, lines.of(colours.skin), lines.weight, rim=ones(closed))
    if design.shading != "cel":
        return [skin]
    dark = Part(closed, colours.shade, lines.of(colours.skin), lines.weight, rim=ones(closed))
    lit = closed.copy()
    side = design.light
    width = design.shape.width
    away = np.clip(-side * lit[:, 0] / width, 0, 1)
    lit[:, 0] += side * width * (0.16 + 0.16 * design.wave) * away**1.5
    lit[:, 1] -= 0.10 * np.clip(lit[:, 1] / design.shape.chin_y, 0, 1) ** 4
    return [dark, Part(lit, colours.skin, rim=ones(lit))]


def light_parts(design: Design) -> list[tuple[Points, float]]:
    """(outline (N, 3) on the face, factor) of the soft light: the map starts dark and these are painted on it."""
    shape, side = design.shape, design.light
    middle = (shape.chin_y + shape.skull_y) / 2
    half = (shape.chin_y - shape.skull_y) / 2
    low = shape.chin_y - shape.mouth_y
    return [
        (face(blob(side * 0.10, middle, shape.width * 0.86, half * 0.88)), 1.0),
        (face(blob(side * 0.30, shape.skull_y * 0.55, 0.40, 0.24)), 1.07),
        (face(blob(0, shape.nose_y + 0.08, shape.nose_width, 0.06)), 0.84),
        (face(blob(side * 0.05, shape.mouth_y + 0.62 * low, 0.2, 0.2 * low)), 1.05),
    ]


def cheek_parts(design: Design) -> list[Part]:
    """What lies on the bare face: blush, freckles, marks of paint, wrinkles, the seams of a robot."""
    found: list[Part] = []
    for mark in design.styles.marks:
        found += _MARKS.get(mark, _nothing)(design)
    return found


def _nothing(_: Design) -> list[Part]:
    return []


def _blush(design: Design) -> list[Part]:
    y = design.shape.nose_y + 0.05
    return [Part(face(blob(s * 0.56, y, 0.16, 0.10, count=18)), design.colours.blush) for s in (-1, 1)]


def _freckles(design: Design) -> list[Part]:
    colour = mix(design.colours.skin, (120, 60, 30), 0.45)
    spots = ((0.40, -0.06), (0.52, 0.02), (0.62, -0.05), (0.47, 0.10), (0.60, 0.09))
    y = design.shape.nose_y
    return [Part(face(blob(s * u, y + v, 0.022, 0.022, count=8)), colour) for u, v in spots for s in (-1, 1)]


def _scar(design: Design) -> list[Part]:
    side = design.light
    line = spline([(side * 0.62, -0.45), (side * 0.56, 0.1), (side * 0.64, 0.5)])
    return [Part(face(line), ink=mix(design.colours.skin, (140, 40, 40), 0.6), weight=0.045, closed=False, taper=0.9)]


def _mole(design: Design) -> list[Part]:
    spot = blob(design.light * 0.34, design.shape.mouth_y - 0.1, 0.03, 0.03, count=10)
    return [Part(face(spot), (60, 36, 30))]


def _tear(design: Design) -> list[Part]:
    x, y = design.light * design.shape.eye_x, design.shape.eye_height + 0.16
    drop = [(x, y - 0.13), (x + 0.06, y + 0.04), (x, y + 0.12), (x - 0.06, y + 0.04)]
    return [Part(face(spline(drop, closed=True)), design.colours.trim, design.lines.of(design.colours.trim), 0.012)]


def _star(design: Design) -> list[Part]:
    angle = np.arange(10) * np.pi / 5 - np.pi / 2
    reach = np.where(np.arange(10) % 2 == 0, 0.15, 0.065)
    x, y = -design.light * 0.56, design.shape.nose_y + 0.02
    return [Part(face(np.stack([x + reach * np.cos(angle), y + reach * np.sin(angle)], axis=1)), design.colours.trim)]


def _wrinkles(design: Design) -> list[Part]:
    ink = mix(design.colours.skin, (70, 30, 20), 0.45)
    y, mouth = design.shape.nose_y, design.shape.mouth_y
    folds = [spline([(s * 0.24, y), (s * 0.40, (y + mouth) / 2), (s * 0.48, mouth)]) for s in (-1, 1)]
    brow = [spline([(-0.3, h), (0, h - 0.03), (0.3, h)]) for h in (-0.62, -0.74)]
    return [Part(face(line), ink=ink, weight=0.022, closed=False, taper=0.9) for line in folds + brow]


def _seams(design: Design) -> list[Part]:
    ink = design.lines.of(design.colours.skin)
    top, w = design.shape.skull_y, design.shape.width
    lines = [np.array([(0.0, top * 0.95), (0.0, -0.45)]), np.array([(-w * 0.96, -0.42), (w * 0.96, -0.42)])]
    return [Part(face(line, 0.02), ink=ink, weight=0.02, closed=False) for line in lines]


def _rivets(design: Design) -> list[Part]:
    w, y = design.shape.width * 0.8, design.shape.chin_y * 0.82
    spots = [(s * w, v) for s in (-1, 1) for v in (design.shape.skull_y * 0.72, y)]
    bright = lighter(design.colours.skin, 0.45)
    heads = [blob(x, v, 0.05, 0.05, count=12) for x, v in spots]
    return [Part(rim(head, 0.1), bright, design.lines.of(bright), 0.015, rim=ones(head)) for head in heads]


_MARKS = {
    "blush": _blush,
    "freckles": _freckles,
    "scar": _scar,
    "mole": _mole,
    "tear": _tear,
    "star": _star,
    "wrinkles": _wrinkles,
    "seams": _seams,
    "rivets": _rivets,
}
