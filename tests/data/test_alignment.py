"""A crop is laid on another by its upper half; the mouth has no say; flat pictures stay where they are."""

import cv2
import numpy as np
import pytest
from skimage import data

from talkface.data.alignment import laid_on, one_after_other

SIDE = 120


@pytest.fixture(scope="module")
def face() -> np.ndarray:
    return np.ascontiguousarray(cv2.resize(data.astronaut()[20:270, 100:350], (SIDE, SIDE)))


def moved(picture: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    return np.asarray(cv2.warpAffine(picture, matrix, (SIDE, SIDE), borderMode=cv2.BORDER_REPLICATE))


@pytest.mark.parametrize(("turn", "shift"), [(0.0, (2.5, -1.5)), (4.0, (0.0, 0.0)), (-3.0, (-2.0, 3.0))])
def test_a_moved_face_goes_back(face: np.ndarray, turn: float, shift: tuple[float, float]) -> None:
    there = cv2.getRotationMatrix2D((SIDE / 2, SIDE / 2), turn, 1.0) + np.array([[0, 0, shift[0]], [0, 0, shift[1]]])
    other = moved(face, there)
    other[SIDE * 2 // 3 :] = 90  # another mouth
    corners = np.array([[20.0, 20, 1], [100, 20, 1], [60, 100, 1]])
    back = corners @ one_after_other(there, laid_on(other, face)).T
    assert np.abs(back - corners[:, :2]).max() < 0.6


def test_nothing_to_go_by() -> None:
    flat = np.full((SIDE, SIDE, 3), 128, np.uint8)
    np.testing.assert_array_equal(laid_on(flat, flat), np.eye(2, 3))


def test_one_after_other_is_the_product() -> None:
    first, second = np.random.default_rng(0).normal(size=(2, 2, 3))
    square = [np.vstack([each, [0, 0, 1]]) for each in (first, second)]
    np.testing.assert_allclose(one_after_other(first, second), (square[1] @ square[0])[:2])
