"""PC-AVS's mel: against the original's recorded output, against a plain FFT of one slice, and its properties."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from talkface.audio.mel import WAV2LIP, mel_basis, mel_windows
from talkface.audio.pcavs_mel import BLOCK, PCAVS, SILENCE, lws_magnitude, normalise_loudness, pcavs_mel_spectrogram
from talkface.timeline import SPEECH_WINDOW, Timeline

ORACLE = Path(__file__).parents[3] / "shared" / "oracle" / "pcavs"
needs_oracle = pytest.mark.skipif(not ORACLE.exists(), reason="needs ../shared/oracle")


def noise(samples: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-0.5, 0.5, samples).astype(np.float32)


def oracle_wave() -> np.ndarray:
    spec = importlib.util.spec_from_file_location("pcavs_inputs", ORACLE / "inputs.py")
    inputs = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(inputs)
    return inputs.wave().astype(np.float32) / 32768


@needs_oracle
def test_original_output() -> None:
    stored = np.load(ORACLE / "mel.npz")
    assert np.abs(pcavs_mel_spectrogram(oracle_wave()).T - stored["mel"]).max() <= 1e-5
    assert np.abs(mel_basis(PCAVS) - stored["filterbank"]).max() <= 1e-6
    for samples, steps in zip(stored["length_samples"], stored["length_mel"], strict=True):
        assert pcavs_mel_spectrogram(np.zeros(samples, np.float32)).shape == (80, steps)


@needs_oracle
def test_original_windows() -> None:
    stored = np.load(ORACLE / "data.npz")
    mel = pcavs_mel_spectrogram(oracle_wave())
    starts = Timeline(hop_length=160, convention="pcavs").speech_window_starts(mel.shape[1])
    assert list(starts) == stored["audio_inds"].tolist()
    windows = mel_windows(mel, starts, SPEECH_WINDOW, SILENCE)
    assert np.abs(windows[0] - stored["first_window"]).max() <= 1e-5
    assert np.abs(windows[-1] - stored["last_window"]).max() <= 1e-5


def test_one_step_by_hand() -> None:
    """Step j sees samples 160 (j + 1) - 1280 .. 160 (j + 1), here with all of them inside."""
    signal = noise(4000).astype(np.float64)
    window = 0.5 * np.sin(np.pi * (np.arange(1280) + 0.5) / 1280)
    expected = np.abs(np.fft.fft(signal[160 * 11 - 1280 : 160 * 11] * window))[:641]
    np.testing.assert_allclose(lws_magnitude(signal, 1280, 160)[:, 10], expected, atol=1e-10)


@given(st.integers(0, 3000))
@settings(max_examples=30, deadline=None)
def test_shape_range_and_steps(samples: int) -> None:
    mel = pcavs_mel_spectrogram(noise(samples))
    assert mel.shape == (80, -(-samples // 160) + 7) and mel.dtype == np.float32
    assert mel.min() >= 0 and mel.max() <= 1


def test_blocks_do_not_show() -> None:
    signal = noise(160 * (BLOCK + 20))
    whole, part = lws_magnitude(signal, 1280, 160), lws_magnitude(signal[160 * (BLOCK - 10) :], 1280, 160)
    np.testing.assert_allclose(whole[:, BLOCK:], part[:, 10:], atol=1e-12)


def test_silence_is_zero_and_loudness_does_not_matter() -> None:
    assert (pcavs_mel_spectrogram(np.zeros(1600, np.float32)) == SILENCE).all()
    np.testing.assert_allclose(pcavs_mel_spectrogram(noise(4000) * 0.03), pcavs_mel_spectrogram(noise(4000)), atol=1e-6)
    assert np.sqrt(np.mean(normalise_loudness(noise(4000)) ** 2)) == pytest.approx(0.1)
    assert np.abs(normalise_loudness(np.full(100, 1e-6))).max() == pytest.approx(1e-3)  # not raised to full loudness


@pytest.mark.parametrize("bad", [np.zeros((2, 100), np.float32), np.array([0.0, np.inf], np.float32)])
def test_bad_samples_are_refused(bad: np.ndarray) -> None:
    with pytest.raises(ValueError, match="finite"):
        pcavs_mel_spectrogram(bad)


def test_windows_beyond_the_ends_are_silent() -> None:
    mel = np.ones((80, 30), np.float32)
    windows = mel_windows(mel, [-8, 0, 20], SPEECH_WINDOW, SILENCE)
    assert windows.shape == (3, 1, 80, 20)
    assert windows[:, 0, 0].sum(1).tolist() == [12, 20, 10]


def test_hash_differs_from_the_other_front_end() -> None:
    assert PCAVS.hash != WAV2LIP.hash
