"""Where the time goes: seconds by part of the work, each part without the parts inside it."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter


class Stopwatch:
    """Seconds by part. State: what was counted, and the parts that are open."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._open: list[str] = []
        self._since = 0.0

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Counts the time inside to `name`, and to the part around it only what is outside."""
        self._count()
        self._open.append(name)
        try:
            yield
        finally:
            self._count()
            self._open.pop()

    def take(self) -> dict[str, float]:
        """What was counted since the last call."""
        counted, self.seconds = self.seconds, {}
        return counted

    def _count(self) -> None:
        now = perf_counter()
        if self._open:
            self.seconds[self._open[-1]] = self.seconds.get(self._open[-1], 0.0) + now - self._since
        self._since = now


WATCH = Stopwatch()
"""This process's: one clip is measured at a time. `@timed("part")` on a function, or `with timed("part")`."""
timed = WATCH.part
