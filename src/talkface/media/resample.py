"""Frames to a constant rate, each by its own time: phones write uneven times, counting frames would drift."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction

from talkface.media.source import Frame


def resample_frames(frames: Iterable[Frame], fps: Fraction) -> Iterator[Frame]:
    """Frames at the constant rate `fps`: output k shows the input frame nearest in time to first timestamp + k / fps.

    Holds three frames at most. Output timestamps lie exactly on the grid; the last input frame lasts its own duration,
    or else as long as the interval before it (a single frame: 1 / fps). The output lasts as long as the input, rounded
    to whole frames, at least one.
    """
    step = 1 / Fraction(fps)
    held: Frame | None = None
    origin, count, interval = Fraction(0), 0, step
    ready: deque[Frame] = deque()  # outputs that the input must still prove to be long enough for
    for frame in frames:
        if held is None:
            origin = frame.timestamp
        else:
            interval = frame.timestamp - held.timestamp
            while origin + count * step <= held.timestamp + interval / 2:
                ready.append(replace(held, index=count, timestamp=origin + count * step, duration=step))
                count += 1
        held = frame
        while ready and ready[0].timestamp + step / 2 <= frame.timestamp:
            yield ready.popleft()
    if held is None:
        return
    end = held.timestamp + (held.duration or interval)
    yield from (output for output in ready if output.index == 0 or output.timestamp + step / 2 <= end)
    while count == 0 or origin + (count + Fraction(1, 2)) * step <= end:
        yield replace(held, index=count, timestamp=origin + count * step, duration=step)
        count += 1
