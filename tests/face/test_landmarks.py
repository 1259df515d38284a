"""Mouth boxes from five points, the order of 68 landmarks, and what is said when MediaPipe is not installed."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from talkface.errors import InputError
from talkface.face import MeshLandmarker, box_center, box_size, mouth_box
from talkface.face.landmarks import MESH_TO_68

FRONTAL = np.array([[30, 40], [70, 40], [50, 60], [35, 80], [65, 80]], np.float32)


def test_a_frontal_mouth_lies_inside_with_room_below():
    left, top, right, bottom = mouth_box(FRONTAL)
    assert left < 35 and right > 65 and top > 60 and bottom > 95
    assert bottom - 80 > 80 - top


@given(st.floats(0.2, 8), st.floats(-100, 100), st.floats(-100, 100))
@settings(deadline=None)
def test_the_box_moves_and_grows_with_the_face(scale, right, down):
    shift = np.array([right, down], np.float32)
    box = mouth_box(FRONTAL * np.float32(scale) + shift)
    np.testing.assert_allclose(box, mouth_box(FRONTAL) * scale + np.tile(shift, 2), atol=1e-2)


def test_it_does_not_collapse_in_profile():
    profile = FRONTAL.copy()
    profile[3:5, 0] = [48, 50]
    assert box_size(mouth_box(profile)).min() > 40
    assert abs(box_center(mouth_box(profile))[0] - 49) < 1e-3


def test_landmarks_are_68_places_of_the_mesh_each_once():
    assert len(MESH_TO_68) == len(set(MESH_TO_68)) == 68
    assert min(MESH_TO_68) >= 0 and max(MESH_TO_68) < 468
    assert (MESH_TO_68[8], MESH_TO_68[48], MESH_TO_68[54], MESH_TO_68[62], MESH_TO_68[66]) == (152, 61, 291, 13, 14)


def test_without_mediapipe_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "mediapipe.python.solutions", None)
    with pytest.raises(InputError) as caught:
        MeshLandmarker()
    assert "talkface[faces]" in caught.value.remedy


def test_the_room_loads_no_network_when_imported():
    code = (
        "import sys, talkface.face; print([m for m in ('torch', 'torchvision', 'facenet_pytorch') if m in sys.modules])"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )
