"""Detectors and landmarkers by name."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from talkface.errors import InputError
from talkface.face.chain import DetectorChain
from talkface.face.detection import FaceDetector
from talkface.face.landmarks import Landmarker, MeshLandmarker

DETECTORS = ("mtcnn", "small", "face-alignment")


def build_detector(name: str, **options: Any) -> FaceDetector:
    """The detector `name`: "mtcnn" (human faces, embedded weights), "small" (drawn and human ones, our weights) or

    "face-alignment" (needs local weights); or several in a chain: each looks where those before it found nothing. A
    threshold may follow each name, as in "small:0.6+mtcnn:0.8". options: those of the detector's class, before what the
    name says; of a chain the first takes them, the others `device` only. InputError: unknown name or option, or
    weights that are not there.
    """
    links = [link.partition(":") for link in name.split("+")]
    if any(one not in DETECTORS for one, _, _ in links):
        known = f"use {', '.join(DETECTORS)}, or a chain such as small:0.6+mtcnn:0.8"
        raise InputError("unknown face detector", name, known)
    shared = {key: value for key, value in options.items() if key == "device"}
    given = [options, *(shared for _ in links[1:])]
    built = [
        _build_one(one, {**_threshold(number), **rest}) for (one, _, number), rest in zip(links, given, strict=True)
    ]
    return built[0] if len(built) == 1 else DetectorChain(built)


def _threshold(number: str) -> dict[str, float]:
    """What stands behind a detector's colon, as an option."""
    if not number:
        return {}
    try:
        return {"threshold": float(number)}
    except ValueError as error:
        raise InputError("not a detector's threshold", number, "write a confidence, as in small:0.6") from error


def _build_one(name: str, options: Mapping[str, Any]) -> FaceDetector:
    try:
        if name == "mtcnn":
            from talkface.face.mtcnn import MtcnnDetector

            return MtcnnDetector(**options)
        if name == "small":
            from talkface.face.small import SmallDetector

            return SmallDetector(**options)
        from talkface.face.reference import ReferenceDetector

        return ReferenceDetector(**options)
    except TypeError as error:
        raise InputError(
            f"detector {name} does not take this", error, "see the options in the documentation"
        ) from error


def build_landmarker(name: str, *, device: str = "cpu", weights: Path | str | None = None) -> Landmarker | None:
    """Source of 68 landmarks: "small" (our network), "mesh" (extra `faces`) or "face-alignment" (local weights).

    None for "five": the detector's own five points are used. weights: of "small" (None: those that ship) or
    "face-alignment" (None: where torch.hub keeps them). InputError: unknown name, a missing extra, weights that are
    missing or of another network.
    """
    if name == "five":
        return None
    if name == "small":
        from talkface.face.small import SmallLandmarker

        return SmallLandmarker(weights, device)
    if name == "mesh":
        return MeshLandmarker()
    if name == "face-alignment":
        from talkface.face.reference import ReferenceLandmarker

        return ReferenceLandmarker(weights, device)
    raise InputError("unknown source of landmarks", name, "use five, small, mesh or face-alignment")
