"""A mouth from sound alone: energy says how far it opens, the bands of the first formants which shape it takes.

A rule, not a recogniser: vowels with a high first formant (strong 600-1100 Hz against 150-450 Hz) are open, a low
second formant (600-1200 Hz against 1500-3000 Hz) is round, a high one is spread, hiss above 4 kHz shows the teeth.
"""

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from talkface.drawn.track import Array, MouthTrack, frame_middles
from talkface.drawn.visemes import VISEMES, MouthShape
from talkface.timeline import Timeline

WINDOW = 0.032
"""Seconds of sound behind each look, weighted by a Hann window."""

_LOOKS = 4  # looks a frame, averaged: fast closures are not missed
_RANGE = 30.0  # dB below the loud parts at which the mouth is closed
_BANDS = ((150, 450), (600, 1100), (600, 1200), (1500, 3000), (4000, 8000), (100, 4000))


def track_from_sound(samples: NDArray[np.float32], frames: int, fps: Fraction, sample_rate: int = 16000) -> MouthTrack:
    """The mouth for `frames` pictures; samples: (N,) float32 mono in [-1, 1], sample 0 at the start of frame 0."""
    period = float(1 / fps)
    offsets = (np.arange(_LOOKS) + 0.5) / _LOOKS * period - period / 2
    times = (frame_middles(frames, fps)[:, None] + offsets).ravel()
    powers = _band_powers(np.asarray(samples, np.float64), times, sample_rate)
    looks = _shapes(powers).reshape(frames, _LOOKS, -1)
    shapes = looks.mean(axis=1)
    return MouthTrack(shapes, tuple(_nearest_viseme(row) for row in shapes))


def _band_powers(samples: Array, times: Array, sample_rate: int) -> Array:
    """(len(times), 6) power of each band in a window around each time; silence outside the sound."""
    clock = Timeline(Fraction(1), sample_rate=sample_rate)
    size = max(16, clock.sample_at(Fraction(WINDOW)))
    padded = np.pad(samples, size)
    starts = np.round(times * sample_rate).astype(int) + size - size // 2
    rows = padded[np.clip(starts, 0, len(padded) - size)[:, None] + np.arange(size)]
    rows[starts > len(padded) - size] = 0
    power = np.abs(np.fft.rfft(rows * np.hanning(size), axis=1)) ** 2 / size
    hertz = np.fft.rfftfreq(size, 1 / sample_rate)
    return np.stack([power[:, (hertz >= low) & (hertz < high)].sum(axis=1) for low, high in _BANDS], axis=1)


def _ramp(value: Array, low: float, high: float) -> Array:
    """0 at `low` and below, 1 at `high` and above, straight between."""
    return np.clip((value - low) / (high - low), 0.0, 1.0)


def _shapes(powers: Array) -> Array:
    """(N, 6) mouth shapes from the band powers."""
    first_low, first_high, second_low, second_high, hiss, voice = (10 * np.log10(powers + 1e-9)).T
    loud = max(float(np.quantile(voice, 0.95)), -45.0)  # absolute floor: noise in a silent clip moves nothing
    energy = _ramp(voice, loud - _RANGE, loud - 4)
    frontness = _ramp(second_high - second_low, -22, 0)
    height = _ramp(first_high - first_low, -7, 5)
    hissing = _ramp(hiss - voice, -8, 6)
    vowel = energy * (0.25 + 0.75 * height * (1 - hissing)) * (1 - 0.6 * hissing)
    opening = vowel + 0.12 * hissing * _ramp(hiss, loud - 40, loud - 20)
    roundness = energy * np.clip(1 - 1.6 * frontness, 0, 1) * (1 - 0.6 * height)
    width = 0.5 + energy * (0.45 * frontness - 0.35 * roundness)
    teeth = np.clip(0.3 + 0.7 * hissing + 0.4 * frontness * energy, 0, 1)
    tongue = 0.1 + 0.3 * frontness * energy
    press = np.zeros_like(opening)
    return np.clip(np.stack([opening, width, roundness, teeth, tongue, press], axis=1), 0, 1)


def _nearest_viseme(shape: Array) -> str:
    """The viseme whose shape is nearest (opening counts twice); press is not heard."""
    if shape[0] < 0.06:
        return "rest"
    weights = np.array(MouthShape(2.0, 1.0, 1.0, 0.3, 0.2, 0.0))
    audible = {name: target for name, target in VISEMES.items() if name not in ("rest", "PP")}
    return min(audible, key=lambda name: float(np.sum(weights * (shape - np.array(audible[name])) ** 2)))
