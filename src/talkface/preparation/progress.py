"""What the user sees meanwhile: a bar with clips a minute and the time left, or a log line now and then."""

import logging
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

logger = logging.getLogger(__name__)
Item = TypeVar("Item")
_LOG_EVERY = 30.0  # seconds, where there is no terminal


def clips_per_minute(done: float, seconds: float) -> float:
    """Rate since the start; 0 before anything is known."""
    return 60.0 * done / seconds if seconds > 0 else 0.0


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{clips_per_minute(task.completed, task.elapsed or 0.0):.0f} clips/min")


def show_progress(items: Iterable[Item], *, total: int, what: str, console: Console | None = None) -> Iterator[Item]:
    """The same items, counted on standard error. total: how many there will be. what: label."""
    console = console or Console(stderr=True)
    if not console.is_terminal:
        yield from _logged(items, total, what)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(what, total=total)
        for item in items:
            progress.advance(task)
            yield item


def _logged(items: Iterable[Item], total: int, what: str) -> Iterator[Item]:
    began = told = time.monotonic()
    for count, item in enumerate(items, start=1):
        now = time.monotonic()
        if now - told >= _LOG_EVERY or count == total:
            told, rate = now, clips_per_minute(count, now - began)
            left = (total - count) / rate if rate else 0.0
            logger.info("%s: %d of %d, %.0f clips/min, %.1f min left", what, count, total, rate, left)
        yield item
