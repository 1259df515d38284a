"""Mel front end: against librosa, against the original's recorded output, and by its properties."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from talkface.audio.mel import (
    SILENCE,
    WAV2LIP,
    MelParameters,
    magnitude,
    mel_basis,
    mel_spectrogram,
    mel_window,
    mel_windows,
)

ORACLE = Path(__file__).parents[3] / "shared" / "oracle" / "wav2lip" / "mel.npz"
signals = arrays(np.float32, st.integers(1, 3000), elements=st.floats(-1, 1, width=32))


def noise(samples: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-0.5, 0.5, samples).astype(np.float32)


def test_stft_equals_librosa() -> None:
    import librosa

    signal = noise(5000)
    expected = np.abs(librosa.stft(signal.astype(np.float64), n_fft=800, hop_length=200, pad_mode="reflect"))
    np.testing.assert_allclose(magnitude(signal, 800, 200), expected, atol=1e-9)


@pytest.mark.skipif(not ORACLE.exists(), reason="needs ../shared/oracle")
def test_original_output() -> None:
    oracle = np.load(ORACLE)
    wave = oracle["wav"].astype(np.float32) / 32768.0
    np.testing.assert_allclose(mel_spectrogram(wave), oracle["mel_reflect"], atol=1e-4)
    np.testing.assert_allclose(mel_spectrogram(wave[:12345]), oracle["mel_reflect_12345"], atol=1e-4)
    np.testing.assert_allclose(mel_basis(), oracle["mel_basis"], atol=1e-6)


def test_shape_and_preemphasis() -> None:
    mel = mel_spectrogram(noise(3200, seed=3))
    assert mel.shape == (80, 17) and mel.dtype == np.float32
    assert mel[79].mean() > mel[0].mean()  # preemphasis lifts the high bands


@given(signals)
@settings(max_examples=40, deadline=None)
def test_shape_range_and_no_nan(samples: np.ndarray) -> None:
    mel = mel_spectrogram(samples)
    assert mel.shape == (80, 1 + len(samples) // 200)
    assert np.isfinite(mel).all() and mel.min() >= -4 and mel.max() <= 4


def test_silence_is_the_lowest_value() -> None:
    assert (mel_spectrogram(np.zeros(1600, np.float32)) == SILENCE).all()


@given(st.floats(0.05, 0.9))
@settings(max_examples=20, deadline=None)
def test_louder_sound_is_a_shift(gain: float) -> None:
    signal = noise(4000)
    quiet, loud = mel_spectrogram(signal * gain), mel_spectrogram(signal)
    inside = (quiet > -3.9) & (loud < 3.9)
    np.testing.assert_allclose((loud - quiet)[inside], -20 * np.log10(gain) * 8 / 100, atol=1e-3)


@pytest.mark.parametrize("bad", [np.zeros((2, 100), np.float32), np.array([0.0, np.nan], np.float32)])
def test_bad_samples_are_refused(bad: np.ndarray) -> None:
    with pytest.raises(ValueError, match="finite"):
        mel_spectrogram(bad)


@given(st.integers(-40, 80))
def test_window_inside_and_outside(start: int) -> None:
    mel = np.random.default_rng(0).uniform(-3, 3, (80, 40)).astype(np.float32)
    window = mel_window(mel, start)
    for column in range(16):
        inside = 0 <= start + column < 40
        expected = mel[:, start + column] if inside else np.full(80, SILENCE, np.float32)
        np.testing.assert_array_equal(window[:, column], expected)


def test_windows_have_the_layout_of_the_networks() -> None:
    mel = np.zeros((80, 50), np.float32)
    assert mel_windows(mel, [0, 3, 7]).shape == (3, 1, 80, 16)


def test_hash_names_the_parameters() -> None:
    assert WAV2LIP.hash == MelParameters().hash != MelParameters(hop_length=160).hash
