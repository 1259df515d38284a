"""What the bootstrap draws: clips or speakers, not pairs, because pairs that share a clip are not independent."""

from collections import Counter
from collections.abc import Iterable, Sequence

from talkface.errors import InputError
from talkface.evaluation.measures import OTHER_SOUND
from talkface.evaluation.records import ClipRecord

UNITS = ("clip", "speaker")


class Clusters:
    """The draws that each figure of some records hangs on.

    A figure hangs on the clip whose pictures it is of; and where it is of another clip's sound that several records
    hear, on that clip too, so that it counts as often as both were drawn.
    """

    def __init__(self, records: Iterable[ClipRecord], by: str) -> None:
        """by: in UNITS; a sound whose clip is none of the records' is its own speaker. InputError: another word."""
        if by not in UNITS:
            raise InputError(f"nothing to draw by: {by}", "interval.by", f"use one of {', '.join(UNITS)}")
        known = list(records)
        self._speaker = {each.clip: f"{each.corpus}/{each.speaker}" for each in known} if by == "speaker" else {}
        self._heard = Counter(self._unit(sound) for _, sound in {(each.clip, each.sound_of) for each in known})

    def of(self, record: ClipRecord, systems: Sequence[str]) -> frozenset[str]:
        """Names of what is drawn for a figure of these rows of a record."""
        units, sound = {self._unit(record.clip)}, self._unit(record.sound_of)
        if self._heard[sound] > 1 and any(system in OTHER_SOUND for system in systems):
            units.add(sound)
        return frozenset(units)

    def _unit(self, clip: str) -> str:
        return self._speaker.get(clip, clip)
