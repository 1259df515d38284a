"""S3FD through the face-alignment package: what the original used, where its weights are at hand."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from talkface.errors import InputError
from talkface.face.crop import Image
from talkface.face.detection import Detection

_WEIGHTS = "s3fd-619a316812.pth"


class ReferenceDetector:
    """Boxes as the original saw them; no points. Never downloads."""

    def __init__(self, threshold: float = 0.9, weights: Path | str | None = None, device: str = "cpu") -> None:
        """weights: the S3FD file; None for the place where torch.hub keeps it. InputError when it is not there."""
        import torch

        path = Path(torch.hub.get_dir()) / "checkpoints" / _WEIGHTS if weights is None else Path(weights)
        if not path.is_file():
            raise InputError("no weights for the face-alignment detector", path, "put S3FD's file there, or use mtcnn")
        from face_alignment.detection.sfd.sfd_detector import SFDDetector

        self._threshold = threshold
        self._network = SFDDetector(device, path_to_detector=str(path))

    def detect(self, images: Sequence[Image]) -> list[list[Detection]]:
        """images: (H, W, 3) uint8 RGB. Largest face first."""
        return [self._detect_one(image) for image in images]

    def _detect_one(self, image: Image) -> list[Detection]:
        rows = [np.asarray(row, dtype=np.float32) for row in self._network.detect_from_image(image)]
        found = [Detection(box=row[:4], confidence=float(row[4])) for row in rows if row[4] >= self._threshold]
        return sorted(found, key=lambda face: -float((face.box[2:] - face.box[:2]).prod()))
