"""MTCNN with its embedded weights: a real photograph, its scaling, its batches, and the two remedies."""

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from talkface.errors import InputError
from talkface.face import MtcnnDetector, box_iou, build_detector, mouth_box
from talkface.face.mtcnn import batched_nms, clamped_spans, stretch_dark

ASTRONAUT_FACE = np.array([175, 60, 275, 185], np.float32)
"""Read off the photograph: forehead to chin, cheek to cheek."""


@pytest.fixture(scope="module")
def detector():
    return MtcnnDetector()


@pytest.fixture(scope="module")
def portrait(astronaut):
    return np.ascontiguousarray(astronaut[:320, 40:400])


@pytest.fixture(scope="module")
def found(detector, portrait):
    (faces,) = detector.detect([portrait])
    return faces


def test_the_face_and_its_points_are_found(found):
    assert len(found) == 1 and found[0].confidence > 0.99
    face = found[0]
    assert box_iou(face.box[None], (ASTRONAUT_FACE - [40, 0, 40, 0])[None])[0, 0] > 0.6
    left_eye, right_eye, nose, left_mouth, right_mouth = face.points
    assert left_eye[0] < nose[0] < right_eye[0] and left_mouth[0] < right_mouth[0]
    assert left_eye[1] < nose[1] < left_mouth[1] < face.box[3]
    mouth = mouth_box(face.points)
    assert (mouth[:2] < [left_mouth[0], left_mouth[1]]).all() and (mouth[2:] > [right_mouth[0], right_mouth[1]]).all()


def test_a_batch_equals_single_pictures_and_keeps_the_order(detector, portrait, found):
    gray = np.full_like(portrait, 127)
    small = cv2.resize(portrait, (180, 160), interpolation=cv2.INTER_AREA)
    faces = detector.detect([gray, portrait, small, portrait[:, ::-1].copy()])
    assert [len(each) for each in faces] == [0, 1, 1, 1]
    np.testing.assert_allclose(faces[1][0].box, found[0].box, atol=0.05)
    np.testing.assert_allclose(faces[2][0].box * 2, found[0].box, atol=8)
    width = portrait.shape[1]
    np.testing.assert_allclose(width - faces[3][0].box[[2, 0]], found[0].box[[0, 2]], atol=8)


def test_big_pictures_give_boxes_in_their_own_pixels(detector, portrait, found):
    big = cv2.resize(portrait, (1440, 1280), interpolation=cv2.INTER_CUBIC)
    (faces,) = detector.detect([big])
    assert box_iou(faces[0].box[None] / 4, found[0].box[None])[0, 0] > 0.85


def test_no_face_in_noise_and_in_pictures_too_small_to_hold_one(detector):
    noise = np.random.default_rng(0).integers(0, 256, (96, 96, 3), dtype=np.uint8)
    tiny = [np.zeros((1, 1, 3), np.uint8), np.zeros((3, 900, 3), np.uint8), np.zeros((20, 20, 3), np.uint8)]
    assert detector.detect([noise, *tiny]) == [[], [], [], []]
    assert detector.detect([]) == []


def test_torch_threads_are_left_alone():
    before = torch.get_num_threads()
    MtcnnDetector()
    assert torch.get_num_threads() == before


def test_threshold_is_checked_and_names_are_known():
    with pytest.raises(InputError, match="threshold"):
        MtcnnDetector(threshold=90)
    with pytest.raises(InputError, match="unknown face detector"):
        build_detector("haar")
    with pytest.raises(InputError, match="does not take this"):
        build_detector("mtcnn", size=4)
    assert isinstance(build_detector("mtcnn", threshold=0.5), MtcnnDetector)


def test_the_reference_detector_says_which_file_is_missing(tmp_path):
    with pytest.raises(InputError, match="no weights") as caught:
        build_detector("face-alignment", weights=tmp_path / "s3fd.pth")
    assert "s3fd.pth" in caught.value.where and "mtcnn" in caught.value.remedy


def slow_nms(boxes, scores, indices, threshold):
    """The definition, pair by pair."""
    kept = []
    for row in sorted(range(len(scores)), key=lambda row: -scores[row]):
        rivals = [other for other in kept if indices[other] == indices[row]]
        if all(box_iou(boxes[row][None], boxes[other][None])[0, 0] <= threshold for other in rivals):
            kept.append(row)
    return kept


@given(st.integers(0, 10_000), st.integers(0, 40))
@settings(deadline=None, max_examples=40)
def test_suppression_equals_its_definition(seed, count):
    random = np.random.default_rng(seed)
    corners = random.integers(-10, 40, (count, 2))
    boxes = np.concatenate([corners, corners + random.integers(1, 30, (count, 2))], axis=1).astype(np.float32)
    scores, indices = random.permutation(count).astype(np.float32), random.integers(0, 3, count)
    kept = batched_nms(torch.tensor(boxes), torch.tensor(scores), torch.tensor(indices), 0.45)
    assert kept.tolist() == slow_nms(boxes, scores, indices, 0.45)


def test_spans_are_inside_the_picture_and_never_empty():
    boxes = torch.tensor([[5.7, 6.2, 20.9, 30.1], [-9, -9, 4, 5], [90, 10, 120, 200], [-50, -60, -20, -30]])
    top, bottom, left, right = clamped_spans(boxes, 80, 60)
    assert (top >= 1).all() and (left >= 1).all() and (bottom <= 60).all() and (right <= 80).all()
    assert (bottom >= top).all() and (right >= left).all()
    assert (left[0], top[0], right[0], bottom[0]) == (5, 6, 20, 30)


def test_a_small_face_in_a_large_black_picture(detector, portrait):
    """Found by the second look; black around a bright face makes no dark picture."""
    picture = np.zeros((720, 1280, 3), np.uint8)
    small = cv2.resize(portrait, (90, 90), interpolation=cv2.INTER_AREA)
    picture[600:690, 1150:1240] = small
    assert stretch_dark(picture) is picture
    (face,) = detector.detect([picture])[0]
    assert 1150 < face.box[0] < face.box[2] < 1240 and face.box[2] - face.box[0] < 60


def test_only_dark_pictures_are_stretched(portrait):
    assert stretch_dark(portrait) is portrait
    dark = (portrait * 0.06).astype(np.uint8)
    stretched = stretch_dark(dark)
    assert stretched.max() == 255 and np.abs(stretched.astype(int) - portrait).mean() < 20
    assert stretch_dark(np.zeros((8, 8, 3), np.uint8)).max() == 0
