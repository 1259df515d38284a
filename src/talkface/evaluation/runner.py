"""All clips of a split, one after the other: records, and failures with their reasons."""

import logging
from collections.abc import Callable, Sequence

from talkface.errors import InputError
from talkface.evaluation.clips import ClipEntry, Sound, read_clip, read_sound, sound_partner
from talkface.evaluation.records import ClipRecord, Failure, Outcome
from talkface.evaluation.systems import Instruments, measure_clip
from talkface.pipelines.progress import progress

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
    with progress("measuring", len(keys), unit="clips") as advance:
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
