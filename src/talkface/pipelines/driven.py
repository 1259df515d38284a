"""Whose mouth is driven: notes when the person is lost, comes back, or is another one."""

import logging
from collections.abc import Iterable
from fractions import Fraction

logger = logging.getLogger(__name__)
_TOLD = 20  # changes that are logged, so that a restless clip does not fill the screen


class DrivenPeople:
    """Watches the frames of one run in order. State: who was driven last, and `events`, what happened so far.

    events: rows of {"time": seconds of the output, "event": "lost" | "returned" | "changed", "person": number, "to":
    number, for "changed"}. The source's first pass counts only: what is played again brings no news.
    """

    def __init__(self, name: str, *, several: bool = False) -> None:
        """name: of the clip, for the log. several: all faces are driven; people then come and go, nobody is changed."""
        self._name, self._several = name, several
        self._present: set[int] = set()
        self._met: set[int] = set()
        self._last: int | None = None
        self._newest = -1
        self.events: list[dict[str, object]] = []

    def see(self, index: int, time: Fraction, people: Iterable[int]) -> None:
        """Takes in the people driven in source frame `index`, shown at `time`."""
        if index <= self._newest:
            return
        self._newest, present = index, set(people)
        if self._several:
            self._compare(time, present)
        else:
            self._follow(time, min(present, default=None))
        self._present, self._met = present, self._met | present

    def _compare(self, time: Fraction, present: set[int]) -> None:
        for person in sorted(self._present - present):
            self._note(time, "lost", person)
        for person in sorted((present - self._present) & self._met):
            self._note(time, "returned", person)

    def _follow(self, time: Fraction, person: int | None) -> None:
        if person is None:
            if self._present and self._last is not None:
                self._note(time, "lost", self._last)
            return
        if self._last is not None and person != self._last:
            self._note(time, "changed", self._last, to=person)
        elif self._last is not None and not self._present:
            self._note(time, "returned", person)
        self._last = person

    def _note(self, time: Fraction, event: str, person: int, *, to: int | None = None) -> None:
        row: dict[str, object] = {"time": round(float(time), 6), "event": event, "person": person}
        self.events.append(row if to is None else row | {"to": to})
        if len(self.events) > _TOLD:
            return
        told = {
            "lost": "is lost; nobody else is driven in their place",
            "returned": "is back",
            "changed": f"is no longer driven, person {to} is",
        }[event]
        level = logging.INFO if self._several or event == "returned" else logging.WARNING
        logger.log(level, "%s: %.2f s: person %d %s", self._name, float(time), person, told)
