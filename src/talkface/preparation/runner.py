"""A whole source folder into a corpus: resumable, parallel, the same bytes whatever happened on the way."""

import fcntl
import json
import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from talkface.corpus import (
    CLIPS_FOLDER,
    CORPUS_FILE,
    FAILURES_FILE,
    MANIFEST_FILE,
    ROW_FILE,
    ClipRow,
    corpus_text,
    failures_text,
    manifest_text,
    row_from_text,
    row_to_text,
)
from talkface.errors import InputError
from talkface.media import atomic_write_text
from talkface.paths import check_name, same_place, there_is
from talkface.preparation.clip import remove_folder
from talkface.preparation.launch import Launcher, launch
from talkface.preparation.layouts import SourceClip, list_clips
from talkface.preparation.lists import Lists, apply_lists
from talkface.preparation.methods import Settings
from talkface.preparation.progress import show_progress
from talkface.preparation.record import (
    PARTIAL_FOLDER,
    PROGRESS_FOLDER,
    Record,
    check_space,
    preparation_of,
    read_record,
)
from talkface.preparation.settings import differences
from talkface.preparation.sounds import with_sounds
from talkface.preparation.splits import assign_splits
from talkface.preparation.table import apply_table
from talkface.processes import Lost

logger = logging.getLogger(__name__)
_SETTINGS_FILE = "settings.json"


@dataclass(frozen=True)
class Plan:
    """What to prepare. name: of the corpus. layout: of the source folder. split: {seed, val, test}.

    source: the folder; None where `clips` says what to make and nothing is read. manifest: a table that overrides
    speakers and splits, and its kinds that are taken. lists: published splits of what has none by layout or manifest.
    """

    name: str
    layout: str
    source: Path | None
    split: dict[str, Any] = field(default_factory=lambda: {"seed": 0, "val": 0.1, "test": 0.1})
    manifest: Path | None = None
    manifest_kinds: tuple[str, ...] = ("human",)
    lists: Lists = field(default_factory=Lists)
    clips: tuple[SourceClip, ...] = ()


def plan_clips(plan: Plan) -> list[SourceClip]:
    """All clips to prepare, each with its split, sorted by id.

    InputError: no such folder, nothing in it, a bad table or list.
    """
    clips = list(plan.clips) if plan.source is None else with_sounds(list_clips(plan.layout, plan.source))
    if plan.manifest is not None:
        clips = apply_table(clips, plan.manifest, kinds=plan.manifest_kinds)
    if plan.source is not None:
        clips = apply_lists(clips, plan.source, plan.layout, plan.lists)
    return assign_splits(clips, **plan.split)


def prepare(plan: Plan, out: Path, *, settings: Settings, launcher: Launcher) -> Path:
    """Prepare `plan` into the corpus folder `out` and return it. Run again after any interruption.

    InputError: a bad plan; `out` inside the source or prepared with other settings, in use, or full; no clip was
    prepared.
    """
    out = out.absolute()  # other machines may run in other folders
    clips = plan_clips(plan)
    if plan.source is not None:
        check_apart(plan.source, out)
    check_out(out)
    with exclusive(out):
        check_settings(out, settings)
        remove_leftovers(out)
        records = {clip.id: record for clip in clips if (record := read_record(out, clip)) is not None}
        todo = [clip for clip in clips if clip.id not in records]
        logger.info("%d sources, %d already done", len(clips), len(records))
        lost = run_all(todo, records, out, settings=settings, launcher=launcher)
        return write_corpus(plan, out, clips=clips, records=records, lost=lost, settings=settings)


def remove_leftovers(out: Path) -> None:
    """Remove the half-written files of a run that was killed."""
    remove_folder(out / PARTIAL_FOLDER)
    for folder in (".", PROGRESS_FOLDER, f"{PROGRESS_FOLDER}/*", f"{CLIPS_FOLDER}/*"):
        for path in out.glob(f"{folder}/.partial-*"):
            path.unlink()


def run_all(
    todo: Sequence[SourceClip],
    records: dict[str, Record],
    out: Path,
    *,
    settings: Settings,
    launcher: Launcher,
) -> dict[str, Record]:
    """Prepare the sources `todo`; their records go into `records`, those whose process died are returned."""
    lost: dict[str, Record] = {}
    try:
        with closing(launch(preparation_of(settings, out), todo, launcher)) as results:
            for clip, result in show_progress(results, total=len(todo), what="preparing"):
                if isinstance(result, Lost):
                    check_space(out)
                    remedy = "run the same command again; if it dies again, the file breaks its decoder"
                    lost[clip.id] = Record(clip.id, clip.name, 0, (), result.reason, remedy)
                else:
                    records[clip.id] = result
    finally:
        remove_folder(out / PARTIAL_FOLDER)
    return lost


