"""The head as a solid: outline, surface, and the landmarks that do not belong to the mouth; all in head units."""

from dataclasses import dataclass

import numpy as np

from talkface.drawn.character import Proportions
from talkface.drawn.pose import Expression
from talkface.drawn.shapes import Points, mirrored, resample, spline

CHIN_DROP = 0.55
"""How far the chin goes down with the lower lip, part of the opening."""

_LEFT, _RIGHT = -1.0, 1.0
SIDES = (_LEFT, _RIGHT)
"""The picture's left and right: landmark order puts the picture's left first."""


def surface(points: Points, lift: float = 0.0) -> Points:
    """(N, 2) → (N, 3): puts points on the front of the head, `lift` before it."""
    inside = 1 - (points[:, 0] / 1.06) ** 2 - (points[:, 1] / 2.3) ** 2
    depth = 0.82 * np.sqrt(np.maximum(inside, 0.02)) + lift
    return np.column_stack([points, depth])


def rim_depth(points: Points) -> Points:
    """(N, 2) → (N, 3) for the outline: it runs behind the temples and forward along the jaw to the chin."""
    forward = np.clip((points[:, 1] - 0.35) / 0.95, 0, 1)
    return np.column_stack([points, 0.62 * forward * forward * (3 - 2 * forward) - 0.05])


@dataclass(frozen=True)
class Outline:
    """closed: (N, 3) around the head. jaw: (M, 3) its lower part, from the picture's left ear over the chin."""

    closed: Points
    jaw: Points


def head_outline(shape: Proportions, drop: float) -> Outline:
    """Outline with the chin lowered by `drop`."""
    w = shape.width
    middle = (shape.jaw + shape.chin) / 2 + 0.06
    half = np.array(
        [
            (w, -0.12),
            (w * 0.97, 0.28),
            (shape.jaw, shape.chin_y * 0.62),
            (middle, shape.chin_y * 0.82),
            (shape.chin, shape.chin_y * 0.965),
        ]
    )
    jaw = np.concatenate([half * (-1, 1), [(0.0, shape.chin_y)], half[::-1]])
    jaw[:, 1] += drop * np.clip((jaw[:, 1] - 0.55) / 0.6, 0, 1)
    top = np.array([(w * 0.985, -0.5), (w * 0.85, shape.skull_y * 0.68), (w * 0.5, shape.skull_y * 0.92)])
    crown = np.concatenate([top, [(0.0, shape.skull_y)], mirrored(top)])
    samples = 5
    closed = rim_depth(spline(np.concatenate([jaw, crown]), samples=samples, closed=True))
    return Outline(closed, closed[: (len(jaw) - 1) * samples + 1])


@dataclass(frozen=True)
class Eye:
    """One eye: lids as curves from the picture's left corner to the right one, (N, 2) each, and its middle."""

    upper: Points
    lower: Points
    open_upper: Points
    middle: Points


def eye_shape(shape: Proportions, expression: Expression, side: float) -> Eye:
    """The eye on one side; a blink brings the upper lid down and the lower one a little up."""
    u = np.linspace(-1, 1, 13)
    outward = u * side  # 1 at the outer corner
    x = side * shape.eye_x + u * shape.eye_width
    base = -shape.eye_tilt * outward
    bulge = (1 - np.abs(u) ** 2.3) * (1 - 0.14 * outward)
    open_upper = base - shape.eye_height * 0.66 * bulge
    lower = base + shape.eye_height * 0.40 * (1 - np.abs(u) ** 2.2) * (1 + 0.15 * outward)
    shut = base + shape.eye_height * 0.26 * (1 - np.abs(u) ** 2.2)
    upper = open_upper + (shut - open_upper) * expression.blink
    lower = np.maximum(lower + (shut - lower) * expression.blink, upper)
    curves = [np.column_stack([x, y]) for y in (upper, lower, open_upper)]
    return Eye(curves[0], curves[1], curves[2], np.array([side * shape.eye_x, 0.0]))


def brow_curve(shape: Proportions, expression: Expression, side: float) -> Points:
    """(9, 2) centre line of a brow from the picture's left to its right."""
    t = np.linspace(0, 1, 9)  # from the nose outwards
    x = 0.15 + (shape.eye_x + shape.eye_width + 0.05 - 0.15) * t
    arch = shape.brow_arch * np.sin(np.pi * np.clip(t * 0.95, 0, 1)) * 1.2
    y = shape.brow_y - arch - 0.07 * expression.brow + 0.05 * t**3
    curve = np.column_stack([x, y])
    return curve if side > 0 else mirrored(curve)


def nose_landmarks(shape: Proportions) -> Points:
    """(9, 3): four down the bridge to the tip, five along the base from the picture's left (iBUG 27-35)."""
    tip, wing = shape.nose_y - 0.07, shape.nose_width
    heights = np.linspace(0.0, tip, 4)
    bridge = np.vstack(
        [surface(np.array([[0.0, y]]), lift) for y, lift in zip(heights, (0.08, 0.15, 0.23, 0.30), strict=True)]
    )
    x = np.array([-0.8, -0.42, 0.0, 0.42, 0.8]) * wing
    y = shape.nose_y + np.array([0.0, 0.035, 0.05, 0.035, 0.0])
    return np.vstack([bridge, surface(np.column_stack([x, y]), 0.12)])


def upper_landmarks(shape: Proportions, expression: Expression, jaw: Points) -> tuple[Points, Points]:
    """iBUG 0-16 on the outline and 17-47 on the surface, (17, 3) and (31, 3)."""
    outline = resample(jaw, 17)
    brows = [surface(brow_curve(shape, expression, side)[::2], 0.06) for side in SIDES]
    eyes = []
    for side in SIDES:
        eye = eye_shape(shape, expression, side)
        ring = np.vstack([eye.upper[[0, 4, 8, 12]], eye.lower[[8, 4]]])
        eyes.append(surface(ring, 0.02))
    return outline, np.vstack([*brows, nose_landmarks(shape), *eyes])
