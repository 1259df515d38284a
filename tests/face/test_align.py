"""Alignment: the original's matrices and pictures, its smoothing, gaps, and the two kinds of points."""

import importlib.util
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from talkface.errors import InputError
from talkface.face import FaceTracker, build_detector, feather_mask, locate_points
from talkface.face.align import (
    TEMPLATE,
    align_face,
    clip_alignment,
    interpolate_points,
    paste_aligned,
    picture_alignment,
    picture_crop,
    similarity,
    three_points,
    transform_points,
)
from talkface.media import decode_video

ORACLE = Path(__file__).resolve().parents[3] / "shared" / "oracle" / "pcavs"
with_oracle = pytest.mark.skipif(not ORACLE.is_dir(), reason="the oracle's files are not here")


@pytest.fixture(scope="module")
def oracle_inputs() -> ModuleType:
    spec = importlib.util.spec_from_file_location("pcavs_inputs", ORACLE / "inputs.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@with_oracle
def test_matrices_equal_the_originals(oracle_inputs):
    expected = np.load(ORACLE / "align.npz")
    points = np.stack([three_points(marks) for marks in oracle_inputs.landmarks(5)])
    np.testing.assert_allclose(points, expected["three_points"], atol=1e-9)
    np.testing.assert_allclose(similarity(points.mean(axis=0), TEMPLATE), expected["M"], atol=1e-6)
    found = clip_alignment(points, even=False)
    np.testing.assert_allclose(found, expected["M_frames"], atol=1e-6)
    np.testing.assert_allclose(found[:, :, 2] - expected["M"][:, 2], expected["bias"], atol=1e-6)


@with_oracle
def test_pictures_equal_the_originals(oracle_inputs):
    expected = np.load(ORACLE / "align.npz")
    frame = np.zeros((480, 640, 3), np.uint8)
    frame[128:352, 208:432] = oracle_inputs.face("pose", 0)
    warped = align_face(frame, expected["M_frames"][0])
    # OpenCV's versions differ by a step or two in warping and resizing (the oracle's README).
    assert np.abs(oracle_inputs.probe(warped) - expected["probe/warped0"]).max() <= 2
    assert np.abs(warped[80:144, 80:144].astype(int) - expected["warped0_crop"]).max() <= 2
    np.testing.assert_allclose(oracle_inputs.summary(warped), expected["summary/warped0"], atol=0.5)
    seen = picture_crop(oracle_inputs.face("id", 0))
    data = np.load(ORACLE / "data.npz")
    assert np.abs(oracle_inputs.probe(seen) - data["probe/load_img"]).max() <= 1
    assert np.abs(seen[64:128, 64:128].astype(int) - data["load_img_uint8_crop"]).max() <= 1


@given(st.floats(-3, 3), st.floats(0.1, 10), st.floats(-200, 200), st.floats(-200, 200))
def test_a_similarity_is_found_exactly(angle, scale, right, down):
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    found = similarity((TEMPLATE - [right, down]) @ np.linalg.inv(turn).T, TEMPLATE)
    np.testing.assert_allclose(found, np.column_stack([turn, [right, down]]), atol=1e-6)


def test_a_mirrored_face_is_turned_not_mirrored():
    found = similarity(TEMPLATE * [-1, 1], TEMPLATE)
    assert np.linalg.det(found[:, :2]) > 0


def test_the_mouth_is_followed_four_fifths_at_once():
    points = np.repeat(TEMPLATE[None], 4, axis=0)
    points[1:, :, 0] += 10  # the head jumps to the right
    mouths = np.stack([transform_points(p[2], m) for p, m in zip(points, clip_alignment(points), strict=True)])
    np.testing.assert_allclose(mouths[:, 0] - 112, [0, 2, 0.4, 0.08], atol=1e-9)
    np.testing.assert_allclose(mouths[:, 1], 120, atol=1e-9)


proportions = st.tuples(st.floats(30, 80), st.floats(-20, 20), st.floats(-20, 20), st.floats(30, 90))


@given(proportions, st.floats(-0.5, 0.5), st.floats(0.5, 4))
def test_a_face_of_other_proportions_is_put_evenly_as_near_as_can_be(proportions, angle, scale):
    """All three points equally far, and no other similarity brings the farthest of them nearer."""
    width, skew, lean, height = proportions
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    face = np.array([[0, 0], [width, skew], [width / 2 + lean, height]]) @ turn.T + [300, 200]
    matrix = clip_alignment(face[None])[0]
    far = np.linalg.norm(transform_points(face, matrix) - TEMPLATE, axis=1)
    np.testing.assert_allclose(far, far.max(), atol=1e-6)
    rng = np.random.default_rng(0)
    for size in (1e-3, 0.1, 2.0):
        moved = similarity(face, transform_points(face, matrix) + rng.normal(0, size, (3, 2)))
        assert np.linalg.norm(transform_points(face, moved) - TEMPLATE, axis=1).max() >= far.max() - 1e-9
    original = clip_alignment(face[None], even=False)[0]
    np.testing.assert_allclose(transform_points(face[2], original), TEMPLATE[2], atol=1e-9)


def test_the_head_keeps_its_turning_and_its_size():
    """Roll within the clip and a narrower face (a turned head) stay in the crops: only the shift differs by frame."""
    points = np.repeat(TEMPLATE[None], 3, axis=0)
    points[1, 0, 1] += 6
    points[2, :2, 0] = [97, 127]
    matrices = clip_alignment(points)
    assert np.ptp(matrices[:, :, :2], axis=0).max() == 0
    eyes = np.stack(
        [transform_points(p, m)[1] - transform_points(p, m)[0] for p, m in zip(points, matrices, strict=True)]
    )
    assert eyes[1, 1] < eyes[0, 1] - 5 and eyes[2, 0] < eyes[0, 0] * 0.65


DEMO = ORACLE.parents[1] / "data" / "pcavs_demo"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["pose_source_517600078.mp4", "mouth_source_681600002.mp4"])
def test_eyes_and_mouth_of_the_originals_demo_lie_within_two_pixels_of_the_template(name):
    """In the mean over the clip, by the embedded detector; the largest distance there is, 1.9, is the mouth clip's."""
    if not (DEMO / name).exists():
        pytest.skip("the demo's clips are not here")
    tracker = FaceTracker(build_detector("mtcnn"), 2, smooth=0.5)
    points = locate_points(decode_video(DEMO / name), tracker).points
    matrices = clip_alignment(points)
    places = np.mean([transform_points(p, m) for p, m in zip(points, matrices, strict=True)], axis=0)
    assert np.linalg.norm(places - TEMPLATE, axis=1).max() < 2


