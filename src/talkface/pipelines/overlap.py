"""Work that overlaps: an iterator runs ahead in a thread of its own, a bounded queue between it and its consumer."""

import queue
import threading
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")
_POLL_SECONDS = 0.05  # how soon a producer that waits for room notices that nobody wants its items any more


@dataclass(frozen=True)
class _Failure:
    error: BaseException


class _End:
    """Nothing follows."""


@dataclass
class _Lane(Generic[Item]):
    """The queue between two threads. `stop` is set by the consumer when it leaves."""

    items: "queue.Queue[Item | _Failure | _End]"
    stop: threading.Event

    def put(self, item: "Item | _Failure | _End") -> bool:
        """Wait for room and put; False when the consumer has left."""
        while not self.stop.is_set():
            try:
                self.items.put(item, timeout=_POLL_SECONDS)
            except queue.Full:
                continue
            return True
        return False


def run_ahead(source: Iterator[Item], *, capacity: int, name: str) -> Generator[Item]:
    """The items of `source`, produced in a thread that is at most `capacity` finished items ahead.

    An error in `source` is raised here, at its place in the order. When this generator is closed (also by an
    exception or Ctrl-C in the consumer) the thread stops after its current item, `source` is closed in its own
    thread, and it is joined.
    """
    lane: _Lane[Item] = _Lane(queue.Queue(capacity), threading.Event())
    thread = threading.Thread(target=_produce, args=(source, lane), name=name, daemon=True)
    thread.start()
    try:
        while not isinstance(item := lane.items.get(), _End):
            if isinstance(item, _Failure):
                raise item.error
            yield item
    finally:
        lane.stop.set()
        thread.join()


def _produce(source: Iterator[Item], lane: _Lane[Item]) -> None:
    try:
        for item in source:
            if not lane.put(item):
                return
        lane.put(_End())
    except BaseException as error:  # noqa: BLE001  # not swallowed: raised again in the consumer's thread
        lane.put(_Failure(error))
    finally:
        close = getattr(source, "close", None)
        if close is not None:
            close()
