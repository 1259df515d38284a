"""Packs a corpus for training: crops at the model's size, mels and sound in tar shards, with an index.

The shards are plain tar files in WebDataset's naming (``<clip>.mel.npy``, ``<clip>.wav``, ``<clip>.000012.jpg``, or all
raw ones in ``<clip>.pictures.npy``; those drawn with another mouth, ``<clip>.other.…``), so that they can be streamed
from object storage; on a disk the index of byte ranges makes every frame reachable at random without PyAV.
"""

import io
import json
import logging
import tarfile
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import IO, Any

import cv2
import numpy as np
import numpy.typing as npt

from talkface.corpus import ClipRow, Corpus
from talkface.errors import InputError
from talkface.face import WAV2LIP_MARGIN, Margin, crop_face, expand_box
from talkface.media import atomic_path, decode_video
from talkface.preparation.aligned import aligned_crops, speech_mel

logger = logging.getLogger(__name__)

FORMAT_VERSION = 1
SHARD_BYTES = 512 * 1024 * 1024


FOLDERS = {"boxes": "packed", "aligned": "aligned"}
"""What faces a pack holds → its folder in a corpus."""


@dataclass(frozen=True)
class PackForm:
    """What a pack holds of each frame, kept beside it in ``pack.json``.

    size: side of the model's crop in pixels. context: how much more than the crop is kept, so that training can shift,
    turn and scale it. pictures: ``jpeg``, or ``raw`` bytes: four times the disk for a loader without decoding.
    quality: of the JPEGs, 1 to 100. faces: ``boxes`` (Wav2Lip's crops and mel) or ``aligned`` (PC-AVS's, without
    surroundings). InputError for any other form.
    """

    size: int = 96
    context: float = 1.25
    pictures: str = "jpeg"
    quality: int = 95
    faces: str = "boxes"

    def __post_init__(self) -> None:
        if self.faces not in FOLDERS or (self.faces == "aligned" and self.context != 1):
            found = f"faces={self.faces} context={self.context}"
            raise InputError("no such form of faces", found, "choose boxes, or aligned with context=1.0")
        if self.pictures not in ("jpeg", "raw"):
            raise InputError("no such form of pictures", f"pack.pictures={self.pictures}", "choose jpeg or raw")

    @property
    def side(self) -> int:
        """Side of the stored pictures, pixels."""
        return round(self.size * self.context)


DEFAULT_FORM = PackForm()


@dataclass(frozen=True)
class Coded:
    """The bytes of each frame's picture, and of the same ones with another mouth; none where there are none."""

    pictures: list[bytes]
    others: list[bytes]

    @property
    def size(self) -> int:
        """Of all, bytes."""
        return sum(map(len, (*self.pictures, *self.others)))


def encode_clip(corpus: Corpus, row: ClipRow, form: PackForm) -> Coded:
    """No picture at all where the clip has no points to align by."""
    if form.faces == "aligned":
        return Coded(_coded(aligned_crops(corpus, row, form.size), form), [])
    other = corpus.other_video(row)
    others = [] if other is None else _coded(box_crops(corpus, row, form, other), form)
    return Coded(_coded(box_crops(corpus, row, form, corpus.video(row)), form), others)


def _coded(crops: Iterable[npt.NDArray[np.uint8]], form: PackForm) -> list[bytes]:
    return [crop.tobytes() if form.pictures == "raw" else _jpeg(crop, form.quality) for crop in crops]


def box_crops(corpus: Corpus, row: ClipRow, form: PackForm, video: Path) -> Iterator[npt.NDArray[np.uint8]]:
    """The model's crop in the middle of `form.context` times its surroundings, for each frame."""
    more = (form.context - 1) / 2
    around = Margin(top=more, bottom=more, left=more, right=more)
    boxes = expand_box(expand_box(corpus.boxes(row), WAV2LIP_MARGIN), around)
    for frame, box in zip(decode_video(video), boxes, strict=True):
        yield crop_face(frame.image, box, (form.side, form.side))


