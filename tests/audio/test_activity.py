"""Speech against its own level: what counts, hysteresis, soft edges, and independence of level and of the pieces."""

import numpy as np
import pytest

from talkface.audio.activity import CLOSES, LEAST_SPEECH, OFF, ON, OPENS, SpeechActivity, SpeechLevel, step_levels
from talkface.audio.mel import mel_spectrogram

RATE = 16000


def words(loud: list[tuple[float, float]], seconds: float, *, gain: float = 0.2, hiss: float = 1e-4) -> np.ndarray:
    """Voice-like bursts at the given times over a hiss, (N,) float32."""
    time = np.arange(round(seconds * RATE)) / RATE
    voice = sum(np.sin(2 * np.pi * 150 * k * time) / k for k in range(1, 20)) / 3
    on = sum((time >= begin) & (time < end) for begin, end in loud)
    noise = np.random.default_rng(0).standard_normal(len(time))
    return (gain * voice * on + hiss * noise).astype(np.float32)


def shares(samples: np.ndarray, *, pieces: int = 10_000, ahead: int = 320) -> np.ndarray:
    """Share of every mel step, the mel heard in pieces of so many steps."""
    mel, activity = mel_spectrogram(samples), SpeechActivity(ahead)
    for start in range(0, mel.shape[1], pieces):
        activity.hear(mel[:, start : start + pieces], last=start + pieces >= mel.shape[1])
    return np.array([activity.share(step) for step in range(mel.shape[1])])


def test_speech_is_found_and_its_edges_are_soft() -> None:
    found = shares(words([(1.0, 2.0)], 3.0))
    assert (found[82:158] == 1).all()
    assert (found[: 80 - OPENS[1] - 3] == 0).all() and (found[160 + CLOSES[1] + 3 :] == 0).all()
    assert np.abs(np.diff(found)).max() < 0.25  # a picture of 25 a second moves by three steps
    opening, closing = (found[:120] > 0).argmax(), (found[120:] == 0).argmax() + 120
    assert 80 - opening <= OPENS[1] + 3 and closing - 160 <= CLOSES[1] + 3


def test_short_pauses_keep_the_mouth_free() -> None:
    assert (shares(words([(0.5, 1.0), (1.2, 1.8)], 2.5))[42:142] == 1).all()
    assert shares(words([(0.5, 1.0), (1.8, 2.2)], 2.5))[80:140].min() == 0


def test_the_threshold_follows_the_level() -> None:
    loud, quiet = (shares(words([(1.0, 2.0)], 3.0, gain=0.4 * k, hiss=2e-4 * k)) for k in (1.0, 0.1))
    assert np.abs(loud - quiet).max() < 0.3 and np.abs(loud - quiet).mean() < 0.01


def test_silence_and_hiss_are_no_speech() -> None:
    assert not shares(np.zeros(RATE, np.float32)).any()
    assert not shares(words([], 2.0, hiss=3e-4)).any()
    louder = words([(2.0, 3.0)], 3.0, gain=1.0, hiss=2e-3)
    assert not shares(louder)[:130].any() and shares(louder, ahead=0)[:100].all()  # speech is heard ahead, or not yet


def test_pieces_do_not_matter() -> None:
    samples = words([(0.3, 0.8), (1.5, 2.2)], 3.0, hiss=2e-3)
    whole = shares(samples, ahead=20)
    for pieces in (1, 7, 64):
        np.testing.assert_array_equal(shares(samples, pieces=pieces, ahead=20), whole)


def test_hysteresis_by_hand() -> None:
    level = SpeechLevel()
    level.hear([-30.0] * 50 + [-90.0] * 1000 + [-50.0] * 5)
    assert level.value == pytest.approx(-29.75, abs=0.01)  # middle of its half-decibel bin; pauses do not count
    assert SpeechLevel().value == LEAST_SPEECH
    mel = np.full((80, 60), -4.0, np.float32)
    speech = -28.0
    for step, against in enumerate([0.0] * 20 + [ON - 1] * 10 + [OFF - 1] * 5 + [ON - 1] * 10):
        mel[:, step] = (speech + against + 100) / 12.5 - 4
    np.testing.assert_allclose(step_levels(mel[:, :1]), [speech], atol=1e-3)
    activity = SpeechActivity(100)
    activity.hear(mel, last=True)
    assert activity._spoken[:50] == [True] * 30 + [False] * 20


def test_asking_too_early_is_refused() -> None:
    activity = SpeechActivity(0)
    activity.hear(np.full((80, 10), -4.0, np.float32))
    with pytest.raises(ValueError, match="needs sound up to"):
        activity.share(0)
