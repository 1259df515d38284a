"""Mouths drawn by a few drawings."""

from fractions import Fraction

import numpy as np
import pytest

from talkface.drawn import SPEECH, VISEMES, phonemes, track_from_phonemes
from talkface.drawn.drawings import MOUTH_SETS, in_drawings

FPS = Fraction(25)


def track(name: str = "english"):
    times = phonemes(name)
    return track_from_phonemes(times, int(times[-1].end * FPS), FPS)


@pytest.mark.parametrize("name", MOUTH_SETS)
@pytest.mark.parametrize("held", [1, 2, 3])
def test_drawings_are_held_and_few(name, held):
    drawn = in_drawings(track(), name, held)
    assert len(drawn) == len(track()) == len(drawn.shapes)
    for first in range(0, len(drawn) - held, held):
        assert (drawn.shapes[first : first + held] == drawn.shapes[first]).all()
    different = len(np.unique(drawn.shapes, axis=0))
    assert different <= {"smooth": 10**6, "rich": len(VISEMES), "blair": 9, "limited": 7, "flap": 3}[name]
    assert different >= 3


@pytest.mark.parametrize("speech", SPEECH[:6])
@pytest.mark.parametrize("name", [name for name in MOUTH_SETS if name != "smooth"])
def test_no_lip_closure_is_lost(name, speech):
    plain, drawn = track(speech), in_drawings(track(speech), name, 2)
    shut = [frame for frame, viseme in enumerate(plain.visemes) if viseme == "PP"]
    assert shut
    assert all(drawn.shapes[frame // 2 * 2, 0] < 0.1 for frame in shut)


def test_drawings_open_with_the_sound():
    plain = track()
    for name in MOUTH_SETS:
        assert np.corrcoef(plain.shapes[:, 0], in_drawings(plain, name, 1).shapes[:, 0])[0, 1] > 0.6, name


def test_nothing_is_held_for_no_time():
    with pytest.raises(ValueError, match="at least one frame"):
        in_drawings(track(), "blair", 0)
