"""All clips of a run: each one's record in a file of its own, so that a killed run goes on where it was.

``progress/<digest>.npz`` in the report's folder holds one measured clip. The digest is of everything that can change
it: networks, settings, versions, the clip's own bytes. Every run, interrupted or not, makes its report from these
files, so the report is the same to the byte on any number of processes.
"""

import json
import logging
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np

from talkface.errors import InputError
from talkface.evaluation.cache import digest_of
from talkface.evaluation.records import ClipRecord, Failure, Outcome, record_from_json, record_to_json
from talkface.evaluation.timing import WATCH, timed
from talkface.media import atomic_path
from talkface.pipelines.progress import progress
from talkface.processes import Lost, run_processes
from talkface.texts import json_text

log = logging.getLogger(__name__)
PROGRESS_FOLDER = "progress"
Measure = Callable[[int], ClipRecord]
Seconds = dict[str, float]


class Job(Protocol):
    """What there is to measure; travels to worker processes."""

    @property
    def keys(self) -> Sequence[str]:
        """The clips' names in the report, in order."""
        ...

    def content(self, index: int) -> Sequence[str]:
        """Digests of everything that is read for a clip. InputError: a file is missing."""
        ...

    def open(self) -> Measure:
        """Networks loaded, ready to measure. Called once a process."""
        ...


@dataclass(frozen=True)
class Measured:
    """Where a clip's record lies. seconds: by part of the work."""

    path: Path
    seconds: Seconds


@dataclass
class Task:
    """Measures one clip of `job` into a file below `folder`. identity: digest of what all clips have in common."""

    job: Job
    folder: Path
    identity: str
    _measure: Measure | None = field(default=None, init=False, repr=False)

    def __call__(self, index: int) -> Measured | Failure:
        """A clip that cannot be read is a failure. InputError: what no clip is at fault for, say a missing network."""
        key = self.job.keys[index]
        try:
            path = self.folder / f"{digest_of([self.identity, key, *self.job.content(index)])[:32]}.npz"
            known = _read(path)
        except (InputError, OSError) as error:
            return Failure(key, str(error))
        if known is not None:
            return Measured(path, known[1])
        if self._measure is None:
            self._measure = self.job.open()
            WATCH.take()
        try:
            with timed("other"):
                record = self._measure(index)
        except (InputError, OSError) as error:
            return Failure(key, str(error))
        finally:
            seconds = WATCH.take()
        _write(path, record, seconds)
        return Measured(path, seconds)


def measure_each(
    job: Job, out: Path, *, identity: str, workers: int, threads: int
) -> tuple[Outcome, dict[str, Seconds]]:
    """Measure every clip that is not measured yet; a clip that cannot be read never stops the run.

    Returns the outcome in the order of the clips, and each measured clip's seconds. KeyboardInterrupt with a line that
    says how far it came.
    """
    task, found = Task(job, out / PROGRESS_FOLDER, identity), {}
    indices = range(len(job.keys))
    try:
        with closing(run_processes(task, indices, workers, threads=threads)) as results:
            with progress("measuring", len(indices), unit="clips") as advance:
                for index, result in results:
                    found[index] = Failure(job.keys[index], result.reason) if isinstance(result, Lost) else result
                    advance()
    except KeyboardInterrupt:
        line = f"interrupted with {len(found)} of {len(indices)} clips measured: the same command goes on from there"
        raise KeyboardInterrupt(line) from None
    return _outcome([found[index] for index in indices])


def remove_progress(out: Path) -> None:
    """Remove the records: the report is written."""
    folder = out / PROGRESS_FOLDER
    for path in folder.glob("*.npz"):
        path.unlink()
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _outcome(results: Sequence[Measured | Failure]) -> tuple[Outcome, dict[str, Seconds]]:
    records, failures, seconds = [], [], {}
    for result in results:
        if isinstance(result, Failure):
            failures.append(result)
            log.warning("%s was not measured: %s", result.key, result.reason)
            continue
        known = _read(result.path)
        if known is None:
            raise InputError("a record vanished", result.path, "one run a folder: give another out=, or run again")
        records.append(known[0])
        seconds[known[0].key] = result.seconds
    return Outcome(records, failures), seconds


def _write(path: Path, record: ClipRecord, seconds: Seconds) -> None:
    plain = json_text({"record": record_to_json(record), "seconds": seconds})
    parts = {"plain": plain.encode(), "strip": record.strip}
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        arrays = {name: np.frombuffer(part, np.uint8) for name, part in parts.items()}
        np.savez(file, **arrays)  # type: ignore[arg-type]  # the stubs take any name for a switch


def _read(path: Path) -> tuple[ClipRecord, Seconds] | None:
    """A record that was written whole; None where there is none."""
    if not path.is_file():
        return None
    with np.load(path, allow_pickle=False) as parts:
        content = json.loads(parts["plain"].tobytes())
        record = record_from_json({**content["record"], "strip": parts["strip"].tobytes()})
    return record, content["seconds"]
