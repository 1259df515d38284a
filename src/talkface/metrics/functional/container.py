"""The times of a media file itself: do its picture and its sound begin and end together, is it as long as it should?"""

from fractions import Fraction
from typing import NamedTuple


class FileTimes(NamedTuple):
    """Begin and end of a file's picture and sound on its own clock, seconds. end of picture: of the last frame."""

    picture_start: Fraction
    picture_end: Fraction
    sound_start: Fraction
    sound_end: Fraction

    @property
    def start_gap(self) -> Fraction:
        """Seconds by which the sound begins after the picture; negative: before it."""
        return self.sound_start - self.picture_start

    @property
    def end_gap(self) -> Fraction:
        """Seconds by which the sound ends after the picture; negative: before it."""
        return self.sound_end - self.picture_end

    @property
    def duration(self) -> Fraction:
        """From the first of either to the last of either, seconds."""
        return max(self.picture_end, self.sound_end) - min(self.picture_start, self.sound_start)


def duration_error(times: FileTimes, reference: FileTimes) -> Fraction:
    """Seconds by which a file is longer than it should be; negative: shorter."""
    return times.duration - reference.duration
