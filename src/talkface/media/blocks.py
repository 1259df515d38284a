"""Decoding sound as the source has it: blocks of all channels, each sample at its own time."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, groupby
from pathlib import Path

import av.error
import numpy as np
import soxr
from av import AudioFrame
from av.container import InputContainer

from talkface.errors import InputError
from talkface.media.border import translated
from talkface.media.container import check_readable, is_picture, open_container, sound_streams
from talkface.media.downmix import downmix
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
    """Blocks of decoded sound, each beginning exactly where the previous one ended, of one rate and as many channels.

    Sound that changes midway is brought to the first block's rate and channels. See `stream_audio` for what is refused.
    """
    source = check_readable(path)
    if source.is_dir() or is_picture(source):
        raise InputError("no sound in pictures", source, "give a sound or a video with sound")
    held = False
    with open_container(source) as container, translated("the sound cannot be decoded", source, "re-encode it"):
        if not sound_streams(container):
            raise InputError("no audio stream in this file", source, "give a sound, or a video with sound")
        for block in in_one_form(_cut_at(_contiguous(container, source), stated_end(container)), source):
            held = True
            yield block
    if not held:
        raise InputError("the sound holds no samples", source, "give a complete sound")


def stated_end(container: InputContainer) -> Fraction | None:
    """End of the sound in seconds where the container knows it to the sample (MP4, MOV): encoders fill up their
    last frame."""
    stream = sound_streams(container)[0]
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


def in_one_form(blocks: Iterator[Block], path: Path) -> Iterator[Block]:
    """The same sound at the rate and with the channels of its first block; one line is logged if they change."""
    first, reported = next(blocks, None), False
    if first is None:
        return
    form = first.sample_rate, first.channels
    for key, stretch in groupby(chain([first], blocks), lambda block: (block.sample_rate, block.channels)):
        if key == form:
            yield from stretch
            continue
        if not reported:
            text = "%s: the sound changes from %d Hz, %s to %d Hz, %s; all is brought to the first form"
            logger.warning(text, path.name, form[0], "+".join(form[1]), key[0], "+".join(key[1]))
            reported = True
        yield from _brought(stretch, *form)


def _brought(stretch: Iterator[Block], rate: int, channels: tuple[str, ...]) -> Iterator[Block]:
    """Blocks of one form in another."""
    resampler: soxr.ResampleStream | None = None
    start, done = None, 0
    for block in stretch:
        if start is None:
            start = block.start
            if block.sample_rate != rate:
                resampler = soxr.ResampleStream(block.sample_rate, rate, len(channels), dtype="float32")
        samples = block.samples
        if block.channels != channels:
            samples = np.repeat(downmix(samples, block.channels)[None], len(channels), axis=0)
        if resampler is not None:
            samples = resampled(resampler, samples, last=False)
        if samples.shape[1]:
            yield Block(samples, rate, start + Fraction(done, rate), channels)
            done += samples.shape[1]
    if resampler is not None and start is not None:
        rest = resampled(resampler, np.zeros((len(channels), 0), np.float32), last=True)
        yield Block(rest, rate, start + Fraction(done, rate), channels)


def resampled(resampler: soxr.ResampleStream, samples: Samples, *, last: bool = False) -> Samples:
    """(C, N) -> (C, M): the next stretch, which may be empty; `last` fetches what the filter still holds."""
    result = resampler.resample_chunk(np.ascontiguousarray(samples.T), last=last)
    return np.ascontiguousarray(result.reshape(-1, len(samples)).T)


def _contiguous(container: InputContainer, source: Path) -> Iterator[Block]:
    clock, first_rate, changed = None, 0, False
    for frame in _frames(container, source):
        rate = frame.sample_rate
        if not rate:
            continue
        samples = _channels(frame, source)
        first_rate = first_rate or rate
        changed |= rate != first_rate  # then times that a demuxer counts at the first rate are wrong from here on
        stated = None if frame.pts is None or changed else frame.pts * Fraction(frame.time_base or 1)
        begin = clock if clock is not None else stated or Fraction(0)
        samples = _placed(samples, rate, begin, stated)
        clock = begin + Fraction(samples.shape[1], rate)
        if samples.shape[1]:
            yield Block(samples, rate, begin, tuple(channel.name for channel in frame.layout.channels))


def _frames(container: InputContainer, path: Path) -> Iterator[AudioFrame]:
    stream = sound_streams(container)[0]
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
