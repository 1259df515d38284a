"""The parts without files: resampling of frames by time, aligning of sound, mixing, turning, sorting."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from talkface.errors import InputError
from talkface.media import Audio, Frame, align_audio, decode_audio, resample_frames, write_wav
from talkface.media.container import natural_key
from talkface.media.geometry import orient, orientation_of_matrix, square_size, upright_size
from talkface.media.sound import downmix
from talkface.media.track import encoder_rate

RATES = st.sampled_from([Fraction(24000, 1001), Fraction(25), Fraction(30000, 1001), Fraction(50), Fraction(10)])


def frames_at(times, duration=None):
    image = np.zeros((2, 2, 3), np.uint8)
    return [Frame(index, Fraction(time), image, duration) for index, time in enumerate(times)]


@settings(deadline=None, max_examples=50)
@given(RATES, RATES, st.integers(1, 60), st.fractions(0, 5, max_denominator=90000))
def test_constant_to_constant_shows_the_nearest_frame(source, target, count, start):
    given_frames = frames_at([start + number / source for number in range(count)], 1 / source)
    tagged = [Frame(f.index, f.timestamp, np.full((1, 1, 3), f.index, np.uint8), f.duration) for f in given_frames]
    result = list(resample_frames(tagged, target))
    assert [frame.timestamp for frame in result] == [start + number / target for number in range(len(result))]
    assert abs(len(result) / target - count / source) <= 1 / (2 * target) or len(result) == 1
    for frame in result:
        shown = start + int(frame.image[0, 0, 0]) / source
        assert all(abs(shown - frame.timestamp) <= abs(other.timestamp - frame.timestamp) for other in given_frames)


@settings(deadline=None, max_examples=50)
@given(RATES, st.integers(1, 60))
def test_the_same_rate_changes_nothing(fps, count):
    result = list(resample_frames(frames_at([number / fps for number in range(count)]), fps))
    assert [frame.timestamp for frame in result] == [number / fps for number in range(count)]


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 40), st.randoms(use_true_random=False))
def test_times_rounded_to_milliseconds_lose_and_double_no_frame(count, random):
    fps = Fraction(30000, 1001)
    times = [Fraction(round(number / fps * 1000), 1000) for number in range(count)]
    tagged = [Frame(i, time, np.full((1, 1, 3), i, np.uint8), 1 / fps) for i, time in enumerate(times)]
    assert [int(frame.image[0, 0, 0]) for frame in resample_frames(tagged, fps)] == list(range(count))


def test_no_frames_give_no_frames():
    assert list(resample_frames([], Fraction(25))) == []


@settings(deadline=None, max_examples=50)
@given(st.integers(-50, 50), st.integers(0, 80), st.integers(0, 60))
def test_aligned_sound_lies_at_its_time(offset, count, length):
    audio = Audio(np.arange(1, length + 1, dtype=np.float32), 100, Fraction(offset, 100))
    aligned = align_audio(audio, Fraction(0), Fraction(count, 100))
    assert aligned.shape == (count,) and aligned.dtype == np.float32
    for position, value in enumerate(aligned):
        expected = position - offset + 1 if 0 <= position - offset < length else 0
        assert value == expected


def test_aligning_without_a_length_keeps_the_rest():
    audio = Audio(np.ones(100, np.float32), 100, Fraction(1, 2))
    assert len(align_audio(audio, Fraction(0))) == 150
    assert len(align_audio(audio, Fraction(1))) == 50
    assert len(align_audio(audio, Fraction(9))) == 0


def test_downmix_weighs_channels():
    centre_only = np.zeros((6, 4), np.float32)
    centre_only[2] = 1
    layout = ("FL", "FR", "FC", "LFE", "BL", "BR")
    np.testing.assert_allclose(downmix(centre_only, layout), 1 / (1 + 2 * 0.7071 + 2 * 0.5), rtol=1e-6)
    np.testing.assert_allclose(downmix(np.ones((6, 4), np.float32), layout), 1, rtol=1e-6)
    np.testing.assert_allclose(downmix(np.array([[1.0], [0.0]], np.float32), ("FL", "FR")), 0.5)


@pytest.mark.parametrize(
    ("matrix", "turn"),
    [
        ((65536, 0, 0, 0, 65536, 0), lambda image: image),
        ((0, 65536, 0, -65536, 0, 0), lambda image: np.rot90(image, -1)),  # phone held upright: 90 degrees clockwise
        ((-65536, 0, 0, 0, -65536, 0), lambda image: np.rot90(image, 2)),
        ((0, -65536, 0, 65536, 0, 0), lambda image: np.rot90(image, 1)),
        ((-65536, 0, 0, 0, 65536, 0), lambda image: image[:, ::-1]),  # selfie camera
        ((65536, 0, 0, 0, -65536, 0), lambda image: image[::-1]),
        ((0, 65536, 0, 65536, 0, 0), lambda image: image.transpose(1, 0, 2)),
    ],
)
def test_display_matrices(matrix, turn):
    image = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    orientation = orientation_of_matrix(np.array([*matrix, 0, 0, 1 << 30], np.int32))
    np.testing.assert_array_equal(orient(image, orientation), turn(image))
    assert upright_size(4, 2, None, orientation) == turn(image).shape[1::-1]


def test_pixel_aspect_grows_one_side():
    assert square_size(720, 576, Fraction(16, 11)) == (1047, 576)
    assert square_size(720, 480, Fraction(8, 9)) == (720, 540)
    assert square_size(720, 576, None) == square_size(720, 576, Fraction(1, 1000)) == (720, 576)


def test_natural_order():
    names = ["frame10.png", "frame2.png", "Frame1.png", "a.png"]
    assert sorted(names, key=natural_key) == ["a.png", "Frame1.png", "frame2.png", "frame10.png"]


def test_encoder_rates():
    known = (8000, 16000, 48000)
    assert [encoder_rate(rate, known) for rate in (16000, 11025, 44100, 96000)] == [16000, 16000, 48000, 48000]
    assert encoder_rate(12345, ()) == 12345


def test_wav_holds_the_samples(tmp_path):
    samples = np.array([0, 0.5, -0.5, 1.0, -1.0, 2.0, 1 / 32768], np.float32)
    write_wav(tmp_path / "a.wav", samples, 16000)
    decoded = decode_audio(tmp_path / "a.wav")
    np.testing.assert_array_equal(decoded.samples * 32768, [0, 16384, -16384, 32767, -32768, 32767, 1])
    with pytest.raises(InputError, match="no numbers"):
        write_wav(tmp_path / "b.wav", np.array([np.nan], np.float32), 16000)
    assert [item.name for item in tmp_path.iterdir()] == ["a.wav"]
