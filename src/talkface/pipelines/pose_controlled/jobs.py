"""Many PC-AVS runs from the original's CSV: eight columns, one space between two of them.

A job that fails is one line and never stops the others; a job that is finished is not made again.
"""

import hashlib
import json
import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from talkface.errors import InputError
from talkface.media import atomic_write_text
from talkface.paths import fitted, there_is
from talkface.pipelines.files import comparison_of
from talkface.pipelines.pose_controlled.options import PoseOptions, PoseRequest
from talkface.pipelines.pose_controlled.request import (
    check_request,
    checkpoint_folder,
    layout_of,
    read_options,
    result_name,
    results_folder,
)
from talkface.pipelines.values import quality_of, switch_of
from talkface.texts import quoted_row, read_text, rows_of

if TYPE_CHECKING:
    from talkface.pipelines.pose_controlled.clip import FaceFinder

logger = logging.getLogger(__name__)
COLUMNS = ("identity", "identity pictures", "pose", "pose frames", "audio", "mouth", "mouth frames", "spectrogram")
_MADE, _FINISHED = "made", "finished before"
_MOST_DIGITS = 10


@dataclass(frozen=True)
class Row:
    """One line of a CSV. number: of the line, from 1. fields: its eight columns, or as many as there are."""

    number: int
    fields: tuple[str, ...]

    @property
    def name(self) -> str:
        """As the original names its result folder, from columns 1, 3 and 5."""
        identity, _, pose, _, audio = (*self.fields, *COLUMNS)[:5]
        return result_name(Path(identity), Path(pose), Path(audio))


def read_rows(path: Path) -> list[Row]:
    """The lines that are not empty. A field with spaces stands in double quotes. InputError: no such file, no line."""
    remedy = "give a text of eight columns, as PC-AVS's preparation writes it"
    rows = rows_of(read_text(path, remedy), " ", path, remedy)
    found = [Row(row.number, tuple(_trimmed(row.cells))) for row in rows]
    if not found:
        raise InputError("no job in this file", path, "write one line a job: " + ", ".join(COLUMNS))
    return found


def _trimmed(cells: list[str]) -> list[str]:
    """Without the empty cells that blanks at the end of a line make."""
    while len(cells) > len(COLUMNS) and not cells[-1]:
        cells = cells[:-1]
    return cells


def write_row(path: Path, fields: Sequence[object]) -> None:
    """A CSV of one job, complete or not at all."""
    atomic_write_text(path, quoted_row(fields, " "))


def request_of(row: Row, output: Path, checkpoint: Path | None, options: PoseOptions) -> PoseRequest:
    """A line as a request, whose files are not looked at. InputError: a missing column, a number that is none."""
    if len(row.fields) != len(COLUMNS):
        remedy = f"write {', '.join(COLUMNS)} with single spaces between them"
        raise InputError(f"{len(row.fields)} columns instead of {len(COLUMNS)}", f"line {row.number}", remedy)
    identity, _, pose, pose_frames, audio, mouth, _, mel = row.fields
    if not (pose_frames.isdecimal() and pose_frames.isascii() and len(pose_frames) < _MOST_DIGITS):
        raise InputError("not a number of frames", f"line {row.number}: {pose_frames}", "write how many pose frames")
    return PoseRequest(
        Path(identity),
        None if pose.lower() == "none" else Path(pose),
        Path(audio),
        None if mouth.lower() == "none" else Path(mouth),
        output,
        checkpoint,
        options,
        mel=Path(mel) if mel.endswith(".npy") else None,  # the original writes None, its example "dummy"
        pose_frames=int(pose_frames) or None,
    )


