"""Packs a corpus for training: JPEG crops at the model's size, mels and sound in tar shards, with an index.

The shards are plain tar files in WebDataset's naming (``<clip>.mel.npy``, ``<clip>.wav``, ``<clip>.000012.jpg``), so
that they can be streamed from object storage; on a disk the index of byte ranges makes every frame reachable at random
without PyAV.
"""

import io
import json
import tarfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path
from typing import IO

import cv2
import numpy as np
import numpy.typing as npt

from talkface.corpus import ClipRow, Corpus
from talkface.face import WAV2LIP_MARGIN, Margin, crop_face, expand_box
from talkface.media import atomic_path, decode_video

FORMAT_VERSION = 1
SHARD_BYTES = 512 * 1024 * 1024


def encode_clip(corpus: Corpus, row: ClipRow, *, size: int, context: float, quality: int) -> list[bytes]:
    """One JPEG a frame: the model's crop and `context` times its surroundings, (size * context)^2 pixels, RGB.

    The face fills the central 1 / context of the picture, so that training can shift, turn and scale it.
    """
    side, more = round(size * context), (context - 1) / 2
    around = Margin(top=more, bottom=more, left=more, right=more)
    boxes = expand_box(expand_box(corpus.boxes(row), WAV2LIP_MARGIN), around)
    options = [
        cv2.IMWRITE_JPEG_QUALITY,
        quality,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
    ]
    pictures = []
    for frame, box in zip(decode_video(corpus.clip_folder(row) / "video.mp4"), boxes, strict=True):
        crop = crop_face(frame.image, box, (side, side))
        pictures.append(cv2.imencode(".jpg", cv2.cvtColor(crop, cv2.COLOR_RGB2BGR), options)[1].tobytes())
    return pictures


def _encode(job: tuple[Path, ClipRow, int, float, int]) -> list[bytes]:
    folder, row, size, context, quality = job
    cv2.setNumThreads(1)
    return encode_clip(Corpus(folder), row, size=size, context=context, quality=quality)


def _add(shard: tarfile.TarFile, stream: IO[bytes], name: str, content: bytes) -> tuple[int, int]:
    """Append one member; returns the byte range of its content within the shard."""
    member = tarfile.TarInfo(name)
    member.size = len(content)
    shard.addfile(member, io.BytesIO(content))
    end = stream.tell() - (-len(content) % tarfile.BLOCKSIZE)
    return end - len(content), len(content)


def _npy(array: npt.NDArray[np.float32]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def _write_shard(path: Path, corpus: Corpus, clips: list[tuple[ClipRow, list[bytes]]]) -> Iterator[dict[str, object]]:
    with (
        atomic_path(path) as temporary,
        temporary.open("wb") as stream,
        tarfile.open(fileobj=stream, mode="w") as shard,
    ):
        for row, frames in clips:
            key = row.id.replace(".", "_")
            sound = (corpus.clip_folder(row) / "audio.wav").read_bytes()
            yield {
                **asdict(row),
                "shard": path.name,
                "mel": _add(shard, stream, f"{key}.mel.npy", _npy(corpus.mel(row))),
                "sound": _add(shard, stream, f"{key}.wav", sound),
                "pictures": [_add(shard, stream, f"{key}.{i:06d}.jpg", frame) for i, frame in enumerate(frames)],
            }


def pack(
    corpus: Path,
    out: Path | None = None,
    *,
    size: int = 96,
    context: float = 1.25,
    quality: int = 95,
    workers: int = 1,
) -> Path:
    """Write the training set of `corpus` to `out` (default ``<corpus>/packed``) and return its folder.

    size: side of the model's crop in pixels. context: how much more than the crop is kept. quality: of the JPEGs.
    The index is written last: a pack without ``index.jsonl`` is not a pack, and is made again. The result does not
    depend on `workers`.
    """
    source = Corpus(corpus)
    folder = out or corpus / "packed"
    folder.mkdir(parents=True, exist_ok=True)
    jobs = [(corpus, row, size, context, quality) for row in source.rows()]
    lines: list[str] = []
    pending: list[tuple[ClipRow, list[bytes]]] = []
    shards = held = 0
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for job, frames in zip(jobs, pool.map(_encode, jobs, chunksize=4), strict=True):
            pending.append((job[1], frames))
            held += sum(map(len, frames))
            if held >= SHARD_BYTES or job is jobs[-1]:
                name = folder / f"{shards:06d}.tar"
                lines += [json.dumps(entry, sort_keys=True) for entry in _write_shard(name, source, pending)]
                pending, held, shards = [], 0, shards + 1
    info = {"format_version": FORMAT_VERSION, "size": size, "context": context, "quality": quality, "clips": len(lines)}
    for file, text in (("pack.json", json.dumps(info, indent=1) + "\n"), ("index.jsonl", "\n".join(lines) + "\n")):
        with atomic_path(folder / file) as temporary:
            temporary.write_text(text)
    return folder


def refresh(corpus: Path, out: Path | None = None) -> None:
    """Copy the manifest's rows (A/V offsets above all) into the index of an existing pack; the shards stay."""
    index = (out or corpus / "packed") / "index.jsonl"
    rows = {row.id: asdict(row) for row in Corpus(corpus).rows()}
    entries = [json.loads(line) for line in index.read_text().splitlines()]
    with atomic_path(index) as temporary:
        temporary.write_text("".join(json.dumps({**e, **rows[e["id"]]}, sort_keys=True) + "\n" for e in entries))
