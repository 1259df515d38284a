"""On-disk format of prepared data: one reader, one writer of its texts. No torch, no media library.

A corpus folder holds ``corpus.json`` (what it is), ``manifest.jsonl`` (one row a clip, sorted by id),
``failures.jsonl`` (what could not be prepared and why) and ``clips/<id>/{video.mp4, audio.wav, mel.npy, boxes.npy,
points.npy, row.json}``; a drawn corpus has
``truth.npz`` in each clip too, and ``other.mp4`` where its pictures were drawn a second time with another mouth.
"""

import json
import wave
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from talkface.errors import InputError
from talkface.texts import json_text, lines_of

FORMAT_VERSION = 1
SPLITS = ("train", "val", "test")
CORPUS_FILE, MANIFEST_FILE, FAILURES_FILE, CLIPS_FOLDER = "corpus.json", "manifest.jsonl", "failures.jsonl", "clips"
VIDEO_FILE, SOUND_FILE, ROW_FILE = "video.mp4", "audio.wav", "row.json"
MEL_FILE, BOXES_FILE, POINTS_FILE = "mel.npy", "boxes.npy", "points.npy"
TRUTH_FILE, OTHER_FILE = "truth.npz", "other.mp4"

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True)
class ClipRow:
    """One prepared face track with its sound.

    id: folder name. source: path of the media file below the source folder; sha256: of that file. frames: at 25 a
    second; seconds: frames / 25. width, height: of video.mp4, pixels. scale: pixels of video.mp4 for one pixel of the
    source (<= 1). flags: what a user may want to leave out (`silent_audio`, `face_gaps`, …). av_offset: frames,
    positive when the sound leads the picture; av_confidence >= 0; both None until measured.
    """

    id: str
    split: str
    speaker: str
    source: str
    sha256: str
    frames: int
    seconds: float
    width: int
    height: int
    scale: float
    flags: tuple[str, ...] = ()
    av_offset: int | None = None
    av_confidence: float | None = None


class Corpus:
    """Reader of one corpus. Rows are read once, arrays each time they are asked for."""

    def __init__(self, folder: Path | str) -> None:
        """InputError: not a corpus, or of another format version."""
        self.folder = Path(folder)
        self.info = _read_info(self.folder / CORPUS_FILE)

    @cached_property
    def _rows(self) -> tuple[ClipRow, ...]:
        path = self.folder / MANIFEST_FILE
        return tuple(row_from_text(line, path) for line in _lines(path))

    def rows(self, split: str | None = None) -> tuple[ClipRow, ...]:
        """Rows of one split, or all, sorted by id. InputError: a split that does not exist, a damaged manifest."""
        if split is not None and split not in SPLITS:
            raise InputError("no such split", split, f"choose one of {', '.join(SPLITS)}")
        return tuple(row for row in self._rows if split in (None, row.split))

    def failures(self) -> tuple[dict[str, str], ...]:
        """What could not be prepared: {id, source, reason, remedy}, sorted by id."""
        path = self.folder / FAILURES_FILE
        return tuple(_object(line, path) for line in _lines(path))

    def clip_folder(self, row: ClipRow) -> Path:
        """Folder of one clip."""
        return self.folder / CLIPS_FOLDER / row.id

    def video(self, row: ClipRow) -> Path:
        """The face track: H.264, 25 frames a second, `row.frames` frames of (height, width)."""
        return self.clip_folder(row) / VIDEO_FILE

    def other_video(self, row: ClipRow) -> Path | None:
        """The same pictures with another mouth, where they were drawn."""
        path = self.clip_folder(row) / OTHER_FILE
        return path if path.is_file() else None

    def boxes(self, row: ClipRow) -> FloatArray:
        """(frames, 4) smoothed face boxes (left, top, right, bottom) in pixels of video.mp4."""
        return self._array(row, BOXES_FILE, (row.frames, 4))

    def points(self, row: ClipRow) -> FloatArray:
        """(frames, 5, 2) eyes, nose, mouth corners in pixels of video.mp4; NaN where the detector gives none."""
        return self._array(row, POINTS_FILE, (row.frames, 5, 2))

    def points_of(self, clip: str) -> FloatArray:
        """The same by the clip's id. InputError: a clip that its manifest does not name."""
        for row in self._rows:
            if row.id == clip:
                return self.points(row)
        raise InputError("no such clip in the manifest", self.folder / CLIPS_FOLDER / clip, "pack the corpus again")

    def has_truth(self, row: ClipRow) -> bool:
        """Whether the clip was drawn."""
        return (self.clip_folder(row) / TRUTH_FILE).is_file()

    def truth(self, row: ClipRow) -> dict[str, npt.NDArray[Any]]:
        """All that is exactly known about a drawn clip, by name; `talkface.drawn.cartoon.Ledger` says what there is.

        InputError: a clip that was not drawn, or a damaged file.
        """
        return self.truth_of(row.id)

    def truth_of(self, clip: str) -> dict[str, npt.NDArray[Any]]:
        """The same by the clip's id."""
        path = self.folder / CLIPS_FOLDER / clip / TRUTH_FILE
        try:
            with np.load(path, allow_pickle=False) as arrays:
                return {name: arrays[name] for name in arrays.files}
        except (OSError, ValueError, EOFError, KeyError) as error:
            raise InputError("no truth is known of this clip", path, "use a corpus made with data=drawn") from error

    def mel(self, row: ClipRow) -> FloatArray:
        """(80, S) Wav2Lip mel in [-4, 4], 80 steps a second, step 0 at the time of frame 0."""
        return self._array(row, MEL_FILE, None)

    def samples(self, row: ClipRow) -> FloatArray:
        """(N,) sound in [-1, 1] at 16 kHz, sample 0 at the time of frame 0."""
        return read_wav(self.clip_folder(row) / SOUND_FILE)

    def _array(self, row: ClipRow, name: str, shape: tuple[int, ...] | None) -> FloatArray:
        path = self.clip_folder(row) / name
        try:
            array = np.load(path)
        except (OSError, ValueError, EOFError) as error:
            raise InputError(
                "damaged or missing file of a clip", path, "delete the clip's folder, prepare again"
            ) from error
        if shape is not None and array.shape != shape:
            raise InputError(f"shape {array.shape}, expected {shape}", path, "delete the clip's folder, prepare again")
        return cast(FloatArray, array)


