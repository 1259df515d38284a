"""Shapes and cameras: a synthetic pose is recovered, lips never cross, only the mouth is moved."""

import numpy as np
import pytest
from mouth_folders import head, mouths, rotation

from talkface.face.mouth_shape import (
    MOUTH,
    MouthBasis,
    find_camera,
    opening,
    parting,
    partings,
    placed,
    resting_offset,
    shape_of,
)


@pytest.fixture(scope="module")
def basis() -> MouthBasis:
    """The first coefficient opens by a pixel, the second widens."""
    mean = head()
    slope = mouths(30, 3) - mean
    slope = slope[np.argmax(partings(slope))]
    slope = slope / parting(slope)
    slope[[48, 54, 60, 64]] = 0
    directions = np.zeros((12, len(MOUTH), 3), np.float32)
    directions[0] = slope[list(MOUTH)]
    directions[1, MOUTH.index(48), 0], directions[1, MOUTH.index(54), 0] = -1, 1
    return MouthBasis(mean, slope.astype(np.float32), directions)


@pytest.mark.parametrize("angles", [(0, 0, 0), (25, 0, 0), (-40, 10, 5), (15, -20, 60)])
def test_a_pose_is_recovered(basis, angles):
    turn = rotation(*angles)
    points = (1.9 * basis.mean @ turn.T + [300, 120, 0])[:, :2].astype(np.float32)
    camera = find_camera(points, basis)
    np.testing.assert_allclose(camera.rotation, turn, atol=2e-3)
    assert camera.scale == pytest.approx(1.9, rel=2e-3)
    np.testing.assert_allclose(camera.place(basis.mean), points, atol=0.05)
    np.testing.assert_allclose(camera.rotation @ camera.rotation.T, np.eye(3), atol=1e-5)


def test_a_speaking_mouth_does_not_move_the_camera(basis):
    shut, speaking = (shape[:, :2].astype(np.float32) for shape in (basis.mean, mouths(20, 1)[7]))
    first, second = find_camera(shut, basis), find_camera(speaking, basis)
    np.testing.assert_array_equal(first.rotation, second.rotation)
    np.testing.assert_array_equal(first.shift, second.shift)


def test_lifted_offsets_are_seen_as_they_were(basis):
    camera = find_camera((2 * basis.mean @ rotation(30, 10, 20).T)[:, :2].astype(np.float32), basis)
    offsets = np.random.default_rng(0).normal(0, 3, (68, 2)).astype(np.float32)
    lifted = camera.lift(offsets)
    np.testing.assert_allclose(camera.place(basis.mean + lifted) - camera.place(basis.mean), offsets, atol=1e-3)


def test_lips_never_cross(basis):
    rng = np.random.default_rng(1)
    rest = rng.normal(0, 1, (68, 3)).astype(np.float32)
    for coefficients in rng.normal(0, 6, (200, 12)).astype(np.float32):
        shape = shape_of(coefficients, rest, basis)
        assert (shape[[67, 66, 65], 1] >= shape[[61, 62, 63], 1] - 1e-5).all()


def test_lips_that_nearly_touch_touch(basis):
    told = np.zeros(12, np.float32)
    told[0] = 0.4
    assert parting(shape_of(told, np.zeros((68, 3), np.float32), basis)) == 0
    told[0] = 5
    assert parting(shape_of(told, np.zeros((68, 3), np.float32), basis)) == pytest.approx(5, abs=1e-3)


def test_a_person_rests_with_shut_lips_even_if_never_seen_so(basis):
    own = np.zeros((68, 3), np.float32)
    own[list(range(48, 68)), 1] += 2  # a longer face
    views = []
    for number, opened in enumerate((3.0, 6.0, 4.0)):
        shape = basis.mean + own + opened * basis.slope
        views.append((shape @ rotation(8 * number - 8).T * 1.5 + [90, 80, 0])[:, :2].astype(np.float32))
    rest = resting_offset(views, basis)
    assert abs(parting(basis.mean + rest)) < 0.5
    assert rest[57, 1] == pytest.approx(2, abs=1.0)


def test_only_the_mouth_is_placed(basis):
    points = (1.5 * basis.mean[:, :2] + 50).astype(np.float32)
    camera = find_camera(points, basis)
    told = np.zeros(12, np.float32)
    told[0] = 6
    made = placed(points, shape_of(told, np.zeros((68, 3), np.float32), basis), camera)
    others = [point for point in range(68) if point not in MOUTH]
    np.testing.assert_array_equal(made[others], points[others])
    assert made[66, 1] - points[66, 1] == pytest.approx(9, abs=0.2)


def test_opening_is_told_in_parts_of_the_eyes_distance(basis):
    points = np.stack([shape[:, :2] for shape in (basis.mean, basis.mean + 8 * basis.slope)])
    assert opening(points)[0] == pytest.approx(0, abs=1e-6)
    np.testing.assert_allclose(opening(3 * points), opening(points), rtol=1e-5)
