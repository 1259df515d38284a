"""The mouth in silence: what the network hears, what returns to the picture, and that streams change nothing."""

from fractions import Fraction

import numpy as np
import pytest

from talkface.media import write_wav
from talkface.pipelines.lip_sync import lip_sync
from talkface.pipelines.options import LipSyncOptions
from talkface.pipelines.silence import Mouth
from talkface.pipelines.sound import MelStream

BOX = (40.0, 35.0, 115.0, 125.0)


@pytest.fixture
def pause(tmp_path):
    """A sound that speaks in [0, 0.8) and [2, 2.6) of 3 s; hiss between."""
    time = np.arange(48000) / 16000
    voice = sum(np.sin(2 * np.pi * 150 * k * time) / k for k in range(1, 12)) * (
        (time < 0.8) | ((time >= 2) & (time < 2.6))
    )
    path = tmp_path / "pause.wav"
    write_wav(path, (0.15 * voice + 3e-4 * np.random.default_rng(0).standard_normal(48000)).astype(np.float32), 16000)
    return path


def test_the_window_and_the_weight(pause):
    times = [Fraction(number, 25) for number in range(75)]
    close, keep, model = (
        [mouth.at(time) for time in times]
        for mouth in (Mouth(MelStream(pause), silence, Fraction(4)) for silence in ("close", "keep", "model"))
    )
    assert all(weight == 1 for _, weight in close + model)
    assert (close[32][0] == -4).all() and (model[32][0] > -4).any()  # hiss is heard by model only
    assert [weight for _, weight in keep[:19]] == [1.0] * 19 and [weight for _, weight in keep[30:45]] == [0.0] * 15
    between = [weight for _, weight in keep[19:30]]
    assert between == sorted(between, reverse=True) and len({*between} - {0.0, 1.0}) >= 3
    for number in (5, 60):
        np.testing.assert_array_equal(close[number][0], model[number][0])
        np.testing.assert_array_equal(keep[number][0], model[number][0])


def made(generator, clip, sound, silence, **changes):
    options = LipSyncOptions(box=BOX, silence=silence, **changes)
    return list(lip_sync(clip, sound, generator=generator, options=options).frames)


def test_pictures_in_silence(generator, make_clip, pause):
    clip = make_clip("a.mp4", 75)
    close, keep, model = (made(generator, clip, pause, silence) for silence in ("close", "keep", "model"))
    assert len(close) == len(keep) == len(model) == 75
    assert all(np.array_equal(frame.image, frame.source) for frame in keep[30:45])  # bit for bit the source
    assert not np.array_equal(keep[5].image, keep[5].source)
    for number in (5, 60):
        assert np.array_equal(close[number].image, model[number].image)
    changed, whole = (np.abs(frames[26].image.astype(int) - frames[26].source).sum() for frames in (keep, model))
    assert 0.05 * whole < changed < 0.95 * whole


def test_the_original_convention_knows_no_silence(generator, make_clip, pause):
    clip = make_clip("a.mp4", 20)
    one, other = (made(generator, clip, pause, silence, convention="wav2lip") for silence in ("keep", "model"))
    assert all(np.array_equal(a.image, b.image) for a, b in zip(one, other, strict=True))
