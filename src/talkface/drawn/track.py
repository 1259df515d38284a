"""Mouth tracks: one mouth shape and viseme per frame, from phoneme times with co-articulation.

Source of the blending: Cohen and Massaro 1993, "Modeling coarticulation in synthetic visual speech": every segment
pulls the mouth towards its target with a dominance that falls off exponentially with the time from its middle.
A lip closure must be seen, however: bilabials are then closed by force for at least one frame.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from talkface.drawn.visemes import VISEMES, MouthShape, visemes_of
from talkface.drawn.voice import Phoneme
from talkface.timeline import Timeline

Array = NDArray[np.float64]

SHORT_PAUSE = 0.10
"""Pauses below this many seconds are junctures between words: the mouth need not close."""

_CLOSING = 0.045  # s in which lips come together or part at a bilabial
_OPENING_FIELD = MouthShape._fields.index("opening")
# (strength, reach in seconds) of the pull: lip consonants are strong and short, the tongue's own leave the lips free.
_STRENGTH = {"PP": (1.2, 0.02), "FF": (2.0, 0.03), "rest": (1.0, 0.03), "DD": (0.4, 0.03), "KK": (0.25, 0.03)}
_DEFAULT_STRENGTH = (1.0, 0.045)


@dataclass(frozen=True)
class MouthTrack:
    """shapes: (T, 6) float64, columns as in MouthShape. visemes: T names, the one that sounds at each frame."""

    shapes: Array
    visemes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.visemes)

    def shape(self, frame: int) -> MouthShape:
        """Mouth shape of one frame."""
        return MouthShape(*self.shapes[frame].tolist())


class Segment(NamedTuple):
    """One viseme in time, seconds, half-open."""

    start: float
    end: float
    viseme: str


def segments_of(phonemes: Iterable[Phoneme]) -> list[Segment]:
    """Visemes in time: diphthongs are divided, pauses that follow each other joined, short pauses left out."""
    joined: list[Phoneme] = []
    for phoneme in phonemes:
        if joined and not phoneme.name and not joined[-1].name:
            joined[-1] = Phoneme(joined[-1].start, phoneme.end, "")
        else:
            joined.append(Phoneme(*phoneme))
    last = joined[-1].end if joined else 0.0
    found: list[Segment] = []
    for start, end, name in joined:
        between_words = not name and end - start < SHORT_PAUSE and start > 0 and end < last
        parts = [] if between_words else visemes_of(name)
        edges = np.linspace(start, end, len(parts) + 1).tolist()
        found += [Segment(*span) for span in zip(edges[:-1], edges[1:], parts, strict=True)]
    return found


def frame_middles(frames: int, fps: Fraction) -> Array:
    """(T,) seconds: the middle of the time each frame is on screen, where its mouth is taken from."""
    clock = Timeline(fps)
    return np.array([float(clock.frame_time(frame) + 1 / clock.fps / 2) for frame in range(frames)])


def track_from_phonemes(phonemes: Iterable[Phoneme], frames: int, fps: Fraction) -> MouthTrack:
    """The mouth for `frames` pictures of a clip whose sound has these phonemes. Outside them the mouth rests."""
    segments = segments_of(phonemes)
    times = frame_middles(frames, fps)
    if not segments:
        return MouthTrack(np.tile(np.array(VISEMES["rest"]), (frames, 1)), ("rest",) * frames)
    shapes = _blend(segments, times)
    shapes[:, _OPENING_FIELD] *= _lips_apart(segments, times, float(1 / fps))
    return MouthTrack(shapes, _visemes_at(segments, times))


def hold(track: MouthTrack, frames: int) -> MouthTrack:
    """The track drawn "on twos" (2) or "on threes" (3): each drawing stays for that many frames; ValueError below 1."""
    if frames < 1:
        raise ValueError(f"a drawing is held for at least one frame, got {frames}")
    index = np.arange(len(track)) // frames * frames
    return MouthTrack(track.shapes[index], tuple(track.visemes[frame] for frame in index))


def _blend(segments: Sequence[Segment], times: Array) -> Array:
    """(T, 6): mean of the targets, weighted by strength * exp(-distance to the segment / reach)."""
    targets = np.array([VISEMES[segment.viseme] for segment in segments])
    strength = np.array([_STRENGTH.get(segment.viseme, _DEFAULT_STRENGTH) for segment in segments])
    start = np.array([segment.start for segment in segments])
    end = np.array([segment.end for segment in segments])
    middle, half = (start + end) / 2, (end - start) / 2
    # Inside the inner half of a segment its pull is full; beyond, it falls off.
    distance = np.maximum(0.0, np.abs(times[:, None] - middle) - half / 2)
    logits = np.log(strength[:, 0]) - distance / strength[:, 1]
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    blended: Array = weights @ targets / weights.sum(axis=1, keepdims=True)
    blended[(times < start[0]) | (times >= end[-1])] = VISEMES["rest"]
    return blended


def _lips_apart(segments: Sequence[Segment], times: Array, period: float) -> Array:
    """(T,) factor of the opening: 0 in closures and in rests, 1 away from them, with short ramps.

    A closure lasts at least one frame `period`, so that some frame shows it whatever the frame rate.
    """
    factor = np.ones_like(times)
    for index, (start, end, viseme) in enumerate(segments):
        if viseme not in ("PP", "rest"):
            continue
        if viseme == "rest":  # before and after the speech the mouth has always been shut
            start, end = start - (index == 0), end + (index == len(segments) - 1)
            half = max(0.0, (end - start) / 2 - _CLOSING)
        else:
            half = max((end - start) / 2, period * 0.51)
        outside = np.abs(times - (start + end) / 2) - half
        factor = np.minimum(factor, np.clip(outside / _CLOSING, 0.0, 1.0))
    return factor


def _visemes_at(segments: Sequence[Segment], times: Array) -> tuple[str, ...]:
    starts = np.array([segment.start for segment in segments])
    index = np.searchsorted(starts, times, side="right") - 1
    return tuple(
        segments[i].viseme if i >= 0 and time < segments[-1].end else "rest"
        for i, time in zip(index.tolist(), times.tolist(), strict=True)
    )