def write_corpus(
    plan: Plan,
    out: Path,
    *,
    clips: Sequence[SourceClip],
    records: dict[str, Record],
    lost: dict[str, Record],
    settings: Settings,
) -> Path:
    """Write manifest, failures and corpus.json from the complete clips. Splits and speakers are those of today's

    plan.
    """
    rows = [row for clip in clips if clip.id in records for row in read_rows(out, clip, records[clip.id])]
    failed = [record for record in records.values() if not record.clips] + list(lost.values())
    write_rows(out, rows)
    atomic_write_text(out / FAILURES_FILE, failures_text(record.failure for record in failed))
    info = {
        "name": plan.name,
        "source": "" if plan.source is None else str(plan.source),
        "layout": plan.layout,
        "split": plan.split,
        "settings": settings.describe(),
        "settings_hash": settings.hash,
        "clips": len(rows),
        "failures": len(failed),
    }
    atomic_write_text(out / CORPUS_FILE, corpus_text(info))
    logger.info("%d clips %s, %d failures", len(rows), dict(Counter(row.split for row in rows)), len(failed))
    for reason, count in Counter(record.reason for record in failed).most_common(5):
        logger.info("  %d failed: %s", count, reason)
    if not rows:
        raise InputError("no clip could be prepared", out / FAILURES_FILE, "it says why for each source")
    return out


def read_rows(out: Path, clip: SourceClip, record: Record) -> list[ClipRow]:
    """Rows of one source's clips, with its speaker and split of today."""
    rows = []
    for name in record.clips:
        path = out / CLIPS_FOLDER / name / ROW_FILE
        row = row_from_text(path.read_text(encoding="utf-8"), path)
        rows.append(replace(row, speaker=clip.speaker, split=clip.split or "train"))
    return rows


def write_rows(out: Path, rows: Sequence[ClipRow]) -> None:
    """Write the manifest and each clip's own row, where they have changed."""
    for row in rows:
        write_changed(out / CLIPS_FOLDER / row.id / ROW_FILE, row_to_text(row) + "\n")
    write_changed(out / MANIFEST_FILE, manifest_text(rows))


def write_changed(path: Path, text: str) -> None:
    """Write `text` unless the file holds it already: its time of change then means something."""
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        atomic_write_text(path, text)


def check_apart(source: Path, out: Path) -> None:
    """InputError: `out` is the source folder or lies inside it."""
    inner, outer = same_place(out), same_place(source)
    if inner == outer or outer in inner.parents:
        raise InputError("out lies inside source", out, "give another out=FOLDER")


def check_out(out: Path) -> None:
    """InputError: `out` is no folder, or holds something else than a corpus."""
    check_name(out)
    if there_is(out) and not out.is_dir():
        raise InputError("out is a file", out, "give out=FOLDER")
    if out.is_dir() and not (out / PROGRESS_FOLDER).is_dir() and any(out.iterdir()):
        raise InputError("out holds other files", out, "give a new or empty out=FOLDER")


def check_settings(out: Path, settings: Settings) -> None:
    """Note the settings of a new corpus; InputError where it was begun with others."""
    path, wanted = out / PROGRESS_FOLDER / _SETTINGS_FILE, settings.describe()
    if not path.is_file():
        atomic_write_text(path, json.dumps(wanted, indent=1, sort_keys=True) + "\n")
        return
    found = json.loads(path.read_text(encoding="utf-8"))
    changed = differences(found, json.loads(json.dumps(wanted)))
    if changed:
        remedy = "use the same settings, or another out=FOLDER"
        raise InputError(f"prepared with other settings ({'; '.join(changed)})", out, remedy)


@contextmanager
def exclusive(out: Path) -> Iterator[None]:
    """Hold the corpus folder for one run; the hold ends with the process. InputError: in use, not writable."""
    try:
        (out / PROGRESS_FOLDER).mkdir(parents=True, exist_ok=True)
        lock = (out / PROGRESS_FOLDER / "lock").open("w")
    except OSError as error:
        raise InputError("cannot write here", out, "choose a folder that can be written") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InputError("another run is writing here", out, "wait for it, or give another out") from error
        yield
