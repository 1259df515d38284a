"""Speech windows streamed: equal to the mel of the whole sound, the original's indices, and what is too short."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from talkface.audio.mel import mel_window
from talkface.audio.pcavs_mel import pcavs_mel_spectrogram
from talkface.errors import InputError
from talkface.media import decode_audio, write_wav
from talkface.pipelines.pose_controlled.sound import SpeechMel, SpeechWindows, StoredMel
from talkface.timeline import Timeline

ORACLE = Path(__file__).resolve().parents[3] / "shared" / "oracle" / "pcavs"


def sound(path, seconds, rate=16000):
    time = np.arange(round(seconds * rate)) / rate
    wave = 0.3 * np.sin(2 * np.pi * (200 + 90 * time) * time) * (1 + np.sin(2 * np.pi * 3 * time))
    write_wav(path, wave.astype(np.float32), rate)
    return path


@pytest.mark.parametrize("seconds", [0.2, 1.234, 11.7])
def test_streamed_equals_whole(tmp_path, seconds):
    path = sound(tmp_path / "a.wav", seconds)
    whole = pcavs_mel_spectrogram(decode_audio(path).samples)
    mel = SpeechMel(path)
    assert mel.steps == whole.shape[1] and mel.seconds == Fraction(round(seconds * 16000), 16000)
    for start in range(-8, mel.steps + 4, 3):
        np.testing.assert_allclose(mel.window(start), mel_window(whole, start, 20, 0.0), atol=1e-7)


def test_exact_windows_fill_the_sound_and_begin_with_it(tmp_path):
    path = sound(tmp_path / "a.wav", 1.6)
    windows = SpeechWindows(path, "exact")
    whole = pcavs_mel_spectrogram(decode_audio(path).samples)
    found = list(windows)
    assert windows.count == len(found) == 40 and windows.lead == 0
    assert windows.time(10) == Fraction(10, 25)
    clock = Timeline(hop_length=160)
    for number in (0, 1, 17, 39):
        start = clock.speech_window_start(number)
        np.testing.assert_allclose(found[number], mel_window(whole, start, 20, 0.0), atol=1e-7)
    assert (found[0][:, :8] == 0).all()  # silence before the sound


@pytest.mark.skipif(not ORACLE.is_dir(), reason="the oracle's files are not here")
def test_the_originals_frames_and_windows(tmp_path):
    import importlib.util

    spec = importlib.util.spec_from_file_location("pcavs_inputs", ORACLE / "inputs.py")
    inputs = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(inputs)
    expected = np.load(ORACLE / "data.npz")
    write_wav(tmp_path / "a.wav", inputs.wave() / np.float32(32768), 16000)
    windows = SpeechWindows(tmp_path / "a.wav", "pcavs")
    assert windows.count == expected["dataset_size"]
    frames = [windows.lead + number for number in range(windows.count)]
    np.testing.assert_array_equal(frames, expected["target_frame_inds"])
    assert windows._mel.steps == expected["mel_shape"][0]
    found = list(windows)
    np.testing.assert_allclose(found[0], expected["first_window"][0], atol=1e-5)
    np.testing.assert_allclose(found[-1], expected["last_window"][0], atol=1e-5)
    assert windows.time(0) == 0  # picture 0 shows frame 2: the original's lead of 80 ms


def test_memory_does_not_grow(tmp_path):
    mel = SpeechMel(sound(tmp_path / "long.wav", 60))
    held = 0
    for start in range(0, mel.steps, 4):
        mel.window(start)
        held = max(held, mel._mel.shape[1])
    assert held <= 1000


def test_a_stored_spectrogram(tmp_path):
    path = sound(tmp_path / "a.wav", 1.0)
    whole = pcavs_mel_spectrogram(decode_audio(path).samples)
    np.save(tmp_path / "a.npy", whole.T)
    stored = SpeechWindows(path, "exact", tmp_path / "a.npy")
    for one, other in zip(stored, SpeechWindows(path, "exact"), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
    np.save(tmp_path / "b.npy", whole)
    with pytest.raises(InputError, match="not a spectrogram"):
        StoredMel(tmp_path / "b.npy")
    (tmp_path / "c.npy").write_bytes(b"no numbers")
    with pytest.raises(InputError, match="NumPy file"):
        StoredMel(tmp_path / "c.npy")


@pytest.mark.parametrize("convention", ["exact", "pcavs"])
def test_less_than_one_window_is_refused(tmp_path, convention):
    with pytest.raises(InputError) as caught:
        SpeechWindows(sound(tmp_path / "a.wav", 0.19), convention)
    assert "less than one window" in caught.value.what and "longer sound" in caught.value.remedy
