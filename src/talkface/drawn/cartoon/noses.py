"""Noses: from none at all to the snouts of animals; the landmarks of a nose are the same for all."""

import numpy as np

from talkface.drawn.cartoon.design import Design
from talkface.drawn.cartoon.parts import Part
from talkface.drawn.cartoon.place import blob, face
from talkface.drawn.head import surface
from talkface.drawn.shapes import Points, darker, lighter, mix, spline


def nose_parts(design: Design) -> list[Part]:
    """The nose of this character, with its muzzle's tip where it has one."""
    return _NOSES[design.styles.nose](design)


def nose_landmarks(design: Design) -> Points:
    """(9, 3): four down the bridge to the tip, five along the base from the picture's left (iBUG 27-35)."""
    shape = design.shape
    y = np.linspace(0.0, shape.nose_y - 0.05, 4)
    bridge = [surface(np.array([[0.0, v]]), lift) for v, lift in zip(y, (0.06, 0.12, 0.18, 0.26), strict=True)]
    x = np.array([-0.8, -0.4, 0.0, 0.4, 0.8]) * shape.nose_width
    base = np.stack([x, shape.nose_y + np.array([0.0, 0.03, 0.04, 0.03, 0.0])], axis=1)
    return np.vstack([*bridge, surface(base, 0.12)])


def _ink(design: Design, line: Points, *, lift: float = 0.2, weight: float = 1.0) -> Part:
    ink = design.lines.of(design.colours.skin)
    return Part(face(line, lift), ink=ink, weight=max(design.lines.weight, 0.018) * weight, closed=False, taper=0.8)


def _none(_: Design) -> list[Part]:
    return []


def _round(design: Design) -> list[Part]:
    shape, colours = design.shape, design.colours
    size = shape.nose_width * 0.95
    ball = face(blob(0, shape.nose_y - size * 0.6, size, size * 0.85), 0.26)
    glint = face(blob(design.light * size * 0.35, shape.nose_y - size * 0.95, size * 0.28, size * 0.18, count=12), 0.30)
    tone = mix(colours.skin, (240, 90, 80), 0.18)
    return [Part(ball, tone, design.lines.of(colours.skin), design.lines.weight), Part(glint, lighter(tone, 0.5))]


def _button(design: Design) -> list[Part]:
    w, y = design.shape.nose_width * 0.6, design.shape.nose_y
    return [_ink(design, spline([(-w, y - 0.06), (-w * 0.6, y + 0.03), (w * 0.6, y + 0.03), (w, y - 0.06)]))]


def _side(design: Design) -> list[Part]:
    s, y = -design.light, design.shape.nose_y
    return [_ink(design, spline([(s * 0.05, y - 0.20), (s * 0.11, y - 0.02), (-s * 0.01, y + 0.01)]))]


def _dash(design: Design) -> list[Part]:
    y = design.shape.nose_y - 0.02
    return [_ink(design, np.array([(-0.03, y), (0.0, y + 0.012), (0.03, y)]), weight=1.3)]


def _wedge(design: Design) -> list[Part]:
    s, y, w = -design.light, design.shape.nose_y, design.shape.nose_width
    dark = np.array([(s * 0.01, -0.05), (s * w * 0.75, y - 0.02), (s * w * 0.5, y + 0.02), (-s * 0.02, y + 0.02)])
    return [Part(face(dark, 0.18), design.colours.shade)]


def _nostrils(design: Design) -> list[Part]:
    w, y = design.shape.nose_width * 0.5, design.shape.nose_y
    dark = darker(design.colours.skin, 0.65)
    return [Part(face(blob(s * w, y, 0.03, 0.045, count=10), 0.2), dark) for s in (-1, 1)]


def _hook(design: Design) -> list[Part]:
    s, y, w = -design.light, design.shape.nose_y, design.shape.nose_width
    line = spline([(s * 0.04, -0.08), (s * w * 0.9, y * 0.6), (s * w * 1.05, y - 0.04), (s * 0.06, y + 0.03)])
    wing = spline([(-s * w * 0.9, y - 0.08), (-s * w * 1.05, y - 0.01), (-s * w * 0.6, y + 0.02)])
    return [_ink(design, line), _ink(design, wing)]


def _bolt(design: Design) -> list[Part]:
    y, bright = design.shape.nose_y - 0.04, darker(design.colours.skin, 0.25)
    ink = design.lines.of(bright)
    ring = Part(face(blob(0, y, 0.09, 0.09, count=16), 0.1), bright, ink, 0.015)
    return [ring, Part(face(np.array([(-0.06, y), (0.06, y)]), 0.12), ink=ink, weight=0.02, closed=False)]


def _animal(design: Design) -> list[Part]:
    shape, colours = design.shape, design.colours
    lift = 0.36
    if design.styles.muzzle == "pig":
        snout = blob(0, shape.nose_y, 0.27, 0.19, power=2.6)
        holes = [blob(s * 0.10, shape.nose_y, 0.045, 0.075, count=12) for s in (-1, 1)]
        ink = design.lines.of(colours.muzzle)
        body = Part(face(snout, lift), colours.muzzle, ink, max(design.lines.weight, 0.012))
        return [body, *(Part(face(hole, lift + 0.02), darker(colours.muzzle, 0.5)) for hole in holes)]
    w = {"cat": 0.10, "rabbit": 0.09, "mouse": 0.09, "fox": 0.11, "monkey": 0.0}.get(design.styles.muzzle, 0.16)
    y = shape.nose_y - 0.02
    if not w:
        return _nostrils(design)
    tip = spline(
        [(-w, y - w * 0.5), (0, y - w * 0.72), (w, y - w * 0.5), (w * 0.35, y + w * 0.5), (-w * 0.35, y + w * 0.5)],
        closed=True,
    )
    glint = blob(design.light * w * 0.35, y - w * 0.4, w * 0.25, w * 0.13, count=10)
    return [Part(face(tip, lift), colours.nose), Part(face(glint, lift + 0.01), lighter(colours.nose, 0.6))]


_NOSES = {
    "none": _none,
    "round": _round,
    "button": _button,
    "side": _side,
    "dash": _dash,
    "wedge": _wedge,
    "nostrils": _nostrils,
    "hook": _hook,
    "bolt": _bolt,
    "animal": _animal,
}
