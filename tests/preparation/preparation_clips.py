"""Clips for the tests of preparation, made of one photograph and a drawn sound; digests of folders."""

import hashlib
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np

from talkface.media import Audio, VideoWriter

FRAME = 176  # pixels; the face is about 100 high and stays inside


def pan(photograph: np.ndarray, count: int, *, step: float = 1.0) -> list[np.ndarray]:
    """`count` square pictures that move over the face of `photograph` from left to right."""
    lefts = [125 + round(step * index) for index in range(count)]
    return [np.ascontiguousarray(photograph[36 : 36 + FRAME, left : left + FRAME]) for left in lefts]


def hum(seconds: float, level: float = 0.2) -> np.ndarray:
    """(N,) float32 syllables of a low voice at 16 kHz."""
    time = np.arange(round(seconds * 16000)) / 16000
    voice = np.sin(2 * np.pi * 130 * time) + 0.5 * np.sin(2 * np.pi * 910 * time)
    return (level * voice * np.clip(np.sin(2 * np.pi * 4 * time), 0, None)).astype(np.float32)


def write_clip(
    path: Path,
    frames: Sequence[np.ndarray],
    sound: np.ndarray | None,
    *,
    fps: Fraction = Fraction(25),
    start: Fraction = Fraction(0),
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    audio = None if sound is None else Audio(sound, 16000, Fraction(0))
    height, width = frames[0].shape[:2]
    with VideoWriter(path, width=width, height=height, fps=fps, audio=audio, crf=12) as writer:
        for index, frame in enumerate(frames):
            writer.write(frame, start + index / fps)


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below `folder`, by its path."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
