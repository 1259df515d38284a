"""Frames that last long are repeated, all others pass as they are."""

from fractions import Fraction
from itertools import islice, pairwise

import numpy as np
import pytest

from talkface.media import Frame
from talkface.pipelines.lip_sync import lip_sync
from talkface.pipelines.options import LipSyncOptions
from talkface.pipelines.pauses import without_pauses

STEP = Fraction(1, 25)


def frames(times, last=None):
    image = np.zeros((2, 2, 3), np.uint8)
    return [Frame(n, Fraction(t), image, last if n + 1 == len(times) else None) for n, t in enumerate(times)]


def shown(times, step=STEP, last=None):
    return [(frame.index, frame.timestamp) for frame in without_pauses(frames(times, last), step)]


@pytest.mark.parametrize("fps", [10, 24, 25, Fraction(30000, 1001), 60])
def test_even_frames_pass_as_they_are(fps):
    times = [n / Fraction(fps) for n in range(12)]
    assert shown(times, 1 / Fraction(fps)) == list(enumerate(times))


def test_the_uneven_times_of_phones_pass_as_they_are():
    times = [Fraction(0), Fraction(1, 30), Fraction(1, 10), Fraction(2, 15), Fraction(1, 5)]
    assert shown(times, Fraction(1, 25)) == list(enumerate(times))


def test_a_pause_is_filled_at_the_pace_before_it():
    """Whatever rate the header states: it counts the pause."""
    times = [0, STEP, 2 * STEP, 10 * STEP, 11 * STEP]
    found = shown(times, step=Fraction(1, 10))
    assert [time for _, time in found] == [n * STEP for n in range(12)]
    assert [index for index, _ in found] == [0, 1] + [2] * 8 + [3, 4]


def test_a_slow_show_of_pictures_becomes_25_a_second():
    found = shown([0, 1, 2], step=Fraction(1), last=Fraction(1))
    assert [time for _, time in found] == [n * STEP for n in range(75)]
    assert [index for index, _ in found] == [0] * 25 + [1] * 25 + [2] * 25


def test_a_last_frame_that_lasts_for_days_is_not_made_at_once():
    assert len(list(islice(without_pauses(frames([0], Fraction(10**6)), STEP), 100))) == 100


def test_the_mouth_moves_through_a_pause_and_the_video_is_as_long_as_the_sound(generator, make_clip, make_sound):
    times = [n * STEP for n in (0, 1, 2, 3, 22, 23)]
    clip, sound = make_clip("a.mp4", 6, 25, times), make_sound("a.wav", 1.6)
    options = LipSyncOptions(box=(40.0, 35.0, 115.0, 125.0), batch_size=4)
    made = list(lip_sync(clip, sound, generator=generator, options=options).frames)
    assert [round(frame.time / STEP) for frame in made] == list(range(40))
    pause = made[4:20]
    assert {frame.index for frame in pause} == {3}
    assert all((before.image != after.image).any() for before, after in pairwise(pause))
