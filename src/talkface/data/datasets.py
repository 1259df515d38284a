"""Data sets over packed corpora. Item n is a pure function of (seed, n): workers and resumes cannot change it.

All that a loader's worker process needs is here, so that it starts without Lightning (its import takes seconds).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.utils.data import Dataset

from talkface.audio.mel import mel_windows
from talkface.batch import ExpertBatch, GeneratorBatch
from talkface.data.alignment import laid_on, one_after_other
from talkface.data.augment import PLAIN_MEL, PLAIN_PICTURES, MelAugmentation, PictureAugmentation, PictureTransform
from talkface.data.truth import known_shapes, known_speech
from talkface.data.windows import Source, clip_odds, reference_start, spaced_starts
from talkface.errors import InputError
from talkface.timeline import SYNC_WINDOW, Timeline

Crops = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Sampling:
    """How clips become examples. windows: of one clip in an item. spacing: least distance of their starts, frames.

    reach: frames of the stretch that an item's windows are drawn from, None for the whole clip: windows close to one
    another are the hard negatives. balance: 0 draws clips alike, 1 speakers alike. lengths: 0 draws clips alike, 1 in
    proportion to their frames. frames: of a generator's window, 5 where the expert judges it. references: windows drawn
    to be its reference, of which the one is taken whose upper face is most like the target's: serving gives the frame
    itself, whose head stands as the target's does. 1: any, as the original. aligned: share of the examples whose
    reference is moved to where the target's upper face lies. other_mouths: where a clip was drawn a second time, its
    reference is the target's own frames with the other mouth.
    """

    windows: int = 8
    spacing: int = 3
    reach: int | None = None
    balance: float = 0.5
    lengths: float = 0.0
    frames: int = SYNC_WINDOW
    references: int = 1
    aligned: float = 0.0
    other_mouths: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.frames <= SYNC_WINDOW or self.references < 1:
            asked = f"frames={self.frames} references={self.references}"
            raise InputError(asked, "windows.sampling", f"give 1 to {SYNC_WINDOW} frames, and 1 reference or more")
        if not 0 <= self.aligned <= 1:
            raise InputError(f"aligned={self.aligned}", "windows.sampling", "give a share from 0 to 1")


def crop_frames(source: Source, frames: Sequence[int], transform: PictureTransform, *, other: bool = False) -> Crops:
    """(len(frames), 96, 96, 3) uint8 RGB; a frame that is asked for twice is decoded once. other: with other mouths."""
    size = source.pack.size
    wanted, inverse = np.unique(np.asarray(frames), return_inverse=True)
    crops = np.stack([transform(source.pack.picture(source.clip, int(frame), other=other), size) for frame in wanted])
    return np.asarray(crops[inverse], dtype=np.uint8)


def window_frames(starts: npt.ArrayLike, length: int = SYNC_WINDOW) -> npt.NDArray[np.int64]:
    """(W,) starts → (W, length) frame numbers."""
    return np.asarray(starts, dtype=np.int64)[:, None] + np.arange(length)


def mouths(crops: Crops) -> Tensor:
    """(W, 5, H, W, 3) uint8 → (W, 15, H / 2, W): lower halves stacked frame-major, the expert's input."""
    lower = crops[:, :, crops.shape[2] // 2 :]
    stacked = np.ascontiguousarray(lower.transpose(0, 1, 4, 2, 3))
    return torch.from_numpy(stacked.reshape(len(crops), -1, *stacked.shape[3:]))


class PackedData:
    """What the training sets share: the clips, their odds, the clock, augmentation, one random generator an item.

    length: number of items of a fixed validation set; None: as many as are asked for.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        *,
        seed: int = 0,
        sampling: Sampling | None = None,
        timeline: Timeline | None = None,
        picture: PictureAugmentation = PLAIN_PICTURES,
        mel: MelAugmentation = PLAIN_MEL,
        length: int | None = None,
    ) -> None:
        self.sources, self.seed, self.length = list(sources), seed, length
        self.sampling, self.timeline = sampling or Sampling(), timeline or Timeline()
        self.picture, self.mel = picture, mel
        odds = clip_odds(self.sources, balance=self.sampling.balance, lengths=self.sampling.lengths)
        self.odds = np.cumsum(odds)

    def __len__(self) -> int:
        if self.length is None:
            raise TypeError("an endless training set has no length")
        return self.length

    def draw(self, item: int) -> tuple[Source, np.random.Generator]:
        """The clip of item `item` and the generator for the rest of its choices."""
        rng = np.random.default_rng((self.seed, item))
        return self.sources[min(int(np.searchsorted(self.odds, rng.random())), len(self.odds) - 1)], rng


class ExpertData(PackedData, Dataset[ExpertBatch]):
    """Items: several windows of one clip with their sounds (one clip's rows of an `ExpertBatch`)."""

    def __getitem__(self, item: int) -> ExpertBatch:
        source, rng = self.draw(item)
        frames = min(source.clip.frames, self.sampling.reach or source.clip.frames)
        first = int(rng.integers(0, source.clip.frames - frames + 1)) if self.sampling.reach else 0
        starts = first + spaced_starts(frames, self.sampling.windows, self.sampling.spacing, rng)
        transform = self.picture.draw(rng, size=source.pack.size, context=source.pack.context)
        mel = self.mel(source.pack.mel(source.clip), rng)
        return expert_rows(source, starts, transform=transform, mel=mel, timeline=self.timeline)


def expert_rows(
    source: Source,
    starts: npt.ArrayLike,
    *,
    transform: PictureTransform,
    mel: npt.NDArray[np.float32],
    timeline: Timeline,
) -> ExpertBatch:
    """Windows of one clip as rows of a batch, the sound moved by the clip's A/V offset."""
    frames = window_frames(starts)
    crops = crop_frames(source, frames.reshape(-1).tolist(), transform)
    sounds = [timeline.expert_window_start(int(start) - source.offset) for start in np.asarray(starts)]
    return ExpertBatch(
        mouth=mouths(crops.reshape(*frames.shape, *crops.shape[1:])),
        mel=torch.from_numpy(mel_windows(mel, sounds)),
        clip=torch.zeros(len(frames), dtype=torch.int64),
    )


class ExpertClips(Dataset[ExpertBatch]):
    """Whole clips for validation: every window of each clip, no augmentation; one item is one clip."""

    def __init__(self, sources: Sequence[Source], *, timeline: Timeline | None = None, stride: int = 1) -> None:
        self.sources, self.timeline, self.stride = list(sources), timeline or Timeline(), stride

    def __len__(self) -> int:
        return len(self.sources)

    def __getitem__(self, item: int) -> ExpertBatch:
        source = self.sources[item]
        plain = PLAIN_PICTURES.draw(np.random.default_rng(0), size=source.pack.size, context=source.pack.context)
        starts = np.arange(0, source.clip.frames - SYNC_WINDOW + 1, self.stride)
        mel = source.pack.mel(source.clip)
        return expert_rows(source, starts, transform=plain, mel=mel, timeline=self.timeline)


class GeneratorData(PackedData, Dataset[GeneratorBatch]):
    """Items: a window, another one as reference, a mel window for each frame and the expert's (one row of a batch)."""

    def __getitem__(self, item: int) -> GeneratorBatch:
        source, rng = self.draw(item)
        length = self.sampling.frames
        start = int(rng.integers(0, source.clip.frames - length + 1))
        frames = range(start, start + length)
        redrawn = self.sampling.other_mouths and bool(source.clip.others)
        others = frames if redrawn else self._reference(source, start, rng)
        transform = self.picture.draw(rng, size=source.pack.size, context=source.pack.context)
        target = _channels_first(crop_frames(source, frames, transform))
        if self.sampling.aligned and not redrawn and rng.random() < self.sampling.aligned:
            reference = _channels_first(_aligned_crops(source, frames, others, transform))
        else:
            reference = _channels_first(crop_frames(source, others, transform, other=redrawn))
        mel = self.mel(source.pack.mel(source.clip), rng)
        sounds = [self.timeline.generator_window_start(frame - source.offset) for frame in frames]
        expert_start = self.timeline.expert_window_start(start - source.offset)
        windows = torch.from_numpy(mel_windows(mel, [*sounds, expert_start]))
        shape, spoken = (torch.from_numpy(of(source)[start : start + length]) for of in (known_shapes, known_speech))
        return GeneratorBatch(
            target[None], reference[None], windows[None, :-1], windows[-1:], shape[None], spoken[None]
        )

    def _reference(self, source: Source, start: int, rng: np.random.Generator) -> range:
        """The reference's window."""
        length, clip = self.sampling.frames, source.clip.frames
        drawn = [reference_start(clip, start, rng, length) for _ in range(self.sampling.references)]
        best = 0
        if len(drawn) > 1:
            target, *others = (_upper_face(source, first + length // 2) for first in (start, *drawn))
            best = int(np.argmin([np.abs(other - target).mean() for other in others]))
        return range(drawn[best], drawn[best] + length)


def _channels_first(crops: Crops) -> Tensor:
    return torch.from_numpy(crops.transpose(0, 3, 1, 2).copy())


def _aligned_crops(source: Source, targets: range, frames: range, transform: PictureTransform) -> Crops:
    """(T, 96, 96, 3) uint8 RGB: each of `frames` moved to where the upper face of its target lies."""
    pack, crops = source.pack, []
    for target, frame in zip(targets, frames, strict=True):
        picture = pack.picture(source.clip, frame)
        moved = laid_on(picture, pack.picture(source.clip, target))
        crops.append(replace(transform, matrix=one_after_other(moved, transform.matrix))(picture, pack.size))
    return np.stack(crops)


def _upper_face(source: Source, frame: int) -> npt.NDArray[np.int16]:
    picture = source.pack.picture(source.clip, frame)
    return picture[: len(picture) // 2].astype(np.int16)


def consecutive_frames(source: Source, frames: Sequence[int], *, timeline: Timeline) -> GeneratorBatch:
    """Each frame as a row with T = 1, as serving shows them: the reference is the frame itself, unmasked."""
    plain = PLAIN_PICTURES.draw(np.random.default_rng(0), size=source.pack.size, context=source.pack.context)
    crops = torch.from_numpy(crop_frames(source, frames, plain).transpose(0, 3, 1, 2).copy())[:, None]
    mel = source.pack.mel(source.clip)
    windows = [
        mel_windows(mel, [start(frame - source.offset) for frame in frames])
        for start in (timeline.generator_window_start, timeline.expert_window_start)
    ]
    return GeneratorBatch(crops, crops, torch.from_numpy(windows[0])[:, None], torch.from_numpy(windows[1]))


def on_one_thread(_: int) -> None:
    """Start of a loader's worker: it computes on one core, the step owns the others."""
    cv2.setNumThreads(0)
    torch.set_num_threads(1)
