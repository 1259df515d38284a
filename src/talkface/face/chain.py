"""Several detectors one after another: each looks at the pictures in which those before it found nothing."""

from collections.abc import Sequence

from talkface.face.crop import Image
from talkface.face.detection import Detection, FaceDetector


class DetectorChain:
    """The detectors in order; the first that finds a face in a picture has the say about it."""

    def __init__(self, detectors: Sequence[FaceDetector]) -> None:
        """detectors: at least one."""
        self._detectors = tuple(detectors)

    def detect(self, images: Sequence[Image]) -> list[list[Detection]]:
        """As `FaceDetector.detect`."""
        found: list[list[Detection]] = [[] for _ in images]
        for detector in self._detectors:
            missed = [index for index, faces in enumerate(found) if not faces]
            if missed:
                looks = detector.detect([images[index] for index in missed])
                for index, faces in zip(missed, looks, strict=True):
                    found[index] = faces
        return found
