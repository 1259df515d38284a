"""Eyes and brows in many designs; all blink, look about, and give their lids as landmarks."""

from dataclasses import dataclass

import numpy as np

from talkface.drawn.cartoon.design import Design
from talkface.drawn.cartoon.parts import Part
from talkface.drawn.cartoon.place import SIDES, blob, face
from talkface.drawn.pose import Expression
from talkface.drawn.shapes import Colour, Points, darker, lighter, mix, ribbon

_U = -np.cos(np.linspace(0, np.pi, 17))  # places from corner to corner, dense at both
_WHITE: Colour = (250, 250, 248)
_BLACK: Colour = (18, 14, 18)

# (part of the height above the corners, part below, power, root) of the lids' arcs.
_ARCS = {
    "anime": (1.0, 0.72, 4.0, 0.75),
    "sharp": (0.75, 0.55, 2.6, 1.0),
    "almond": (0.95, 0.65, 2.2, 1.0),
    "lidded": (0.45, 0.95, 2.0, 0.5),
    "screen": (1.0, 1.0, 8.0, 1.0),
}
_ROUND = (1.0, 1.0, 2.0, 0.5)


@dataclass(frozen=True)
class Lids:
    """(17, 2) each, head units, from the picture's left corner to the right one."""

    upper: Points
    lower: Points
    raised: Points
    middle: tuple[float, float]

    @property
    def outline(self) -> Points:
        """(34, 2) around what is open."""
        return np.concatenate([self.upper, self.lower[::-1]])

    def landmarks(self) -> Points:
        """(6, 2): iBUG's order from the picture's left corner over the top."""
        return np.vstack([self.upper[[0, 5, 11, 16]], self.lower[[11, 5]]])

    def cut(self, points: Points) -> Points:
        """A shape (N, 2) cut off at the lids."""
        x = np.clip(points[:, 0], self.upper[0, 0], self.upper[-1, 0])
        top, bottom = np.interp(x, *self.upper.T), np.interp(x, *self.lower.T)
        return np.stack([x, np.clip(points[:, 1], top, bottom)], axis=1)


def lids_of(design: Design, expression: Expression, side: float) -> Lids:
    """The lids on one side; a blink brings the upper one down to the lower."""
    shape = design.shape
    above, below, power, root = _ARCS.get(design.styles.eyes, _ROUND)
    arc = np.maximum(0.0, 1 - np.abs(_U) ** power) ** root
    base = -shape.eye_tilt * _U * side * (2.0 if design.styles.eyes == "sharp" else 1.0)
    raised = base - shape.eye_height * above * arc
    low = base + shape.eye_height * below * arc
    shut = base + shape.eye_height * 0.55 * below * arc
    upper = raised + (shut - raised) * expression.blink
    lower = np.maximum(low + (shut - low) * expression.blink, upper)
    x = side * shape.eye_x + shape.eye_width * _U
    pairs = [np.stack([x, y], axis=1) for y in (upper, lower, raised)]
    return Lids(pairs[0], pairs[1], pairs[2], (side * shape.eye_x, 0.0))


def eye_parts(design: Design, expression: Expression, lids: Lids, side: float) -> list[Part]:
    """One eye."""
    if design.styles.eyes in ("dot", "bead"):
        return _dot(design, expression, lids)
    if design.styles.eyes in ("lamp", "screen"):
        return _lamp(design, expression, lids)
    opened = [] if expression.blink > 0.9 else _ball(design, expression, lids)
    return [*opened, *_edges(design, expression, lids, side)]


def _dot(design: Design, expression: Expression, lids: Lids) -> list[Part]:
    x, y = lids.middle
    if expression.blink > 0.7:
        return [_line(lids.lower - (0, 0.01), _BLACK, 0.04, taper=0.5)]
    body = Part(face(lids.outline), _BLACK)
    if design.styles.eyes == "dot":
        return [body]
    rx, ry = design.shape.eye_width, design.shape.eye_height
    glint = lids.cut(blob(x + design.light * rx * 0.3, y - ry * 0.38, rx * 0.3, ry * 0.26, count=10))
    return [body, Part(face(glint), _WHITE)]


def _lamp(design: Design, expression: Expression, lids: Lids) -> list[Part]:
    glow = lighter(design.colours.trim, 0.25)
    x, y = lids.middle
    rx, ry = design.shape.eye_width, design.shape.eye_height
    power = 5.0 if design.styles.eyes == "screen" else 2.0
    socket = Part(face(blob(x, y, rx * 1.18, ry * 1.2, power=power)), darker(design.colours.skin, 0.7))
    if expression.blink > 0.85:
        return [socket, _line(lids.lower, glow, 0.03)]
    middle = (x + 0.3 * rx * expression.gaze_x, y + 0.25 * ry * expression.gaze_y)
    core = lids.cut(blob(*middle, rx * 0.42, ry * 0.42, count=14))
    return [socket, Part(face(lids.outline), glow), Part(face(core), lighter(glow, 0.75))]


