"""The shipped speech and its phoneme times."""

import shutil
from itertools import pairwise

import numpy as np
import pytest

from talkface.drawn import SPEECH, phonemes, speech
from talkface.drawn.make_speech import UTTERANCES, main
from talkface.drawn.timing import closures, timings
from talkface.drawn.voice import SPEECH_FOLDER
from talkface.errors import InputError


@pytest.mark.parametrize("name", SPEECH)
def test_speech_is_loud_16_khz_and_timed_without_gaps(name):
    samples, rate = speech(name)
    assert (samples.dtype, samples.ndim, rate) == (np.float32, 1, 16000)
    assert 0.69 < np.abs(samples).max() < 0.71
    assert 2 <= len(samples) / rate <= 6
    times = phonemes(name)
    assert times[0].start == 0
    assert times[-1].end == pytest.approx(len(samples) / rate, abs=1e-3)
    assert all(first.end == second.start and first.end > first.start for first, second in pairwise(times))


def test_all_speech_together_is_small_and_listed():
    assert sum(file.stat().st_size for file in SPEECH_FOLDER.iterdir()) <= 1_600_000
    assert {file.stem for file in SPEECH_FOLDER.iterdir()} == set(SPEECH) == set(UTTERANCES)


@pytest.mark.parametrize("name", SPEECH)
def test_sound_is_low_where_the_lips_are_shut_for_a_plosive(name):
    samples, rate = speech(name)

    def level(spans):
        return np.mean([np.mean(samples[round(a * rate) : round(b * rate)] ** 2) for a, b in spans])

    times = phonemes(name)
    shut = [(p.start, p.end) for p in times if p.name in ("p", "b")]
    vowels = [(p.start, p.end) for p in times if p.name[:1] in "aeiouɑɐɔæʊ" and p.name]
    assert shut
    assert level(vowels) > 8 * level(shut)


def test_unknown_speech_is_bad_input():
    with pytest.raises(InputError) as caught:
        speech("klingon")
    assert (caught.value.what, caught.value.where) == ("no such speech", "klingon")
    assert "english" in caught.value.remedy


def test_timings_fill_from_zero_to_the_end():
    assert timings([(50, "p"), (100, "ɑ")], 200, 100) == [(0.0, 0.5, ""), (0.5, 1.0, "p"), (1.0, 2.0, "ɑ")]


def test_plosive_after_silence_takes_the_silence_and_ends_at_its_burst():
    samples = np.full(2000, 9000, np.int16)
    samples[900:1000] = 0
    spans = [(0.0, 0.1, "ɑ"), (1.0, 1.1, "p"), (1.1, 2.0, "ɑ")]
    spans[0] = (0.0, 1.0, "ɑ")
    assert closures(spans, samples, 1000) == [(0.0, 0.94, "ɑ"), (0.94, 1.015, "p"), (1.015, 2.0, "ɑ")]


def test_plosive_without_silence_ends_before_its_opening_sound():
    samples = np.full(2000, 9000, np.int16)
    spans = [(0.0, 1.0, "ɑ"), (1.0, 1.1, "b"), (1.1, 2.0, "ɑ")]
    assert closures(spans, samples, 1000) == [(0.0, 1.0, "ɑ"), (1.0, 1.065, "b"), (1.065, 2.0, "ɑ")]


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
def test_maker_speaks_the_shipped_sentences(tmp_path):
    main(tmp_path)
    for name in SPEECH:
        assert (tmp_path / f"{name}.json").exists()
        # Other versions of espeak-ng may speak a little differently; the length tells that the same was said.
        made, shipped = ((folder / f"{name}.wav").stat().st_size for folder in (tmp_path, SPEECH_FOLDER))
        assert made == pytest.approx(shipped, rel=0.1)
