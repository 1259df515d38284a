"""The basis of mouth shapes: free of the head's pose; nothing said is a shut mouth; frames come back from it."""

import numpy as np
import pytest
from mouth_folders import head, mouths, rotation, seen

from talkface.data.face_crops import MIRRORED
from talkface.errors import InputError
from talkface.face.mouth_basis import find_basis, find_coefficients, mean_face, point_weights, pose_free, shut
from talkface.face.mouth_geometry import RIGID
from talkface.face.mouth_shape import MOUTH, parting, partings, shape_of


@pytest.fixture(scope="module")
def clips():
    return [seen(mouths(40, number), number) for number in range(6)]


@pytest.fixture(scope="module")
def basis(clips):
    return find_basis(clips, ["a", "a", "a", "b", "c", "d"], MIRRORED)


def test_coefficients_do_not_change_when_the_head_turns(clips, basis):
    shapes = mouths(40, 9)
    straight = find_coefficients(shapes, basis)
    for yaw, pitch, roll in ((30, 0, 0), (-25, 15, 5), (0, -20, 40)):
        turned = (1.7 * shapes @ rotation(yaw, pitch, roll).T + [40, -9, 5]).astype(np.float32)
        np.testing.assert_allclose(find_coefficients(turned, basis), straight, atol=2e-3)
    assert np.ptp(straight[:, 0]) > 1  # and they do change when the mouth speaks


def test_nothing_said_is_a_shut_mouth(basis):
    assert abs(parting(basis.mean)) < 1e-3
    shape = shape_of(np.zeros(12, np.float32), np.zeros((68, 3), np.float32), basis)
    np.testing.assert_allclose(shape[[61, 62, 63], 1], shape[[67, 66, 65], 1], atol=1e-6)


def test_frames_come_back_from_their_coefficients(clips, basis):
    shapes = pose_free(clips[3], basis.mean)
    rest = shut(shapes, basis.slope)
    made = rest[list(MOUTH)] + np.tensordot(find_coefficients(clips[3], basis), basis.directions, 1)
    assert np.abs(made - shapes[:, list(MOUTH)]).max() < 0.3
    assert np.abs(partings(rest[None])).max() < 1e-3


def test_the_first_direction_opens_by_a_deviation(clips, basis):
    found = np.concatenate([find_coefficients(clip, basis) for clip in clips])
    assert 0.7 < found[:, 0].std() < 1.3
    opened = [partings(pose_free(clip, basis.mean)) for clip in clips]
    gaps = np.concatenate([gap - gap.mean() for gap in opened])
    firsts = [found[40 * n : 40 * n + 40, 0] for n in range(6)]
    assert np.corrcoef(np.concatenate([first - first.mean() for first in firsts]), gaps)[0, 1] > 0.95
    sizes = np.linalg.norm((basis.directions * point_weights()).reshape(12, -1), axis=1)
    assert (np.diff(sizes) < 1e-6).all()


def test_the_slope_parts_the_lips_by_one_pixel(basis):
    assert parting(basis.slope) == pytest.approx(1, abs=1e-4)


def test_the_mean_face_is_symmetric_and_of_its_size(clips):
    face = mean_face(np.concatenate(clips), MIRRORED)
    np.testing.assert_allclose(face[list(MIRRORED)] * [-1, 1, 1], face, atol=0.05)
    assert np.linalg.norm(face[36] - face[45]) == pytest.approx(62, abs=1e-3)
    assert np.abs(face[list(RIGID)].mean(0)).max() < 1e-3


def test_a_mirrored_face_is_not_turned_into_its_mirror_image():
    face = head() + np.array([0, 0, 3], np.float32) * (np.arange(68)[:, None] % 3)
    np.testing.assert_allclose(pose_free(2 * face[None] + 7, face)[0], face, atol=1e-3)
    mirrored = face * [-1, 1, 1]
    assert np.abs(pose_free(mirrored[None].astype(np.float32), face)[0] - face).max() > 10


def test_speakers_of_many_clips_do_not_decide_alone(clips):
    """Nine clips of one and one of another, who has a longer chin, count as three and one."""
    other = clips[4].copy()
    other[:, 6:11, 1] += 10 * (clips[4][:, 33:34, 1] - clips[4][:, 27:28, 1]) / 40
    chins = [
        find_basis([clips[0]] * count + [other], ["a"] * count + ["b"], MIRRORED).mean[8, 1] for count in (1, 4, 9)
    ]
    only, own = (find_basis([clip], ["a"], MIRRORED).mean[8, 1] for clip in (clips[0], other))
    shares = [(chin - only) / (own - only) for chin in chins]
    np.testing.assert_allclose(shares, [1 / 2, 1 / 3, 1 / 4], atol=0.04)


def test_clips_in_which_nobody_speaks_are_refused():
    with pytest.raises(InputError, match="no mouth moves"):
        find_basis([seen(np.repeat(head()[None], 20, 0), 1)], ["a"], MIRRORED)
    with pytest.raises(InputError, match="no clip"):
        find_basis([], [], MIRRORED)
