"""The box of a face from a point on it, for faces that no detector finds: a landmark network tries many sizes."""

import numpy as np

from talkface.errors import InputError
from talkface.face.box import Box, box_iou
from talkface.face.crop import Image
from talkface.face.landmarks import Landmarker, landmarks_box

_SIZES = np.geomspace(0.1, 0.95, 10)  # of the boxes tried about the point, parts of the picture's shorter side
_SAME = 0.5  # IoU from which two boxes are of one face


def box_at(image: Image, point: tuple[float, float], landmarker: Landmarker) -> Box:
    """(4,) float32 box of the face at `point` (x, y) in (H, W, 3) uint8 RGB `image`.

    From boxes of many sizes about the point the landmarker goes to where it sees a face; most of those that start near
    a face end at it, so the box counts that most others agree with. InputError: the point is not in the picture, or no
    box holds it.
    """
    height, width = image.shape[:2]
    if not (0 <= point[0] < width and 0 <= point[1] < height):
        raise InputError("the point is not in the picture", f"faces={list(point)}", f"it is {width}x{height} pixels")
    tried = [_settled(image, point, size, landmarker) for size in _SIZES * min(height, width)]
    ends = [box for box in tried if box is not None]
    if not ends:
        raise InputError("no face at the point", f"faces={list(point)}", "give box=[left,top,right,bottom] in pixels")
    overlap = box_iou(np.stack(ends), np.stack(ends))
    votes = np.where(overlap > _SAME, overlap, 0.0).sum(axis=1)
    return ends[int(votes.argmax())]


def _settled(image: Image, point: tuple[float, float], size: float, landmarker: Landmarker) -> Box | None:
    """Where the landmarker ends that starts with a square of `size` about the point; None if beside the point."""
    middle = np.asarray(point, np.float32)
    box: Box = np.concatenate([middle - size / 2, middle + size / 2]).astype(np.float32)
    for _ in range(2):
        points = landmarker.find(image, box)
        if points is None:
            return None
        box = landmarks_box(points)
    return box if (box[:2] <= middle).all() and (middle <= box[2:]).all() else None
