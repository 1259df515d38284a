"""Mouths in many designs: the curves of the lips from a mouth shape, and what is painted between and around them."""

import numpy as np

from talkface.drawn.cartoon.design import Design
from talkface.drawn.cartoon.parts import Part
from talkface.drawn.cartoon.place import face
from talkface.drawn.head import CHIN_DROP
from talkface.drawn.mouth import MouthCurves, lower_teeth, tongue, upper_teeth
from talkface.drawn.shapes import Colour, Points, darker, mix
from talkface.drawn.visemes import MouthShape

_U = np.linspace(-1, 1, 21)
_TEETH: Colour = (250, 248, 240)
_OPEN = 0.012  # head units between the lips above which something shows between them
_SOLID = ("grille", "bars", "plate")

# (power, root, part of the opening above the seam, lift of the corners, curve of the seam when shut)
_FORMS = {
    "line": (2.8, 0.75, 0.22, 0.05, 0.0),
    "lips": (3.0, 0.75, 0.26, 0.03, 0.012),
    "bean": (2.0, 0.60, 0.30, 0.04, 0.0),
    "small": (2.0, 0.85, 0.10, 0.03, 0.0),
    "muzzle": (2.2, 0.70, 0.06, 0.09, 0.05),
}
_BOX = (10.0, 1.0, 0.5, 0.0, 0.0)


def jaw_drop(design: Design, mouth: MouthShape) -> float:
    """How far the chin goes down, head units; a grille has no jaw."""
    loose = 0.0 if design.styles.mouth in ("grille", "bars") else CHIN_DROP
    return loose * design.shape.mouth_gap * mouth.opening


def mouth_curves(design: Design, mouth: MouthShape, smile: float) -> MouthCurves:
    """Edges of the lips, head units. smile: -1 to 1 moves the corners."""
    shape, style = design.shape, design.styles.mouth
    power, root, above, lift, bend = _FORMS.get(style, _BOX)
    solid = style in _SOLID
    gap = shape.mouth_gap * mouth.opening
    half = shape.mouth_width * (1 - 0.30 * mouth.roundness) * (1 if solid else 0.70 + 0.60 * mouth.width)
    rounder = power - (power - 2.0) * mouth.roundness
    arc = (1 - np.abs(_U) ** rounder) ** (root - (root - 0.5) * mouth.roundness)
    corners = -(lift * (0.4 + smile) + 0.05 * max(0.0, mouth.width - 0.5)) * _U**2 * (not solid)
    shut = 1 - min(1.0, 4 * mouth.opening)
    seam = bend * np.sin(np.pi * np.abs(_U)) * shut if style == "muzzle" else bend * np.cos(np.pi * _U) * shut
    middle = shape.mouth_y + corners + seam * (1 - mouth.roundness) + 0.10 * gap * _U**2 * (not solid)
    top, bottom = middle - above * gap * arc, middle + (1 - above) * gap * arc
    upper, lower = _lip_thickness(design, mouth)
    taper = np.sqrt(1 - _U**2) if style == "lips" else np.ones_like(_U)
    inner = half * 0.94
    return MouthCurves(
        np.stack([half * _U, top - upper * taper], axis=1),
        np.stack([inner * _U, top], axis=1),
        np.stack([inner * _U, bottom], axis=1),
        np.stack([half * _U, bottom + lower * taper], axis=1),
        gap,
        (0.24 if design.styles.muzzle != "none" else 0.06) + 0.10 * mouth.roundness,
    )


def _lip_thickness(design: Design, mouth: MouthShape) -> tuple[float, float]:
    if design.styles.mouth != "lips":
        ink = max(design.lines.weight, 0.016)
        return ink, ink
    fullness = (1 + 0.28 * mouth.roundness) * (1 - 0.18 * mouth.opening) * (1 - 0.45 * mouth.press)
    return design.shape.upper_lip * fullness, design.shape.lower_lip * fullness


def mouth_parts(design: Design, curves: MouthCurves, mouth: MouthShape) -> list[Part]:
    """Lips or lines, and where they are apart teeth, tongue and the dark behind them."""
    if design.styles.mouth in _SOLID:
        return _machine_mouth(design, curves)
    lips = _lips(design, curves) if design.styles.mouth == "lips" else []
    if curves.gap <= _OPEN:
        return [*lips, *_seam(design, curves, mouth)]
    return [*lips, *_inside(design, curves, mouth)]


def _lips(design: Design, curves: MouthCurves) -> list[Part]:
    lift, lips = curves.protrusion, design.colours.lips
    whole = np.concatenate([curves.outer_upper, curves.outer_lower[::-1]])
    top = np.concatenate([curves.outer_upper, curves.inner_upper[::-1]])
    ink = design.lines.of(lips) if design.lines.weight else None
    return [
        Part(face(whole, lift), mix(lips, (255, 210, 200), 0.12), ink, design.lines.weight * 0.6),
        Part(face(top, lift), darker(lips, 0.14)),
    ]


