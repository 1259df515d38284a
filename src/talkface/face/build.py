"""Detectors and landmarkers by name."""

from pathlib import Path
from typing import Any

from talkface.errors import InputError
from talkface.face.detection import FaceDetector
from talkface.face.landmarks import Landmarker, MeshLandmarker


def build_detector(name: str, **options: Any) -> FaceDetector:
    """The detector `name`: "mtcnn" (default, embedded weights) or "face-alignment" (needs local weights).

    options: those of the detector's class. InputError: unknown name or option, or weights that are not there.
    """
    if name not in {"mtcnn", "face-alignment"}:
        raise InputError("unknown face detector", name, "use mtcnn or face-alignment")
    try:
        if name == "mtcnn":
            from talkface.face.mtcnn import MtcnnDetector

            return MtcnnDetector(**options)
        from talkface.face.reference import ReferenceDetector

        return ReferenceDetector(**options)
    except TypeError as error:
        raise InputError(
            f"detector {name} does not take this", error, "see the options in the documentation"
        ) from error


def build_landmarker(name: str, *, device: str = "cpu", weights: Path | str | None = None) -> Landmarker | None:
    """Source of 68 landmarks: "mesh" (extra `faces`) or "face-alignment" (local weights); None for "five".

    "five": the detector's own five points are used. weights: the file of "face-alignment"; None: where torch.hub keeps
    it. InputError: unknown name, a missing extra, weights that are missing or of another network.
    """
    if name == "five":
        return None
    if name == "mesh":
        return MeshLandmarker()
    if name == "face-alignment":
        from talkface.face.reference import ReferenceLandmarker

        return ReferenceLandmarker(weights, device)
    raise InputError("unknown source of landmarks", name, "use five, mesh or face-alignment")
