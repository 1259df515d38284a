"""Data sets for PC-AVS's three stages over aligned packs. Item n is a pure function of (seed, n)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.utils.data import Dataset

from talkface.audio.mel import mel_window
from talkface.audio.pcavs_mel import SILENCE
from talkface.batch import PoseBatch, SpeakerBatch, SpeechBatch
from talkface.data.datasets import PackedData
from talkface.data.face_augment import SIZE, draw_face_transform
from talkface.data.truth import known_places, known_shapes, known_turns
from talkface.data.windows import Source, spaced_starts
from talkface.timeline import SPEECH_WINDOW, Timeline

Image = npt.NDArray[np.uint8]
Frames = npt.NDArray[np.int64]


@dataclass(frozen=True)
class View:
    """How pictures of an aligned pack are shown.

    size: side of what the networks take, pixels. hide_identity: whether pose and mouth sources are distorted so that
    they do not say who it is (off: the ablation that shows what leaks). pose_distance: least and most frames from a
    picture to be made to the one that its pose is taken from, before or after: a neighbour has the same pose and
    another mouth, so that pose codes do not learn mouths. (0, 0): the picture itself, as the original.
    """

    size: int = SIZE
    hide_identity: bool = True
    pose_distance: tuple[int, int] = (0, 0)

    def plain(self, images: Sequence[Image]) -> Tensor:
        """(T, 3, size, size) uint8 of (H, W, 3) uint8 pictures."""
        sized = [_resized(image, self.size) for image in images]
        return torch.from_numpy(np.stack(sized).transpose(0, 3, 1, 2).copy())

    def hidden(self, images: Sequence[Image], rng: np.random.Generator) -> Tensor:
        """The same without who it is: one distortion for all of them."""
        if not self.hide_identity:
            return self.plain(images)
        sized = [_resized(image, self.size) for image in images]
        return self.plain(draw_face_transform(rng, len(images))(sized))

    def pose_frames(self, frames: Frames, count: int, rng: np.random.Generator) -> Frames:
        """Where the poses of these frames of a clip of `count` are taken from: none beyond its ends."""
        near, far = self.pose_distance
        away = rng.integers(near, far + 1, len(frames)) * rng.choice([-1, 1], len(frames))
        inside = (frames + away >= 0) & (frames + away < count)
        chosen: Frames = np.where(inside, frames + away, frames - away)
        return chosen.clip(0, count - 1)


def _resized(image: Image, size: int) -> Image:
    if image.shape[:2] == (size, size):
        return image
    way = cv2.INTER_AREA if size < len(image) else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (size, size), interpolation=way), np.uint8)


def name_of(source: Source) -> tuple[Path, str]:
    """What tells a clip from all others."""
    return source.pack.folder, source.clip.id


def pictures_of(source: Source, frames: Sequence[int]) -> list[Image]:
    """The packed pictures of these frames of a clip."""
    return [source.pack.picture(source.clip, int(frame)) for frame in frames]


def speech_windows(source: Source, frames: npt.NDArray[np.int64], timeline: Timeline) -> Tensor:
    """(*frames.shape, 1, 80, 20) float32: the sound of each frame, moved by the clip's A/V offset."""
    mel = source.pack.mel(source.clip)
    starts = [timeline.speech_window_start(int(frame) - source.offset) for frame in frames.reshape(-1)]
    windows = np.stack([mel_window(mel, start, SPEECH_WINDOW, SILENCE) for start in starts])
    return torch.from_numpy(windows.reshape(*frames.shape, 1, *windows.shape[1:]))


class _AlignedData(PackedData):
    """What the three have in common. speakers: number of each speaker of the split. view: how pictures are shown."""

    def __init__(self, sources: Sequence[Source], *, speakers: Mapping[str, int], view: View, **options: Any) -> None:
        super().__init__(sources, **options)
        self.speakers, self.view = dict(speakers), view
        self.clips = {name_of(source): number for number, source in enumerate(self.sources)}


class SpeakerData(_AlignedData, Dataset[SpeakerBatch]):
    """Items: some pictures of one clip, each shifted, turned and coloured by itself."""

    def __getitem__(self, item: int) -> SpeakerBatch:
        source, rng = self.draw(item)
        frames = rng.integers(0, source.clip.frames, self.sampling.windows).tolist()
        size = source.pack.size
        crops = [self.picture.draw(rng, size=size, context=1.0)(image, size) for image in pictures_of(source, frames)]
        speaker = torch.full((len(frames),), self.speakers[source.clip.speaker], dtype=torch.int64)
        return SpeakerBatch(self.view.plain(crops), speaker, torch.full_like(speaker, self.clips[name_of(source)]))


class SpeechData(_AlignedData, Dataset[SpeechBatch]):
    """Items: several windows of `frames` consecutive frames of one clip, seen and heard."""

    def __init__(self, sources: Sequence[Source], *, frames: int, **options: Any) -> None:
        super().__init__(sources, **options)
        self.frames = frames

    def __getitem__(self, item: int) -> SpeechBatch:
        source, rng = self.draw(item)
        count, spacing = self.sampling.windows, self.sampling.spacing
        starts = spaced_starts(source.clip.frames, count, spacing, rng, length=self.frames)
        frames = starts[:, None] + np.arange(self.frames)
        shown = self.view.hidden(pictures_of(source, frames.reshape(-1).tolist()), rng)
        mouth = shown.reshape(*frames.shape, *shown.shape[1:])
        heard, clip = speech_windows(source, frames, self.timeline), torch.zeros(count, dtype=torch.int64)
        shape, turns = (torch.from_numpy(known(source)[frames]) for known in (known_shapes, known_turns))
        return SpeechBatch(mouth, heard, clip, shape, turns)


class PoseData(_AlignedData, Dataset[PoseBatch]):
    """Items: one clip's identity frame and `sampling.windows` frames to be made, with their sounds."""

    def __getitem__(self, item: int) -> PoseBatch:
        source, rng = self.draw(item)
        count = self.sampling.windows
        frames = spaced_starts(source.clip.frames, count, self.sampling.spacing, rng, length=1)
        identity = int(rng.integers(0, source.clip.frames))
        images = pictures_of(source, [identity, *frames.tolist()])
        pose, near = None, frames
        if any(self.view.pose_distance):
            near = self.view.pose_frames(frames, source.clip.frames, rng)
            pose = self.view.hidden(pictures_of(source, near.tolist()), rng)[None]
        return PoseBatch(
            identity=self.view.plain(images[:1]),
            target=self.view.plain(images[1:])[None],
            augmented=self.view.hidden(images[1:], rng)[None],
            mel=speech_windows(source, frames, self.timeline)[None],
            speaker=torch.tensor([self.speakers[source.clip.speaker]]),
            pose=pose,
            turns=torch.from_numpy(known_turns(source)[near])[None],
            places=torch.from_numpy(known_places(source)[[identity, *frames]])[None],
        )
