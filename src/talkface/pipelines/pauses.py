"""Frames that last long: shown again and again, so that a mouth goes on moving while the picture stands still."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction

from talkface.media import Frame

_LONGEST = Fraction(1, 5)  # seconds: at a slower pace nothing speaks
_PACE = Fraction(1, 25)  # seconds between repetitions where the clip itself is slower than that
_PAUSE = Fraction(5, 2)  # usual frames: one that lasts longer is a pause; the uneven times of phones stay below


def without_pauses(frames: Iterable[Frame], step: Fraction) -> Iterator[Frame]:
    """The same frames; one that lasts longer than 2.5 usual ones, or than 0.2 s, is repeated at the usual pace.

    step: nominal seconds a frame, the usual pace until the frames show another. Repetitions keep the index of their
    frame. The last frame lasts as long as its `duration` says.
    """
    held: Frame | None = None
    usual = step if step <= _LONGEST else _PACE
    for frame in frames:
        if held is not None:
            interval = frame.timestamp - held.timestamp
            yield from _repeated(held, interval, usual)
            usual = usual if _is_pause(interval, usual) else interval
        yield frame
        held = frame
    if held is not None and held.duration is not None:
        yield from _repeated(held, held.duration, usual)


def _is_pause(interval: Fraction, usual: Fraction) -> bool:
    return interval > min(_PAUSE * usual, _LONGEST)


def _repeated(frame: Frame, interval: Fraction, usual: Fraction) -> Iterator[Frame]:
    """What follows `frame` within its `interval` if that is a pause."""
    if not _is_pause(interval, usual):
        return
    time = frame.timestamp + usual
    while time + usual / 2 < frame.timestamp + interval:
        yield replace(frame, timestamp=time, duration=usual)
        time += usual
