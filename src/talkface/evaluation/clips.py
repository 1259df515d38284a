"""Clips of prepared corpora as evaluation sees them: aligned crops and the mel of the sound."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from talkface.corpus import (
    BOXES_FILE,
    MEL_FILE,
    OTHER_FILE,
    POINTS_FILE,
    SOUND_FILE,
    TRUTH_FILE,
    VIDEO_FILE,
    ClipRow,
    Corpus,
)
from talkface.drawn_truth import seen_mouths, spoken_mouths
from talkface.errors import InputError
from talkface.evaluation.cache import FeatureCache, content_of, digest_of, digest_of_files
from talkface.evaluation.timing import timed
from talkface.face.box import WAV2LIP_MARGIN, expand_box
from talkface.face.crop import crop_face, paste_face
from talkface.media import decode_video
from talkface.timeline import SYNC_WINDOW

Item = TypeVar("Item")
ByteArray = npt.NDArray[np.uint8]
FloatArray = npt.NDArray[np.float32]

CROP_SIZE = 96
"""Side of the Wav2Lip family's crop, pixels."""


@dataclass(frozen=True)
class ClipEntry:
    """One clip of one corpus, not read yet. key: `corpus/id`."""

    corpus: Corpus
    name: str
    row: ClipRow

    @property
    def key(self) -> str:
        """`corpus/id`, unique over all corpora of a report."""
        return f"{self.name}/{self.row.id}"

    @cached_property
    def content(self) -> str:
        """SHA-256 of the clip's files that are read here. InputError: one is missing."""
        drawn = (TRUTH_FILE,) if self.corpus.has_truth(self.row) else ()
        other = (OTHER_FILE,) if self.corpus.other_video(self.row) else ()
        files = (VIDEO_FILE, BOXES_FILE, POINTS_FILE, MEL_FILE, SOUND_FILE, *drawn, *other)
        return digest_of_files(self.corpus.clip_folder(self.row) / file for file in files)


@dataclass(frozen=True)
class Sound:
    """One sound in the two forms that judges hear, both from the time of the first picture on.

    mel: (80, S) float32. samples: (N,) float32 in [-1, 1], 16 kHz mono.
    """

    mel: FloatArray
    samples: FloatArray


@dataclass(frozen=True)
class Scene:
    """The whole pictures that crops are cut from. frames: decodes them anew at every call, so that none is kept.

    frames gives (H, W, 3) uint8 RGB. boxes: (T, 4) face boxes in their pixels, without the crop's margin. content:
    digest of both, by which features are kept; None where it is not known. path: the file they are shown in with their
    sound, where there is one. yaw: (T,) degrees, NaN where nobody is there, of a drawn clip, whose truth is known.
    """

    frames: Callable[[], Iterator[ByteArray]]
    boxes: FloatArray
    content: str | None = None
    path: Path | None = None
    yaw: FloatArray | None = None

    def showing(self, crops: ByteArray) -> "Scene":
        """The same scene with (T, 96, 96, 3) `crops` in place of its faces, the whole box, as the original pastes."""

        def frames() -> Iterator[ByteArray]:
            for image, box, crop in zip(self.frames(), self.boxes, crops, strict=False):
                yield paste_face(image, crop, expand_box(box, WAV2LIP_MARGIN))

        return Scene(frames, self.boxes, digest_of([self.content, content_of(crops)]) if self.content else None)


@dataclass(frozen=True)
class Made:
    """Pictures that are made already, and the sound they have; as in `Clip`.

    row: which row of the report they are. absent: why they have no true pictures to be compared with, or None. pose:
    the scene whose head motion they were given; None: the clip's own where they have true pictures, else nobody's.
    """

    crops: ByteArray
    sound: Sound
    scene: Scene
    row: str = "generated"
    absent: str | None = None
    pose: Scene | None = None


