"""The times of a file's picture and sound, by decoding both."""

from fractions import Fraction
from pathlib import Path

from talkface.errors import InputError
from talkface.media import decode_video, probe, stream_audio
from talkface.metrics.functional.container import FileTimes


def times_of(path: Path) -> FileTimes | None:
    """Begin and end of picture and sound; None where there is no sound. A last picture lasts as long as the one before.

    InputError: unreadable.
    """
    about = probe(path)
    if not about.has_audio:
        return None
    first = last = before = None
    for frame in decode_video(path):
        first, before, last = (frame.timestamp if first is None else first), last, frame.timestamp
    sound_start, sound_end = None, Fraction(0)
    for chunk in stream_audio(path, None):
        sound_start = chunk.start if sound_start is None else sound_start
        sound_end = chunk.start + Fraction(len(chunk.samples), chunk.sample_rate)
    if first is None or last is None or sound_start is None:
        raise InputError("no picture or no sound", path, "leave this file out")
    shown = last - before if before is not None else 1 / (about.fps or Fraction(25))
    return FileTimes(first, last + shown, sound_start, sound_end)
