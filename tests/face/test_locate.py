"""Three points through a clip: lost faces, no face at all, and the sources of 68 landmarks."""

import sys
from dataclasses import dataclass

import numpy as np
import pytest
import torch

from talkface.drawn import DrawnCharacter, Pose, draw_frame_with_truth
from talkface.errors import InputError
from talkface.face import (
    Detection,
    FaceTracker,
    ManualBox,
    MtcnnDetector,
    build_detector,
    build_landmarker,
    locate_points,
    three_points,
)
from talkface.face.reference import ReferenceLandmarker, peaks

FIVE = np.array([[30, 40], [70, 40], [50, 60], [35, 80], [65, 80]], np.float32)


@dataclass(frozen=True, eq=False)
class Shot:
    """A picture whose first pixel says where its face is; 0: nowhere."""

    image: np.ndarray


def shot(place: int) -> Shot:
    image = np.full((128, 160, 3), 90, np.uint8)
    image[0, 0] = place
    return Shot(image)


class PlaceDetector:
    """Sees the face where the first pixel says."""

    def detect(self, images):
        return [self._detect(int(image[0, 0, 0])) for image in images]

    def _detect(self, place):
        box = np.array([20 + place, 20, 80 + place, 100], np.float32)
        return [Detection(box, 1.0, FIVE + np.float32([place, 0]))] if place else []


def test_a_face_lost_for_a_while_is_interpolated():
    places = [10, 10, 10, 0, 0, 0, 0, 0, 0, 0, 0, 20, 20, 20]
    found = locate_points([shot(p) for p in places], FaceTracker(PlaceDetector(), every=1, smooth=0))
    assert found.seen.tolist() == [place > 0 for place in places]
    np.testing.assert_allclose(found.points[:, 2, 0] - 50, np.interp(range(14), [2, 11], [10, 20]), atol=1e-4)


def test_never_found_is_an_error_with_advice():
    with pytest.raises(InputError) as caught:
        locate_points([shot(0)] * 4, FaceTracker(PlaceDetector()))
    assert "no face found" in str(caught.value) and "upright" in caught.value.remedy
    assert caught.value.where == "the whole clip"


def test_a_detector_of_boxes_needs_landmarks():
    with pytest.raises(InputError, match="boxes only"):
        locate_points([shot(1)], FaceTracker(ManualBox([10, 10, 60, 60])))


class TwoLandmarkers:
    """Landmarks at the middle of the box; none where the box is on the left."""

    def find(self, image, box):
        middle = (box[:2] + box[2:]) / 2
        return None if middle[0] < 55 else np.tile(middle, (68, 1)).astype(np.float32)

    def close(self):
        """Nothing."""


def test_68_landmarks_replace_the_five_points():
    found = locate_points(
        [shot(1), shot(30)], FaceTracker(PlaceDetector(), every=1, smooth=0), landmarker=TwoLandmarkers()
    )
    assert found.seen.tolist() == [False, True]
    np.testing.assert_allclose(found.points, np.tile([80, 60], (2, 3, 1)), atol=1e-4)


def test_the_default_detector_on_a_drawn_face():
    """Five points against the exact landmarks: within 5 % of the face's height."""
    images, truths = zip(
        *(draw_frame_with_truth(DrawnCharacter(3), pose=Pose(yaw=yaw), size=256) for yaw in (-8, 0, 8)), strict=True
    )
    found = locate_points([Shot(i) for i in images], FaceTracker(MtcnnDetector(threshold=0.7), every=1, smooth=0))
    true = np.stack([three_points(truth.landmarks) for truth in truths])
    height = truths[1].face_box[3] - truths[1].face_box[1]
    assert np.abs(found.points - true).max() < 0.05 * height


def test_landmark_sources_by_name(monkeypatch, tmp_path):
    assert build_landmarker("five") is None
    monkeypatch.setitem(sys.modules, "mediapipe.python.solutions", None)
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    for name, words in (("mesh", "mediapipe"), ("face-alignment", "2DFAN4"), ("dlib", "five, small, mesh")):
        with pytest.raises(InputError, match=words):
            build_landmarker(name)


def test_reference_weights_are_given_as_files_and_must_be_theirs(tmp_path):
    other = tmp_path / "other.pth"
    torch.save({"weight": torch.zeros(1)}, other)
    (tmp_path / "text.pth").write_text("no weights")
    for name, words in (
        ("gone.pth", "give .*_weights=FILE"),
        ("other.pth", "not the weights"),
        ("text.pth", "not the"),
    ):
        for build in (
            lambda path: build_landmarker("face-alignment", weights=path),
            lambda path: build_detector("face-alignment", weights=path),
        ):
            with pytest.raises(InputError, match=words) as caught:
                build(tmp_path / name)
            assert name in str(caught.value) and "\n" not in str(caught.value)


def test_peaks_lean_to_the_higher_neighbour():
    heat = np.zeros((3, 8, 8), np.float32)
    heat[0, 4, 5], heat[0, 4, 6] = 1, 0.5
    heat[1, 2, 3], heat[1, 1, 3] = 1, 0.5
    heat[2, 0, 7] = 1  # at the border: not moved
    np.testing.assert_allclose(peaks(heat), [[5.25, 4], [3, 1.75], [7, 0]])


def test_the_reference_landmarker_maps_its_heat_back_to_the_picture(tmp_path, monkeypatch):
    """A network that answers with its input's brightness: the landmark is where the picture is bright."""
    from face_alignment.models import FAN

    torch.manual_seed(0)
    weights = tmp_path / "fan.pth.tar"
    torch.save(FAN(4).state_dict(), weights)
    landmarker = ReferenceLandmarker(weights)
    with torch.inference_mode():  # the file's network runs and gives 68 maps
        assert landmarker._heatmaps(np.zeros((256, 256, 3), np.uint8)).shape == (68, 64, 64)
    bright = lambda x: torch.nn.functional.avg_pool2d(x[:, :1], 4).expand(-1, 68, -1, -1)  # noqa: E731
    monkeypatch.setattr(landmarker, "_network", bright)
    image = np.zeros((300, 400, 3), np.uint8)
    image[148:154, 206:212] = 255  # a spot around (209, 151), the picture's corner being (0, 0)
    found = landmarker.find(image, np.array([150, 90, 270, 230], np.float32))
    assert found.shape == (68, 2) and np.abs(found - [209, 151]).max() <= 2.5