def _jpeg(crop: npt.NDArray[np.uint8], quality: int) -> bytes:
    sampling = [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    options = [cv2.IMWRITE_JPEG_QUALITY, quality, *sampling]
    return bytes(cv2.imencode(".jpg", cv2.cvtColor(crop, cv2.COLOR_RGB2BGR), options)[1].tobytes())


Job = tuple[Path, ClipRow, PackForm]


def _encode(job: Job) -> Coded:
    folder, row, form = job
    cv2.setNumThreads(1)
    return encode_clip(Corpus(folder), row, form)


def _in_order(pool: Executor, jobs: Iterable[Job], *, ahead: int) -> Iterator[tuple[Job, Coded]]:
    """Each job with its result; at most `ahead` wait for the shard, so that no corpus is too large for the memory."""
    waiting: deque[tuple[Job, Future[Coded]]] = deque()
    for job in jobs:
        waiting.append((job, pool.submit(_encode, job)))
        if len(waiting) > ahead:
            first, pictures = waiting.popleft()
            yield first, pictures.result()
    yield from ((job, pictures.result()) for job, pictures in waiting)


def _add(shard: tarfile.TarFile, stream: IO[bytes], name: str, content: bytes) -> tuple[int, int]:
    """Append one member; returns the byte range of its content within the shard."""
    member = tarfile.TarInfo(name)
    member.size = len(content)
    shard.addfile(member, io.BytesIO(content))
    end = stream.tell() - (-len(content) % tarfile.BLOCKSIZE)
    return end - len(content), len(content)


def _npy(array: npt.NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def _add_pictures(
    shard: tarfile.TarFile, stream: IO[bytes], key: str, frames: list[bytes], form: PackForm
) -> list[tuple[int, int]]:
    """The byte range of each picture: of its own member, or within the one array of all raw pictures."""
    if form.pictures == "jpeg" or not frames:
        return [_add(shard, stream, f"{key}.{number:06d}.jpg", frame) for number, frame in enumerate(frames)]
    pictures = np.frombuffer(b"".join(frames), np.uint8).reshape(len(frames), form.side, form.side, 3)
    start, length = _add(shard, stream, f"{key}.pictures.npy", _npy(pictures))
    first = start + length - pictures.nbytes
    return [(first + number * len(frame), len(frame)) for number, frame in enumerate(frames)]


def _write_shard(
    path: Path, corpus: Corpus, clips: list[tuple[ClipRow, Coded]], form: PackForm
) -> Iterator[dict[str, object]]:
    with (
        atomic_path(path) as temporary,
        temporary.open("wb") as stream,
        tarfile.open(fileobj=stream, mode="w") as shard,
    ):
        for row, coded in clips:
            key = row.id.replace(".", "_")
            sound = (corpus.clip_folder(row) / "audio.wav").read_bytes()
            yield {
                **asdict(row),
                "shard": path.name,
                "mel": _add(
                    shard,
                    stream,
                    f"{key}.mel.npy",
                    _npy(corpus.mel(row) if form.faces == "boxes" else speech_mel(corpus, row)),
                ),
                "sound": _add(shard, stream, f"{key}.wav", sound),
                "pictures": _add_pictures(shard, stream, key, coded.pictures, form),
                "others": _add_pictures(shard, stream, f"{key}.other", coded.others, form),
            }


def pack(corpus: Path, out: Path | None = None, *, form: PackForm = DEFAULT_FORM, workers: int = 1) -> Path:
    """Write the training set of `corpus` to `out` (default: the form's folder in it) and return its folder.

    Clips without points to align by are left out with a warning. The index is written last: a pack without
    ``index.jsonl`` is not a pack, and is made again. The result does not depend on `workers`.
    """
    source = Corpus(corpus)
    folder = out or corpus / FOLDERS[form.faces]
    folder.mkdir(parents=True, exist_ok=True)
    jobs = [(corpus, row, form) for row in source.rows()]
    lines: list[str] = []
    pending: list[tuple[ClipRow, Coded]] = []
    shards = held = 0
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for job, coded in _in_order(pool, jobs, ahead=4 * workers):
            if coded.pictures:
                pending.append((job[1], coded))
                held += coded.size
            else:
                logger.warning("%s: no face points, left out of the training set", job[1].id)
            if pending and (held >= SHARD_BYTES or job is jobs[-1]):
                name = folder / f"{shards:06d}.tar"
                lines += [json.dumps(entry, sort_keys=True) for entry in _write_shard(name, source, pending, form)]
                pending, held, shards = [], 0, shards + 1
    info = {"format_version": FORMAT_VERSION, **asdict(form), "clips": len(lines)}
    for file, text in (("pack.json", json.dumps(info, indent=1) + "\n"), ("index.jsonl", "\n".join(lines) + "\n")):
        with atomic_path(folder / file) as temporary:
            temporary.write_text(text)
    return folder


def refresh(corpus: Path, folder: Path) -> None:
    """Copy the manifest's rows (A/V offsets above all) into the index of an existing pack; the shards stay."""
    index = folder / "index.jsonl"
    rows = {row.id: asdict(row) for row in Corpus(corpus).rows()}
    entries = [json.loads(line) for line in index.read_text().splitlines()]
    with atomic_path(index) as temporary:
        temporary.write_text("".join(json.dumps({**e, **rows[e["id"]]}, sort_keys=True) + "\n" for e in entries))
