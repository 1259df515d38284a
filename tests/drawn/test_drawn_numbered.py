"""Frames that carry their number; flashes and clicks."""

from fractions import Fraction

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from talkface.drawn import click_samples, flash_frames, number_frame, numbered_clip, read_number


@given(st.integers(0, 65535), st.integers(17 * 4, 400), st.integers(32, 300))
@settings(max_examples=60, deadline=None)
def test_numbers_are_read_back_at_any_size(number, width, height):
    assert read_number(number_frame(np.full((height, width, 3), 128, np.uint8), number)) == number


@pytest.mark.parametrize("number", [-1, 65536])
def test_numbers_out_of_range_are_refused(number):
    with pytest.raises(ValueError, match="16 bits"):
        number_frame(np.zeros((64, 64, 3), np.uint8), number)


def test_strong_compression_and_scaling_leave_numbers_readable():
    for number, image in enumerate(numbered_clip(40, first=900), start=900):
        _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 15])
        decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
        assert read_number(decoded) == number
        assert read_number(cv2.resize(decoded, (150, 90), interpolation=cv2.INTER_AREA)) == number


def test_a_damaged_number_is_not_read():
    image = number_frame(np.zeros((64, 170, 3), np.uint8), 5)
    image[:8, 10:20] = 255  # one more bit
    assert read_number(image) is None


def test_number_frame_leaves_the_given_picture_alone():
    image = np.full((64, 64, 3), 90, np.uint8)
    number_frame(image, 77)
    assert (image == 90).all()


def test_numbered_frames_differ_below_the_strip():
    first, second = numbered_clip(2, size=(80, 120))
    assert first.shape == (80, 120, 3)
    assert (first[20:] != second[20:]).any()


@pytest.mark.parametrize("fps", [Fraction(25), Fraction(30000, 1001), Fraction(24)])
def test_flash_and_click_start_together(fps):
    frames = int(4 * fps)
    bright = [index for index, image in enumerate(flash_frames(frames, fps, size=(16, 16))) if image.mean() > 128]
    samples = click_samples(frames, fps)
    assert samples.dtype == np.float32
    assert len(samples) == round(frames / fps * 16000)
    loud = np.nonzero(samples)[0]
    starts = loud[np.diff(loud, prepend=-9999) > 100]
    assert len(bright) == len(starts) >= 3
    assert starts.tolist() == [round(index / fps * 16000) for index in bright]
