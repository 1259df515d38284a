"""Decoding sound: any codec and channel layout to mono float32 on the exact clock of the source."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import cast

import av.error
import numpy as np
import soxr
from av import AudioFrame
from av.container import InputContainer

from talkface.errors import InputError
from talkface.media.container import check_readable, is_picture, open_container
from talkface.media.source import Audio, Samples

logger = logging.getLogger(__name__)
_TOLERANCE = Fraction(1, 100)  # containers round times (1 ms in Matroska); a real gap or overlap is longer
_LONGEST_GAP = Fraction(600)  # a longer one is a damaged time, not silence
_SILENT = 1e-4  # -80 dB of full scale
_SURROUND = {"FL": 0.7071, "FR": 0.7071, "FC": 1.0, "LFE": 0.0}  # ITU-R BS.775; every other channel 0.5


@dataclass(frozen=True, slots=True)
class Block:
    """Sound of all channels as the source has it. samples: (C, N) float32; channels: their names ("FL", "FC", …)."""

    samples: Samples
    sample_rate: int
    start: Fraction
    channels: tuple[str, ...]


def decode_audio(path: Path | str, sample_rate: int = 16000) -> Audio:
    """The whole sound of a file as mono at `sample_rate` Hz.

    Warns when it is silent, clipped, or silent only by the mean.

    InputError: missing, empty, not media, no sound in it, no sample in it, values that are no numbers.
    """
    chunks = list(stream_audio(path, sample_rate))
    samples = np.concatenate([chunk.samples for chunk in chunks])
    if float(np.abs(samples).max(initial=0.0)) < _SILENT:
        logger.warning("%s: the sound is silent", ascii(Path(path).name))
    return Audio(samples, sample_rate, chunks[0].start)


def stream_audio(path: Path | str, sample_rate: int | None = 16000) -> Iterator[Audio]:
    """The sound of a file in contiguous chunks of mono samples; None keeps the source's rate.

    Same checks as `decode_audio`.

    Gaps are filled with zeros and overlaps cut, so that every sample lies at its own time. Resampling: soxr, as librosa
    does.
    """
    resampler: soxr.ResampleStream | None = None
    start, done, loudest, rate = None, 0, 0.0, sample_rate or 0
    for block in stream_blocks(path):
        loudest = max(loudest, float(np.abs(block.samples).max(initial=0.0)))
        mono = downmix(block.samples, block.channels)
        if start is None:
            start, rate = block.start, sample_rate or block.sample_rate
            if rate != block.sample_rate:
                resampler = soxr.ResampleStream(block.sample_rate, rate, 1, dtype="float32")
        samples = mono if resampler is None else resampler.resample_chunk(mono)
        if len(samples):
            yield Audio(samples, rate, start + Fraction(done, rate))
            done += len(samples)
    if start is None:
        raise InputError("the sound holds no samples", path, "give a complete sound")
    if resampler is not None:
        rest = resampler.resample_chunk(np.zeros(0, np.float32), last=True)
        yield Audio(rest, rate, start + Fraction(done, rate))
    logger.debug("%s: loudest sample %.4f", ascii(Path(path).name), loudest)


def downmix(samples: Samples, channels: tuple[str, ...]) -> Samples:
    """(C, N) -> (N,) mono. One or two channels: their mean.

    More: centre 1, left and right 0.707, others 0.5, LFE 0, over the sum.
    """
    if len(samples) == 1:
        return cast(Samples, samples[0])
    if len(samples) == 2:
        return np.asarray(samples.mean(axis=0), dtype=np.float32)
    weights = np.array([_SURROUND.get(name, 0.5) for name in channels], dtype=np.float32)
    return np.asarray(weights / weights.sum() @ samples, dtype=np.float32)


def stream_blocks(path: Path | str) -> Iterator[Block]:
    """Blocks of decoded sound, each beginning exactly where the previous one ended.

    See `stream_audio` for what is refused.
    """
    source = check_readable(path)
    if source.is_dir() or is_picture(source):
        raise InputError("no sound in a picture", source, "give a sound or a video with sound")
    with open_container(source) as container:
        if not container.streams.audio:
            raise InputError("no audio stream in this file", source, "give a sound, or a video with sound")
        yield from _cut_at(_contiguous(container, source), stated_end(container))


def stated_end(container: InputContainer) -> Fraction | None:
    """End of the sound in seconds where the container knows it to the sample (MP4, MOV): encoders fill their last frame."""
    stream = container.streams.audio[0]
    if "mp4" not in container.format.name.split(",") or not stream.duration or stream.start_time is None:
        return None
    return (stream.start_time + stream.duration) * Fraction(stream.time_base or 0)


def _cut_at(blocks: Iterator[Block], end: Fraction | None) -> Iterator[Block]:
    """The same blocks, the last one cut at `end` if that lies in it: a header that is wrong by more changes nothing."""
    held: Block | None = None
    for block in blocks:
        if held is not None:
            yield held
        held = block
    if held is None:
        return
    keep = held.samples.shape[1] if end is None else round((end - held.start) * held.sample_rate)
    if 0 < keep < held.samples.shape[1]:
        held = Block(held.samples[:, :keep], held.sample_rate, held.start, held.channels)
    yield held


def _contiguous(container: InputContainer, source: Path) -> Iterator[Block]:
    rate, clock = 0, None
    for frame in _frames(container, source):
        if not rate:
            rate = frame.sample_rate
        if frame.sample_rate != rate:
            raise InputError("the sample rate changes within the sound", source, "re-encode the sound at one rate")
        samples = _channels(frame, source)
        stated = None if frame.pts is None else frame.pts * Fraction(frame.time_base or 1)
        begin = clock if clock is not None else stated or Fraction(0)
        samples = _placed(samples, rate, begin, stated)
        clock = begin + Fraction(samples.shape[1], rate)
        if samples.shape[1]:
            yield Block(samples, rate, begin, tuple(channel.name for channel in frame.layout.channels))


def _frames(container: InputContainer, path: Path) -> Iterator[AudioFrame]:
    stream = container.streams.audio[0]
    damaged = 0
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
            if packet is None:
                break
            frames = packet.decode()
        except av.error.FFmpegError:
            damaged += 1
            if damaged > 1000:
                break
            continue
        yield from frames
    if damaged:
        logger.warning("%s: %d damaged packets of sound left out", ascii(path.name), damaged)


def _channels(frame: AudioFrame, path: Path) -> Samples:
    """(C, N) float32 in [-1, 1] out of any sample format. InputError: values that are no finite numbers."""
    values = frame.to_ndarray()
    if not frame.format.is_planar:
        values = values.reshape(-1, len(frame.layout.channels)).T
    if np.issubdtype(values.dtype, np.floating):
        if not np.isfinite(values).all():
            raise InputError("the sound holds values that are no numbers", path, "repair or re-export the sound")
        return values.astype(np.float32)
    if values.dtype == np.uint8:
        return (values.astype(np.float32) - 128.0) / 128.0
    return (values / 2.0 ** (8 * values.dtype.itemsize - 1)).astype(np.float32)


def _placed(samples: Samples, rate: int, begin: Fraction, stated: Fraction | None) -> Samples:
    """Samples so that they continue at `begin`: a gap before the stated time becomes zeros, an overlap is cut."""
    if stated is None or abs(stated - begin) <= _TOLERANCE or abs(stated - begin) > _LONGEST_GAP:
        return samples
    gap = round((stated - begin) * rate)
    if gap < 0:
        return samples[:, -gap:]
    return np.concatenate([np.zeros((len(samples), gap), np.float32), samples], axis=1)


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
