"""Laying one face crop on another of the same clip by what is above the mouth."""

import cv2
import numpy as np
import numpy.typing as npt

Pictures = npt.NDArray[np.uint8]
Matrix = npt.NDArray[np.float64]
_STOP = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 15, 1e-3)


def laid_on(picture: Pictures, target: Pictures) -> Matrix:
    """(2, 3) turn and shift that takes pixels of `picture` to where `target` has them; unmoved where none is found.

    Both (S, S, 3) uint8 RGB. Only the upper halves are compared, so that the mouth has no say. Source: the enhanced
    correlation coefficient of Evangelidis & Psarakis 2008, as OpenCV has it.
    """
    wanted, given = (cv2.cvtColor(each[: len(each) // 2], cv2.COLOR_RGB2GRAY) for each in (target, picture))
    start = np.eye(2, 3, dtype=np.float32)
    try:
        _, found = cv2.findTransformECC(wanted, given, start, cv2.MOTION_EUCLIDEAN, _STOP)
    except cv2.error:  # no overlap, or flat pictures
        return np.eye(2, 3)
    return np.asarray(cv2.invertAffineTransform(found), np.float64)


def one_after_other(first: Matrix, second: Matrix) -> Matrix:
    """(2, 3) of two such matrices, `first` applied first."""
    return second[:, :2] @ first + np.pad(second[:, 2:], ((0, 0), (2, 0)))
