"""Where flat points lie on a head: on its face, on its rim, or on the body; and small shapes made of them."""

import numpy as np

from talkface.drawn.head import rim_depth, surface
from talkface.drawn.shapes import Points

SIDES = (-1.0, 1.0)


def face(points: Points, lift: float = 0.0) -> Points:
    """(N, 2) → (N, 3) on the front of the head, `lift` before it."""
    placed: Points = surface(np.asarray(points, np.float64), lift)
    return placed


def rim(points: Points, depth: float = 0.0) -> Points:
    """(N, 2) → (N, 3) along the outline of the head, `depth` before it."""
    placed: Points = rim_depth(np.asarray(points, np.float64)) + np.array([0.0, 0.0, depth])
    return placed


def flat(points: Points, depth: float = 0.0) -> Points:
    """(N, 2) → (N, 3) on a plane through the middle of the head, `depth` before it; also for bodies."""
    given = np.asarray(points, np.float64)
    return np.column_stack([given, np.full(len(given), depth)])


def ones(points: Points) -> Points:
    """(N,) ones: all of these points lie on the rim."""
    return np.ones(len(points))


def blob(x: float, y: float, rx: float, ry: float, *, power: float = 2.0, count: int = 24) -> Points:
    """(count, 2) a superellipse: round at power 2, a rounded box above it."""
    angle = np.arange(count) * (2 * np.pi / count)
    cos, sin = np.cos(angle), np.sin(angle)
    bend = 2 / power
    return np.column_stack([x + rx * np.sign(cos) * np.abs(cos) ** bend, y + ry * np.sign(sin) * np.abs(sin) ** bend])


def turned(points: Points, degrees: float, about: tuple[float, float] = (0.0, 0.0)) -> Points:
    """(N, 2) turned clockwise."""
    angle = np.radians(degrees)
    matrix = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    result: Points = (np.asarray(points, np.float64) - about) @ matrix.T + about
    return result
