"""68 landmarks of every frame: found coarsely once, then followed and refined in a crop that is laid straight."""

import numpy as np
import torch

from talkface.face import Box, Landmarker, box_iou, box_size
from talkface.face.crop import Image
from talkface.face.detection import Points
from talkface.face.landmarks import landmarks_box
from talkface.face.mouth_geometry import FloatArray, cut, framed, lay, transformed, zoomed
from talkface.models.mouth.landmarks import HEIGHT, SCALE, WIDTH, MouthLandmarkNetwork

_MOVED = 4.0  # pixels of the crop by which eyes and nose may miss their places before the network looks again
_UNLIKE = 3.0  # factor by which landmarks may span more or less than the face's box
_SAME_FACE = 0.3  # IoU of the tracker's box and that of the landmarks followed


class MouthLandmarker:
    """Landmarks of one face through a stream. State: the last frame, and where the face was in it."""

    def __init__(self, network: MouthLandmarkNetwork, coarse: Landmarker) -> None:
        """coarse: finds a face's landmarks from its box, where there are none to follow."""
        self._network, self._coarse = network, coarse
        self._last: Points | None = None
        self._image: Image | None = None

    def find(self, image: Image, box: Box) -> Points | None:
        """(68, 2) float32 in pixels of (H, W, 3) uint8 RGB `image` for the face at `box` (4,); None: not found."""
        if self._last is not None and self._image is not None and np.array_equal(image, self._image):
            return self._last  # a still does not tremble
        start, self._image = self._last, image
        if start is None or box_iou(landmarks_box(start)[None], box[None])[0, 0] < _SAME_FACE:
            start = self._coarse.find(image, box)
            if start is None or not _is_face(start, box):
                return None
            start = self._refined(image, start)
        found = self._refined(image, start)
        if _distance(found, start) > _MOVED:
            found = self._refined(image, found)
        self._last = found if _is_face(found, box) else None
        return self._last

    def _refined(self, image: Image, points: Points) -> Points:
        matrix = straight_crop(lay(points))
        crop = torch.from_numpy(cut(image, matrix, (HEIGHT, WIDTH))).permute(2, 0, 1)[None].float() / 255
        device = next(self._network.parameters()).device
        with torch.inference_mode():
            parts = self._network(crop.to(device))[0].cpu().numpy()
        places = parts * np.array([WIDTH, HEIGHT], np.float32) - 0.5
        back = np.linalg.inv(np.vstack([matrix, [0, 0, 1]]))[:2].astype(np.float32)
        return transformed(places, back)


def _is_face(points: Points, box: Box) -> bool:
    """Whether landmarks can be those of the face at `box`: finite, of about its size, and over it."""
    if not np.isfinite(points).all():
        return False
    found = landmarks_box(points)
    ratio = float(box_size(found).max() / max(float(box_size(box).max()), 1e-6))
    return 1 / _UNLIKE < ratio < _UNLIKE and float(box_iou(found[None], box[None])[0, 0]) > 0


def straight_crop(matrix: FloatArray) -> FloatArray:
    """(2, 3) frame → the landmark network's crop, from the map into the mouth's crop."""
    return zoomed(framed(matrix), SCALE)


def _distance(found: Points, start: Points) -> float:
    """How far the laying of two sets of landmarks differs in the crop: mean over its corners, pixels."""
    corners = np.array([[0, 0], [WIDTH, 0], [0, HEIGHT], [WIDTH, HEIGHT]], np.float32)
    before, after = (np.linalg.inv(np.vstack([straight_crop(lay(p)), [0, 0, 1]]))[:2] for p in (start, found))
    scale = float(np.sqrt(abs(np.linalg.det(after[:, :2]))))
    moved = transformed(corners, before.astype(np.float32)) - transformed(corners, after.astype(np.float32))
    return float(np.linalg.norm(moved, axis=1).mean() / max(scale, 1e-6))
