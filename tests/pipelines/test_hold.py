"""Held mouths: which moment of the sound each picture shows."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from talkface.errors import InputError
from talkface.media import Frame
from talkface.pipelines.hold import Hold
from talkface.pipelines.options import LipSyncOptions

STEP = Fraction(1, 25)
BOX = np.array([0, 0, 40, 40], np.float32)


def moments(hold, drawings):
    """The moments, in pictures, of a run whose picture n shows drawing `drawings[n]`."""
    held, found = Hold(hold, STEP), []
    for number, drawing in enumerate(drawings):
        image = np.random.default_rng(drawing).integers(0, 255, (40, 40, 3), np.uint8)
        found.append(held.time(Frame(number, number * STEP, image), [BOX], number * STEP) / STEP)
    return found


def test_on_ones_every_picture_shows_its_own_moment():
    assert moments(1, [0] * 6) == [0, 1, 2, 3, 4, 5]


def test_on_twos_and_threes_a_mouth_is_that_of_the_middle_of_its_stay():
    half = Fraction(1, 2)
    assert moments(2, range(6)) == [half, half, 2 + half, 2 + half, 4 + half, 4 + half]
    assert moments(3, range(6)) == [1, 1, 1, 4, 4, 4]


def test_by_the_source_a_mouth_stays_while_the_face_stays_as_drawn():
    assert moments("source", [0, 0, 1, 2, 2, 3]) == [0, 0, 2, 3, 3, 5]


def test_by_the_source_a_still_face_goes_on_talking():
    assert moments("source", [7] * 8) == [0, 0, 0, 3, 3, 3, 6, 6]


def test_by_the_source_a_picture_without_faces_is_its_own():
    held = Hold("source", STEP)
    blank = np.zeros((8, 8, 3), np.uint8)
    assert [held.time(Frame(n, n * STEP, blank), [], n * STEP) / STEP for n in range(3)] == [0, 1, 2]


@settings(deadline=None)
@given(st.sampled_from([1, 2, 3, "source"]), st.lists(st.integers(0, 3), min_size=1, max_size=20))
def test_moments_never_go_back_and_stay_near(hold, drawings):
    found = moments(hold, drawings)
    assert found == sorted(found)
    assert all(abs(moment - number) <= 2 for number, moment in enumerate(found))


def test_unknown_hold_is_the_inputs_fault():
    with pytest.raises(InputError, match="hold"):
        LipSyncOptions(hold=4)
