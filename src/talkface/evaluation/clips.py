"""Clips of prepared corpora as evaluation sees them: aligned crops and the mel of the sound."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from talkface.corpus import ClipRow, Corpus
from talkface.errors import InputError
from talkface.face.box import WAV2LIP_MARGIN, expand_box
from talkface.face.crop import crop_face, paste_face
from talkface.media import decode_video
from talkface.timeline import SYNC_WINDOW

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

    frames gives (H, W, 3) uint8 RGB. boxes: (T, 4) face boxes in their pixels, without the crop's margin.
    """

    frames: Callable[[], Iterator[ByteArray]]
    boxes: FloatArray

    def showing(self, crops: ByteArray) -> "Scene":
        """The same scene with (T, 96, 96, 3) `crops` in place of its faces, the whole box, as the original pastes."""

        def frames() -> Iterator[ByteArray]:
            for image, box, crop in zip(self.frames(), self.boxes, crops, strict=False):
                yield paste_face(image, crop, expand_box(box, WAV2LIP_MARGIN))

        return Scene(frames, self.boxes)


@dataclass(frozen=True)
class Made:
    """Pictures that somebody else's model made of a clip, and the sound they have; as in `Clip`."""

    crops: ByteArray
    sound: Sound
    scene: Scene


@dataclass(frozen=True)
class Clip:
    """crops: (T, 96, 96, 3) uint8 RGB, cut from `scene`. sound: begins with crop 0. 25 frames a second.

    made: the generated pictures where they come from files and not from a generator at hand.
    """

    key: str
    corpus: str
    speaker: str
    crops: ByteArray
    sound: Sound
    scene: Scene
    made: Made | None = None


def list_clips(folders: Sequence[str | Path], split: str, limit: int | None = None) -> list[ClipEntry]:
    """All clips of `split` in the corpora, sorted by key; at most `limit`, spread evenly over the list.

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
    entries.sort(key=lambda entry: entry.key)
    if limit is not None and limit < len(entries):
        entries = [entries[index * len(entries) // limit] for index in range(limit)]
    return entries


def sound_partner(entries: Sequence[ClipEntry], index: int) -> int | None:
    """Index of the clip whose sound the unsynced rows of clip `index` get; None when there is no other clip.

    Half the list further on, then the first from there with another speaker if there is one: fixed by the list.
    """
    count = len(entries)
    if count < 2:
        return None
    order = [(index + count // 2 + step) % count for step in range(count)]
    others = [other for other in order if other != index]
    speaker = entries[index].row.speaker
    return next((other for other in others if entries[other].row.speaker != speaker), others[0])


def read_clip(entry: ClipEntry) -> Clip:
    """Decode one clip: each frame's box + Wav2Lip's margin, stretched to 96x96, as in training and serving.

    InputError when frames and boxes do not match, a box is missing, or the clip is shorter than two sync windows.
    """
    boxes = entry.corpus.boxes(entry.row)
    where = entry.corpus.clip_folder(entry.row)
    crops = [
        crop_face(frame.image, expand_box(box, WAV2LIP_MARGIN), (CROP_SIZE, CROP_SIZE))
        for frame, box in zip(decode_video(where / "video.mp4"), boxes, strict=False)
        if np.isfinite(box).all()
    ]
    if len(crops) != len(boxes):
        raise InputError(f"{len(crops)} usable frames for {len(boxes)} boxes", where, "prepare this clip again")
    if len(crops) < 2 * SYNC_WINDOW:
        raise InputError(f"only {len(crops)} frames", where, f"a clip needs at least {2 * SYNC_WINDOW} frames")
    scene = Scene(lambda: (frame.image for frame in decode_video(where / "video.mp4")), boxes)
    return Clip(entry.key, entry.name, entry.row.speaker, np.stack(crops), read_sound(entry), scene)


def read_sound(entry: ClipEntry) -> Sound:
    """The sound of one clip of a corpus."""
    return Sound(np.asarray(entry.corpus.mel(entry.row), np.float32), entry.corpus.samples(entry.row))
