"""A track's boxes and points at any frame, from the frames in which the face was seen.

Smoothing is a Gaussian-weighted polynomial fit around the frame (local regression, Cleveland 1979): without lag, exact
for steady motion also at the ends of a shot, and it interpolates between unevenly spaced sightings at once.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from talkface.face.linking import Sighting

_BRIDGED = 3
"""Frames in which a face may be missed and still be drawn through: detectors blink, faces do not."""
SUPPORT = 3.0
"""Sightings further away than this many widths of the Gaussian are left out."""


def is_joined(before: Sighting, after: Sighting) -> bool:
    """Whether the face may be assumed in all frames between two successive sightings."""
    return after.look == before.look + 1 or after.frame - before.frame <= _BRIDGED + 1


def run_at(sightings: Sequence[Sighting], frame: int) -> list[Sighting]:
    """The longest stretch of joined sightings around `frame`; empty where the face is absent in that frame."""
    start = 0
    for index in range(1, len(sightings) + 1):
        if index < len(sightings) and is_joined(sightings[index - 1], sightings[index]):
            continue
        if sightings[start].frame <= frame <= sightings[index - 1].frame:
            return list(sightings[start:index])
        start = index
    return []


def smooth_at(run: Sequence[Sighting], frame: int, width: float) -> NDArray[np.float32]:
    """Box and points of one face at `frame`, from sightings with frames on both sides (or at it).

    width: standard deviation of the Gaussian in frames; 0 interpolates linearly. Returns (14,) float32: box, then five
    points (x, y); NaN where a sighting has no points.
    """
    times = np.array([sighting.frame - frame for sighting in run], dtype=np.float64)
    values = np.stack([_row(sighting) for sighting in run])
    if width <= 0 or len(run) == 1:
        return np.array([np.interp(0.0, times, column) for column in values.T], dtype=np.float32)
    near = np.abs(times) <= SUPPORT * width
    if near.sum() < 2:
        return smooth_at(run, frame, 0.0)
    return np.asarray(_local_fit(times[near] / width, values[near]), dtype=np.float32)


def confidence_at(run: Sequence[Sighting], frame: int) -> float:
    """The detector's score at `frame`, linear between sightings."""
    times = [sighting.frame for sighting in run]
    return float(np.interp(frame, times, [sighting.detection.confidence for sighting in run]))


def _local_fit(times: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Value at time 0 of the parabola (a line for two samples) that fits best under Gaussian weights of width 1."""
    degree = min(2, len(times) - 1)
    root = np.exp(-(times**2) / 4)[:, None]
    powers = times[:, None] ** np.arange(degree + 1)
    solution = np.linalg.lstsq(root * powers, root * values, rcond=None)[0]
    return np.asarray(solution[0], dtype=np.float64)


def _row(sighting: Sighting) -> NDArray[np.float64]:
    points = sighting.detection.points
    marks = np.full(10, np.nan) if points is None else points.reshape(-1)
    return np.concatenate([sighting.detection.box, marks]).astype(np.float64)
