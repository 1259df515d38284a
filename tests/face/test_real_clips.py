"""Tracking with MTCNN on real clips, torture inputs among them: to the frame where things go, come and change."""

from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import pytest

from talkface.face import MtcnnDetector, track_faces

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
pytestmark = pytest.mark.skipif(not SHARED.exists(), reason="the shared clips are not here")


@dataclass(frozen=True)
class Picture:
    image: np.ndarray


def frames(name):
    with av.open(str(SHARED / name)) as container:
        for frame in container.decode(video=0):
            yield Picture(frame.to_ndarray(format="rgb24"))


@pytest.fixture(scope="module")
def detector():
    return MtcnnDetector()


def present(track):
    return np.flatnonzero(np.isfinite(track.boxes[:, 0])).tolist()


def test_a_face_gone_for_20_frames(detector):
    tracks = track_faces(frames("torture/face_gone_20_frames.mp4"), detector)
    assert [present(track) for track in tracks] == [[*range(20)], [*range(40, 60)]]


def test_one_of_two_faces_is_kept_and_both_are_told_apart(detector):
    (one,) = track_faces(frames("torture/two_faces.mp4"), detector)
    assert present(one) == [*range(60)] and np.ptp(one.boxes[:, 0]) < 30
    both = track_faces(frames("torture/two_faces.mp4"), detector, choice="all")
    assert len(both) == 2 and all(present(track) == [*range(60)] for track in both)
    assert np.ptp([track.boxes[0, 0] for track in both]) > 300


def test_faces_that_change_places_at_a_cut(detector):
    tracks = track_faces(frames("torture/two_faces_swap.mp4"), detector, choice="all")
    assert [present(track) for track in tracks] == [[*range(30)]] * 2 + [[*range(30, 60)]] * 2
    assert all(np.ptp(track.boxes[present(track), 0]) < 30 for track in tracks)


def test_another_person_every_five_frames(detector):
    tracks = track_faces(frames("torture/cut_every_5.mp4"), detector)
    assert [present(track) for track in tracks] == [[*range(start, start + 5)] for start in range(0, 60, 5)]


def test_first_frames_without_a_face(detector):
    (track,) = track_faces(frames("torture/first_frames_faceless.mp4"), detector)
    assert present(track) == [*range(2, 60)]


@pytest.mark.parametrize("name", ["no_face", "face_partly_out"])
def test_no_face_is_no_track(detector, name):
    """Half a face at the picture's border is not seen by MTCNN at any threshold: it counts as none."""
    assert track_faces(frames(f"torture/{name}.mp4"), detector) == []


def test_a_face_in_the_dark_is_found(detector):
    (track,) = track_faces(frames("torture/very_dark.mp4"), detector)
    assert len(present(track)) == len(track.boxes)


def test_smoothed_boxes_of_a_real_speaker_are_calm(detector):
    """The box's second difference, root mean square: raw detection gives 2.6 pixels at a face of 128."""
    (track,) = track_faces(frames("speech_grid/s1_bbaf2n.mp4"), detector)
    assert present(track) == [*range(75)]
    assert np.sqrt((np.diff(track.boxes, 2, axis=0) ** 2).mean()) < 0.1
    nose = track.points[:, 2]
    assert ((track.boxes[:, :2] < nose) & (nose < track.boxes[:, 2:])).all()
