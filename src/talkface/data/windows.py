"""Which frames of which clip make up a training example: pure functions of a random generator."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from talkface.data.packed import Pack, PackedClip
from talkface.timeline import SYNC_WINDOW

MOST_MEASURED = 1.0
"""Confidence that no measured offset exceeds (a difference of mean cosines); offsets that are known have more."""


@dataclass(frozen=True)
class ClipFilter:
    """Which clips of a corpus are used, and how far their sound is moved.

    corrected: move the sound by the measured A/V offset. corrected_from: frames; shorter clips are taken as they are,
    because an offset measured on a second or two is off by a frame as often as not, unless it is known (of drawn
    clips). largest_offset: frames; clips measured further off are left out. least_confidence: clips whose offset was
    measured with less are taken as they are. skipped_flags: clips with any of these flags are left out. least_frames:
    shorter clips are left out.
    """

    corrected: bool = True
    corrected_from: int = 75
    largest_offset: int = 6
    least_confidence: float = 0.0
    skipped_flags: tuple[str, ...] = ("silent_audio",)
    least_frames: int = 15

    def keeps(self, clip: PackedClip) -> bool:
        """Whether the clip is used at all."""
        wanted = not clip.flags.intersection(self.skipped_flags) and clip.frames >= self.least_frames
        return wanted and abs(self.offset(clip)) <= self.largest_offset

    def offset(self, clip: PackedClip) -> int:
        """Frames by which the clip's sound leads its picture, where that is known well enough; else 0."""
        confidence = clip.av_confidence or 0.0
        long = clip.frames >= self.corrected_from or confidence > MOST_MEASURED
        trusted = self.corrected and long and confidence >= self.least_confidence
        return int(clip.av_offset or 0) if trusted else 0


@dataclass(frozen=True)
class Source:
    """One usable clip: where it is and by how many frames its sound leads (subtract it to find the sound)."""

    pack: Pack
    clip: PackedClip
    offset: int


def usable_clips(packs: Sequence[Pack], split: str, clips: ClipFilter) -> list[Source]:
    """The clips of `split` in all packs that pass the filter, in the order of the packs."""
    found = [(pack, clip) for pack in packs for clip in pack.clips if clip.split == split and clips.keeps(clip)]
    return [Source(pack, clip, clips.offset(clip)) for pack, clip in found]


def clip_odds(sources: Sequence[Source], *, balance: float, lengths: float = 0.0) -> npt.NDArray[np.float64]:
    """Probability of each clip. balance 0: every clip alike; 1: every speaker alike; between: a geometric mixture.

    lengths: exponent of the clip's frames; 1 draws every frame alike.
    """
    speakers, index = np.unique([source.clip.speaker for source in sources], return_inverse=True)
    count = np.bincount(index, minlength=len(speakers)).astype(np.float64)
    frames = np.array([source.clip.frames for source in sources], dtype=np.float64)
    weight = count[index] ** -balance * frames**lengths
    return np.asarray(weight / weight.sum(), dtype=np.float64)


def spaced_starts(
    frames: int, count: int, spacing: int, rng: np.random.Generator, *, length: int = SYNC_WINDOW
) -> npt.NDArray[np.int64]:
    """`count` different window starts, ascending, at least `spacing` frames apart where the clip is long enough.

    frames: length of the clip, at least that of a window, `length`. A clip too short for that gets smaller gaps, and
    repeats only when it has fewer windows than `count`. Uniform over all such choices: gaps are drawn first, then
    spread.
    """
    starts = frames - length + 1
    if starts < count:
        return np.sort(rng.integers(0, starts, count))
    gap = max(1, min(spacing, (starts - 1) // max(1, count - 1)))
    free = starts - (count - 1) * gap
    chosen = np.sort(rng.integers(0, free, count))
    return chosen + gap * np.arange(count)


def reference_start(frames: int, start: int, rng: np.random.Generator, length: int = SYNC_WINDOW) -> int:
    """Start of a window of the same clip other than `start`, any distance, as the original draws its "wrong" frame.

    length: of the window, frames.
    """
    others = frames - length
    drawn = int(rng.integers(0, max(1, others)))
    return drawn + (drawn >= start) if others > 0 else start
