"""Decoding sound as the source has it: blocks of all channels, each sample at its own time."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av.error
import numpy as np
from av import AudioFrame
from av.container import InputContainer

from talkface.errors import InputError
from talkface.media.container import check_readable, is_picture, open_container
from talkface.media.source import Samples

logger = logging.getLogger(__name__)
_TOLERANCE = Fraction(1, 100)  # containers round times (1 ms in Matroska); a real gap or overlap is longer
_LONGEST_GAP = Fraction(600)  # a longer one is a damaged time, not silence


@dataclass(frozen=True, slots=True)
class Block:
    """Sound of all channels as the source has it. samples: (C, N) float32; channels: their names ("FL", "FC", …)."""

    samples: Samples
    sample_rate: int
    start: Fraction
    channels: tuple[str, ...]


def stream_blocks(path: Path | str) -> Iterator[Block]:
    """Blocks of decoded sound, each beginning exactly where the previous one ended.

    See `stream_audio` for what is refused.
    """
    source = check_readable(path)
    if source.is_dir() or is_picture(source):
        raise InputError("no sound in pictures", source, "give a sound or a video with sound")
    with open_container(source) as container:
        if not container.streams.audio:
            raise InputError("no audio stream in this file", source, "give a sound, or a video with sound")
        yield from _cut_at(_contiguous(container, source), stated_end(container))


def stated_end(container: InputContainer) -> Fraction | None:
    """End of the sound in seconds where the container knows it to the sample (MP4, MOV): encoders fill up their
    last frame."""
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
        logger.warning("%s: %d damaged packets of sound left out", path.name, damaged)


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