def run_jobs(config: Mapping[str, Any], *, show_progress: bool = False) -> None:
    """All jobs of `csv`, into the folder `output`. InputError at the end when a job failed, naming their lines."""
    path = Path(str(config["csv"]))
    batch = _Batch(config, show_progress=show_progress)
    rows = read_rows(path)
    outcomes: Counter[str] = Counter()
    failed: list[int] = []
    for row, name in zip(rows, _unique([row.name for row in rows]), strict=True):
        try:
            outcomes[batch.run(row, name)] += 1
        except InputError as error:
            logger.error("line %d failed: %s", row.number, error)
            failed.append(row.number)
    counts = (len(rows), outcomes[_MADE], outcomes[_FINISHED], len(failed))
    logger.info("%d jobs: %d made, %d finished before, %d failed", *counts)
    if failed:
        lines = ", ".join(map(str, failed))
        remedy = "mend what their lines above say and run again: finished jobs are kept"
        raise InputError(f"{len(failed)} of {len(rows)} jobs failed (lines {lines})", path, remedy)


class _Batch:
    """What the jobs of a run share: options, the networks (loaded once, at the first job), the detector."""

    def __init__(self, config: Mapping[str, Any], *, show_progress: bool) -> None:
        """InputError: bad options, networks that do not load (no job could be made)."""
        from talkface.pipelines.pose_controlled.serve import load_network

        self._options, self._checkpoint = read_options(config).placed(), checkpoint_folder(config)
        self._folder, self._layout = results_folder(config), layout_of(config)
        self._compare, self._crf = switch_of(config, "compare"), quality_of(config)
        self._force, self._still = switch_of(config, "force"), str(config.get("pose") or "").lower() == "none"
        self._show_progress = show_progress
        self._network = load_network(self._checkpoint, self._options)
        self._finder: FaceFinder | None = None

    def run(self, row: Row, name: str) -> str:
        """Whether the job was made or was finished before. InputError: bad input of this job."""
        from talkface.pipelines.pose_controlled.clip import FaceFinder
        from talkface.pipelines.pose_controlled.serve import serve

        record = self._folder / fitted(name, ".json")
        request = self._request(row, name)
        check_request(request, force=True)
        mark = fingerprint(request)
        made = [path for path in (request.output, request.compare) if path is not None]
        if all(there_is(path) for path in made) and _recorded(record) == mark:
            return _FINISHED
        check_request(request, force=self._force)
        self._finder = self._finder or FaceFinder(self._options.face)
        serve(request, self._network, self._finder, show_progress=self._show_progress)
        atomic_write_text(record, json.dumps({"fingerprint": mark, **_plain(request)}, indent=1) + "\n")
        return _MADE

    def _request(self, row: Row, name: str) -> PoseRequest:
        original = self._layout == "original"
        output = self._folder / fitted(name, "" if original else ".mp4")
        request = request_of(row, output, self._checkpoint, self._options)
        return replace(
            request,
            crf=self._crf,
            layout=self._layout,
            pose=None if self._still else request.pose,
            compare=comparison_of(output) if self._compare and not original else None,
        )


def fingerprint(request: PoseRequest) -> str:
    """Hexadecimal sha256 of all that a result follows from: the request and the state of its files."""
    from talkface.pipelines.pose_controlled.serve import networks_folder

    networks = networks_folder(request.checkpoint)
    given = (request.identity, request.pose, request.audio, request.mouth, request.mel, networks)
    state = [sorted(_stamps(path)) for path in given if path is not None]
    return hashlib.sha256(json.dumps([_plain(request), state]).encode()).hexdigest()


def _plain(request: PoseRequest) -> dict[str, Any]:
    return json.loads(json.dumps(asdict(request), default=str))  # type: ignore[no-any-return]


def _stamps(path: Path) -> Iterator[tuple[str, int, int]]:
    """Name, size and time of change of a file, or of each file in a folder."""
    for file in path.iterdir() if path.is_dir() else [path]:
        status = file.stat()
        yield file.name, status.st_size, status.st_mtime_ns


def _recorded(record: Path) -> str:
    """The fingerprint of a finished job; empty where there is no readable record."""
    try:
        return str(json.loads(record.read_text(encoding="utf-8"))["fingerprint"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _unique(names: Sequence[str]) -> Iterator[str]:
    """The names, a second one of the same with _2 behind it, and so on."""
    seen: Counter[str] = Counter()
    for name in names:
        seen[name] += 1
        yield name if seen[name] == 1 else f"{name}_{seen[name]}"
