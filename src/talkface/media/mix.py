"""Several sounds as one: summed sample by sample from their first samples on, as a stream."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np

from talkface.media.probing import probe
from talkface.media.sound import stream_audio
from talkface.media.source import Audio


def stream_mix(paths: Sequence[Path | str], sample_rate: int | None = None) -> Iterator[Audio]:
    """Contiguous chunks of the sum of all sounds, mono, as long as the longest; clipped to [-1, 1].

    The first samples of all files meet, whatever times their containers state; the result keeps the time of the first
    file. sample_rate: Hz; None: the highest of the files. Holds a chunk of each. InputError as `stream_audio`.
    """
    rate = sample_rate or max(probe(path).sample_rate or 0 for path in paths) or None
    streams = [stream_audio(path, rate) for path in paths]
    heads = [next(stream) for stream in streams]
    rate, clock = heads[0].sample_rate, heads[0].start
    waiting = [head.samples for head in heads]
    while waiting:
        count = min(map(len, waiting))
        if count:
            mixed = np.sum([held[:count] for held in waiting], axis=0, dtype=np.float32)
            yield Audio(np.clip(mixed, -1.0, 1.0), rate, clock)
            clock += Fraction(count, rate)
        kept = []
        for stream, held in zip(streams, waiting, strict=True):
            following = held[count:] if len(held) > count else getattr(next(stream, None), "samples", None)
            kept.append((stream, following))
        streams = [stream for stream, following in kept if following is not None]
        waiting = [following for _, following in kept if following is not None]
