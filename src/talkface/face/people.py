"""Who is who across scene cuts: a small picture of each face, aligned by its points, compared with those seen before.

No face-recognition network: within one clip skin, hair line and features at 32 x 40 pixels tell people apart. On pairs
of frames of 26 people, 90 % of the pairs of one clip lay within 0.92 of each other, and 99 % of the pairs of two people
further apart than 1.08.
"""

from collections.abc import Sequence, Set

import cv2
import numpy as np
from numpy.typing import NDArray

from talkface.face.align import similarity
from talkface.face.crop import Image, crop_face
from talkface.face.detection import Detection

Appearance = NDArray[np.float32]

_SIZE = (40, 32)  # height, width of the aligned face
_PLACES = np.array([[0.30, 0.38], [0.70, 0.38], [0.50, 0.58], [0.34, 0.76], [0.66, 0.76]])  # of the five points in it
_COARSE = (6, 8)  # width, height of the colour and shade maps
_COLOUR, _SHADE = 3.0, 0.15
_STRANGER = 1.05
"""Distance beyond which a face belongs to nobody seen before."""
_REMEMBERED = 6  # appearances kept of one person


def appearance(image: Image, face: Detection) -> Appearance:
    """(1424,) float32: structure, colour and shade of one face. image: (H, W, 3) uint8 RGB.

    NaN where there is no structure (a plain area): such a face is like nobody.
    """
    small = _aligned(image, face).astype(np.float32)
    gray = small.mean(axis=2)
    fine = cv2.GaussianBlur(gray - cv2.GaussianBlur(gray, (0, 0), 8), (0, 0), 1)
    fine = fine - fine.mean()
    strength = float(np.linalg.norm(fine))
    structure = fine / (strength if strength > 1 else np.nan)
    chroma = small[..., :2] / (small.sum(axis=2, keepdims=True) + 30) - np.float32(1 / 3)
    colour = cv2.resize(chroma, _COARSE, interpolation=cv2.INTER_AREA)
    shade = np.log(cv2.resize(gray, _COARSE, interpolation=cv2.INTER_AREA) + 10)
    parts = (structure, _COLOUR * colour, _SHADE * (shade - shade.mean()))
    return np.concatenate([np.ravel(part) for part in parts]).astype(np.float32)


class People:
    """Numbers the people of a clip in order of appearance. State: a few appearances of each."""

    def __init__(self) -> None:
        self._known: list[list[Appearance]] = []

    def recognise(self, image: Image, faces: Sequence[Detection], taken: Set[int]) -> list[int]:
        """A number for each of `faces`, which appear in `image`: that of the most alike known person, or a new one.

        taken: people who are in the picture already. No number is given twice.
        """
        seen = [appearance(image, face) for face in faces]
        pairs = [
            (min(float(np.linalg.norm(one - other)) for other in known), row, number)
            for row, one in enumerate(seen)
            for number, known in enumerate(self._known)
            if number not in taken
        ]
        found: dict[int, int] = {}
        for _, row, number in sorted(pair for pair in pairs if pair[0] <= _STRANGER):
            if row not in found and number not in found.values():
                found[row] = number
        for row in range(len(seen)):
            if row not in found:
                found[row] = len(self._known)
                self._known.append([])
            self._known[found[row]] = [*self._known[found[row]], seen[row]][-_REMEMBERED:]
        return [found[row] for row in range(len(seen))]


def _aligned(image: Image, face: Detection) -> Image:
    """(40, 32, 3) uint8: the face turned and scaled so that its points lie in fixed places; its box without points."""
    if face.points is None or np.ptp(face.points) == 0:
        return crop_face(image, face.box, _SIZE)
    height, width = _SIZE
    matrix = similarity(face.points.astype(np.float64), _PLACES * [width, height])
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    if scale < 1:  # a large face is blurred first, so that reduction does not alias
        image = cv2.GaussianBlur(image, (0, 0), max(0.1, 0.35 / max(scale, 1e-3)))  # type: ignore[assignment]
    return np.asarray(cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE), np.uint8)
