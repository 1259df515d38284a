"""Our detector and landmarks: on drawn faces with truth, on a photograph, on places without faces; chains."""

import numpy as np
import pytest
import torch
from labels import drawn

from talkface.checkpoint import save_weights
from talkface.drawn.cartoon import empty_picture
from talkface.drawn.draw import Draw
from talkface.errors import InputError
from talkface.face import (
    Detection,
    DetectorChain,
    SmallDetector,
    box_iou,
    build_detector,
    build_landmarker,
    five_of_68,
    landmark_square,
    landmarks_box,
)
from talkface.face.small import agreed
from talkface.models.face_landmarks import FaceLandmarkNetwork

MOMENTS = [drawn(number) for number in range(100, 124)]
"""Pictures of a seed that no network was trained on."""


@pytest.fixture(scope="module")
def detector():
    return SmallDetector()


def test_most_drawn_faces_are_found_where_they_are(detector):
    faces = [moment for moment in MOMENTS if len(moment.boxes)]
    found = detector.detect([moment.image for moment in faces])
    hits = [
        bool(seen) and box_iou(np.stack([one.box for one in seen]), moment.boxes).max() > 0.5
        for seen, moment in zip(found, faces, strict=True)
    ]
    assert np.mean(hits) >= 0.6


def test_a_photograph_too(detector, astronaut):
    face = detector.detect([astronaut])[0][0]
    assert box_iou(face.box[None], np.array([[170, 65, 275, 200]], np.float32))[0, 0] > 0.5


def test_no_faces_in_empty_places(detector):
    places = [empty_picture(Draw(number, "empty"), 192, 256) for number in range(24)]
    assert sum(bool(faces) for faces in detector.detect(places)) <= 1


def test_pictures_of_several_sizes_come_back_in_order(detector, astronaut):
    mixed = [MOMENTS[1].image, np.zeros((40, 60, 3), np.uint8), astronaut]
    together = detector.detect(mixed)
    alone = [detector.detect([image])[0] for image in mixed]
    assert [len(faces) for faces in together] == [len(faces) for faces in alone] and together[1] == []
    np.testing.assert_allclose(together[2][0].box, alone[2][0].box, atol=0.05)


@pytest.fixture(scope="module")
def untrained(tmp_path_factory):
    """Weights of a landmark network before any training: it sees the usual face everywhere."""
    path = tmp_path_factory.mktemp("weights") / "face_landmarks.safetensors"
    torch.manual_seed(0)
    save_weights(path, FaceLandmarkNetwork(0.25).state_dict(), {"kind": "face_landmarks", "config": {"width": 0.25}})
    return path


def test_landmarks_are_given_in_pixels_of_the_picture(untrained):
    """Even the usual face, laid into the box, is nearer to the truth than half of the distance of the eyes."""
    landmarker = build_landmarker("small", weights=untrained)
    errors = []
    for moment in MOMENTS:
        for box, points in zip(moment.boxes, moment.landmarks, strict=True):
            found = landmarker.find(moment.image, box)
            errors.append(np.linalg.norm(found - points, axis=1).mean() / np.linalg.norm(box[2:] - box[:2]))
    landmarker.close()
    assert found.shape == (68, 2) and np.median(errors) < 0.2


def test_points_come_with_the_boxes(detector, untrained, astronaut):
    """The shipped landmarks of a photograph lie within 8 % of the eyes' distance of MTCNN's."""
    points = detector.detect([astronaut])[0][0].points
    others = build_detector("mtcnn").detect([astronaut])[0][0].points
    assert points.shape == (5, 2) and points.dtype == np.float32
    away = np.linalg.norm(points - others, axis=1) / np.linalg.norm(others[0] - others[1])
    assert away.mean() < 0.08
    usual = SmallDetector(landmark_weights=untrained).detect([astronaut])[0][0].points
    assert np.abs(usual - points).max() > 1


def test_shipped_landmarks_lie_on_drawn_faces():
    """Median over faces of the mean distance, over that of the eyes' outer corners; chance (the usual face): .2."""
    landmarker = build_landmarker("small")
    errors = [
        float(np.linalg.norm(landmarker.find(moment.image, box) - points, axis=1).mean())
        / float(np.linalg.norm(points[36] - points[45]))
        for moment in MOMENTS
        for box, points in zip(moment.boxes, moment.landmarks, strict=True)
    ]
    assert np.median(errors) < 0.08


def test_a_face_is_what_two_looks_agree_on():
    def seen(left, side, score):
        return np.array([left, 0, left + side, side], np.float32), score

    first = [seen(0, 10, 0.8), seen(50, 20, 0.6), seen(100, 10, 0.9)]
    second = [seen(2, 10, 0.4), seen(50, 20, 0.5), seen(200, 10, 0.9)]
    (large, score), (small, mean) = agreed(first, second)
    assert large.tolist() == [50, 0, 70, 20] and score == pytest.approx(0.55)
    assert small.tolist() == [1, 0, 11, 10] and mean == pytest.approx(0.6)


class Sees:
    """Finds one face in pictures at least this bright, and counts what it looked at."""

    def __init__(self, least):
        self.least, self.looked = least, 0

    def detect(self, images):
        self.looked += len(images)
        face = Detection(np.array([0, 0, 9, self.least], np.float32), 0.9)
        return [[face] if image.max() >= self.least else [] for image in images]


def test_a_chain_asks_the_next_only_where_nothing_was_found():
    first, second = Sees(200), Sees(100)
    images = [np.full((4, 4, 3), value, np.uint8) for value in (50, 150, 250)]
    found = DetectorChain([first, second]).detect(images)
    assert [[face.box[3] for face in faces] for faces in found] == [[], [100], [200]]
    assert (first.looked, second.looked) == (3, 2)


def test_chains_are_built_by_name():
    assert isinstance(build_detector("mtcnn+small"), DetectorChain)
    with pytest.raises(InputError, match="unknown face detector"):
        build_detector("small+haar")
    assert isinstance(build_detector("mtcnn+small", threshold=0.7, device="cpu"), DetectorChain)
    assert isinstance(build_detector("small:0.6+mtcnn:0.8"), DetectorChain)
    with pytest.raises(InputError, match="not a detector's threshold: high"):
        build_detector("small:high")
    with pytest.raises(InputError, match="threshold"):
        build_detector("small:0.6+mtcnn:0.8", threshold=2.0)
    with pytest.raises(InputError, match="threshold"):
        build_detector("small", threshold=2.0)
    with pytest.raises(InputError, match="weights file not found"):
        build_detector("small", weights="nowhere.safetensors")


def test_geometry_of_landmarks():
    points = MOMENTS[1].landmarks[0]
    np.testing.assert_allclose(landmarks_box(points), MOMENTS[1].boxes[0], atol=1e-3)
    left, top, right, bottom = landmark_square(np.array([10, 20, 30, 60], np.float32))
    assert (right - left, bottom - top) == pytest.approx((52, 52)) and (left + right, top + bottom) == (40, 80)
    five = five_of_68(points)
    np.testing.assert_array_equal(five[2:], points[[30, 48, 54]])
    np.testing.assert_allclose(five[0], points[36:42].mean(axis=0), rtol=1e-6)
