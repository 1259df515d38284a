"""The sound track of an output: given sound, encoded in step with the picture, each sample at its own time."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import cast

import numpy as np
import soxr
from av import AudioFrame
from av.audio.stream import AudioStream
from av.container import OutputContainer

from talkface.media.blocks import Block, resampled, stream_blocks
from talkface.media.downmix import downmix
from talkface.media.formats import Format
from talkface.media.mix import stream_mix
from talkface.media.source import Audio, Samples

_CHUNK = 8192  # samples handed to the encoder at a time
_AHEAD = Fraction(1, 2)  # seconds the sound is written ahead of the picture


def audio_blocks(audio: Audio) -> Iterator[Block]:
    """An Audio in blocks.

    ValueError: values that are no finite numbers (a defect of the caller, files are checked on reading).
    """
    if not np.isfinite(audio.samples).all():
        raise ValueError("audio samples must be finite")
    for offset in range(0, max(1, len(audio.samples)), _CHUNK):
        samples = np.asarray(audio.samples[offset : offset + _CHUNK], dtype=np.float32)
        yield Block(samples[None], audio.sample_rate, audio.start + Fraction(offset, audio.sample_rate), ("FC",))


def file_blocks(path: Path) -> Iterator[Block]:
    """Sound of a file: mono and stereo as they are, more channels mixed to mono. InputError as `stream_blocks`."""
    for block in stream_blocks(path):
        if len(block.samples) <= 2:
            yield block
        else:
            yield Block(downmix(block.samples, block.channels)[None], block.sample_rate, block.start, ("FC",))


def mixed_blocks(paths: Sequence[Path]) -> Iterator[Block]:
    """The sum of several files, mono. InputError as `stream_mix`."""
    for chunk in stream_mix(paths):
        yield Block(chunk.samples[None], chunk.sample_rate, chunk.start, ("FC",))


def first_seconds(blocks: Iterator[Block], seconds: Fraction) -> Iterator[Block]:
    """The blocks up to `seconds` after the first sample, rounded to whole samples."""
    left: int | None = None
    for block in blocks:
        left = round(seconds * block.sample_rate) if left is None else left
        yield Block(block.samples[:, :left], block.sample_rate, block.start, block.channels)
        left = max(0, left - block.samples.shape[1])
        if not left:
            return


class SoundTrack:
    """Feeds blocks into one audio stream of a container. State: the position in the sound."""

    def __init__(self, container: OutputContainer, form: Format, blocks: Iterator[Block]) -> None:
        """Takes the first block, to know rate, channels and start. `form.audio_codec` must not be None."""
        self._container, self._blocks = container, blocks
        first = next(blocks)
        self.start = first.start
        self._pending: Samples | None = first.samples
        self._rate = encoder_rate(first.sample_rate, form.audio_rates)
        count = len(first.samples)
        self._resampler = None
        if self._rate != first.sample_rate:
            self._resampler = soxr.ResampleStream(first.sample_rate, self._rate, count, dtype="float32")
        self._layout = "stereo" if count == 2 else "mono"
        self._stream = cast(
            AudioStream, container.add_stream(str(form.audio_codec), rate=self._rate, layout=self._layout)
        )
        if form.audio_codec != "pcm_s16le":
            self._stream.bit_rate = min(128_000, 5 * self._rate) * count
        self._position = 0  # pts of the next sample
        self._done = False

    def begin(self, origin: Fraction, shift: Fraction) -> None:
        """Fix the clock: silence from `origin` (the first frame) to the first sample; `shift` is added to all times."""
        silence = max(0, round((self.start - origin) * self._rate))
        self._position = round((self.start + shift) * self._rate) - silence
        channels = 2 if self._layout == "stereo" else 1
        for offset in range(0, silence, _CHUNK):
            self._encode(np.zeros((channels, min(_CHUNK, silence - offset)), np.float32))

    def write_until(self, time: Fraction | None) -> None:
        """Encode the sound up to a little after `time`, or all that is left (None)."""
        while not self._done and (time is None or Fraction(self._position, self._rate) < time + _AHEAD):
            samples = self._next()
            if samples is not None:
                self._encode(samples)

    def close(self) -> None:
        """Encode what is left and flush the encoder."""
        self.write_until(None)
        self._container.mux(self._stream.encode(None))

    def _next(self) -> Samples | None:
        samples, self._pending = self._pending, None
        if samples is None:
            block = next(self._blocks, None)
            self._done = block is None
            samples = None if block is None else block.samples
        if self._resampler is None:
            return samples
        channels = 2 if self._layout == "stereo" else 1
        rest = np.zeros((channels, 0), np.float32)
        return resampled(self._resampler, rest if samples is None else samples, last=samples is None)

    def _encode(self, samples: Samples) -> None:
        if not samples.shape[1]:
            return
        frame = AudioFrame.from_ndarray(
            np.ascontiguousarray(np.clip(samples, -1.0, 1.0)), format="fltp", layout=self._layout
        )
        frame.sample_rate, frame.pts, frame.time_base = self._rate, self._position, Fraction(1, self._rate)
        self._container.mux(self._stream.encode(frame))
        self._position += samples.shape[1]


def encoder_rate(rate: int, known: tuple[int, ...]) -> int:
    """The sample rate to encode at: the given one where the codec takes it, else the next higher or the highest."""
    if not known or rate in known:
        return rate
    return min((candidate for candidate in known if candidate > rate), default=known[-1])


__all__ = ["SoundTrack", "audio_blocks", "encoder_rate", "file_blocks", "first_seconds", "mixed_blocks"]
