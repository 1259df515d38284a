"""Detectors by name."""

from typing import Any

from talkface.errors import InputError
from talkface.face.detection import FaceDetector


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
