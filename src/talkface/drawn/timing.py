"""Phoneme times from the events of a synthesiser, and where in them the lips really are shut."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

PLOSIVES = ("p", "b", "t", "d", "k", "ɡ")
BLOCK_MS = 5

Span = tuple[float, float, str]
"""Start and end in seconds, phoneme in IPA (empty: a pause)."""


def timings(starts: list[tuple[int, str]], count: int, rate: int) -> list[Span]:
    """(start, end, phoneme) in seconds without gaps from 0 to the end; pauses have the empty name."""
    marks = [(0, ""), *starts, (count, "")]
    spans = [(first, min(second, count), name) for (first, name), (second, _) in pairwise(marks)]
    return [(round(start / rate, 4), round(end / rate, 4), name) for start, end, name in spans if end > start]


def closures(spans: list[Span], samples: NDArray[np.int16], rate: int) -> list[Span]:
    """Moves the edges of plosives to where the mouth is shut.

    espeak-ng puts the event of a plosive at its burst when silence comes before, and counts the opening sound to it.
    Here a plosive starts with that silence (at most 60 ms of it) and ends at its release; the next phoneme takes over.
    """
    block = rate * BLOCK_MS // 1000
    blocks = samples[: len(samples) // block * block].reshape(-1, block).astype(np.float64)
    quiet = np.sqrt((blocks**2).mean(axis=1)) < 0.01 * np.abs(blocks).max()
    moved = list(spans)
    for index, (start, end, name) in enumerate(spans):
        if index == 0 or name not in PLOSIVES:
            continue
        before = quiet[max(0, int(start * rate) // block - 12) : int(start * rate) // block][::-1]
        silent = int(np.argmin(before)) if not before.all() else len(before)
        first = max(start - silent * BLOCK_MS / 1000, spans[index - 1][0] + 0.02) if silent >= 3 else start
        release = min(end, start + 0.015) if silent >= 3 else start + 0.65 * (end - start)
        moved[index - 1] = (moved[index - 1][0], round(first, 4), moved[index - 1][2])
        moved[index] = (round(first, 4), round(release, 4), name)
        if index + 1 < len(spans):
            moved[index + 1] = (round(release, 4), *moved[index + 1][1:])
    return moved
