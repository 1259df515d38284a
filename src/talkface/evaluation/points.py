"""Five points of each crop, found by a detector of the face room."""

import numpy as np

from talkface.evaluation.clips import ByteArray, FloatArray
from talkface.evaluation.systems import FindPoints
from talkface.face import build_detector
from talkface.face.crop import crop_face

ENLARGED = 2
"""Crops are enlarged this many times before detection: the detector wants faces of 48 pixels and more, with room."""


def point_finder(detector: str, device: str) -> FindPoints:
    """A function that finds (n, 5, 2) points in (n, H, W, 3) uint8 crops, in crop pixels; NaN where there is no face.

    The largest face counts. InputError when the detector cannot be built.
    """
    found_by = build_detector(detector, device=device)

    def find(crops: ByteArray) -> FloatArray:
        height, width = crops.shape[1:3]
        whole = np.array([0, 0, width, height], np.float32)
        enlarged = [crop_face(crop, whole, (height * ENLARGED, width * ENLARGED)) for crop in crops]
        points = np.full((len(crops), 5, 2), np.nan, np.float32)
        for index, detections in enumerate(found_by.detect(enlarged)):
            if detections and detections[0].points is not None:
                points[index] = detections[0].points / ENLARGED
        return points

    return find
