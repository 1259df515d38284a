"""The mouth: curves of lips, teeth and tongue from a mouth shape; landmarks and painting use the same curves."""

from dataclasses import dataclass

import numpy as np

from talkface.drawn.character import Proportions
from talkface.drawn.shapes import Points
from talkface.drawn.visemes import MouthShape

_U = np.linspace(-1, 1, 21)
"""Places along the mouth, from the picture's left corner (-1) to the right one (1)."""

_INNER = 0.9
"""Where the inner lips meet, part of the mouth's half-width."""

# iBUG 48-67: places (u) along the upper and lower, outer and inner edges.
_OUTER_UP, _OUTER_LOW = (-1.0, -0.62, -0.24, 0.0, 0.24, 0.62, 1.0), (0.62, 0.24, 0.0, -0.24, -0.62)
_INNER_UP, _INNER_LOW = (-1.0, -0.4, 0.0, 0.4, 1.0), (0.4, 0.0, -0.4)


@dataclass(frozen=True)
class MouthCurves:
    """Edges of the lips at 21 places from left to right, each (21, 2) in head units. gap: between the lips, middle."""

    outer_upper: Points
    inner_upper: Points
    inner_lower: Points
    outer_lower: Points
    gap: float
    protrusion: float

    def landmarks(self) -> Points:
        """(20, 2): iBUG points 48-67."""
        edges = (
            (self.outer_upper, _OUTER_UP),
            (self.outer_lower, _OUTER_LOW),
            (self.inner_upper, _INNER_UP),
            (self.inner_lower, _INNER_LOW),
        )
        return np.vstack([np.column_stack([np.interp(u, _U, c) for c in curve.T]) for curve, u in edges])

    def between(self, top: float, bottom: float) -> Points:
        """(42, 2) outline of the part of the opening from `top` to `bottom` (0 at the upper lip, 1 at the lower)."""
        upper, lower = self.inner_upper, self.inner_lower
        return np.concatenate([upper + (lower - upper) * top, (upper + (lower - upper) * bottom)[::-1]])


def mouth_gap(shape: Proportions, mouth: MouthShape) -> float:
    """Distance between the inner edges of the lips at the middle, head units."""
    return shape.mouth_gap * mouth.opening


def mouth_curves(shape: Proportions, mouth: MouthShape, smile: float) -> MouthCurves:
    """Curves for one mouth shape. smile: -1 to 1 moves the corners."""
    gap = mouth_gap(shape, mouth)
    half = shape.mouth_width * (0.72 + 0.56 * mouth.width) * (1 - 0.30 * mouth.roundness) * (1 - 0.08 * mouth.opening)
    power = 3.4 - 1.4 * mouth.roundness  # round mouths open as an ellipse, wide ones more squarely
    profile = (1 - np.abs(_U) ** power) ** (0.75 - 0.25 * mouth.roundness)
    corners = -(0.03 + 0.05 * smile + 0.05 * max(0.0, mouth.width - 0.5)) * _U**2
    middle = shape.mouth_y + corners + 0.12 * gap * _U**2
    wave = 0.012 * (1 - mouth.roundness) * np.cos(np.pi * _U) * (1 - min(1.0, 4 * mouth.opening))
    inner_upper = middle - 0.26 * gap * profile + wave
    inner_lower = middle + 0.74 * gap * profile + wave
    fullness = (1 + 0.28 * mouth.roundness) * (1 - 0.18 * mouth.opening) * (1 - 0.45 * mouth.press)
    taper = np.sqrt(1 - _U**2)
    bow = 1 - 0.2 * np.exp(-((_U / 0.15) ** 2)) * (1 - 0.6 * mouth.roundness)
    upper = shape.upper_lip * fullness * bow * taper**1.2
    lower = shape.lower_lip * fullness * taper**1.1
    outer_x, inner_x = half * _U, half * _INNER * _U
    # The outer edge stands a little wider than the inner one: its height there is the corner's.
    outer_upper = np.interp(outer_x, inner_x, inner_upper) - upper
    outer_lower = np.interp(outer_x, inner_x, inner_lower) + lower
    return MouthCurves(
        np.column_stack([outer_x, outer_upper]),
        np.column_stack([inner_x, inner_upper]),
        np.column_stack([inner_x, inner_lower]),
        np.column_stack([outer_x, outer_lower]),
        gap,
        0.06 + 0.10 * mouth.roundness,
    )


def upper_teeth(curves: MouthCurves, mouth: MouthShape) -> Points:
    """(2N, 2) outline of what shows of the upper teeth; never below the lower lip."""
    return _band(curves.inner_upper, curves.inner_lower, 0.115 * max(0.0, mouth.teeth - 0.1))


def lower_teeth(curves: MouthCurves, mouth: MouthShape) -> Points:
    """(2N, 2) outline of what shows of the lower teeth; they show where the lips are apart but not wide open."""
    height = 0.14 * max(0.001, mouth.teeth - 0.5)
    return _band(curves.inner_lower, curves.inner_upper, -height)


def tongue(curves: MouthCurves, mouth: MouthShape) -> Points:
    """(2N, 2) outline of the tongue: a hump on the floor of the mouth, up to the upper teeth when `tongue` is 1."""
    inside = np.abs(_U) <= 0.75
    u = _U[inside] / 0.75
    upper, lower = curves.inner_upper[inside], curves.inner_lower[inside]
    height = min(0.95, 0.16 + 0.85 * mouth.tongue) * np.sqrt(1 - 0.75 * u**2) * (lower[:, 1] - upper[:, 1])
    top = np.column_stack([lower[:, 0], lower[:, 1] - height])
    return np.concatenate([top, lower[::-1]])


def _band(edge: Points, limit: Points, height: float) -> Points:
    """A band of `height` (downwards; negative: upwards) along the inner edge of a lip, cut off at the other lip."""
    inside = np.abs(_U) <= 0.86
    near, far = edge[inside], limit[inside]
    reach = near[:, 1] + height * (1 - 0.35 * (_U[inside] / 0.86) ** 4)
    y = np.minimum(reach, far[:, 1]) if height >= 0 else np.maximum(reach, far[:, 1])
    return np.concatenate([near, np.column_stack([near[:, 0], y])[::-1]])
