"""Mouth leak on pictures whose mouth moves exactly when told to."""

import numpy as np
import pytest

from talkface.audio.mel import SILENCE, mel_spectrogram
from talkface.evaluation.silence import leak_of, silent_frames, speech_windows

RATE, FRAMES = 16000, 75  # three seconds: silence, speech, silence


def mel() -> np.ndarray:
    samples = np.zeros(RATE * 3, np.float32)
    noise = np.random.default_rng(0).normal(0, 0.1, RATE).astype(np.float32)
    samples[RATE : 2 * RATE] = noise
    return mel_spectrogram(samples)


def pictures(amounts: np.ndarray) -> np.ndarray:
    """(T, 96, 96, 3): the lower half's grey goes up and down by `amounts`; the upper half changes always."""
    made = np.full((FRAMES, 96, 96, 3), 100, np.uint8)
    made[::2, :48] = 0
    made[1::2, 48:] += amounts[1::2, None, None, None].astype(np.uint8)
    return made


def test_silence_is_found_away_from_speech() -> None:
    silent = silent_frames(mel(), FRAMES).numpy()
    assert silent[:18].all() and silent[-15:].all() and not silent[25:50].any()


def test_windows_of_speech() -> None:
    """Frames 25 to 49 are heard; a window of five frames that meets them by more than a hundredth is speech."""
    speech = speech_windows(mel(), FRAMES - 4).numpy()
    assert speech[22:49].all() and not speech[:20].any() and not speech[51:].any()


def test_leak_is_the_share_of_movement_in_silence() -> None:
    speech = np.zeros(FRAMES)
    speech[22:57] = 40
    assert leak_of(pictures(speech), mel()) == pytest.approx(0.0, abs=0.01)
    assert leak_of(pictures(np.full(FRAMES, 40)), mel()) == pytest.approx(1.0)
    assert leak_of(pictures(np.where(speech > 0, 40, 10)), mel()) == pytest.approx(0.25, abs=0.02)


def test_no_silence_no_figure() -> None:
    loud = mel_spectrogram(np.random.default_rng(1).normal(0, 0.1, RATE * 3).astype(np.float32))
    assert leak_of(pictures(np.full(FRAMES, 40)), loud) is None
    assert leak_of(pictures(np.full(FRAMES, 40)), np.full((80, 240), SILENCE, np.float32)) is None
