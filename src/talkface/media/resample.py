"""Frames to a constant rate, each by its own time: phones write uneven times, counting frames would drift."""

from collections.abc import Iterable, Iterator
from fractions import Fraction

from talkface.media.source import Frame


def resample_frames(frames: Iterable[Frame], fps: Fraction) -> Iterator[Frame]:
    """Frames at the constant rate `fps`: output k shows the input frame nearest in time to first timestamp + k / fps.

    Holds two frames. Output timestamps lie exactly on the grid; the last input frame lasts its own duration, or else as
    long as
    the interval before it (a single frame: 1 / fps). The output lasts as long as the input, rounded to whole frames, at
    least one.
    """
    step = 1 / Fraction(fps)
    held: Frame | None = None
    origin, count, interval = Fraction(0), 0, step
    for frame in frames:
        if held is None:
            origin = frame.timestamp
        else:
            interval = frame.timestamp - held.timestamp
            middle = held.timestamp + interval / 2
            while origin + count * step <= middle:
                yield _placed(held, count, origin + count * step, step)
                count += 1
        held = frame
    if held is None:
        return
    end = held.timestamp + (held.duration or interval)
    while count == 0 or origin + (count + Fraction(1, 2)) * step <= end:
        yield _placed(held, count, origin + count * step, step)
        count += 1


def _placed(frame: Frame, index: int, timestamp: Fraction, duration: Fraction) -> Frame:
    return Frame(index, timestamp, frame.image, duration)
