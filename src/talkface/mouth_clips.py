"""Labelled clips of speaking faces: what the mouth model trains on. One reader, one writer; no torch, no media library.

A folder holds ``about.json`` (what it is; written last, so that a folder is complete or absent), ``clips.jsonl`` (a
row for each clip) and ``clips.bin``: for each clip its arrays, then its crops as JPEGs.
"""

import json
import mmap
import os
import zlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, BinaryIO

import cv2
import numpy as np
from numpy.typing import NDArray

from talkface.errors import InputError

FORMAT_VERSION = 1
ABOUT_FILE, ROWS_FILE, CONTENT_FILE = "about.json", "clips.jsonl", "clips.bin"
WIDTH, HEIGHT = 160, 180
"""Pixels of a stored crop."""
ZOOM = 1.25
"""Pixels of it for one of the frame of reference of `face.mouth_geometry`: 128 by 144 pixels of that are stored."""
POINTS, BANDS = 68, 80
MEL_LEAD = 40
"""Mel steps (of 1/80 s) of a clip's sound before its first frame, and as many after its last."""
_QUALITY = 95
_ALIGN = 8  # bytes that a clip's block begins at a multiple of
_REMEDY = "make one: python preprocess.py action=label_mouths source=CLIPS out=FOLDER"

Image = NDArray[np.uint8]
Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class MouthLabels:
    """What is known of the frames of one clip, at 25 a second.

    known: (N,) bool, where the face was found; elsewhere landmarks and matrices are NaN and there is no crop.
    landmarks: (N, 68, 3) float32, iBUG order, x and y in pixels of the source's frames, z in the same unit, away from
    the camera, NaN where the landmarker gives no depth. matrices: (N, 2, 3) float32, frame → stored crop. mel: (80, S)
    float32 in [-4, 4], step `MEL_LEAD` at the time of the first frame; S = 0 for a clip without sound.
    """

    known: NDArray[np.bool_]
    landmarks: Floats
    matrices: Floats
    mel: Floats

    @property
    def places(self) -> Floats:
        """(N, 68, 2) landmarks in pixels of the stored crops."""
        turned = np.einsum("nij,npj->npi", self.matrices[:, :, :2], self.landmarks[..., :2])
        return np.asarray(turned + self.matrices[:, None, :, 2], np.float32)


@dataclass(frozen=True, eq=False)
class MouthClip:
    """One clip as it is written. crops: (N, 180, 160, 3) uint8 RGB. split: train, val or test."""

    name: str
    speaker: str
    split: str
    crops: Image
    labels: MouthLabels


@dataclass(frozen=True)
class MouthRow:
    """What the index says of a clip. seen: frames whose face is known. deep: whether landmarks have depth.

    scale: pixels of the frame of reference for one of the source's frames, median: above 1 the face is smaller than its
    crop. steps: of the mel. start, length: of its block in ``clips.bin``, bytes; checksum: CRC-32 of the block.
    """

    name: str
    speaker: str
    split: str
    frames: int
    seen: int
    deep: bool
    scale: float
    steps: int
    start: int
    length: int
    checksum: int