def _ball(design: Design, expression: Expression, lids: Lids) -> list[Part]:
    """White, iris, pupil, glints."""
    shape, colours, style = design.shape, design.colours, design.styles.eyes
    rx, ry = shape.eye_width, shape.eye_height
    x = lids.middle[0] + 0.34 * rx * expression.gaze_x * (1 - 0.4 * shape.iris)
    y = 0.26 * ry * expression.gaze_y + (0.06 * ry if style == "lidded" else 0.0)
    white = Part(face(lids.outline), _WHITE)
    if style in ("oval", "lidded"):
        size = rx * (0.32 + 0.36 * shape.iris)
        pupil = Part(face(lids.cut(blob(x, y, size, size * 1.15, count=18))), _BLACK)
        glint = lids.cut(blob(x + design.light * size * 0.4, y - size * 0.45, size * 0.3, size * 0.3, count=10))
        rings = [Part(face(lids.cut(blob(x, y, size * 1.55, size * 1.6))), colours.iris)] if design.wave > 0.6 else []
        return [white, *rings, pupil, Part(face(glint), _WHITE)]
    wide, tall = (0.62 * rx, 0.82 * ry) if style == "anime" else (rx * 0.52, rx * 0.52)
    y += -0.02 if style == "anime" else 0.0
    shadow = ribbon(lids.upper, np.full(len(lids.upper), 0.30 * ry))
    glint = blob(x + design.light * wide * 0.38, y - tall * 0.42, wide * 0.30, tall * 0.24, count=12)
    found = [
        white,
        Part(face(lids.cut(shadow)), (214, 212, 226)),
        Part(face(lids.cut(blob(x, y, wide, tall))), darker(colours.iris, 0.6)),
        Part(face(lids.cut(blob(x, y + tall * 0.06, wide * 0.86, tall * 0.88))), colours.iris),
        Part(face(lids.cut(blob(x, y, wide * 0.44, tall * 0.48, count=16))), _BLACK),
    ]
    if style == "anime":
        low = blob(x, y + tall * 0.52, wide * 0.55, tall * 0.28, count=14)
        found.insert(4, Part(face(lids.cut(low)), lighter(colours.iris, 0.45)))
    return [*found, Part(face(lids.cut(glint)), (255, 255, 255))]


def _edges(design: Design, expression: Expression, lids: Lids, side: float) -> list[Part]:
    """Lids as lines, or as skin over a round eye."""
    style, skin = design.styles.eyes, design.colours.skin
    ink = design.lines.of(skin) if style != "anime" else mix(design.lines.of(skin), _BLACK, 0.7)
    if style in ("oval", "lidded"):
        whole = np.concatenate([lids.raised, lids.lower[::-1]])
        hood = np.concatenate([lids.raised, lids.upper[::-1]])
        cover = [Part(face(hood), darker(skin, 0.12))] if expression.blink > 0.05 or style == "lidded" else []
        edge = max(design.lines.weight * 0.9, 0.012)
        return [
            *cover,
            Part(face(whole), None, ink, edge),
            *([_line(lids.upper, ink, edge * 1.3)] if cover else []),
        ]
    outer = 0.5 + 0.5 * _U * side
    weight = (0.10 if style == "anime" else 0.065) * (0.45 + 0.55 * outer)
    lash = Part(face(ribbon(lids.upper - (0, 0.01), weight), 0.02), ink)
    lower = _line(lids.lower[5:-5], mix(ink, skin, 0.35), 0.02, taper=0.9)
    crease = _line(
        lids.raised[3:-3] - (0, 0.085 * (1 - 0.4 * expression.blink)), mix(ink, skin, 0.45), 0.016, taper=0.9
    )
    return [lash, lower, crease]


def brow_curve(design: Design, expression: Expression, side: float) -> Points:
    """(9, 2) middle line of a brow from the picture's left to its right."""
    shape = design.shape
    t = np.linspace(0, 1, 9)  # from the nose outwards
    inner = max(0.08, shape.eye_x - shape.eye_width * 1.05 - 0.03)
    outer = min(shape.eye_x + max(shape.eye_width, 0.16) * 1.15, shape.width * 0.9)
    arch = shape.brow_arch * 1.6 * np.sin(np.pi * t * 0.9)
    y = shape.brow_y - arch - 0.10 * expression.brow + 0.05 * t**3
    curve = np.stack([inner + (outer - inner) * t, y], axis=1)
    return curve if side > 0 else (curve * (-1, 1))[::-1]


def brow_parts(design: Design, expression: Expression) -> list[Part]:
    """Both brows; nothing where the style has none (their place is still a landmark)."""
    style, thick = design.styles.brows, design.shape.brow_thick
    if style == "none":
        return []
    profile = {
        "arc": (0.7, 1.0, 0.9, 0.4),
        "block": (1.2, 1.2, 1.2, 1.1),
        "thin": (0.45, 0.5, 0.5, 0.25),
        "bushy": (1.5, 1.9, 1.6, 0.7),
    }[style]
    weight = thick * np.interp(np.linspace(0, 1, 9), (0, 0.2, 0.6, 1), profile) + 0.012
    colour = darker(design.colours.hair, 0.3) if design.styles.hair != "bald" else darker(design.colours.skin, 0.6)
    found = []
    for side in SIDES:
        curve = brow_curve(design, expression, side)
        found.append(Part(face(ribbon(curve, weight if side > 0 else weight[::-1]), 0.05), colour))
    return found


def _line(points: Points, colour: Colour, weight: float, *, taper: float = 0.3) -> Part:
    return Part(face(points, 0.01), ink=colour, weight=weight, closed=False, taper=taper)


__all__ = ["SIDES", "Lids", "brow_curve", "brow_parts", "eye_parts", "lids_of"]
