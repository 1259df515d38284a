"""Points of each crop: five by a detector of the face room, 68 by its mesh."""

import numpy as np

from talkface.evaluation.clips import ByteArray, FloatArray
from talkface.evaluation.tools import FindPoints
from talkface.face import build_detector, build_landmarker
from talkface.face.crop import crop_face

ENLARGED = 2
"""Crops are enlarged this many times before detection: the detector wants faces of 48 pixels and more, with room."""
_FACE = np.array([0.1, 0.1, 0.9, 0.9], np.float32)
"""Where the face is in a crop, roughly, as shares of its side."""


def point_finder(detector: str, device: str) -> FindPoints:
    """A function that finds (n, 5, 2) points in (n, H, W, 3) uint8 crops, in crop pixels; NaN where there is no face.

    The largest face counts. InputError when the detector cannot be built.
    """
    found_by = build_detector(detector, device=device)

    def find(crops: ByteArray) -> FloatArray:
        points = np.full((len(crops), 5, 2), np.nan, np.float32)
        for index, detections in enumerate(found_by.detect([enlarge(crop) for crop in crops])):
            if detections and detections[0].points is not None:
                points[index] = detections[0].points / ENLARGED
        return points

    return find


def mesh_finder() -> FindPoints:
    """A function that finds (n, 68, 2) points in (n, H, W, 3) uint8 crops, in crop pixels; NaN where there is no face.

    InputError when the extra is not installed.
    """
    landmarker = build_landmarker("mesh")
    assert landmarker is not None

    def find(crops: ByteArray) -> FloatArray:
        points = np.full((len(crops), 68, 2), np.nan, np.float32)
        for index, crop in enumerate(crops):
            large = enlarge(crop)
            found = landmarker.find(large, _FACE * np.float32(large.shape[0]))
            if found is not None:
                points[index] = found / ENLARGED
        return points

    return find


def enlarge(crop: ByteArray) -> ByteArray:
    """The crop in `ENLARGED` times its size."""
    height, width = crop.shape[:2]
    whole = np.array([0, 0, width, height], np.float32)
    return crop_face(crop, whole, (height * ENLARGED, width * ENLARGED))