def write_mouth_clips(folder: Path, clips: Iterable[MouthClip], about: dict[str, Any]) -> Path:
    """Write `clips` as they come; ``about.json``, last of all, makes the folder complete. Returns it.

    about: plain values that say what was labelled and how. InputError: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ABOUT_FILE).unlink(missing_ok=True)
        content_file = (folder / CONTENT_FILE).open("wb")
    except OSError as error:
        raise InputError(
            f"cannot write here ({error.strerror})", folder, "give out=FOLDER that can be written"
        ) from error
    rows: list[MouthRow] = []
    with content_file as stream:
        for clip in clips:
            rows.append(_write_clip(stream, clip))
        size = stream.tell()
    (folder / ROWS_FILE).write_text("".join(json.dumps(asdict(row)) + "\n" for row in rows), encoding="utf-8")
    content = {**about, "format_version": FORMAT_VERSION, "clips": len(rows), "bytes": size}
    partial = folder / f".{ABOUT_FILE}.{os.getpid()}"
    partial.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    partial.replace(folder / ABOUT_FILE)
    return folder


class MouthClips:
    """Reader of one folder. The content is mapped, not read; worker processes map it for themselves."""

    def __init__(self, folder: Path | str) -> None:
        """InputError: no complete folder of this format."""
        self.folder = Path(folder)
        try:
            self.about = json.loads((self.folder / ABOUT_FILE).read_text(encoding="utf-8"))
            lines = (self.folder / ROWS_FILE).read_text(encoding="utf-8").splitlines()
            size = (self.folder / CONTENT_FILE).stat().st_size
        except (OSError, ValueError) as error:
            raise InputError("no labelled mouth clips", self.folder, _REMEDY) from error
        if not isinstance(self.about, dict) or self.about.get("format_version") != FORMAT_VERSION:
            raise InputError("labelled mouth clips of another format", self.folder, "label the clips again")
        self.rows = tuple(_read_row(line, self.folder / ROWS_FILE) for line in lines)
        if (len(self.rows), size) != (self.about.get("clips"), self.about.get("bytes")):
            raise InputError("damaged labelled mouth clips", self.folder, "label the clips again")
        self._map: mmap.mmap | None = None
        self._sound: set[int] = set()

    def __getstate__(self) -> dict[str, Any]:
        """Without the map, which belongs to one process."""
        return {**self.__dict__, "_map": None}

    def labels(self, number: int) -> MouthLabels:
        """What is known of clip `number`. The arrays lie in the map and cannot be written to."""
        row, block = self.rows[number], self._block(number)
        parts = _layout(row.frames, row.steps)
        landmarks, matrices, known, mel = (
            _array(block, parts[key]) for key in ("landmarks", "matrices", "known", "mel")
        )
        return MouthLabels(known.view(np.bool_), landmarks, matrices, np.asarray(mel, np.float32))

    def crop(self, number: int, frame: int) -> Image:
        """(180, 160, 3) uint8 RGB of a frame whose face is known. ValueError: it is not."""
        row, block = self.rows[number], self._block(number)
        ends = _array(block, _layout(row.frames, row.steps)["ends"])
        content = np.frombuffer(block[int(ends[frame]) : int(ends[frame + 1])], np.uint8)
        if not len(content):
            raise ValueError(f"the face is not known in frame {frame} of {row.name}")
        image = cv2.imdecode(content, cv2.IMREAD_COLOR_RGB)
        if image is None:
            raise InputError("damaged crop", self.folder / CONTENT_FILE, "label the clips again")
        return np.asarray(image, np.uint8)

    def _block(self, number: int) -> memoryview:
        """The bytes of a clip, compared with their checksum when they are first used."""
        row = self.rows[number]
        if self._map is None:
            with (self.folder / CONTENT_FILE).open("rb") as stream:
                self._map = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        block = memoryview(self._map)[row.start : row.start + row.length]
        if number not in self._sound:
            if len(block) != row.length or zlib.crc32(block) != row.checksum:
                where = f"{self.folder / CONTENT_FILE}: {row.name}"
                raise InputError("damaged labelled mouth clip", where, "label the clips again")
            self._sound.add(number)
        return block


@dataclass(frozen=True)
class _Part:
    """Where an array lies in a clip's block."""

    start: int
    dtype: str
    shape: tuple[int, ...]

    @property
    def end(self) -> int:
        return self.start + int(np.prod(self.shape)) * np.dtype(self.dtype).itemsize


def _layout(frames: int, steps: int) -> dict[str, _Part]:
    """The arrays of a block in their order, the widest numbers first. ends: of each frame's JPEG within the block."""
    parts: dict[str, _Part] = {}
    start = 0
    for name, dtype, shape in (
        ("ends", "<i8", (frames + 1,)),
        ("landmarks", "<f4", (frames, POINTS, 3)),
        ("matrices", "<f4", (frames, 2, 3)),
        ("mel", "<f2", (BANDS, steps)),  # steps of 1/1024 at most: finer than any voice is recorded
        ("known", "|u1", (frames,)),
    ):
        parts[name] = _Part(start, dtype, shape)
        start = parts[name].end
    return parts


def _array(block: memoryview, part: _Part) -> NDArray[Any]:
    return np.frombuffer(block[part.start : part.end], part.dtype).reshape(part.shape)


def _write_clip(stream: BinaryIO, clip: MouthClip) -> MouthRow:
    labels, frames, steps = clip.labels, len(clip.crops), clip.labels.mel.shape[1]
    parts = _layout(frames, steps)
    jpegs = [_jpeg(crop) if known else b"" for crop, known in zip(clip.crops, labels.known, strict=True)]
    ends = parts["known"].end + np.cumsum([0, *map(len, jpegs)])
    arrays = {"ends": ends, **{name: getattr(labels, name) for name in ("landmarks", "matrices", "mel", "known")}}
    for name, array in arrays.items():
        if array.shape != parts[name].shape:
            raise ValueError(f"{clip.name}: {name} has shape {array.shape}, expected {parts[name].shape}")
    block = b"".join([*(np.asarray(arrays[name], part.dtype).tobytes() for name, part in parts.items()), *jpegs])
    stream.write(b"\0" * (-stream.tell() % _ALIGN))
    start = stream.tell()
    stream.write(block)
    known = labels.landmarks[labels.known]
    sizes = np.sqrt(np.abs(np.linalg.det(labels.matrices[labels.known][:, :, :2].astype(np.float64)))) / ZOOM
    deep = bool(len(known) and np.isfinite(known).all())
    counts = {"frames": frames, "seen": len(known)}
    place = {"steps": steps, "start": start, "length": len(block), "checksum": zlib.crc32(block)}
    scale = round(float(np.median(sizes)), 4) if len(sizes) else 0.0
    return MouthRow(clip.name, clip.speaker, clip.split, deep=deep, scale=scale, **counts, **place)


def _read_row(line: str, path: Path) -> MouthRow:
    try:
        content = json.loads(line)
        if set(content) != {field.name for field in fields(MouthRow)}:
            raise ValueError("other fields")
        return MouthRow(**content)
    except (ValueError, TypeError) as error:
        raise InputError("damaged labelled mouth clips", path, "label the clips again") from error


def _jpeg(image: Image) -> bytes:
    options = [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
    return bytes(cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), options)[1].tobytes())
