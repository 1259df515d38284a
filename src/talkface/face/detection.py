"""What every face detector gives, and the detectors that need no network."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from talkface.face.box import Box, as_box
from talkface.face.crop import Image

Points = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Detection:
    """One face in one picture.

    box: (4,) float32 pixels, may leave the picture. confidence: [0, 1]. points: (5, 2) float32 (x, y) pixels, in
    picture order: left eye, right eye, nose tip, left and right mouth corner; None where the detector has none.
    """

    box: Box
    confidence: float
    points: Points | None = None

    def moved(self, by: float) -> "Detection":
        """The same face, `by` pixels further right and down."""
        shift = np.float32(by)
        return Detection(self.box + shift, self.confidence, None if self.points is None else self.points + shift)


class FaceDetector(Protocol):
    """Finds faces in pictures; no memory between calls."""

    def detect(self, images: Sequence[Image]) -> list[list[Detection]]:
        """images: (H, W, 3) uint8 RGB of any sizes. One list a picture, largest face first, empty where there is
        none.
        """
        ...


class ManualBox:
    """A detector that sees one face at a given place in every picture."""

    def __init__(self, box: Sequence[float] | Box) -> None:
        """box: (left, top, right, bottom) pixels of the pictures given to `detect`. InputError if it is not a box."""
        self._detection = Detection(box=as_box(box), confidence=1.0)

    def detect(self, images: Sequence[Image]) -> list[list[Detection]]:
        """The given box, once a picture."""
        return [[self._detection] for _ in images]
