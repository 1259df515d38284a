"""Mel spectrogram of Wav2Lip. Source: the original's pipeline (preemphasis, STFT magnitude, Slaney mel, dB, clip)."""

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True)
class MelParameters:
    """Everything that determines a mel spectrogram. Lengths in samples, frequencies in Hz, levels in dB."""

    sample_rate: int = 16000
    n_fft: int = 800
    hop_length: int = 200
    bands: int = 80
    lowest: float = 55.0
    highest: float = 7600.0
    preemphasis: float = 0.97
    floor_db: float = -100.0
    reference_db: float = 20.0
    largest: float = 4.0

    @property
    def hash(self) -> str:
        """Short name of these parameters, stored beside every cached mel."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]


WAV2LIP = MelParameters()
SILENCE = -WAV2LIP.largest
"""Value of every band of a silent mel step."""


@lru_cache(maxsize=4)
def mel_basis(parameters: MelParameters = WAV2LIP) -> FloatArray:
    """(bands, n_fft // 2 + 1) float32 filters: Slaney scale, area-normalised, as librosa's default."""
    from librosa.filters import mel  # deferred: librosa compiles on first use

    p = parameters
    basis = mel(sr=p.sample_rate, n_fft=p.n_fft, n_mels=p.bands, fmin=p.lowest, fmax=p.highest)
    return np.asarray(basis, dtype=np.float32)


def magnitude(samples: npt.NDArray[np.floating], n_fft: int, hop_length: int) -> npt.NDArray[np.float64]:
    """(n_fft // 2 + 1, 1 + N // hop_length) magnitudes of a centred STFT, periodic Hann window, reflected ends.

    Reflection is what librosa 0.7 did, with which the released weights were trained (later versions pad zeros).
    A signal too short to be reflected is first lengthened with silence.
    """
    half = n_fft // 2
    signal = np.asarray(samples, dtype=np.float64)
    columns = 1 + len(signal) // hop_length
    if len(signal) <= half:
        signal = np.pad(signal, (0, half + 1 - len(signal)))
    padded = np.pad(signal, half, mode="reflect")
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)
    slices = np.lib.stride_tricks.sliding_window_view(padded, n_fft)[::hop_length][:columns]
    return np.abs(np.fft.rfft(slices * window, axis=1)).T


def mel_spectrogram(samples: npt.NDArray[np.floating], parameters: MelParameters = WAV2LIP) -> FloatArray:
    """Mel spectrogram as Wav2Lip's networks take it.

    samples: (N,) mono in [-1, 1] at `parameters.sample_rate`. Returns (bands, 1 + N // hop_length) float32 in [-4, 4];
    silence is -4 everywhere. Raises ValueError on NaN or a wrong number of axes.
    """
    signal = np.asarray(samples, dtype=np.float64)
    if signal.ndim != 1 or not np.isfinite(signal).all():
        raise ValueError(f"samples must be (N,) and finite, got shape {signal.shape}")
    p = parameters
    emphasised = np.concatenate([signal[:1], signal[1:] - p.preemphasis * signal[:-1]])
    energy = mel_basis(p).astype(np.float64) @ magnitude(emphasised, p.n_fft, p.hop_length)
    decibel = 20.0 * np.log10(np.maximum(10.0 ** (p.floor_db / 20.0), energy)) - p.reference_db
    scaled = 2.0 * p.largest * (decibel - p.floor_db) / -p.floor_db - p.largest
    return np.asarray(np.clip(scaled, -p.largest, p.largest), dtype=np.float32)


def mel_window(mel: FloatArray, start: int, steps: int = 16, silence: float = SILENCE) -> FloatArray:
    """(bands, steps) columns ``start .. start + steps`` of `mel` (bands, S); `silence` beyond either end."""
    window = np.full((mel.shape[0], steps), silence, dtype=np.float32)
    low, high = max(start, 0), min(start + steps, mel.shape[1])
    if low < high:
        window[:, low - start : high - start] = mel[:, low:high]
    return window


def mel_windows(mel: FloatArray, starts: npt.ArrayLike, steps: int = 16, silence: float = SILENCE) -> FloatArray:
    """(len(starts), 1, bands, steps): `mel_window` for many starts, in the layout of the networks."""
    return np.stack([mel_window(mel, int(start), steps, silence) for start in np.asarray(starts)])[:, None]
