"""Head angles against a turned model head, and against OpenCV's solution with a far camera."""

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from talkface.metrics.functional.pose import HEAD, five_points, head_angles

angle = st.floats(-50, 50)


def turned(yaw: float, pitch: float, roll: float) -> np.ndarray:
    """(3, 3): a head rolled, then pitched, then turned; x right, y down, z towards the camera."""
    y, p, r = np.radians([yaw, pitch, roll])
    around_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    around_x = np.array([[1, 0, 0], [0, np.cos(p), np.sin(p)], [0, -np.sin(p), np.cos(p)]])
    around_z = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    return around_y @ around_x @ around_z


@settings(max_examples=40, deadline=None)
@given(angle, angle, angle, st.floats(0.2, 5))
def test_angles_of_a_turned_head_come_back(yaw: float, pitch: float, roll: float, scale: float) -> None:
    seen = scale * (np.array(HEAD) @ turned(yaw, pitch, roll).T)[:, :2] + [30, -7]
    found = head_angles(torch.from_numpy(seen)[None])
    torch.testing.assert_close(found, torch.tensor([[yaw, pitch, roll]], dtype=torch.float64), atol=1e-6, rtol=0)


def test_signs() -> None:
    """The nose moves to where it looks; a clockwise roll lowers the right side of the picture's face."""
    nose = [(np.array(HEAD) @ turned(*angles).T)[2] for angles in ((20, 0, 0), (0, 20, 0))]
    assert nose[0][0] > 5
    assert nose[1][1] > 5
    eyes = (np.array(HEAD) @ turned(0, 0, 20).T)[:2]
    assert eyes[1][1] > eyes[0][1]


@pytest.mark.parametrize("angles", [(0, 0, 0), (25, -10, 5), (-40, 15, -20)])
def test_equals_solve_pnp_seen_from_far(angles: tuple[float, float, float]) -> None:
    """Noisy points; OpenCV's axes have z away from the camera, so its head is mirrored in z before."""
    rng = np.random.default_rng(0)
    seen = 3 * (np.array(HEAD) @ turned(*angles).T)[:, :2] + rng.normal(0, 0.3, (5, 2))
    flip = np.diag([1.0, 1.0, -1.0])
    camera = np.array([[3e5, 0, 0], [0, 3e5, 0], [0, 0, 1]])
    start = cv2.Rodrigues(flip @ turned(*angles) @ flip)[0]
    _, spin, _ = cv2.solvePnP(np.array(HEAD) @ flip, seen, camera, None, start, np.array([[0.0], [0], [1e5]]), True)
    rotation = flip @ cv2.Rodrigues(spin)[0] @ flip
    expected = [
        np.degrees(np.arctan2(rotation[0, 2], rotation[2, 2])),
        np.degrees(np.arcsin(rotation[1, 2])),
        np.degrees(np.arctan2(rotation[1, 0], rotation[1, 1])),
    ]
    assert head_angles(torch.from_numpy(seen)[None])[0].tolist() == pytest.approx(expected, abs=1.0)


def test_68_points_are_reduced_and_unknown_stays_unknown() -> None:
    points = torch.rand(2, 68, 2, generator=torch.Generator().manual_seed(0))
    points[1, 5] = torch.nan  # the jaw is not used
    five = five_points(points)
    torch.testing.assert_close(five[:, 0], points[:, 36:42].mean(1))
    torch.testing.assert_close(five[:, 2:], points[:, [30, 48, 54]])
    five[0, 3, 0] = torch.nan
    assert head_angles(five).isnan().all(1).tolist() == [True, False]
    with pytest.raises(ValueError, match="points must be"):
        head_angles(torch.zeros(2, 6, 2))
