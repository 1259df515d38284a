"""Pictures without end out of a clip that ends: forwards and backwards, in circles, or the last one held.

Nothing of the clip is kept in memory. Forward passes decode again. Backward passes decode stretches of bounded size,
from the last to the first, each by seeking to the key frame before it.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Protocol

from talkface.media import Frame

_STRETCH_BYTES = 96 * 2**20  # of decoded pictures held during a backward pass
_LONGEST_STRETCH = 256  # pictures
EXTENDS = ("pingpong", "loop", "freeze", "cut")


class Decode(Protocol):
    """Decodes the clip, or the stretch start <= timestamp < stop of it."""

    def __call__(self, start: Fraction | None = None, stop: Fraction | None = None) -> Iterator[Frame]: ...


@dataclass
class Seen:
    """What the first pass noted: the time of every frame on the source's clock, and how long the last one lasts."""

    step: Fraction
    times: list[Fraction] = field(default_factory=list)
    last_duration: Fraction | None = None
    frame_bytes: int = 0
    complete: bool = False  # the whole clip was decoded

    def noting(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        """The same frames, noted."""
        for frame in frames:
            self.times.append(frame.timestamp)
            self.last_duration, self.frame_bytes = frame.duration, frame.nbytes
            yield frame
        self.complete = True

    def duration(self, index: int) -> Fraction:
        """Seconds frame `index` is shown: up to the next one; the last one by its own statement, else one step."""
        if index + 1 < len(self.times):
            return self.times[index + 1] - self.times[index]
        return self.last_duration or self.step

    @property
    def end(self) -> Fraction:
        """Time at which the last frame ends."""
        return self.times[-1] + self.duration(len(self.times) - 1)


def continued(
    seen: Seen, decode: Decode, extend: str, wanted: Callable[[Fraction], bool] = lambda _: True
) -> Iterator[Frame]:
    """Frames after the first pass (none for `cut`). index: of the source; timestamp: goes on growing.

    wanted: whether a frame is, by its time; the first that is not ends it, and is not decoded.

    pingpong: n-2 .. 0, then 1 .. n-1, and so on, no frame twice in a row. loop: 0 .. n-1 again and again. freeze: the
    last frame at the nominal rate. Every frame is shown as long as in the first pass. A clip of one frame is frozen.
    """
    if extend == "cut" or not seen.times:
        return
    order = _frozen if extend == "freeze" or len(seen.times) == 1 else _ORDERS[extend]
    time, frames = seen.end, order(seen, decode)
    while wanted(time) and (frame := next(frames, None)) is not None:
        shown = seen.step if order is _frozen else seen.duration(frame.index)
        yield replace(frame, timestamp=time, duration=shown)
        time += shown


def _frozen(seen: Seen, decode: Decode) -> Iterator[Frame]:
    held = deque(decode(start=seen.times[-1]), maxlen=1)
    while held:
        last = held[0]
        yield replace(last, index=len(seen.times) - 1, duration=seen.step)


def _looped(seen: Seen, decode: Decode) -> Iterator[Frame]:
    while True:
        yield from decode()


def _pingpong(seen: Seen, decode: Decode) -> Iterator[Frame]:
    while True:
        yield from backwards(seen, decode, len(seen.times) - 1)
        yield from (frame for frame in decode() if frame.index > 0)


def backwards(seen: Seen, decode: Decode, stop: int) -> Iterator[Frame]:
    """Frames stop-1 .. 0, decoded in stretches of at most 96 MiB."""
    index_of = {time: index for index, time in enumerate(seen.times)}
    length = max(1, min(_LONGEST_STRETCH, _STRETCH_BYTES // max(1, seen.frame_bytes)))
    while stop > 0:
        first = max(0, stop - length)
        end = seen.times[stop] if stop < len(seen.times) else None
        stretch = list(decode(start=seen.times[first], stop=end))
        while stretch:
            frame = stretch.pop()
            if frame.timestamp in index_of:  # a damaged clip may come out differently after a seek
                yield replace(frame, index=index_of[frame.timestamp])
        stop = first


_ORDERS: dict[str, Callable[[Seen, Decode], Iterator[Frame]]] = {"pingpong": _pingpong, "loop": _looped}
