"""Plain WAV output: mono PCM16, by the standard library alone."""

import wave
from pathlib import Path

import numpy as np

from talkface.errors import InputError
from talkface.media.atomic import atomic_path
from talkface.media.source import Samples


def to_pcm16(samples: Samples) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    """Samples (N,) float32 in [-1, 1] to (N,) int16: times 32768, rounded, clipped (as libsndfile does)."""
    return np.clip(np.rint(np.asarray(samples, dtype=np.float64) * 32768.0), -32768, 32767).astype(np.int16)


def write_wav(path: Path | str, samples: Samples, sample_rate: int) -> None:
    """Write mono samples (N,) in [-1, 1] as a 16-bit WAV, atomically. InputError: a value that is no finite number."""
    if not np.isfinite(samples).all():
        raise InputError("the sound holds values that are no numbers", path, "repair the sound")
    with atomic_path(path) as temporary, temporary.open("wb") as stream, wave.open(stream, "wb") as sink:
        sink.setnchannels(1)
        sink.setsampwidth(2)
        sink.setframerate(sample_rate)
        sink.writeframes(to_pcm16(samples).astype("<i2").tobytes())
