import itertools
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from talkface.preparation.segments import Segment, SegmentCollector, crop_window, lanes, long_enough


@dataclass(frozen=True)
class Face:
    track: int
    box: np.ndarray
    points: np.ndarray | None = None


def face(track: int, left: float = 0.0) -> Face:
    return Face(track, np.array([left, 0, left + 10, 10], np.float32))


def segment(start: int, frames: int) -> Segment:
    return Segment(start, np.zeros((frames, 4), np.float32), np.zeros((frames, 5, 2), np.float32))


def spans(segments: list[Segment]) -> list[tuple[int, int]]:
    return [(one.start, one.stop) for one in segments]


def test_gaps_and_cuts_end_a_segment() -> None:
    collector = SegmentCollector()
    shown = [[face(0)], [face(0)], [], [face(0)], [face(1)], [face(1)]]
    for frame, faces in enumerate(shown):
        collector.add(frame, faces)
    assert spans(collector.finish()) == [(0, 2), (3, 4), (4, 6)]


def test_several_faces_are_several_segments_from_left_to_right() -> None:
    collector = SegmentCollector()
    for frame in range(4):
        collector.add(frame, [face(7, left=50.0), face(9, left=frame)])
    found = collector.finish()
    assert spans(found) == [(0, 4), (0, 4)]
    assert found[0].boxes[:, 0].tolist() == [0, 1, 2, 3]
    assert found[1].boxes[:, 0].tolist() == [50] * 4
    assert np.isnan(found[0].points).all()


def test_long_enough() -> None:
    found = [segment(0, 14), segment(14, 15), segment(40, 60)]
    assert spans(long_enough(found, minimum=15, total=100)) == [(14, 29), (40, 100)]
    assert spans(long_enough([segment(0, 10)], minimum=15, total=10)) == [(0, 10)]
    assert long_enough([segment(0, 9)], minimum=15, total=10) == []


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 20)), max_size=12))
def test_lanes_hold_everything_once_and_never_overlap(pairs: list[tuple[int, int]]) -> None:
    segments = [segment(start, frames) for start, frames in pairs]
    found = lanes(segments)
    assert sorted(id(one) for lane in found for one in lane) == sorted(map(id, segments))
    for lane in found:
        assert all(before.stop <= after.start for before, after in itertools.pairwise(lane))
    busiest = max((sum(one.start <= t < one.stop for one in segments) for t in range(70)), default=0)
    assert len(found) == busiest


COORDINATE = st.floats(-50, 400, width=32)


@given(COORDINATE, COORDINATE, st.floats(4, 300), st.integers(16, 400), st.integers(16, 400))
def test_window_is_inside_even_and_never_enlarged(
    left: float, top: float, size: float, width: int, height: int
) -> None:
    boxes = np.array([[left, top, left + size, top + size]], np.float32)
    window = crop_window(boxes, width=width, height=height, margin=0.5, longest=128)
    assert 0 <= window.left < window.right <= width and 0 <= window.top < window.bottom <= height
    assert window.width % 2 == window.height % 2 == 0
    assert max(window.width, window.height) <= 128
    assert window.width <= max(2, window.right - window.left) and window.height <= max(2, window.bottom - window.top)


def test_window_and_mapping_by_hand() -> None:
    boxes = np.array([[100, 80, 140, 130], [110, 80, 150, 130]], np.float32)  # 40x50 faces
    window = crop_window(boxes, width=360, height=288, margin=0.5, longest=256)
    assert (window.left, window.top, window.right, window.bottom) == (80, 55, 170, 155)
    assert (window.width, window.height, window.scale) == (90, 100, 1.0)
    assert window.map_boxes(boxes).tolist() == [[20, 25, 60, 75], [30, 25, 70, 75]]
    small = crop_window(boxes, width=360, height=288, margin=0.5, longest=50)
    assert (small.width, small.height, small.scale) == (44, 50, 0.5)
    assert small.map_boxes(boxes)[0] == pytest.approx([20 * 44 / 90, 12.5, 60 * 44 / 90, 37.5])


def test_window_is_cut_at_the_frame() -> None:
    window = crop_window(np.array([[-5, -5, 300, 300]], np.float32), width=256, height=255, margin=0.5, longest=256)
    assert (window.left, window.top, window.right, window.bottom) == (0, 0, 256, 254)
