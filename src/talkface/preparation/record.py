"""What is known about each source: a small file written when it is done, so that a killed run goes on where it was.

``progress/sources/<id>.json`` is written last of all a source's files: with it the source is complete (or has failed
for good), without it the source is prepared again.
"""

import json
import logging
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from talkface.corpus import CLIPS_FOLDER, ROW_FILE, ClipRow, row_to_text
from talkface.errors import InputError
from talkface.media import atomic_write_text
from talkface.preparation.clip import remove_folder
from talkface.preparation.layouts import SourceClip
from talkface.preparation.methods import Settings, clip_maker
from talkface.texts import json_text

PROGRESS_FOLDER, PARTIAL_FOLDER = "progress", "partial"
_LEAST_SPACE = 64 * 1024 * 1024  # bytes; with less the disk counts as full


@dataclass(frozen=True)
class Record:
    """Outcome of one source.

    clips: ids of its clips, () after a failure. size: bytes of the source, a sound file of its own included. reason,
    remedy: of a failure. warnings: what was noticed while decoding it (damaged packets, silence, …).
    """

    id: str
    source: str
    size: int
    clips: tuple[str, ...] = ()
    reason: str = ""
    remedy: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def failure(self) -> dict[str, str]:
        """The row of failures.jsonl."""
        return {"id": self.id, "source": self.source, "reason": self.reason, "remedy": self.remedy}


def record_path(out: Path, source_id: str) -> Path:
    """Where the record of a source lies."""
    return out / PROGRESS_FOLDER / "sources" / f"{source_id}.json"


def read_record(out: Path, clip: SourceClip) -> Record | None:
    """The record of a source if it is still true: same file size, all its clips there. None: it must be prepared."""
    try:
        content: Mapping[str, Any] = json.loads(record_path(out, clip.id).read_text(encoding="utf-8"))
        record = Record(**{**content, "clips": tuple(content["clips"]), "warnings": tuple(content["warnings"])})
    except (OSError, ValueError, KeyError, TypeError):
        return None
    complete = all((out / CLIPS_FOLDER / name / ROW_FILE).is_file() for name in record.clips)
    same = (record.source, record.size) == (clip.name, _size(clip))
    return record if complete and same else None


def prepare_source(clip: SourceClip, *, settings: Settings, out: Path) -> Record:
    """Prepare one source into the corpus folder `out`: all of its clips and then its record appear, or nothing does.

    Bad input becomes a record with its reason. InputError only for what is no source's fault: a detector that cannot be
    built, a full disk.
    """
    make_clips = clip_maker(settings)
    staging = out / PARTIAL_FOLDER / f"{clip.id}-{os.getpid()}"
    remove_folder(staging)
    rows: list[ClipRow] = []
    what = remedy = ""
    try:
        with collected_warnings() as warnings:
            rows = make_clips(clip, staging)
        for row in rows:
            publish(staging, out, replace(row, flags=(*row.flags, *(["warnings"] if warnings else []))))
    except InputError as error:
        check_space(out)
        what, remedy = error.what, error.remedy
    finally:
        remove_folder(staging)
    record = Record(clip.id, clip.name, _size(clip), tuple(row.id for row in rows), what, remedy, tuple(warnings))
    write_record(out, record)
    return record


def publish(staging: Path, out: Path, row: ClipRow) -> None:
    """Complete the clip's folder with its row and move it into the corpus, in the place of an older one."""
    (staging / row.id / ROW_FILE).write_text(row_to_text(row) + "\n", encoding="utf-8")
    remove_folder(out / CLIPS_FOLDER / row.id)
    (out / CLIPS_FOLDER).mkdir(exist_ok=True)
    (staging / row.id).rename(out / CLIPS_FOLDER / row.id)


def check_space(out: Path) -> None:
    """InputError when the disk is full: then every further clip would fail too."""
    if shutil.disk_usage(out).free < _LEAST_SPACE:
        raise InputError("the disk is full", out, "make room and run the same command again")


@contextmanager
def collected_warnings(name: str = "talkface") -> Iterator[list[str]]:
    """Gather the warnings of the logger `name` in a list; they do not go to the screen, where a progress bar stands."""
    warnings: list[str] = []
    logger, handler = logging.getLogger(name), logging.Handler(logging.WARNING)
    handler.addFilter(lambda record: record.getMessage() not in warnings)  # each pass over a source says it again
    handler.emit = lambda record: warnings.append(record.getMessage())  # type: ignore[method-assign]
    propagated, logger.propagate = logger.propagate, False
    logger.addHandler(handler)
    try:
        yield warnings
    finally:
        logger.removeHandler(handler)
        logger.propagate = propagated


def write_record(out: Path, record: Record) -> None:
    """Write the record of a source, complete or not at all."""
    atomic_write_text(record_path(out, record.id), json_text(vars(record), sort_keys=True) + "\n")


def preparation_of(settings: Settings, out: Path) -> "partial[Record]":
    """`prepare_source` for one corpus, as a function of the clip that other processes can take."""
    return partial(prepare_source, settings=settings, out=out)


def _size(clip: SourceClip) -> int:
    """Bytes of a source's files together; -1 where the media file is missing."""
    sound = clip.sound.stat().st_size if clip.sound is not None and clip.sound.is_file() else 0
    return clip.path.stat().st_size + sound if clip.path.is_file() else -1
