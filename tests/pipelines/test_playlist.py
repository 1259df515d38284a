"""Clips that go on: order, times that grow, frames that are shown as long as in the first pass, bounded stretches."""

from fractions import Fraction
from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from talkface.media import Frame
from talkface.pipelines import playlist
from talkface.pipelines.playlist import Seen, backwards, continued


class Clip:
    """A clip in memory that decodes like a file and remembers what it was asked for."""

    def __init__(self, times):
        self.times, self.calls = times, []

    def __call__(self, start=None, stop=None):
        self.calls.append((start, stop))
        index = 0
        for number, time in enumerate(self.times):
            if (start is None or time >= start) and (stop is None or time < stop):
                yield Frame(index, time, np.full((2, 2, 3), number, np.uint8), None)
                index += 1


def noted(clip, step=Fraction(1, 25)):
    seen = Seen(step)
    list(seen.noting(clip()))
    return seen


def numbers(frames, count):
    taken = list(islice(frames, count))
    assert [frame.index for frame in taken] == [int(frame.image[0, 0, 0]) for frame in taken]
    return [frame.index for frame in taken], [frame.timestamp for frame in taken]


EVEN = [Fraction(number, 25) for number in range(5)]


@pytest.mark.parametrize(
    ("extend", "order"),
    [
        ("pingpong", [3, 2, 1, 0, 1, 2, 3, 4, 3, 2, 1]),
        ("loop", [0, 1, 2, 3, 4, 0, 1]),
        ("freeze", [4, 4, 4]),
        ("cut", []),
    ],
)
def test_order(extend, order):
    clip = Clip(EVEN)
    got, times = numbers(continued(noted(clip), clip, extend), len(order))
    assert got == order and times == [Fraction(5 + number, 25) for number in range(len(order))]


@given(
    st.lists(st.fractions(Fraction(1, 100), Fraction(1, 5)), min_size=1, max_size=12),
    st.sampled_from(["pingpong", "loop", "freeze"]),
    st.fractions(-1, 1),
)
def test_times_grow_and_durations_stay(steps, extend, origin):
    times = [origin + sum(steps[:number], Fraction(0)) for number in range(len(steps))]
    clip = Clip(times)
    seen = noted(clip)
    got, shown = numbers(continued(seen, clip, extend), 30)
    assert shown[0] == seen.end
    for index, now, after in zip(got, shown, shown[1:], strict=False):
        assert after - now == (seen.step if extend == "freeze" or len(times) == 1 else seen.duration(index))
    if extend == "pingpong" and len(times) > 1:
        assert all(abs(one - other) == 1 for one, other in zip([len(times) - 1, *got], got, strict=False))


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_backwards_in_stretches(monkeypatch, size):
    monkeypatch.setattr(playlist, "_STRETCH_BYTES", 12 * size)
    clip = Clip([Fraction(number, 25) for number in range(20)])
    seen = noted(clip)
    clip.calls.clear()
    assert [frame.index for frame in backwards(seen, clip, 19)] == list(range(18, -1, -1))
    assert len(clip.calls) == -(-19 // size)


def test_a_frame_that_a_seek_times_differently_is_left_out():
    clip = Clip(EVEN)
    seen = noted(clip)
    clip.times = [*EVEN[:2], EVEN[2] + Fraction(1, 1000), *EVEN[3:]]
    assert [frame.index for frame in backwards(seen, clip, 4)] == [3, 1, 0]


@pytest.mark.parametrize("extend", ["pingpong", "loop", "freeze"])
def test_nothing_is_decoded_that_is_not_wanted(extend):
    clip = Clip(EVEN)
    seen, ends = noted(clip), Fraction(7, 25)
    before = len(clip.calls)
    assert not list(continued(seen, clip, extend, lambda _: False)) and len(clip.calls) == before
    taken = list(continued(seen, clip, extend, lambda time: time < ends))
    assert [frame.timestamp for frame in taken] == [Fraction(5, 25), Fraction(6, 25)]
