"""What drawn corpora know of each frame: the mouth as it was drawn, and how the head is turned."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from talkface.corpus import CLIPS_FOLDER, TRUTH_FILE, Corpus
from talkface.data.windows import Source
from talkface.drawn import MouthShape
from talkface.drawn_truth import head_turns, seen_landmarks, seen_mouths, spoken_mouths
from talkface.face import ALIGNED_SIDE, marks_alignment, picture_alignment, transform_points

Floats = npt.NDArray[np.float32]
_MOVED_BY_MOUTHS = [*range(5, 12), *range(48, 68)]  # chin and lips, of 68


def seen_frames(source: Source) -> npt.NDArray[np.int64]:
    """Frames in which the speaker's mouth is seen whole. InputError: a clip that was not drawn."""
    return np.flatnonzero(np.isfinite(mouth_shapes(source)).all(axis=1))


def mouth_shapes(source: Source) -> Floats:
    """(T, 6) of the speaker, columns as in `drawn.MouthShape`, NaN where the mouth is not seen whole."""
    return _truth(source.pack.folder.parent, source.clip.id)[0]


def known_shapes(source: Source) -> Floats:
    """The same, NaN throughout for a clip that was not drawn, or whose pack came without its corpus."""
    return _known(source, lambda folder, clip: _truth(folder, clip)[0], len(MouthShape._fields))


def known_speech(source: Source) -> Floats:
    """(T, 6) the mouths that the sound asks for, NaN throughout for a clip that was not drawn."""
    return _known(source, lambda folder, clip: _truth(folder, clip)[2], len(MouthShape._fields))


def known_turns(source: Source) -> Floats:
    """(T, 3) yaw, pitch and roll of the speaker's head in degrees, NaN where they are not known."""
    return _known(source, lambda folder, clip: _truth(folder, clip)[1], 3)


def known_places(source: Source) -> Floats:
    """(T, 68, 2) the speaker's landmarks in aligned pictures, NaN where they are hidden or not known, or of the mouth.

    (-1, -1) is the picture's upper left corner, (1, 1) the lower right one.
    """
    return _known(source, _places, 68, 2)


def _known(source: Source, read: Callable[[Path, str], Floats], *shape: int) -> Floats:
    """(T, *shape) of what `read` finds for a clip, NaN for one without truth."""
    place = source.pack.folder.parent, source.clip.id
    return read(*place) if _has_truth(*place) else np.full((source.clip.frames, *shape), np.nan, np.float32)


@lru_cache(maxsize=4096)
def _places(folder: Path, clip: str) -> Floats:
    corpus = _corpus(folder)
    landmarks, alignment = seen_landmarks(corpus.truth_of(clip)), marks_alignment(corpus.points_of(clip))
    if alignment is None:
        return np.full_like(landmarks, np.nan)
    pairs = zip(landmarks, alignment, strict=True)
    aligned = np.stack([transform_points(points, picture_alignment(matrix)) for points, matrix in pairs])
    aligned[:, _MOVED_BY_MOUTHS] = np.nan
    return np.asarray((aligned + 0.5) / ALIGNED_SIDE * 2 - 1, np.float32)


@lru_cache(maxsize=4096)
def _has_truth(folder: Path, clip: str) -> bool:
    return (folder / CLIPS_FOLDER / clip / TRUTH_FILE).is_file()


@lru_cache(maxsize=4096)
def _truth(folder: Path, clip: str) -> tuple[Floats, Floats, Floats]:
    """The speaker's mouth shapes, head's turns and the mouths of the sound, of one reading of the file."""
    truth = _corpus(folder).truth_of(clip)
    return seen_mouths(truth), head_turns(truth), spoken_mouths(truth)


@lru_cache(maxsize=8)
def _corpus(folder: Path) -> Corpus:
    return Corpus(folder)
