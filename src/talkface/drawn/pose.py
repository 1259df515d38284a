"""Where a head is and what it does besides talking; smooth random motion that depends on a seed only."""

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

PIVOT = np.array([0.0, 0.75, -0.35])
"""Point of the head (head units) about which it turns: in the neck."""

HEAD_UNIT = 0.235
"""Pixels of one head unit (half the width of a head) per pixel of the picture's shorter side, at zoom 1."""

_PERSPECTIVE = 0.05  # nearer parts are drawn larger by this part of their depth


@dataclass(frozen=True)
class Pose:
    """Head pose. yaw, pitch, roll: degrees; positive turns to the picture's right, down, clockwise.

    x, y: shift, parts of the picture's shorter side. zoom: 1 fills about half of the picture's height.
    """

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    x: float = 0.0
    y: float = 0.0
    zoom: float = 1.0


@dataclass(frozen=True)
class Expression:
    """blink: 0 open, 1 shut. brow: -1 lowered, 1 raised. gaze_x, gaze_y: -1 to 1. smile: -1 to 1 (mouth corners)."""

    blink: float = 0.0
    brow: float = 0.0
    gaze_x: float = 0.0
    gaze_y: float = 0.0
    smile: float = 0.0


class Projection:
    """From head units (x right, y down, z towards the viewer) to pixels of a picture of (height, width)."""

    def __init__(self, pose: Pose, height: int, width: int) -> None:
        side = min(height, width)
        yaw, pitch, roll = (math.radians(angle) for angle in (pose.yaw, pose.pitch, pose.roll))
        cy, sy, cp, sp, cr, sr = (f(a) for a in (yaw, pitch, roll) for f in (math.cos, math.sin))
        turn_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
        turn_x = np.array([[1, 0, 0], [0, cp, sp], [0, -sp, cp]])
        turn_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
        self._turn = (turn_z @ turn_x @ turn_y).T
        self._rim = 1 / max(cy, 0.6) ** 0.7  # a head is about as wide from the side as from the front
        self.unit = HEAD_UNIT * side * pose.zoom
        self.centre = np.array([width / 2 + pose.x * side, height * 0.47 + pose.y * side])

    def __call__(self, points: Points) -> Points:
        """(N, 3) head units → (N, 2) pixels."""
        turned = (points - PIVOT) @ self._turn + PIVOT
        pixels: Points = self.centre + turned[:, :2] * (self.unit * (1 + _PERSPECTIVE * turned[:, 2:]))
        return pixels

    def rim(self, points: Points, share: Points | None = None) -> Points:
        """As the call, for points on the outline of the head, which does not grow narrower when it turns.

        share: (N,) how far each point lies on the outline (1) or on the face (0); None: all on the outline.
        """
        wider = points.copy()
        wider[:, 0] *= self._rim if share is None else 1 + (self._rim - 1) * share
        return self(wider)


class HeadMotion:
    """Pose and expression at any time of one performance: sums of slow sines, blinks, glances; the same for a seed.

    seed: any non-negative integer. amount: scale of the movement, 1 as people move when they talk, 0 still. turning:
    degrees by which the head looks to either side beside it, slowly, nodding and tilting along.
    """

    def __init__(self, seed: int, *, amount: float = 1.0, turning: float = 0.0) -> None:
        rng = np.random.default_rng([seed, 0x6D6F7665])
        self._amount = amount
        self._frequency = 0.08 + 0.55 * rng.random((9, 3))  # Hz
        self._phase = 2 * np.pi * rng.random((9, 3))
        self._weight = 0.5 + rng.random((9, 3))
        self._weight /= self._weight.sum(axis=1, keepdims=True)
        self._rest = 2 * rng.random(6) - 1
        self._blinks = np.cumsum(1.2 + 3.6 * rng.random(64))  # s; repeats after the last one
        self._glances = 2 * rng.random((32, 2)) - 1
        self._turning = turning * np.array([1.0, 0.4, 0.3])  # yaw, pitch, roll
        self._turn_frequency = 0.15 + 0.3 * rng.random(3)  # Hz
        self._turn_phase = 2 * np.pi * rng.random(3)

    def _waves(self, time: float) -> Points:
        """(9,) in [-1, 1]."""
        values: Points = (self._weight * np.sin(2 * np.pi * self._frequency * time + self._phase)).sum(axis=1)
        return values

    def pose(self, time: Fraction | float) -> Pose:
        """Pose at `time` seconds."""
        size = np.array([15.0, 7.0, 6.0, 0.035, 0.02, 0.03]) * self._amount
        rest = np.array([9.0, 4.0, 3.0, 0.03, 0.015, 0.05]) * self._amount
        yaw, pitch, roll, x, y, zoom = (rest * self._rest + size * self._waves(float(time))[:6]).tolist()
        turn = self._turning * np.sin(2 * np.pi * self._turn_frequency * float(time) + self._turn_phase)
        return Pose(yaw + float(turn[0]), pitch + float(turn[1]), roll + float(turn[2]), x, y, 1 + zoom)

    def expression(self, time: Fraction | float) -> Expression:
        """Expression at `time` seconds."""
        now = float(time)
        waves = self._waves(now)
        since = float(np.min(np.abs(now % float(self._blinks[-1]) - self._blinks)))
        glance = self._glances[int(now / 1.1) % len(self._glances)] * 0.5
        return Expression(
            blink=min(1.0, max(0.0, 1.6 - since / 0.075)),
            brow=float(waves[6]) * self._amount,
            gaze_x=float(glance[0]),
            gaze_y=float(glance[1]) * 0.6,
            smile=0.45 + 0.5 * float(waves[7]),
        )
