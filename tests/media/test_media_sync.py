"""Sound and picture of an output fall on the same instant: flashes and clicks, written and decoded again."""

from fractions import Fraction

import numpy as np
import pytest

from talkface.media import Audio, VideoWriter, align_audio, decode_audio, decode_video, probe, write_wav

RATE = 16000
FLASHES = [Fraction(13, 25), Fraction(32, 25), Fraction(51, 25)]


def clicks(times, seconds, rate=RATE, start=Fraction(0)):
    """Sound with a 5 ms burst of 1 kHz at each time of the clock whose zero is `start` before sample 0."""
    samples = np.zeros(round(seconds * rate), np.float32)
    burst = 0.8 * np.sin(2 * np.pi * 1000 * np.arange(rate // 200) / rate)
    for time in times:
        at = round((time - start) * rate)
        if 0 <= at < len(samples) - len(burst):
            samples[at : at + len(burst)] = burst
    return Audio(samples, rate, Fraction(start))


def click_times(audio):
    """Times at which the sound rises above a third of its peak after silence."""
    loud = np.flatnonzero(np.abs(audio.samples) > np.abs(audio.samples).max() / 3)
    first = loud[np.insert(np.diff(loud) > audio.sample_rate // 10, 0, True)]
    return [audio.start + Fraction(int(at), audio.sample_rate) for at in first]


def flash_times(path):
    return [frame.timestamp for frame in decode_video(path) if frame.image.mean() > 128]


def write_flashes(path, *, fps=Fraction(25), start=Fraction(0), frames=70, **sound):
    with VideoWriter(path, width=64, height=64, fps=fps, preset="ultrafast", **sound) as writer:
        for number in range(frames):
            time = start + number / fps
            on = any(abs(time - flash) < 1 / (2 * fps) for flash in FLASHES)
            writer.write(np.full((64, 64, 3), 255 if on else 0, np.uint8), time)
    return path


def assert_in_step(path, fps=Fraction(25)):
    heard, seen = click_times(decode_audio(path)), flash_times(path)
    assert len(heard) == len(seen) == len(FLASHES)
    assert max(abs(one - other) for one, other in zip(heard, seen, strict=True)) <= 1 / (2 * fps)
    return max(abs(one - other) for one, other in zip(heard, seen, strict=True))


@pytest.mark.parametrize("container", ["mp4", "mov", "mkv", "webm", "avi"])
@pytest.mark.parametrize("rate", [16000, 44100, 48000, 10000])
def test_flashes_and_clicks_meet(tmp_path, container, rate):
    path = write_flashes(tmp_path / f"sync.{container}", audio=clicks(FLASHES, Fraction(14, 5), rate))
    assert assert_in_step(path) < Fraction(2, 1000)


@pytest.mark.parametrize("fps", [Fraction(24000, 1001), Fraction(30000, 1001), Fraction(60000, 1001)], ids=str)
def test_broadcast_rates_stay_in_step(tmp_path, fps):
    path = write_flashes(tmp_path / "sync.mp4", fps=fps, frames=int(3 * fps), audio=clicks(FLASHES, Fraction(14, 5)))
    assert_in_step(path, fps)


@pytest.mark.parametrize("container", ["mp4", "mkv", "webm", "avi"])
@pytest.mark.parametrize("start", [Fraction(1, 2), Fraction(-1, 4), Fraction(123457, 1000000)], ids=str)
def test_sound_that_starts_at_another_time(tmp_path, container, start):
    path = write_flashes(tmp_path / f"late.{container}", audio=clicks(FLASHES, Fraction(5, 2), start=start))
    assert_in_step(path)


@pytest.mark.parametrize("container", ["mp4", "mkv", "webm"])
def test_picture_that_starts_late_keeps_its_time(tmp_path, container):
    start = Fraction(12, 25)
    path = write_flashes(tmp_path / f"late.{container}", start=start, audio=clicks(FLASHES, Fraction(14, 5)))
    assert_in_step(path)
    assert probe(path).start == start


def test_a_sound_file_becomes_the_track_whole(tmp_path):
    sound = clicks(FLASHES, Fraction(7, 2), 22050)
    write_wav(tmp_path / "speech.wav", sound.samples, 22050)
    path = write_flashes(tmp_path / "sync.mp4", audio_path=tmp_path / "speech.wav")
    assert assert_in_step(path) < Fraction(2, 1000)
    assert probe(path).sample_rate == 22050
    assert len(decode_audio(path, 22050).samples) == len(sound.samples)


def test_the_track_lasts_exactly_as_long_as_the_sound(tmp_path):
    for count in (1, 640, 1024, 33333):
        audio = Audio(np.full(count, 0.1, np.float32), RATE)
        path = write_flashes(tmp_path / "short.mp4", frames=3, audio=audio)
        assert len(decode_audio(path).samples) == count


def test_late_sound_of_a_real_file_lies_where_it_is_heard(torture):
    late, plain = decode_audio(torture / "audio_late_500ms.mp4"), decode_audio(torture / "audio_only.mp4")
    aligned = align_audio(late, Fraction(1, 2), Fraction(2))
    reference = align_audio(plain, Fraction(0), Fraction(2))
    lags = range(-400, 401)
    scores = [float(np.dot(aligned[400:-400], reference[400 + lag : len(reference) - 400 + lag])) for lag in lags]
    assert lags[int(np.argmax(scores))] == 0
    np.testing.assert_allclose(aligned[2000:], reference[2000:], atol=1e-3)


def test_late_picture_of_a_real_file(torture):
    info = probe(torture / "video_late_480ms.mp4")
    assert (info.start, info.audio_start) == (Fraction(12, 25), Fraction(0))
