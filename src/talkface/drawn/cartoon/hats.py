"""What sits on a head."""

import numpy as np

from talkface.drawn.cartoon.design import Design
from talkface.drawn.cartoon.parts import Part
from talkface.drawn.cartoon.place import SIDES, blob, face, ones, rim
from talkface.drawn.shapes import Colour, Points, darker, lighter, spline


def hat_parts(design: Design) -> list[Part]:
    """The hat of this character, painted after its hair."""
    style = design.styles.hat
    return [] if style == "none" else _HATS[style](design)


def _piece(design: Design, outline: Points, colour: Colour, *, depth: float = 0.1, on_rim: bool = True) -> Part:
    points = rim(outline, depth) if on_rim else face(outline, depth)
    share = ones(outline) if on_rim else None
    return Part(points, colour, design.lines.of(colour), design.lines.weight, rim=share)


def _dome(design: Design, low: float, out: float, high: float) -> Points:
    """A shell over the skull from one side at height `low` to the other."""
    w, top = design.shape.width * out, design.shape.skull_y * high
    angle = np.linspace(0, np.pi, 25)
    arc = np.stack([np.cos(angle) * w, low + np.sin(angle) * (top - low)], axis=1)
    front = np.stack([np.linspace(-w, w, 9)[1:-1], low - 0.10 * np.sin(np.linspace(0, np.pi, 9)[1:-1])], axis=1)
    return np.concatenate([arc, front])


def _band(design: Design, y: float, height: float, out: float = 1.08) -> Points:
    x = np.linspace(-1, 1, 13)
    bow = -0.10 * (1 - x**2)
    w = design.shape.width * out
    return np.concatenate([np.stack([x * w, y + bow], axis=1), np.stack([x * w, y - height + bow], axis=1)[::-1]])


def _cap(design: Design) -> list[Part]:
    y, hat = design.shape.skull_y * 0.50, design.colours.hat
    w = design.shape.width
    peak = spline(
        [
            (-w * 0.78, y - 0.04),
            (0, y - 0.14),
            (w * 0.78, y - 0.04),
            (w * 0.62, y + 0.14),
            (0, y + 0.16),
            (-w * 0.62, y + 0.14),
        ],
        samples=5,
        closed=True,
    )
    return [
        _piece(design, _dome(design, y, 1.08, 1.18), hat),
        _piece(design, peak, darker(hat, 0.25), depth=0.55, on_rim=False),
    ]


def _beanie(design: Design) -> list[Part]:
    y, hat = design.shape.skull_y * 0.48, design.colours.hat
    ball = blob(0, design.shape.skull_y * 1.30, 0.17, 0.16, count=18)
    return [
        _piece(design, ball, design.colours.trim),
        _piece(design, _dome(design, y, 1.07, 1.24), hat),
        _piece(design, _band(design, y + 0.03, 0.24), lighter(hat, 0.25), depth=0.15),
    ]


def _bowler(design: Design) -> list[Part]:
    y, hat, w = design.shape.skull_y * 0.66, design.colours.hat, design.shape.width
    high = design.shape.skull_y * (1.35 + 0.45 * design.wave)
    crown = np.array([(-w * 0.74, y), (-w * 0.70, high), (w * 0.70, high), (w * 0.74, y)])
    brim = blob(0, y, w * 1.3, 0.13)
    ribbon = np.array([(-w * 0.74, y - 0.02), (-w * 0.73, y - 0.2), (w * 0.73, y - 0.2), (w * 0.74, y - 0.02)])
    return [
        _piece(design, crown, hat),
        _piece(design, ribbon, design.colours.trim),
        _piece(design, brim, darker(hat, 0.15), depth=0.2),
    ]


