"""The streamed mel equals the whole one; memory stays; what the sound lasts decides what is shown."""

from fractions import Fraction

import numpy as np
import pytest

from talkface.audio.mel import mel_spectrogram, mel_window
from talkface.errors import InputError
from talkface.media import decode_audio, write_wav
from talkface.pipelines.sound import MelStream, whole_mel


def noise(seconds: float, rate: int = 16000) -> np.ndarray:
    generator = np.random.default_rng(5)
    count = round(seconds * rate)
    envelope = 0.3 + 0.3 * np.sin(np.arange(count) * 2 * np.pi * 3 / rate)
    return (generator.standard_normal(count) * envelope * 0.3).clip(-1, 1).astype(np.float32)


@pytest.mark.parametrize(("seconds", "rate"), [(0.03, 16000), (0.1, 16000), (1.0, 16000), (7.34, 16000), (5.0, 44100)])
def test_streamed_equals_whole(tmp_path, seconds, rate):
    path = tmp_path / "a.wav"
    write_wav(path, noise(seconds, rate), rate)
    samples = decode_audio(path).samples
    whole = mel_spectrogram(samples)
    mel, count = whole_mel(MelStream(path))
    assert count == len(samples) and mel.shape == whole.shape
    np.testing.assert_allclose(mel, whole, atol=1e-5)
    stream = MelStream(path)
    for start in range(-9, whole.shape[1] + 20, 3):
        np.testing.assert_allclose(stream.window(start), mel_window(whole, start), atol=1e-5)


def test_only_a_few_seconds_are_held(tmp_path):
    path = tmp_path / "a.wav"
    write_wav(path, noise(60), 16000)
    stream = MelStream(path)
    held = []
    for start in range(0, 60 * 80, 4):
        stream.window(start)
        held.append(stream._mel.nbytes + stream._samples.nbytes)
    assert max(held) < 700_000  # 60 s would be 1.5 MB of mel and 3.8 MB of sound


def test_the_end_to_the_nearest_picture(tmp_path):
    path = tmp_path / "a.wav"
    write_wav(path, noise(1.0), 16000)
    stream, step = MelStream(path), Fraction(1, 25)
    shown = [number for number in range(40) if stream.shows(number * step, step)]
    assert shown == list(range(25)) and stream.ended


def test_no_sound_is_an_input_error(tmp_path):
    with pytest.raises(InputError):
        MelStream(tmp_path / "missing.wav")
