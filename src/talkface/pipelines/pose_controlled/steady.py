"""A source as PC-AVS takes it: 25 pictures a second, in order, backwards, and round and round. Nothing is kept."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from talkface.media import Frame, decode_video, resample_frames
from talkface.pipelines.files import probe_pictures
from talkface.pipelines.playlist import Seen, backwards
from talkface.timeline import TRAINING_FPS


def loop_index(frame: int, period: int) -> int:
    """Index of the source's picture that belongs to output `frame`: 0 .. n-1, n-1 .. 0, 0 .. n-1 and so on.

    The end pictures come twice in a row, as the original has it. period: n >= 1.
    """
    turn, place = divmod(frame, period)
    return place if turn % 2 == 0 else period - 1 - place


class SteadySource:
    """A video, picture or folder at 25 a second. Calling it decodes the clip, or a stretch of it.

    State: what the first whole pass noted (its length, the longest interval between two pictures). Passes after it give
    the same pictures at the same times.
    """

    def __init__(self, path: Path | str, *, limit: int | None = None) -> None:
        """limit: take only that many pictures. InputError: missing, not media, no picture in it."""
        self.path, self._limit = Path(path), limit
        self.info = probe_pictures(self.path)
        self._longest = Fraction(0)
        self._noted = Seen(1 / TRAINING_FPS)

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the pictures."""
        return self.info.width, self.info.height

    @property
    def is_video(self) -> bool:
        """Whether the pictures follow each other in time (a folder may as well hold portraits)."""
        return self.info.kind in ("video", "animation")

    def __len__(self) -> int:
        """Pictures. ValueError before the first pass is through."""
        if not self._noted.complete:
            raise ValueError("the length is known after a whole pass")
        return len(self._noted.times)

    def first_pass(self) -> Iterator[Frame]:
        """All pictures, noted."""
        self._noted = Seen(1 / TRAINING_FPS)
        steady = resample_frames(self._measured(), TRAINING_FPS)
        yield from self._noted.noting(self._limited(steady))

    def __call__(self, start: Fraction | None = None, stop: Fraction | None = None) -> Iterator[Frame]:
        """Pictures with start <= timestamp < stop; their indices and times are those of the first pass."""
        times = self._noted.times
        chosen = [
            index
            for index, time in enumerate(times)
            if (start is None or time >= start) and (stop is None or time < stop)
        ]
        if not chosen:
            return
        begin = times[chosen[0]] - self._longest if start is not None else None
        grid = [times[index] for index in chosen]
        for index, frame in zip(chosen, nearest_frames(decode_video(self.path, start=begin), grid), strict=True):
            yield replace(frame, index=index, timestamp=times[index], duration=1 / TRAINING_FPS)

    def looping(self, first: int = 0) -> Iterator[Frame]:
        """Pictures `loop_index(first)`, `loop_index(first + 1)` … without end, in constant memory."""
        frames = self._forwards_and_backwards()
        for _ in range(first):
            next(frames)
        yield from frames

    def _forwards_and_backwards(self) -> Iterator[Frame]:
        if len(self) == 1:
            only = next(iter(self()))
            while True:
                yield only
        while True:
            yield from self()
            yield from backwards(self._noted, self, len(self))

    def _limited(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        for frame in frames:
            if self._limit is not None and frame.index >= self._limit:
                return
            yield frame

    def _measured(self) -> Iterator[Frame]:
        """The source's own pictures; notes the longest time one of them is shown."""
        previous: Fraction | None = None
        for frame in decode_video(self.path):
            shown = frame.duration or 1 / TRAINING_FPS
            if previous is not None:
                shown = max(shown, frame.timestamp - previous)
            self._longest = max(self._longest, shown)
            previous = frame.timestamp
            yield frame


def nearest_frames(frames: Iterator[Frame], times: list[Fraction]) -> Iterator[Frame]:
    """For each of `times` (rising) the frame nearest to it, the earlier of two equally near; as `resample_frames`."""
    held: Frame | None = None
    place = 0
    for frame in frames:
        while held is not None and place < len(times) and times[place] <= (held.timestamp + frame.timestamp) / 2:
            yield held
            place += 1
        if place == len(times):
            return
        held = frame
    if held is not None:
        for _ in times[place:]:
            yield held