def read_wav(path: Path) -> FloatArray:
    """(N,) float32 in [-1, 1) of a mono 16-bit wav. InputError: missing or of another form."""
    try:
        with wave.open(str(path), "rb") as sound:
            form = (sound.getnchannels(), sound.getsampwidth())
            content = sound.readframes(sound.getnframes())
    except (OSError, wave.Error, EOFError) as error:
        raise InputError(
            "damaged or missing sound of a clip", path, "delete the clip's folder, prepare again"
        ) from error
    if form != (1, 2):
        raise InputError("not mono 16-bit sound", path, "delete the clip's folder, prepare again")
    return np.frombuffer(content, dtype="<i2").astype(np.float32) / np.float32(32768)


def row_to_text(row: ClipRow) -> str:
    """One JSON line without its line break; the same row gives the same bytes."""
    return json_text(asdict(row), sort_keys=True)


def row_from_text(text: str, where: Path) -> ClipRow:
    """Inverse of `row_to_text`; `where` is named in the error. InputError: not a row."""
    content = _object(text, where)
    names = {field.name for field in fields(ClipRow)}
    if set(content) != names:
        raise InputError("not a row of this format", where, "prepare again into an empty folder")
    return ClipRow(**{**content, "flags": tuple(content["flags"])})


def manifest_text(rows: Iterable[ClipRow]) -> str:
    """Text of manifest.jsonl: sorted by id."""
    return "".join(row_to_text(row) + "\n" for row in sorted(rows, key=lambda row: row.id))


def failures_text(failures: Iterable[dict[str, str]]) -> str:
    """Text of failures.jsonl: sorted by id."""
    return "".join(
        json_text(failure, sort_keys=True) + "\n" for failure in sorted(failures, key=lambda failure: failure["id"])
    )


def corpus_text(info: dict[str, Any]) -> str:
    """Text of corpus.json; the format version is put in here."""
    return json_text({**info, "format_version": FORMAT_VERSION}, indent=1, sort_keys=True) + "\n"


def _read_info(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            "not a prepared corpus", path.parent, "make one: python preprocess.py data=folder source=FOLDER out=FOLDER"
        ) from error
    info = _object(text, path)
    if info.get("format_version") != FORMAT_VERSION:
        found = info.get("format_version")
        raise InputError(
            f"corpus of format version {found}, not {FORMAT_VERSION}", path, "prepare again into an empty folder"
        )
    return info


def _lines(path: Path) -> list[str]:
    try:
        return lines_of(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            "damaged or missing file of a corpus", path, "run the same preprocess.py command again"
        ) from error


def _object(text: str, path: Path) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except ValueError as error:
        raise InputError("not JSON", path, "run the same preprocess.py command again") from error
    if not isinstance(content, dict):
        raise InputError("not a JSON object", path, "run the same preprocess.py command again")
    return content
