"""25 pictures a second out of anything, in any order, always the same pictures."""

from fractions import Fraction
from itertools import islice

import cv2
import numpy as np
import pytest

from talkface.drawn import number_frame, read_number
from talkface.errors import InputError
from talkface.media import VideoWriter, resample_frames, write_wav
from talkface.pipelines.playlist import backwards
from talkface.pipelines.pose_controlled import steady
from talkface.pipelines.pose_controlled.steady import SteadySource, loop_index

OFFICIAL = {  # spec: the original's indices for periods 1, 2, 3
    1: [0] * 9,
    2: [0, 1, 1, 0, 0, 1, 1, 0, 0],
    3: [0, 1, 2, 2, 1, 0, 0, 1, 2],
}


@pytest.fixture
def numbered(tmp_path):
    """Function (count, fps, times) -> video whose pictures carry their numbers."""

    def make(count, fps=25, times=None):
        path = tmp_path / f"n{count}_{fps}.mp4"
        with VideoWriter(path, width=160, height=96, fps=Fraction(fps), gop=5) as writer:
            for number in range(count):
                writer.write(carrying(number), None if times is None else times[number])
        return path

    return make


def carrying(number):
    return number_frame(np.full((96, 160, 3), 90, np.uint8), number)


def numbers(frames):
    return [read_number(frame.image) for frame in frames]


@pytest.mark.parametrize("period", OFFICIAL)
def test_loop_indices(period):
    assert [loop_index(frame, period) for frame in range(9)] == OFFICIAL[period]


@pytest.mark.parametrize(("count", "fps"), [(12, 25), (20, 30), (8, 10), (1, 25), (25, Fraction(60000, 1001))])
def test_every_pass_gives_the_same_pictures(numbered, count, fps):
    source = SteadySource(numbered(count, fps))
    first = list(source.first_pass())
    plain = resample_frames(steady.decode_video(source.path), Fraction(25))
    assert numbers(first) == numbers(plain) == numbers(source())
    assert [frame.timestamp for frame in source()] == [frame.timestamp for frame in first]
    for low, high in ((0, 1), (2, 5), (len(first) - 3, len(first))):
        if 0 <= low < high < len(first):
            stretch = source(start=first[low].timestamp, stop=first[high].timestamp)
            assert [(f.index, read_number(f.image)) for f in stretch] == list(enumerate(numbers(first)))[low:high]


def test_round_and_round_in_constant_memory(numbered, monkeypatch):
    """Against the closed formula, from any place on, with stretches of two pictures."""
    import talkface.pipelines.playlist as playlist

    monkeypatch.setattr(playlist, "_LONGEST_STRETCH", 2)
    source = SteadySource(numbered(7, 25))
    list(source.first_pass())
    for first in (0, 2, 9):
        expected = [loop_index(frame, 7) for frame in range(first, first + 24)]
        assert numbers(islice(source.looping(first), 24)) == expected
    assert [f.index for f in backwards(source._noted, source, 7)] == list(range(6, -1, -1))


def test_uneven_times_keep_their_pictures(numbered):
    times = [Fraction(t, 100) for t in (0, 3, 10, 30, 34, 60)]
    source = SteadySource(numbered(6, 25, times))
    first = numbers(source.first_pass())
    assert first == numbers(source()) and set(first) == set(range(6))
    late = source(start=Fraction(28, 100), stop=Fraction(1))
    assert numbers(late) == first[7:]


def test_a_picture_a_folder_and_a_limit(numbered, tmp_path):
    (tmp_path / "frames").mkdir()
    for number in range(11):
        cv2.imwrite(str(tmp_path / "frames" / f"{number}.png"), carrying(number))
    folder = SteadySource(tmp_path / "frames", limit=4)
    assert numbers(folder.first_pass()) == [0, 1, 2, 3] and len(folder) == 4 and not folder.is_video
    still = SteadySource(tmp_path / "frames" / "3.png")
    list(still.first_pass())
    assert len(still) == 1 and numbers(islice(still.looping(5), 3)) == [3, 3, 3]


def test_sound_is_no_picture(tmp_path):
    write_wav(tmp_path / "a.wav", np.zeros(1600, np.float32), 16000)
    with pytest.raises(InputError, match="only sound"):
        SteadySource(tmp_path / "a.wav")
    cv2.imwrite(str(tmp_path / "p.png"), np.zeros((8, 8, 3), np.uint8))
    with pytest.raises(ValueError, match="whole pass"):
        len(SteadySource(tmp_path / "p.png"))
