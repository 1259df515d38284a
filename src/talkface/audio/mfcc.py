"""MFCC as `syncnet_v2` takes them. Source: the defaults of python_speech_features 0.6 on 16-bit values at 16 kHz."""

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.fft import dct

FloatArray = npt.NDArray[np.float64]

SAMPLE_RATE, WINDOW, STEP, N_FFT = 16000, 400, 160, 512
FILTERS, COEFFICIENTS, LIFTER, PREEMPHASIS = 26, 13, 22, 0.97


@lru_cache(maxsize=1)
def filter_bank() -> FloatArray:
    """(26, 257) triangular filters, 0 Hz to 8 kHz, corners rounded down to FFT bins."""
    mel_top = 2595.0 * np.log10(1.0 + SAMPLE_RATE / 2 / 700.0)
    hertz = 700.0 * (10.0 ** (np.linspace(0.0, mel_top, FILTERS + 2) / 2595.0) - 1.0)
    corner = np.floor((N_FFT + 1) * hertz / SAMPLE_RATE).astype(int)
    bank = np.zeros((FILTERS, N_FFT // 2 + 1))
    for j in range(FILTERS):
        left, centre, right = corner[j : j + 3]
        bank[j, left:centre] = (np.arange(left, centre) - left) / (centre - left)
        bank[j, centre:right] = (right - np.arange(centre, right)) / (right - centre)
    return bank


def mfcc(samples: npt.NDArray[np.integer | np.floating]) -> FloatArray:
    """(T, 13) float64 cepstra, 100 rows a second.

    samples: (N,) in the range of int16, 16 kHz mono; N >= 1. A last incomplete window is filled with zeros.
    The first coefficient is the log energy. Windows are rectangular.
    """
    signal = np.asarray(samples, dtype=np.float64)
    signal = np.concatenate([signal[:1], signal[1:] - PREEMPHASIS * signal[:-1]])
    rows = 1 if len(signal) <= WINDOW else 1 + -(-(len(signal) - WINDOW) // STEP)
    padded = np.pad(signal, (0, max(0, (rows - 1) * STEP + WINDOW - len(signal))))
    slices = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::STEP][:rows]
    power = np.abs(np.fft.rfft(slices, N_FFT, axis=1)) ** 2 / N_FFT
    floor = np.finfo(np.float64).eps
    energy = np.maximum(power.sum(axis=1), floor)
    filtered = np.maximum(power @ filter_bank().T, floor)
    cepstra = dct(np.log(filtered), type=2, axis=1, norm="ortho")[:, :COEFFICIENTS]
    cepstra *= 1.0 + LIFTER / 2.0 * np.sin(np.pi * np.arange(COEFFICIENTS) / LIFTER)
    cepstra[:, 0] = np.log(energy)
    return np.asarray(cepstra, dtype=np.float64)
