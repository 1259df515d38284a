"""The exact clock: every conversion between frames, samples, mel steps and seconds, in rational numbers.

Nothing else in the package multiplies by a frame rate. Three conventions decide which mel steps belong to a picture:

- ``wav2lip``: the original's formulas with their float truncation (training and inference differ by one frame there).
- ``pcavs``: the original's inference, 25 fps only, whose pictures lead the sound by two frames (80 ms).
- ``exact`` (default): the time span on which the original's networks were *trained*, at every frame rate and in serving
  too, rounded to the nearest mel step: ``[t - 0.04 s, t + 0.16 s)`` for the generator's picture at time ``t`` and
  ``[t, t + 0.2 s)`` for the expert's window of pictures that starts at ``t``. PC-AVS's speech window at ``t`` begins
  two training frames before it, so that nothing leads.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache

TRAINING_FPS = Fraction(25)
"""Frame rate of every prepared clip, as in the original's training."""

MEL_WINDOW = 16
"""Mel steps that Wav2Lip's networks see at once: 0.2 s at 80 steps a second."""

SYNC_WINDOW = 5
"""Consecutive frames that the expert compares with one mel window: 0.2 s at 25 fps."""

SPEECH_WINDOW = 20
"""Mel steps that PC-AVS's speech encoder sees at once: 0.2 s at 100 steps a second."""

GENERATOR_LEAD = 1 / TRAINING_FPS
"""The generator's window starts one training frame before its picture (the original's training formula)."""

SPEECH_LEAD = 2 / TRAINING_FPS
"""The speech encoder's window starts two training frames before the frame that it belongs to."""


class Convention(StrEnum):
    """Which index formulas are in force."""

    EXACT = "exact"
    WAV2LIP = "wav2lip"
    PCAVS = "pcavs"


def nearest(value: Fraction) -> int:
    """The integer nearest to `value`; halves go up, so that equal steps stay equally spaced."""
    return int((value + Fraction(1, 2)) // 1)


@dataclass(frozen=True)
class Timeline:
    """Clock of one stream of pictures with its sound; picture 0 and sample 0 are both at time 0.

    fps: frames a second. sample_rate: Hz. hop_length: samples between mel steps (step j is centred on sample j * hop).
    """

    fps: Fraction = TRAINING_FPS
    sample_rate: int = 16000
    hop_length: int = 200
    convention: Convention | str = Convention.EXACT

    def __post_init__(self) -> None:
        object.__setattr__(self, "fps", Fraction(self.fps))
        object.__setattr__(self, "convention", Convention(self.convention))
        if self.fps <= 0 or self.sample_rate <= 0 or self.hop_length <= 0:
            raise ValueError(f"fps, sample_rate and hop_length must be positive, got {self}")
        if self.convention is Convention.PCAVS and self.fps != TRAINING_FPS:
            raise ValueError(f"the pcavs convention knows {TRAINING_FPS} fps only, got {self.fps}")

    @property
    def mel_rate(self) -> Fraction:
        """Mel steps a second: 80 for Wav2Lip, 100 for PC-AVS."""
        return Fraction(self.sample_rate, self.hop_length)

    def frame_time(self, frame: int) -> Fraction:
        """Time at which `frame` begins, seconds."""
        return Fraction(frame) / self.fps

    def frame_at(self, time: Fraction) -> int:
        """The frame that is on screen at `time` (seconds)."""
        return int(time * self.fps // 1)

    def nearest_frame(self, time: Fraction) -> int:
        """The frame whose beginning is nearest to `time`."""
        return nearest(time * self.fps)

    def frame_count(self, seconds: Fraction) -> int:
        """Frames that fill `seconds`, to the nearest whole one: off by at most half a frame."""
        return nearest(seconds * self.fps)

    def sample_at(self, time: Fraction) -> int:
        """The sample nearest to `time`."""
        return nearest(time * self.sample_rate)

    def sample_of_frame(self, frame: int) -> int:
        """The sample nearest to the beginning of `frame`."""
        return self.sample_at(self.frame_time(frame))

    def sample_time(self, sample: int) -> Fraction:
        """Time of `sample`, seconds."""
        return Fraction(sample, self.sample_rate)

    def mel_step_at(self, time: Fraction) -> int:
        """The mel step nearest to `time`; negative before the sound begins."""
        return nearest(time * self.mel_rate)

    def expert_window_at(self, time: Fraction) -> int:
        """First mel step of the expert's window for pictures that start at `time` (exact convention)."""
        return self.mel_step_at(time)

    def generator_window_at(self, time: Fraction) -> int:
        """First mel step of the generator's window for the picture at `time` (exact convention)."""
        return self.mel_step_at(time - GENERATOR_LEAD)

    @lru_cache(maxsize=4096)  # noqa: B019 - exact fractions cost a loader more than pictures do; clocks are few
    def expert_window_start(self, frame: int) -> int:
        """First mel step of the expert's window for frames ``frame .. frame + 4``.

        wav2lip: ``int(80 * (frame / fps))``, in floating point as the original has it.
        """
        if self.convention is Convention.WAV2LIP:
            return int(float(self.mel_rate) * (frame / float(self.fps)))
        return self.expert_window_at(self.frame_time(frame))

    @lru_cache(maxsize=4096)  # noqa: B019 - as above
    def generator_window_start(self, frame: int) -> int:
        """First mel step of the generator's window for `frame` in training; may be negative (pad with silence).

        wav2lip: ``int(80 * ((frame - 1) / fps))``; the original rejects frame 0 where this would be negative.
        """
        if self.convention is Convention.WAV2LIP:
            return int(float(self.mel_rate) * ((frame - 1) / float(self.fps)))
        return self.generator_window_at(self.frame_time(frame))

    def generator_window_starts(self, mel_steps: int, window: int = MEL_WINDOW) -> Sequence[int]:
        """First mel steps of all windows of the original's inference on a mel of `mel_steps` columns.

        ``int(i * (80 / fps))`` while the window fits, then one last window of the final `window` columns
        (spec of the original's inference; about three frames fewer than the sound lasts).
        Raises ValueError when not even one window fits: the original's slice is then wrong or empty.
        """
        if mel_steps < window:
            raise ValueError(f"{mel_steps} mel steps are fewer than one window of {window}")
        step = float(self.mel_rate) / float(self.fps)
        starts: list[int] = []
        while int(len(starts) * step) + window <= mel_steps:
            starts.append(int(len(starts) * step))
        return [*starts, mel_steps - window]

    def speech_window_at(self, time: Fraction) -> int:
        """First mel step of the speech window for the picture at `time` (exact convention); may be negative."""
        return self.mel_step_at(time - SPEECH_LEAD)

    def speech_window_start(self, frame: int) -> int:
        """First mel step of the speech window for picture `frame`; negative ones are padded with silence.

        pcavs: ``4 * frame``, as the original writes the picture of its first complete window, frame 2, as picture 0.
        """
        time = self.frame_time(frame)
        return self.speech_window_at(time + SPEECH_LEAD if self.convention is Convention.PCAVS else time)

    def speech_window_starts(self, mel_steps: int) -> Sequence[int]:
        """First mel steps of all windows of the original's inference on a mel of `mel_steps` (pcavs convention).

        ``mel_steps // 4 - 4`` pictures, three frames fewer than the sound lasts. ValueError when there is none.
        """
        pictures = int(mel_steps * self.fps // self.mel_rate) - 4
        if pictures < 1:
            raise ValueError(f"{mel_steps} mel steps are fewer than one window of {SPEECH_WINDOW}")
        return [self.speech_window_start(frame) for frame in range(pictures)]
