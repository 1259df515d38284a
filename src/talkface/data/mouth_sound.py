"""What may happen to speech before the mouth model's audio network hears it: on mel spectrograms (80, S) in [-4, 4].

One unit is 12.5 dB: sums of powers are sums in the exponents of `_POWER`.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

Floats = NDArray[np.float32]
SILENCE, LOUDEST = -4.0, 4.0
_POWER = 2.3  # natural logarithm of an amplitude for one unit, roughly
_EMPTY = -3.99  # below: nothing is there, and no gain brings it up


def resampled(mel: Floats, start: float, speed: float, steps: int) -> Floats:
    """(80, steps) columns from the (fractional) column `start` on, `speed` columns apart; silence beyond either end."""
    x = start + np.arange(steps) * speed
    low = np.floor(x).astype(int)
    part = (x - low).astype(np.float32)
    columns = [np.where(_inside(at, mel), mel[:, np.clip(at, 0, mel.shape[1] - 1)], SILENCE) for at in (low, low + 1)]
    return np.asarray(columns[0] * (1 - part) + columns[1] * part, np.float32)


def _inside(columns: NDArray[np.int64], mel: Floats) -> NDArray[np.bool_]:
    return np.asarray((columns >= 0) & (columns < mel.shape[1]), np.bool_)


def degraded(mel: Floats, rng: np.random.Generator, other: Floats) -> Floats:
    """The same speech by another voice, microphone and room. other: (80, S) of somebody else, at least as long."""
    if rng.random() < 0.75:
        mel = other_voice(mel, rng.uniform(0.86, 1.16))
    mel = other_microphone(mel, rng)
    if rng.random() < 0.25:
        mel = other_dynamics(mel, rng.uniform(0.75, 1.2))
    chance = rng.random()
    if chance < 0.35:
        mel = noisy(mel, rng)
    elif chance < 0.55:
        mel = together(mel, other[:, : mel.shape[1]] - rng.uniform(0.6, 2.0))
    elif chance < 0.7:
        mel = reverberant(mel, rng.uniform(0.25, 0.425))
    mel = holed(mel, rng)
    if rng.random() < 0.3:
        mel = np.asarray(mel + rng.normal(0, 0.25, mel.shape), np.float32)
    return np.asarray(np.clip(mel, SILENCE, LOUDEST), np.float32)


def other_voice(mel: Floats, factor: float) -> Floats:
    """Bands moved by `factor`: a shorter or longer throat."""
    bands = len(mel)
    x = np.clip(np.arange(bands) * factor, 0, bands - 1)
    low = np.minimum(np.floor(x).astype(int), bands - 2)
    part = (x - low)[:, None]
    return np.asarray(mel[low] * (1 - part) + mel[low + 1] * part, np.float32)


def other_microphone(mel: Floats, rng: np.random.Generator) -> Floats:
    """Another level, and another weight of each band, smooth over the bands."""
    gain, tilt = rng.normal(0, 0.5), np.cumsum(rng.normal(0, 0.12, len(mel)))
    tilt = (tilt - tilt.mean()) * rng.random()
    return np.asarray(np.where(mel > _EMPTY, mel + gain + tilt[:, None], mel), np.float32)


def other_dynamics(mel: Floats, factor: float) -> Floats:
    """Loud and soft further apart, or nearer."""
    middle = mel.mean()
    return np.asarray(np.where(mel > _EMPTY, (mel - middle) * factor + middle, mel), np.float32)


def noisy(mel: Floats, rng: np.random.Generator) -> Floats:
    """With steady noise of a random colour and level."""
    colour = np.cumsum(rng.normal(0, 0.15, len(mel)))[:, None] * 0.5
    return together(mel, rng.uniform(-4, -1) + colour + rng.normal(0, 0.25, mel.shape))


def together(mel: Floats, other: NDArray[np.floating]) -> Floats:
    """Two sounds at once."""
    return np.asarray(np.logaddexp(mel * _POWER, other * _POWER) / _POWER, np.float32)


def reverberant(mel: Floats, share: float) -> Floats:
    """In a room: `share` of each step's amplitude goes on into the next."""
    return np.asarray(np.log(lfilter([1.0], [1.0, -share], np.exp(mel * _POWER), axis=1)) / _POWER, np.float32)


def holed(mel: Floats, rng: np.random.Generator) -> Floats:
    """Up to two short stretches lost or frozen, up to two ranges of bands silent or flat."""
    mel = mel.copy()
    for _ in range(2):
        if rng.random() < 0.35:
            start, steps = int(rng.integers(0, mel.shape[1] - 8)), int(rng.integers(1, 8))
            mel[:, start : start + steps] = mel[:, start : start + 1] if rng.random() < 0.5 else SILENCE
        if rng.random() < 0.4:
            band, bands = int(rng.integers(0, len(mel) - 10)), int(rng.integers(2, 14))
            mel[band : band + bands] = SILENCE if rng.random() < 0.5 else mel.mean()
    return mel
