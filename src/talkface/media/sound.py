"""Sound of any codec and channel layout as mono float32 on the exact clock of the source."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import soxr

from talkface.media.blocks import stream_blocks
from talkface.media.downmix import downmix
from talkface.media.source import Audio, Samples

logger = logging.getLogger(__name__)
_SILENT = 1e-4  # -80 dB of full scale
_CANCELLED = 0.1  # the mean is 20 dB below the channels
_CLIPPED = 0.01  # share of samples at full scale; undamaged speech stays far below


@dataclass(slots=True)
class _Level:
    """Running measure of a sound, for one line of warning at its end."""

    peak: float = 0.0
    channel_energy: float = 0.0
    mono_energy: float = 0.0
    full: int = 0
    samples: int = 0

    def add(self, block: Samples, mono: Samples) -> None:
        """Count a block (C, N) and its mono mix (N,)."""
        size = np.abs(mono)
        self.peak = max(self.peak, float(size.max(initial=0.0)))
        self.full += int((size >= 0.999).sum())
        self.channel_energy += float(np.square(block, dtype=np.float64).mean(axis=0).sum())
        self.mono_energy += float(np.square(mono, dtype=np.float64).sum())
        self.samples += len(mono)

    def report(self, path: Path) -> None:
        """Log what is wrong with the sound, if anything."""
        name = path.name
        if self.peak < _SILENT:
            logger.warning("%s: the sound is silent", name)
        elif self.mono_energy < _CANCELLED**2 * self.channel_energy:
            logger.warning("%s: the channels cancel each other (antiphase): their mean is nearly silent", name)
        if self.full > _CLIPPED * self.samples:
            logger.warning("%s: the sound is clipped (%.1f %% at full scale)", name, 100 * self.full / self.samples)


def decode_audio(path: Path | str, sample_rate: int = 16000) -> Audio:
    """The whole sound of a file as mono at `sample_rate` Hz; see `stream_audio`.

    InputError: missing, empty, not media, no sound in it, no sample in it, values that are no numbers.
    """
    chunks = list(stream_audio(path, sample_rate))
    return Audio(np.concatenate([chunk.samples for chunk in chunks]), sample_rate, chunks[0].start)


def stream_audio(path: Path | str, sample_rate: int | None = 16000) -> Iterator[Audio]:
    """The sound of a file in contiguous chunks of mono samples in [-1, 1]; None keeps the source's rate.

    Gaps are filled with zeros and overlaps cut, so that every sample lies at its own time. Resampling: soxr, as librosa
    does. Codecs overshoot full scale a little: clipped, as in a WAV. Warns at the end when the sound is silent,
    clipped, or silent only because its channels cancel. Same InputErrors as `decode_audio`, raised at the first chunk.
    """
    resampler: soxr.ResampleStream | None = None
    start, done, rate, level = None, 0, sample_rate or 0, _Level()
    for block in stream_blocks(path):
        mono = downmix(block.samples, block.channels)
        level.add(block.samples, mono)
        if start is None:
            start, rate = block.start, sample_rate or block.sample_rate
            if rate != block.sample_rate:
                resampler = soxr.ResampleStream(block.sample_rate, rate, 1, dtype="float32")
        samples = mono if resampler is None else resampler.resample_chunk(mono)
        if len(samples):
            yield Audio(_limited(samples), rate, start + Fraction(done, rate))
            done += len(samples)
    assert start is not None  # `stream_blocks` refuses a sound without samples
    if resampler is not None:
        rest = resampler.resample_chunk(np.zeros(0, np.float32), last=True)
        yield Audio(_limited(rest), rate, start + Fraction(done, rate))
    level.report(Path(path))


def _limited(samples: Samples) -> Samples:
    return np.clip(samples, -1.0, 1.0)


def align_audio(audio: Audio, start: Fraction, seconds: Fraction | None = None) -> Samples:
    """Samples (N,) with sample 0 at time `start`: earlier sound is cut, silence is put before later sound.

    seconds: exact length of the result (zeros after the end, rounded to the nearest sample); None: up to the end of the
    sound.
    """
    offset = round((Fraction(start) - audio.start) * audio.sample_rate)
    samples = audio.samples[offset:] if offset >= 0 else np.concatenate([np.zeros(-offset, np.float32), audio.samples])
    if seconds is None:
        return samples
    count = round(Fraction(seconds) * audio.sample_rate)
    return np.ascontiguousarray(np.pad(samples[:count], (0, max(0, count - len(samples)))), dtype=np.float32)
