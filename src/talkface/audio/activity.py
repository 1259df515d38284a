"""Where in a sound somebody speaks: levels against the sound's own level, hysteresis, soft edges. Works on a stream."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from talkface.audio.mel import WAV2LIP, FloatArray

Levels = npt.NDArray[np.float64]

QUIETEST = -80.0
"""dB of a mel step below which nothing is heard; a full-scale sine lies near -20, read-out speech near -50."""
ON, OFF = -18.0, -24.0
"""dB against the speech level: speech begins above ON and lasts until it falls below OFF."""
LEAST_SPEECH = -60.0
"""dB: the speech level is never taken to be lower, so that hiss before the first word is no speech."""
OPENS, CLOSES = (5, 13), (12, 24)
"""Mel steps (80 a second): the mouth is free for the first number before (after) speech, and rests from the second."""
_BIN = 0.5  # dB, of the histogram of levels


def step_levels(mel: FloatArray) -> Levels:
    """(80, S) mel in [-4, 4] -> (S,) dB: mean power of the bands. Pre-emphasis in the mel keeps hum and wind low."""
    decibel = (mel.astype(np.float64) + WAV2LIP.largest) * (-WAV2LIP.floor_db / (2 * WAV2LIP.largest))
    power = 10 ** ((decibel + WAV2LIP.floor_db) / 10)
    return np.asarray(10 * np.log10(power.mean(axis=0)), np.float64)


class SpeechLevel:
    """The level of the speech in all that was heard: mean power of the steps that are louder than the mean.

    Steps below QUIETEST do not count, so neither pauses nor their share of a clip move it. State: a histogram.
    """

    def __init__(self) -> None:
        self._levels = np.arange(QUIETEST, 20.0, _BIN) + _BIN / 2
        self._counts = np.zeros(len(self._levels))

    def hear(self, levels: Sequence[float] | Levels) -> None:
        """Takes in more steps."""
        heard = np.asarray(levels, np.float64)
        index = ((heard[heard >= QUIETEST] - QUIETEST) / _BIN).astype(int).clip(0, len(self._counts) - 1)
        np.add.at(self._counts, index, 1)

    @property
    def value(self) -> float:
        """dB, at least LEAST_SPEECH."""
        if not self._counts.any():
            return LEAST_SPEECH
        power = 10 ** (self._levels / 10)
        mean = float((self._counts * power).sum() / self._counts.sum())
        loud = np.where(power >= mean, self._counts, 0)
        return max(LEAST_SPEECH, float(10 * np.log10((loud * power).sum() / loud.sum())))


class SpeechActivity:
    """Speech or not, step by step, each judged against the level of what is heard up to `ahead` steps later.

    Feed steps in order; the answer does not depend on how they are cut into pieces.
    """

    def __init__(self, ahead: int) -> None:
        """ahead: mel steps beyond the judged one that belong to the clip's level (fewer only where the sound ends)."""
        self._ahead, self._level, self._speaks = ahead, SpeechLevel(), False
        self._waiting: list[float] = []
        self._first = 0  # step of the first entry of `_spoken`
        self._spoken: list[bool] = []
        self._ended = False

    @property
    def judged(self) -> int:
        """Steps judged so far."""
        return self._first + len(self._spoken)

    def hear(self, mel: FloatArray, *, last: bool = False) -> None:
        """(80, n) further mel steps. last: the sound ends with them; later steps are silent."""
        for level in step_levels(mel) if mel.shape[1] else ():
            self._level.hear([float(level)])
            self._waiting.append(float(level))
            if len(self._waiting) > self._ahead:
                self._judge()
        self._ended = self._ended or last
        while last and self._waiting:
            self._judge()

    def share(self, step: int) -> float:
        """How far the mouth at mel step `step` belongs to speech, in [0, 1]; 0: it rests. Ask in growing order.

        Needs `judged` to reach beyond `step` by OPENS[1], unless the sound has ended.
        """
        low, high = step - CLOSES[1], step + OPENS[1] + 1
        if high > self.judged and not self._ended:
            raise ValueError(f"step {step} needs sound up to step {high}, judged are {self.judged}")
        passed = max(0, min(low - self._first, len(self._spoken)))
        del self._spoken[:passed]
        self._first += passed
        kept = enumerate(self._spoken[: high - self._first], self._first) if high > self._first else ()
        return max((_nearness(number - step) for number, spoken in kept if spoken), default=0.0)

    def _judge(self) -> None:
        level, speech = self._waiting.pop(0), self._level.value
        self._speaks = level > speech + (OFF if self._speaks else ON)
        self._spoken.append(self._speaks)


def _nearness(distance: int) -> float:
    """1 within reach of a spoken step, 0 far from it, a smooth step between. distance: speech minus picture, steps."""
    near, far = OPENS if distance > 0 else CLOSES
    rest = min(1.0, max(0.0, (far - abs(distance)) / (far - near)))
    return rest * rest * (3 - 2 * rest)