def test_five_points_and_68_landmarks_give_the_same_places():
    marks = np.zeros((68, 2))
    marks[36:42], marks[42:48], marks[60:68] = [30, 40], [70, 41], [50, 80]
    five = np.array([[30, 40], [70, 41], [50, 60], [40, 79], [60, 81]], np.float32)
    np.testing.assert_allclose(three_points(marks), three_points(five))
    with pytest.raises(InputError, match="not the points of a face"):
        three_points(marks[:5, :1])


def test_gaps_are_bridged_by_straight_lines():
    points = np.arange(5)[:, None, None] * np.ones((5, 3, 2))
    seen = np.array([False, True, False, True, False])
    filled = interpolate_points(np.where(seen[:, None, None], points, np.nan), seen)
    np.testing.assert_allclose(filled[:, 0, 0], [1, 1, 2, 3, 3])
    with pytest.raises(ValueError, match="no frame"):
        interpolate_points(points, np.zeros(5, bool))


def test_the_networks_view_lies_where_its_alignment_says():
    frame = np.zeros((300, 300, 3), np.uint8)
    frame[140:146, 160:166] = 255  # a spot whose middle is at (162.5, 142.5)
    matrix = np.array([[0.7, -0.1, 3.0], [0.1, 0.7, -20.0]])
    seen = picture_crop(align_face(frame, matrix)).sum(axis=2).astype(float)
    rows, columns = np.mgrid[0:224, 0:224]
    middle = np.array([(seen * columns).sum(), (seen * rows).sum()]) / seen.sum()
    np.testing.assert_allclose(middle, transform_points([162.5, 142.5], picture_alignment(matrix)), atol=0.15)


def test_a_large_face_does_not_alias():
    stripes = np.tile(np.uint8([0, 255]), (1000, 500))[..., None].repeat(3, axis=2)
    matrix = np.array([[0.21, 0, 10.0], [0, 0.21, 10.0]])
    inside = align_face(stripes, matrix)[30:200, 30:200].astype(float)
    assert abs(inside.mean() - 127.5) < 3 and inside.std() < 30
    plain = np.mgrid[0:1000, 0:1000][1][..., None].repeat(3, axis=2) // 4  # a ramp keeps its place
    ramp = align_face(plain.astype(np.uint8), matrix)[100, 60:160, 0].astype(float)
    np.testing.assert_allclose(ramp, (np.arange(60, 160) - 10) / 0.21 / 4, atol=1)


def test_what_was_cropped_returns_to_its_place():
    rng = np.random.default_rng(0)
    frame = cv2.GaussianBlur(rng.integers(0, 255, (240, 320, 3), np.uint8), (0, 0), 6)
    matrix = picture_alignment(np.array([[1.4, -0.2, -60.0], [0.2, 1.4, -70.0]]))
    seen = cv2.warpAffine(frame, matrix, (224, 224))
    mask = feather_mask(224, 224)
    back = paste_aligned(np.zeros_like(frame), seen, matrix, mask)
    middle = np.rint(transform_points([112, 112], cv2.invertAffineTransform(matrix))).astype(int)
    near = np.s_[middle[1] - 30 : middle[1] + 30, middle[0] - 30 : middle[0] + 30]
    assert np.abs(back[near].astype(int) - frame[near]).max() <= 3
    outside = paste_aligned(frame, 255 - seen, matrix, mask)
    weight = cv2.warpAffine(mask, matrix, (320, 240), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    assert np.array_equal(outside[weight == 0], frame[weight == 0]) and (outside[weight > 0.9] != 0).any()
    far = picture_alignment(np.array([[1.0, 0, 900.0], [0, 1.0, 900.0]]))
    assert np.array_equal(paste_aligned(frame, seen, far, mask), frame)


def test_crops_have_one_size_and_faces_have_an_extent():
    with pytest.raises(InputError, match="not an aligned crop"):
        picture_crop(np.zeros((200, 224, 3), np.uint8))
    with pytest.raises(InputError, match="coincide"):
        similarity(np.ones((3, 2)), TEMPLATE)
