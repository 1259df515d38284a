"""Speech for a corpus, with and without espeak-ng."""

from itertools import pairwise

import numpy as np
import pytest

from talkface.drawn import utterances
from talkface.drawn.draw import Draw
from talkface.drawn.espeak import espeak_version
from talkface.drawn.utterances import SAMPLE_RATE, make_utterance, speech_source
from talkface.errors import InputError

SPEAKING = ["shipped", *(["espeak-ng"] if espeak_version() else [])]


@pytest.mark.parametrize("source", SPEAKING)
def test_utterances_are_timed_without_gaps_and_repeat(source):
    samples, spoken = make_utterance(Draw(1, "words"), Draw(2, "voice"), source, 2.5)
    assert samples.dtype == np.float32
    assert 0.2 < np.abs(samples).max() < 0.9
    assert spoken[0].start == 0
    assert spoken[-1].end == pytest.approx(len(samples) / SAMPLE_RATE, abs=1e-3)
    assert all(abs(first.end - second.start) < 1e-3 and second.end > second.start for first, second in pairwise(spoken))
    assert np.abs(samples[: round(spoken[0].end * SAMPLE_RATE)]).max() == 0
    again, _ = make_utterance(Draw(1, "words"), Draw(2, "voice"), source, 2.5)
    assert (again == samples).all()
    other, _ = make_utterance(Draw(3, "words"), Draw(2, "voice"), source, 2.5)
    assert len(other) != len(samples) or (other != samples).any()


def test_auto_takes_what_is_there(monkeypatch):
    monkeypatch.setattr(utterances, "espeak_version", lambda: None)
    assert speech_source("auto") == speech_source("shipped") == "shipped"
    with pytest.raises(InputError) as caught:
        speech_source("espeak")
    assert caught.value.what == "espeak-ng is not installed"
    monkeypatch.setattr(utterances, "espeak_version", lambda: "9.9")
    assert speech_source("auto") == speech_source("espeak") == "espeak-ng 9.9"


def test_an_unknown_source_is_bad_input():
    with pytest.raises(InputError) as caught:
        speech_source("parrot")
    assert (caught.value.what, caught.value.where) == ("no such speech 'parrot'", "configuration")
    assert "auto, espeak, shipped" in caught.value.remedy