def _helmet(design: Design) -> list[Part]:
    metal = darker(design.colours.hat, 0.1)
    w, low = design.shape.width * 1.14, design.shape.chin_y * 0.55
    shell = _dome(design, design.shape.skull_y * 0.42, 1.16, 1.22)
    cheeks = []
    for side in SIDES:
        guard = np.array(
            [
                (side * w, -0.6),
                (side * w * 1.03, 0.2),
                (side * w * 0.92, low),
                (side * w * 0.72, low * 0.7),
                (side * w * 0.80, -0.5),
            ]
        )
        cheeks.append(_piece(design, guard, metal))
    ridge = np.array([(0.0, design.shape.skull_y * 1.2), (0.0, design.shape.skull_y * 0.52)])
    seam = Part(face(ridge, 0.2), ink=design.lines.of(metal), weight=0.03, closed=False)
    return [
        *cheeks,
        _piece(design, shell, metal),
        seam,
        _piece(design, _band(design, design.shape.skull_y * 0.38, 0.16, 1.17), lighter(metal, 0.2), depth=0.15),
    ]


def _witch(design: Design) -> list[Part]:
    y, hat, w = design.shape.skull_y * 0.62, design.colours.hat, design.shape.width
    cone = spline(
        [(-w * 0.86, y), (-w * 0.42, y - 0.6), (design.light * 0.30, y - 1.15), (w * 0.42, y - 0.55), (w * 0.86, y)],
        samples=4,
    )
    return [_piece(design, cone, hat), _piece(design, blob(0, y, w * 1.45, 0.15), darker(hat, 0.2), depth=0.2)]


def _crown(design: Design) -> list[Part]:
    y, w, gold = design.shape.skull_y * 0.80, design.shape.width * 0.62, (236, 196, 70)
    x = np.linspace(-1, 1, 9)
    tips = np.stack([x * w * 1.12, y - np.where(np.arange(9) % 2 == 0, 0.42, 0.20)], axis=1)
    return [_piece(design, np.concatenate([tips, [(w, y + 0.05), (0, y + 0.10), (-w, y + 0.05)]]), gold)]


def _bow(design: Design) -> list[Part]:
    x, y, trim = -design.light * design.shape.width * 0.5, design.shape.skull_y * 0.98, design.colours.trim
    wings = [np.array([(x, y), (x + s * 0.36, y - 0.24), (x + s * 0.40, y + 0.20)]) for s in SIDES]
    return [
        *(_piece(design, wing, trim, depth=0.3) for wing in wings),
        _piece(design, blob(x, y, 0.09, 0.10, count=14), darker(trim, 0.2), depth=0.32),
    ]


def _headband(design: Design) -> list[Part]:
    return [_piece(design, _band(design, design.shape.skull_y * 0.5, 0.16, 1.03), design.colours.trim, depth=0.12)]


def _antenna(design: Design) -> list[Part]:
    top, glow = design.shape.skull_y, lighter(design.colours.trim, 0.2)
    places = (0.0,) if design.wave < 0.5 else (-0.4, 0.4)
    found = []
    for x in places:
        stalk = np.array([(x, top * 0.92), (x * 1.3, top * 1.36)])
        found.append(Part(rim(stalk), ink=darker(design.colours.skin, 0.4), weight=0.05, closed=False))
        found.append(_piece(design, blob(x * 1.3, top * 1.42, 0.09, 0.09, count=14), glow))
    return found


def _horns(design: Design) -> list[Part]:
    w, top, bone = design.shape.width, design.shape.skull_y, lighter(design.colours.trim, 0.4)
    found = []
    for side in SIDES:
        horn = spline(
            [
                (side * w * 0.30, top * 0.92),
                (side * w * 0.55, top * 1.30),
                (side * w * 0.95, top * 1.50),
                (side * w * 0.82, top * 1.12),
                (side * w * 0.66, top * 0.74),
            ],
            samples=4,
            closed=True,
        )
        found.append(_piece(design, horn, bone))
    return found


_HATS = {
    "cap": _cap,
    "beanie": _beanie,
    "bowler": _bowler,
    "helmet": _helmet,
    "witch": _witch,
    "crown": _crown,
    "bow": _bow,
    "headband": _headband,
    "antenna": _antenna,
    "horns": _horns,
}
