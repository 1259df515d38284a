"""Counts of found faces."""

import numpy as np

from talkface.metrics.functional.detection import match_faces

FACE, OTHER = [0, 0, 10, 10], [50, 50, 70, 70]


def boxes(*rows: list[int]) -> np.ndarray:
    return np.array(rows, np.float32).reshape(-1, 4)


def test_each_face_is_found_once() -> None:
    assert match_faces(boxes(FACE, FACE), boxes(FACE)) == (1, 2, 1)
    assert match_faces(boxes(FACE, OTHER), boxes(OTHER, FACE)) == (2, 2, 2)
    assert match_faces(boxes(), boxes(FACE)) == (0, 0, 1)
    assert match_faces(boxes(FACE), boxes()) == (0, 1, 0)


def test_a_find_must_overlap_enough() -> None:
    assert match_faces(boxes([0, 0, 10, 6]), boxes(FACE)) == (1, 1, 1)
    assert match_faces(boxes([0, 0, 10, 4]), boxes(FACE)) == (0, 1, 1)
    assert match_faces(boxes([0, 0, 10, 4]), boxes(FACE), overlap=0.3) == (1, 1, 1)