def _seam(design: Design, curves: MouthCurves, mouth: MouthShape) -> list[Part]:
    """The line of a shut mouth, a shorter and stronger one where the lips are pressed together."""
    ink = design.lines.of(design.colours.lips if design.styles.mouth == "lips" else design.colours.skin)
    weight = max(design.lines.weight * 1.15, 0.026) * (1 + 0.5 * mouth.press)
    cut = 2 if mouth.press > 0.5 else 0
    line = curves.inner_upper[cut : len(_U) - cut]
    found = [Part(face(line, curves.protrusion), ink=ink, weight=weight, closed=False, taper=0.6)]
    if design.styles.mouth == "lips":
        return found
    return [*found, _chin_crease(design, curves)] if design.styles.mouth != "muzzle" else found


def _chin_crease(design: Design, curves: MouthCurves) -> Part:
    """A short line under the lower lip."""
    half, y = 0.22 * float(curves.outer_lower[-1, 0]), float(curves.outer_lower[10, 1]) + 0.085
    line = np.array([(-half, y), (0.0, y + 0.012), (half, y)])
    tone = mix(design.colours.skin, design.lines.of(design.colours.skin), 0.45)
    return Part(face(line, curves.protrusion), ink=tone, weight=0.018, closed=False, taper=0.9)


def _inside(design: Design, curves: MouthCurves, mouth: MouthShape) -> list[Part]:
    lift, colours = curves.protrusion, design.colours
    ink = design.lines.of(colours.skin)
    weight = max(design.lines.weight, 0.014) if design.styles.mouth != "lips" else 0.01
    found = [Part(face(curves.between(0, 1), lift), colours.inside, ink, weight)]
    layers = [Part(face(tongue(curves, mouth), lift), colours.tongue)]
    if mouth.teeth > 0.15:
        layers.append(Part(face(upper_teeth(curves, mouth), lift), _TEETH))
    if mouth.teeth > 0.75 and design.styles.mouth in ("lips", "line"):
        layers.append(Part(face(lower_teeth(curves, mouth), lift), darker(_TEETH, 0.08)))
    if mouth.tongue > 0.7:
        layers.reverse()
    fangs = _fangs(curves) if "fangs" in design.styles.marks or design.styles.muzzle in ("cat", "wolf") else []
    return found + layers + fangs


def _fangs(curves: MouthCurves) -> list[Part]:
    found = []
    for place in (5, 15):
        x, y = curves.inner_upper[place]
        height = min(0.11, 0.8 * float(curves.inner_lower[place, 1] - y))
        tip = np.array([(x - 0.04, y), (x + 0.04, y), (x, y + height)])
        found.append(Part(face(tip, curves.protrusion), _TEETH))
    return found


def _machine_mouth(design: Design, curves: MouthCurves) -> list[Part]:
    """A grille opens as a whole, bars rise like a sound's level, a plate falls like a puppet's jaw."""
    lift, ink, metal = curves.protrusion, design.lines.of(design.colours.skin), design.colours.skin
    glow = mix(design.colours.trim, (255, 255, 255), 0.3)
    hole = _padded(curves, 0.05)
    dark = Part(face(hole, lift), darker(metal, 0.82), ink, max(design.lines.weight, 0.014))
    if design.styles.mouth == "plate":
        return [*_plate(design, curves, ink), dark]
    found = [dark]
    for place in range(1, 20, 3):
        x, top = curves.inner_upper[place]
        bottom = float(curves.inner_lower[place, 1])
        if design.styles.mouth == "grille":
            line = np.array([(x, top - 0.05), (x, bottom + 0.05)])
            found.append(Part(face(line, lift), ink=metal, weight=0.035, closed=False))
            continue
        wave = 0.55 + 0.45 * np.cos(2.1 * place + 6 * design.wave)
        half = max(0.012, (bottom - top) / 2 * wave)
        middle = (top + bottom) / 2
        bar = np.array(
            [(x - 0.03, middle - half), (x + 0.03, middle - half), (x + 0.03, middle + half), (x - 0.03, middle + half)]
        )
        found.append(Part(face(bar, lift), glow))
    return found


def _plate(design: Design, curves: MouthCurves, ink: Colour) -> list[Part]:
    drop = design.shape.chin_y + CHIN_DROP * curves.gap
    x, y = float(curves.outer_lower[-1, 0]), float(curves.inner_lower[10, 1])
    cuts = [np.array([(s * x, y), (s * x * 0.94, drop * 0.99)]) for s in (-1, 1)]
    return [Part(face(cut, 0.06), ink=ink, weight=max(design.lines.weight, 0.02), closed=False) for cut in cuts]


def _padded(curves: MouthCurves, extra: float) -> Points:
    upper, lower = curves.inner_upper - (0, extra), curves.inner_lower - (0, -extra)
    return np.concatenate([upper, lower[::-1]])
