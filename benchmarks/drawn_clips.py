"""Drawn talking clips as input of the benchmarks."""

from fractions import Fraction
from pathlib import Path

import numpy as np

from talkface.drawn import drawn_clip, speech
from talkface.media import Audio, VideoWriter


def looped_speech(seconds: float) -> tuple[np.ndarray, int]:
    """The shipped synthetic speech, repeated to a length. Returns (N,) float32 in [-1, 1] and its rate."""
    samples, rate = speech()
    return np.resize(samples, round(seconds * rate)).astype(np.float32), rate


def write_clip(path: Path, *, seed: int, seconds: float, size: int = 224, fps: int = 25) -> Path:
    """One character talking with sound, `size` x `size` pixels."""
    samples, rate = looped_speech(seconds)
    samples = np.roll(samples, seed * rate // 3)  # every clip says something else
    path.parent.mkdir(parents=True, exist_ok=True)
    audio = Audio(samples, rate, Fraction(0))
    with VideoWriter(path, width=size, height=size, fps=Fraction(fps), audio=audio) as writer:
        for image, _ in drawn_clip(seed, samples, Fraction(fps), size):
            writer.write(image)
    return path


def write_clips(folder: Path, *, count: int, seconds: float) -> list[Path]:
    """`count` clips of different characters."""
    return [write_clip(folder / f"speaker{seed:02d}" / "clip.mp4", seed=seed, seconds=seconds) for seed in range(count)]