@dataclass(frozen=True)
class Clip:
    """crops: (T, 96, 96, 3) uint8 RGB, cut from `scene`. sound: begins with crop 0. 25 frames a second.

    made: the generated pictures where they are made already. reference: gives (T, 96, 96, 3) uint8, the picture that
    the generator is shown for each; None: one far away in time. Asked once, and only if a row needs it. mouths: (T, 6)
    float32 as `drawn.MouthShape`, the shapes the speaker's mouth was drawn with, NaN in frames that do not show it
    whole; spoken: (T, 6), those that the sound asks for; None where that is not known.
    """

    key: str
    corpus: str
    speaker: str
    crops: ByteArray
    sound: Sound
    scene: Scene
    made: Made | None = None
    reference: Callable[[], ByteArray] | None = None
    mouths: FloatArray | None = None
    spoken: FloatArray | None = None

    @cached_property
    def references(self) -> ByteArray:
        """What the generator is shown, and a copy would be."""
        return self.crops[far_frames(len(self.crops))] if self.reference is None else self.reference()


def far_frames(frames: int) -> npt.NDArray[np.int64]:
    """Frame shown as reference for each frame: the last one in the first half, else the first one. (T,) int64."""
    index = np.arange(frames)
    return np.where(index < frames // 2, frames - 1, 0)


def list_clips(folders: Sequence[str | Path], split: str | None, limit: int | None = None) -> list[ClipEntry]:
    """All clips of `split` (None: of every split) in the corpora, sorted by key; at most `limit`, spread over the list.

    InputError when two corpora have one name, or no clip is in the split.
    """
    corpora = {Corpus(Path(folder)): Path(folder).resolve().name for folder in folders}
    if len(set(corpora.values())) < len(folders):
        raise InputError(
            "two corpora have the same name", ", ".join(map(str, folders)), "give differently named folders"
        )
    entries = [ClipEntry(corpus, name, row) for corpus, name in corpora.items() for row in corpus.rows(split)]
    if not entries:
        where = ", ".join(map(str, folders))
        raise InputError(f"no clip in split '{split}'", where, "choose another split= (train, val, test)")
    return spread(sorted(entries, key=lambda entry: entry.key), limit)


def spread(items: Sequence[Item], limit: int | None) -> list[Item]:
    """At most `limit` of the items (None: all), spread evenly over the list."""
    if limit is None or limit >= len(items):
        return list(items)
    return [items[index * len(items) // limit] for index in range(limit)]


@timed("reading")
def read_clip(entry: ClipEntry, cache: FeatureCache | None = None) -> Clip:
    """Decode one clip: each frame's box + Wav2Lip's margin, stretched to 96x96, as in training and serving.

    InputError when frames and boxes do not match, a box is missing, or the clip is shorter than two sync windows.
    """
    boxes, video = entry.corpus.boxes(entry.row), entry.corpus.video(entry.row)
    kept, other = cache or FeatureCache(), entry.corpus.other_video(entry.row)
    crops = kept.array("crops", [entry.content], lambda: _decode_crops(video, boxes))
    redrawn: Callable[[], ByteArray] | None = None
    if other is not None:
        redrawn = partial(kept.array, "redrawn", [entry.content], lambda: _decode_crops(other, boxes))
    scene = Scene(lambda: (frame.image for frame in decode_video(video)), boxes, entry.content)
    clip = Clip(entry.key, entry.name, entry.row.speaker, crops, read_sound(entry), scene, reference=redrawn)
    if not entry.corpus.has_truth(entry.row):
        return clip
    truth = entry.corpus.truth(entry.row)
    return replace(clip, mouths=seen_mouths(truth), spoken=spoken_mouths(truth))


def _decode_crops(video: Path, boxes: FloatArray) -> ByteArray:
    crops = [
        crop_face(frame.image, expand_box(box, WAV2LIP_MARGIN), (CROP_SIZE, CROP_SIZE))
        for frame, box in zip(decode_video(video), boxes, strict=False)
        if np.isfinite(box).all()
    ]
    if len(crops) != len(boxes):
        raise InputError(f"{len(crops)} usable frames for {len(boxes)} boxes", video, "prepare this clip again")
    if len(crops) < 2 * SYNC_WINDOW:
        raise InputError(f"only {len(crops)} frames", video, f"a clip needs at least {2 * SYNC_WINDOW} frames")
    return np.stack(crops)


@timed("reading")
def read_sound(entry: ClipEntry) -> Sound:
    """The sound of one clip of a corpus."""
    return Sound(np.asarray(entry.corpus.mel(entry.row), np.float32), entry.corpus.samples(entry.row))
