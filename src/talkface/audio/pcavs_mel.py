"""Mel spectrogram of PC-AVS. Source: the original's pipeline (loudness, STFT of `lws`, Slaney mel, dB, clip)."""

import numpy as np
import numpy.typing as npt

from talkface.audio.mel import FloatArray, MelParameters, mel_basis

PCAVS = MelParameters(n_fft=1280, hop_length=160, lowest=125.0, preemphasis=0.0, largest=1.0)
SILENCE = 0.0
"""Value of every band of a silent mel step."""
LOUDNESS, QUIETEST = 0.1, 1e-4  # root mean square of the whole sound; below the second it is not raised further
BLOCK = 4096  # steps transformed at a time, so that memory does not grow with the sound's length


def loudness_gain(power: float) -> float:
    """Factor that brings a sound of this mean square to a root mean square of 0.1; silence stays silence."""
    return LOUDNESS / max(QUIETEST, float(np.sqrt(power)))


def normalise_loudness(samples: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """`samples` (N,) with a root mean square of 0.1 over the whole; not clipped. Silence stays silence."""
    signal = np.asarray(samples, dtype=np.float64)
    return signal * loudness_gain(float(np.mean(signal**2)) if len(signal) else 0.0)


def lws_magnitude(signal: npt.NDArray[np.float64], n_fft: int, hop_length: int) -> npt.NDArray[np.float64]:
    """Magnitudes (n_fft // 2 + 1, S), S = ceil(N / hop_length) + n_fft / hop_length - 1.

    A half-amplitude sine window over samples ``hop_length * (step + 1) - n_fft ..`` of the sound, zeros around it: the
    package's "speech" mode.
    """
    lead = n_fft - hop_length
    steps = -(-len(signal) // hop_length) + lead // hop_length
    tail = (steps - 1) * hop_length + n_fft - lead - len(signal)
    padded = np.pad(signal, (lead, tail))
    window = 0.5 * np.sin(np.pi * (np.arange(n_fft) + 0.5) / n_fft)
    slices = np.lib.stride_tricks.sliding_window_view(padded, n_fft)[::hop_length]
    blocks = [np.abs(np.fft.rfft(slices[at : at + BLOCK] * window, axis=1)) for at in range(0, steps, BLOCK)]
    return np.concatenate(blocks).T


def pcavs_mel_spectrogram(samples: npt.NDArray[np.floating]) -> FloatArray:
    """Mel spectrogram as PC-AVS's speech encoder takes it.

    samples: (N,) mono in [-1, 1] at 16 kHz, the whole sound (its loudness is normalised). Returns
    (80, ceil(N / 160) + 7) float32 in [0, 1], 100 steps a second; silence is 0. Step j is centred on sample
    160 j - 480. Raises ValueError on NaN or a wrong number of axes.
    """
    signal = np.asarray(samples, dtype=np.float64)
    if signal.ndim != 1 or not np.isfinite(signal).all():
        raise ValueError(f"samples must be (N,) and finite, got shape {signal.shape}")
    return loud_mel(normalise_loudness(signal))


def loud_mel(signal: npt.NDArray[np.float64]) -> FloatArray:
    """`pcavs_mel_spectrogram` of samples (N,) whose loudness is normalised already."""
    p = PCAVS
    energy = mel_basis(p).astype(np.float64) @ lws_magnitude(signal, p.n_fft, p.hop_length)
    decibel = 20.0 * np.log10(np.maximum(10.0 ** (p.floor_db / 20.0), energy)) - p.reference_db
    scaled = (decibel - p.floor_db) / -p.floor_db
    return np.asarray(np.clip(scaled, 0.0, p.largest), dtype=np.float32)
