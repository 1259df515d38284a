"""What nobody changes is written with the samples that were read."""

import gc
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from talkface.media import VideoWriter, decode_video
from talkface.media.colours import BT709, colours_of
from talkface.media.stored import as_stored, repainted, to_stored

WIDTH, HEIGHT, LOSSLESS = 96, 64, 0


def noise(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (HEIGHT, WIDTH, 3)).astype(np.uint8)


@pytest.fixture
def clip(write_clip):
    return write_clip("clip.mp4", 4, Fraction(25), crf=LOSSLESS)


def rewritten(frames, path, boxes=(), **options):
    height, width = frames[0].image.shape[:2]
    with VideoWriter(path, width=width, height=height, fps=Fraction(25), crf=LOSSLESS, **options) as writer:
        for frame in frames:
            writer.write(frame.image, stored=frame.stored, changed=boxes)
    return list(decode_video(path))


def test_a_clip_written_again_has_the_same_samples(clip, tmp_path):
    frames = list(decode_video(clip))
    again = rewritten(frames, tmp_path / "again.mp4")
    for before, after in zip(frames, again, strict=True):
        np.testing.assert_array_equal(before.stored.to_ndarray(), after.stored.to_ndarray())


def test_only_the_changed_box_is_converted(clip, tmp_path):
    frames = list(decode_video(clip))
    white = [replace(frame, image=np.full_like(frame.image, 255)) for frame in frames]
    (after, *_) = rewritten(white, tmp_path / "again.mp4", [np.array([40.5, 20, 60, 31.2], np.float32)])
    luma, before = after.stored.to_ndarray()[:48], frames[0].stored.to_ndarray()[:48]
    assert (luma[20:32, 40:60] == 235).all()
    outside = np.ones_like(luma, bool)
    outside[16:36, 36:64] = False
    np.testing.assert_array_equal(luma[outside], before[outside])


def test_without_the_stored_picture_the_image_is_what_counts(clip, tmp_path):
    frames = [replace(frame, image=np.zeros_like(frame.image), stored=None) for frame in decode_video(clip)]
    assert max(frame.image.max() for frame in rewritten(frames, tmp_path / "black.mp4")) <= 2


@pytest.mark.parametrize("container", ["avi", "gif"])
def test_files_of_other_colours_get_the_image(clip, tmp_path, container):
    """AVI's matrix and GIF's palette differ: the stored samples would change colour there."""
    frames = [replace(frame, image=np.zeros_like(frame.image)) for frame in decode_video(clip)]
    assert max(frame.image.max() for frame in rewritten(frames, tmp_path / f"black.{container}")) <= 8


def test_an_untagged_clip_stays_untagged(write_clip, tmp_path):
    """Players guess the colours of an untagged file by its size: they shall guess alike for both."""
    frames = list(decode_video(write_clip("clip.avi", 3, Fraction(25))))
    inside = [np.array([16, 16, 80, 40], np.float32)]
    again = rewritten(frames, tmp_path / "again.mp4", inside)
    assert colours_of(again[0].stored) == colours_of(frames[0].stored) != BT709
    for before, after in zip(frames, again, strict=True):
        assert np.abs(before.image.astype(int) - after.image).mean() < 1.5


def test_turned_stretched_and_odd_pictures_are_not_taken_as_stored(clip):
    picture = next(decode_video(clip)).stored
    np.testing.assert_array_equal(as_stored(picture, Fraction(1), (0, False)).to_ndarray(), picture.to_ndarray())
    assert as_stored(picture, Fraction(4, 3), (0, False)) is None
    assert as_stored(picture, None, (1, False)) is None
    assert as_stored(picture, None, (0, True)) is None
    assert as_stored(to_stored(noise(0)[:, :95], "yuv420p", BT709), None, (0, False)) is None


def test_stored_pictures_are_part_of_no_cycle(clip):
    """What waits in a queue and is then dropped has to be freed at once, or a long job grows."""
    stored = [frame.stored for frame in decode_video(clip)]
    assert not [one for one in gc.get_referrers(*stored) if type(one).__module__.startswith("av.")]


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(*[st.floats(-20, 120) for _ in range(4)]), max_size=3))
def test_any_boxes_leave_the_rest_and_the_given_picture_alone(corners):
    """Also boxes across the edges, outside, or without an area."""
    boxes = [np.array([min(a, c), min(b, d), max(a, c), max(b, d)], np.float32) for a, b, c, d in corners]
    stored = to_stored(noise(1), "yuv420p", BT709)
    before = stored.to_ndarray().copy()
    result = repainted(stored, noise(2), boxes)
    np.testing.assert_array_equal(stored.to_ndarray(), before)
    far = np.ones((HEIGHT, WIDTH), bool)
    for box in boxes:
        left, top, right, bottom = (int(side) for side in [*(np.floor(box[:2]) - 4), *(np.ceil(box[2:]) + 4)])
        far[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)] = False
    np.testing.assert_array_equal(result.to_ndarray()[:HEIGHT][far], before[:HEIGHT][far])
