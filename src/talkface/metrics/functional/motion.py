"""How a face moves: trembling, mouth movement in silence, blinks, and the head's angles and turning against another's.

Points are (T, P, 2) float pixels, NaN in frames without a face: such frames, and the differences they take part in,
do not count; where nothing is left the value is NaN. Sources: jitter, leak and pose error are plain definitions, given
in full; blinks by the eye aspect ratio of Soukupová & Čech 2016.
"""

from fractions import Fraction

import torch
from torch import Tensor

EYES_OF_68 = ((36, 37, 38, 39, 40, 41), (42, 43, 44, 45, 46, 47))
CLOSED = 0.2  # eye aspect ratio below which an eye counts as closed (Soukupová & Čech)
SHORTEST_BLINK = 2  # frames


def jitter(points: Tensor) -> float:
    """Trembling: mean length of the points' second difference in time, pixels a frame². 0 for steady motion."""
    _check(points)
    return _mean(torch.linalg.vector_norm(points[2:] - 2 * points[1:-1] + points[:-2], dim=-1))


def mouth_leak(movement: Tensor, silent: Tensor) -> float:
    """Mouth movement in silence as a share of that in speech: 0 keeps still, 1 moves as much as when speaking.

    movement: (T - 1,) float >= 0, how far the mouth moved from each frame to the next, in any unit, NaN where unknown.
    silent: (T,) bool. A movement counts where both its frames are silent, or both are not. NaN when either is missing
    or speech does not move the mouth.
    """
    if movement.ndim != 1 or silent.shape != (len(movement) + 1,):
        raise ValueError(
            f"movement and silent must be (T - 1,) and (T,), got {tuple(movement.shape)}, {tuple(silent.shape)}"
        )
    quiet, spoken = silent[1:] & silent[:-1], ~silent[1:] & ~silent[:-1]
    moved = _mean(movement[spoken])
    return _mean(movement[quiet]) / moved if moved > 0 else float("nan")


def eye_aspect_ratio(points: Tensor) -> Tensor:
    """Opening of the eyes by frame: height over width, mean of both. (T, 68, 2) → (T,); about .3 open, .1 closed."""
    _check(points)
    if points.shape[1] != 68:
        raise ValueError(f"eyes need 68 points, got {points.shape[1]}")
    ratios = []
    for corner, first, second, other, third, fourth in EYES_OF_68:
        heights = _length(points[:, first] - points[:, fourth]) + _length(points[:, second] - points[:, third])
        ratios.append(heights / (2 * _length(points[:, corner] - points[:, other])))
    return torch.stack(ratios).mean(0)


def blink_rate(ratio: Tensor, fps: Fraction) -> float:
    """Blinks a minute: runs of at least 2 frames below 0.2, over the time in which eyes were seen. ratio: (T,)."""
    seen = ratio[~ratio.isnan()]
    if not len(seen):
        return float("nan")
    closed = torch.cat([torch.tensor([0]), (seen < CLOSED).long(), torch.tensor([0])])
    edges = closed.diff().nonzero()[:, 0]
    lengths = edges[1::2] - edges[::2]
    minutes = len(seen) / float(fps) / 60
    return int((lengths >= SHORTEST_BLINK).sum()) / minutes


def angle_difference(angles: Tensor, reference: Tensor) -> Tensor:
    """Absolute difference of head angles, around the circle: (T, 3), (T, 3) degrees → (T, 3) in [0, 180]."""
    if angles.shape != reference.shape or angles.ndim != 2 or angles.shape[1] != 3:
        raise ValueError(f"angles must be two equal (T, 3), got {tuple(angles.shape)}, {tuple(reference.shape)}")
    return ((angles - reference + 180) % 360 - 180).abs()


def angle_error(angles: Tensor, reference: Tensor) -> Tensor:
    """Mean of `angle_difference` over the frames in which both are known: (3,) yaw, pitch, roll in degrees."""
    return angle_difference(angles, reference).nanmean(0)


def correlation(values: Tensor, reference: Tensor) -> float:
    """Pearson's correlation over the frames in which both are known: (T,), (T,) → [-1, 1]; NaN where either is still.

    How far one movement follows another, whatever their middle and their extent.
    """
    if values.shape != reference.shape or values.ndim != 1:
        raise ValueError(f"values must be two equal (T,), got {tuple(values.shape)}, {tuple(reference.shape)}")
    known = ~(values.isnan() | reference.isnan())
    if int(known.sum()) < 2:
        return float("nan")
    first, second = (each[known].double() - each[known].double().mean() for each in (values, reference))
    extent = float(first.norm() * second.norm())
    return float(first @ second) / extent if extent > 0 else float("nan")


def _length(vector: Tensor) -> Tensor:
    length: Tensor = torch.linalg.vector_norm(vector, dim=-1)
    return length


def _mean(values: Tensor) -> float:
    known = values[~values.isnan()]
    return float(known.mean()) if len(known) else float("nan")


def _check(points: Tensor) -> None:
    if points.ndim != 3 or points.shape[-1] != 2:
        raise ValueError(f"points must be (T, P, 2), got {tuple(points.shape)}")
