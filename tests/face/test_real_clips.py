"""Tracking with MTCNN on real clips, torture inputs among them: to the frame where things go, come and change."""

from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import av
import numpy as np
import pytest

from talkface.face import (
    FaceTracker,
    MeshLandmarker,
    MtcnnDetector,
    clip_alignment,
    locate_points,
    track_faces,
)
from talkface.face.align import TEMPLATE, transform_points

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


def test_no_face_is_no_track(detector):
    assert track_faces(frames("torture/no_face.mp4"), detector) == []


def test_half_a_face_at_the_edge_is_found_in_the_mirror(detector):
    """Two fifths of the head are in the picture; the box says where the rest would be."""
    (track,) = track_faces(frames("torture/face_partly_out.mp4"), detector)
    assert len(present(track)) > 0.8 * len(track.boxes)
    boxes = track.boxes[present(track)]
    assert (boxes[:, 0] < -10).all() and (boxes[:, 2] > 30).all() and (boxes[:, 2] < 80).all()


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


def test_a_turning_head_is_aligned_to_the_template(detector):
    """As the original does it, the mouth is within 2 pixels of its place in four of five pictures, the eyes are not.

    One size and turn cannot fit all three in these three-quarter views; by default they share what is left.
    """
    pictures = islice(frames("pcavs_demo/pose_source_517600078.mp4"), 32)
    points = locate_points(pictures, FaceTracker(detector, 2, smooth=0.5)).points
    original, shared = (_placed(points, clip_alignment(points, even=even)) for even in (False, True))
    mouth = np.linalg.norm(original[:, 2] - TEMPLATE[2], axis=1)
    assert np.median(mouth) < 1 and np.percentile(mouth, 80) < 2 and mouth.max() < 4 and mouth[0] < 1e-9
    farthest = [np.linalg.norm(places.mean(axis=0) - TEMPLATE, axis=1).max() for places in (original, shared)]
    assert farthest[0] < 5 and farthest[1] < 0.75 * farthest[0]


def _placed(points, matrices):
    return np.stack([transform_points(p, m) for p, m in zip(points, matrices, strict=True)])


def test_the_68_of_the_mesh_lie_where_the_detector_sees_eyes_nose_and_mouth(astronaut, detector):
    """The order of the mapping on a real face; only where the extra is installed."""
    pytest.importorskip("mediapipe")
    found = detector.detect([astronaut])[0][0]
    landmarker = MeshLandmarker()
    marks = landmarker.find(astronaut, found.box)
    landmarker.close()
    side = float(found.box[3] - found.box[1])
    groups = [marks[36:42].mean(axis=0), marks[42:48].mean(axis=0), marks[30], marks[48], marks[54]]
    assert np.linalg.norm(np.stack(groups) - found.points, axis=1).max() < 0.08 * side
    assert (np.diff(marks[:17, 0]) > -0.02 * side).all() and marks[8, 1] == marks[:17, 1].max()  # jaw, left to right
    assert marks[51, 1] < marks[62, 1] <= marks[66, 1] < marks[57, 1]  # lips, from the top
