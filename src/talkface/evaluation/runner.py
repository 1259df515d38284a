"""All clips of a split, one after the other: records, and failures with their reasons."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from talkface.errors import InputError
from talkface.evaluation.clips import ClipEntry, Sound, read_clip, read_sound, sound_partner
from talkface.evaluation.records import ClipRecord, Failure, Outcome
from talkface.evaluation.systems import Instruments, measure_clip

log = logging.getLogger(__name__)


def measure_all(entries: Sequence[ClipEntry], instruments: Instruments) -> Outcome:
    """Measure every clip of a split."""

    def measure(index: int) -> ClipRecord:
        return measure_clip(read_clip(entries[index]), _other_sound(entries, index), instruments)

    return measure_each([entry.key for entry in entries], measure)


def measure_each(keys: Sequence[str], measure: Callable[[int], ClipRecord]) -> Outcome:
    """`measure` every index; a clip that cannot be read becomes a failure and never stops the run."""
    records: list[ClipRecord] = []
    failures: list[Failure] = []
    with progress_bar("measuring clips", len(keys)) as advance:
        for index, key in enumerate(keys):
            try:
                records.append(measure(index))
            except (InputError, OSError) as error:
                failures.append(Failure(key, str(error)))
                log.warning("%s was not measured: %s", key, error)
            advance()
    return Outcome(records, failures)


def _other_sound(entries: Sequence[ClipEntry], index: int) -> tuple[str, Sound] | None:
    partner = sound_partner(entries, index)
    if partner is None:
        return None
    return entries[partner].key, read_sound(entries[partner])


@contextmanager
def progress_bar(title: str, total: int) -> Iterator[Callable[[], None]]:
    """A bar with the time left, on stderr, gone at the end; gives the function that advances it by one."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as progress:
        task = progress.add_task(title, total=total)
        yield lambda: progress.advance(task)
