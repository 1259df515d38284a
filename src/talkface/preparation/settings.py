"""Everything that determines the bytes of a prepared clip, and the guard against mixing two settings in one corpus."""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from talkface.audio.mel import WAV2LIP
from talkface.corpus import FORMAT_VERSION
from talkface.errors import InputError
from talkface.timeline import TRAINING_FPS

FPS = TRAINING_FPS
SAMPLE_RATE = WAV2LIP.sample_rate


@dataclass(frozen=True)
class PreparationSettings:
    """How a source becomes clips.

    detector: name of a face detector; detector_options: its options as (name, value) pairs. every: frames between two
    detections. faces: `largest` or `all`. minimum_frames: shorter sources are failures. minimum_segment: shorter
    stretches with a face are left out (a source that is shorter still counts whole). crop_margin: kept around the union
    of the boxes, as a fraction of the box. longest_side: of video.mp4, pixels; nothing is enlarged. crf, gop, preset:
    of its H.264.
    """

    detector: str = "mtcnn"
    detector_options: tuple[tuple[str, Any], ...] = ()
    every: int = 5
    faces: str = "largest"
    minimum_frames: int = 5
    minimum_segment: int = 15
    crop_margin: float = 0.5
    longest_side: int = 256
    crf: int = 16
    gop: int = 12
    preset: str = "medium"

    def __post_init__(self) -> None:
        if self.faces not in ("largest", "all"):
            raise InputError(f"faces={self.faces}", "configuration", "choose largest or all")
        lengths = (self.minimum_frames, self.minimum_segment, self.every, self.gop)
        if min(lengths) < 1 or self.longest_side < 32 or self.crop_margin < 0:
            raise InputError("a length, size or margin is too small", self.describe(), "see configs/preprocess.yaml")

    def describe(self) -> dict[str, Any]:
        """All settings as plain values, with what the format itself fixes."""
        return {
            **asdict(self),
            "detector_options": dict(self.detector_options),
            "format_version": FORMAT_VERSION,
            "fps": str(FPS),
            "sample_rate": SAMPLE_RATE,
            "mel": WAV2LIP.hash,
        }

    @property
    def hash(self) -> str:
        """Short name of these settings."""
        return hashlib.sha256(json.dumps(self.describe(), sort_keys=True).encode()).hexdigest()[:16]


def differences(found: dict[str, Any], wanted: dict[str, Any]) -> list[str]:
    """One ``key: found, now wanted`` for each setting that differs."""
    keys = sorted(found.keys() | wanted.keys())
    return [f"{key}: {found.get(key)}, now {wanted.get(key)}" for key in keys if found.get(key) != wanted.get(key)]
