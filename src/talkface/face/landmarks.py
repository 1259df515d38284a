"""Places in a face: the mouth from five points, and 68 landmarks by MediaPipe where its extra is installed."""

from typing import Any, Protocol, runtime_checkable

import numpy as np

from talkface.errors import InputError
from talkface.face.box import Box, box_center, box_size
from talkface.face.crop import Image, crop_face
from talkface.face.detection import Points

_MESH_SIDE = 256
_MESH_MARGIN = 2.0
MESH_TO_68 = (
    *(162, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 389),  # jaw
    *(71, 63, 105, 66, 107, 336, 296, 334, 293, 301),  # brows
    *(168, 197, 5, 4, 75, 97, 2, 326, 305),  # nose
    *(33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380),  # eyes
    *(61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181),  # outer lips
    *(78, 82, 13, 312, 308, 317, 14, 87),  # inner lips
)
"""FaceMesh's 468 points in iBUG's order of 68. Source: chosen by overlay on real and drawn faces (spec,
dependencies).
"""


_FOREHEAD = 0.32
"""A face's box reaches this part of its landmarks' height above the brows: to the middle of the forehead."""

_AROUND = 1.3
"""Side of the square that a landmark network sees, over the longer side of the box."""


class Landmarker(Protocol):
    """Finds the 68 landmarks of a face whose box is known. name: what they are found by, for caches."""

    name: str

    def find(self, image: Image, box: Box) -> Points | None:
        """(68, 2) float32 in pixels of (H, W, 3) uint8 RGB `image` for the face at `box` (4,); None: not found."""
        ...

    def close(self) -> None:
        """Frees what it holds."""
        ...


@runtime_checkable
class DeepLandmarker(Landmarker, Protocol):
    """One that also gives depth."""

    def find_deep(self, image: Image, box: Box) -> Points | None:
        """As `find`, (68, 3): z in pixels of the image too, away from the camera, about the middle of the head."""
        ...


def mouth_box(points: Points) -> Box:
    """A box around the mouth with room for an open jaw, from five points (5, 2) as in `Detection`: (4,) pixels.

    Its size follows the larger of the mouth's width and the distance from eyes to mouth, so it does not collapse in
    profile.
    """
    corners = points[3:5]
    middle = corners.mean(axis=0)
    width = float(np.linalg.norm(corners[1] - corners[0]))
    height = float(np.linalg.norm(middle - points[:2].mean(axis=0)))
    side = max(width, 0.8 * height)
    reach = np.array([0.8, 0.55, 0.8, 0.75], dtype=np.float32) * np.array([-side, -side, side, side], dtype=np.float32)
    return np.asarray(np.tile(middle, 2) + reach, dtype=np.float32)


def landmarks_box(points: Points) -> Box:
    """(4,) box of a face from its 68 landmarks: from the middle of the forehead to the chin, ear to ear."""
    low, high = points.min(axis=0), points.max(axis=0)
    top = low[1] - _FOREHEAD * (high[1] - low[1])
    return np.array([low[0], top, high[0], high[1]], np.float32)


def landmark_square(box: Box) -> Box:
    """(4,) the square about the middle of a face's box that a landmark network sees."""
    half, middle = _AROUND * float(box_size(box).max()) / 2, box_center(box)
    return np.concatenate([middle - half, middle + half]).astype(np.float32)


def five_of_68(landmarks: Points) -> Points:
    """(..., 68, 2) iBUG → (..., 5, 2) as in `Detection`: middles of the eyes, tip of the nose, corners of the mouth."""
    eyes = [landmarks[..., first : first + 6, :].mean(axis=-2) for first in (36, 42)]
    return np.stack([*eyes, landmarks[..., 30, :], landmarks[..., 48, :], landmarks[..., 54, :]], axis=-2)


class MeshLandmarker:
    """68 landmarks by MediaPipe FaceMesh (extra `faces`). Not to be shared by threads or sent to other processes;
    close it.
    """

    name = "mesh"

    def __init__(self, *, refined: bool = False) -> None:
        """refined: with the larger network that looks at lips and eyes again. InputError: no mediapipe installed."""
        self._mesh = _build_mesh(refined=refined)

    def find(self, image: Image, box: Box) -> Points | None:
        """Landmarks (68, 2) float32 in pixels of (H, W, 3) uint8 `image` for the face at `box`; None where the mesh
        finds none.
        """
        found = self.find_deep(image, box)
        return None if found is None else found[:, :2]

    def find_deep(self, image: Image, box: Box) -> Points | None:
        """As `find`, (68, 3) with depth in pixels of the image."""
        half = _MESH_MARGIN * float(box_size(box).max()) / 2
        center = box_center(box)
        square = np.concatenate([center - half, center + half]).astype(np.float32)
        found = self._mesh.process(np.ascontiguousarray(crop_face(image, square, (_MESH_SIDE, _MESH_SIDE))))
        if not found.multi_face_landmarks:
            return None
        marks = found.multi_face_landmarks[0].landmark
        share = np.array([(marks[i].x, marks[i].y, marks[i].z) for i in MESH_TO_68], dtype=np.float32)
        return np.asarray(share * (2 * half) + [*square[:2], 0], np.float32)  # z is in units of x

    def close(self) -> None:
        """Frees the graph."""
        self._mesh.close()


def _build_mesh(*, refined: bool) -> Any:
    try:
        from mediapipe.python.solutions import face_mesh
    except ImportError as error:
        raise InputError(
            "68 landmarks need mediapipe", "MeshLandmarker", "install the extra: talkface[faces]"
        ) from error
    return face_mesh.FaceMesh(
        static_image_mode=True, max_num_faces=1, refine_landmarks=refined, min_detection_confidence=0.3
    )
