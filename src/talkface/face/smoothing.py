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
    points (x, y); NaN where a sighting has no points. Points follow the head by parabolas. The box is carried by eyes
    and nose, whose detected places jitter 2.5 times less than the box does, and its sides keep their distance to them
    by straight lines: so it neither shakes nor breathes with the jaw.
    """
    times = np.array([sighting.frame - frame for sighting in run], dtype=np.float64)
    values = np.stack([_row(sighting) for sighting in run])
    near = np.abs(times) <= SUPPORT * width
    if near.sum() < 2:
        return np.array([np.interp(0.0, times, column) for column in values.T], dtype=np.float32)
    times, values = times[near] / width, values[near]
    anchors = _anchors(values)
    sides = _local_fit(times, values[:, :4] - np.tile(anchors, 2), degree=1)
    moving = _local_fit(times, np.concatenate([anchors, values[:, 4:]], axis=1), degree=2)
    return np.concatenate([np.tile(moving[:2], 2) + sides, moving[2:]]).astype(np.float32)


def confidence_at(run: Sequence[Sighting], frame: int) -> float:
    """The detector's score at `frame`, linear between sightings."""
    times = [sighting.frame for sighting in run]
    return float(np.interp(frame, times, [sighting.detection.confidence for sighting in run]))


def _anchors(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """What the boxes are tied to: the mean of eyes and nose, or the box's middle where there are no points: (N, 2)."""
    if np.isnan(values[:, 4:]).any():
        return np.asarray((values[:, 0:2] + values[:, 2:4]) / 2, dtype=np.float64)
    return np.asarray(values[:, 4:10].reshape(-1, 3, 2).mean(axis=1), dtype=np.float64)


def _local_fit(times: NDArray[np.float64], values: NDArray[np.float64], *, degree: int) -> NDArray[np.float64]:
    """Value at time 0 of the polynomial that fits best under Gaussian weights of width 1; of less degree for few
    rows.
    """
    root = np.exp(-(times**2) / 4)[:, None]
    powers = times[:, None] ** np.arange(min(degree, len(times) - 1) + 1)
    solution = np.linalg.lstsq(root * powers, root * np.nan_to_num(values), rcond=None)[0]
    return np.where(np.isnan(values).any(axis=0), np.nan, solution[0])


def _row(sighting: Sighting) -> NDArray[np.float64]:
    points = sighting.detection.points
    marks = np.full(10, np.nan) if points is None else points.reshape(-1)
    return np.concatenate([sighting.detection.box, marks]).astype(np.float64)
