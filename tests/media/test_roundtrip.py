"""What is written comes back: every frame, in order, at its own time, in every container and at every rate."""

import tracemalloc
from fractions import Fraction

import numpy as np
import pytest

from talkface.errors import InputError
from talkface.media import VideoWriter, decode_video, probe, resample_frames

RATES = [Fraction(24000, 1001), Fraction(25), Fraction(30000, 1001), Fraction(60000, 1001), Fraction(10)]
CONTAINERS = ["mp4", "mov", "m4v", "mkv", "webm", "avi", "gif"]
TICK = {
    "mkv": Fraction(1, 1000),
    "webm": Fraction(1, 1000),
    "gif": Fraction(1, 100),
}  # what these containers round times to


@pytest.mark.parametrize("fps", RATES, ids=str)
def test_constant_rates_are_exact_in_mp4(write_clip, number_of, fps):
    path = write_clip("clip.mp4", 40, fps)
    frames = list(decode_video(path))
    assert [number_of(frame.image) for frame in frames] == list(range(40))
    assert [frame.timestamp for frame in frames] == [number / fps for number in range(40)]
    assert probe(path).fps == fps


@pytest.mark.parametrize("container", CONTAINERS)
def test_every_container_keeps_every_frame(write_clip, number_of, container):
    fps = Fraction(30000, 1001)
    frames = list(decode_video(write_clip(f"clip.{container}", 20, fps)))
    assert [number_of(frame.image) for frame in frames] == list(range(20))
    errors = [abs(frame.timestamp - number / fps) for number, frame in enumerate(frames)]
    assert max(errors) <= TICK.get(container, Fraction(0)) / 2


def test_uneven_times_are_kept(write_clip, number_of):
    random = np.random.default_rng(4)
    steps = [Fraction(int(step), 90_000) for step in random.integers(3000, 9000, 50)]
    times = [Fraction(1, 5) + sum(steps[:number], Fraction(0)) for number in range(50)]
    frames = list(decode_video(write_clip("phone.mp4", 50, Fraction(20), timestamps=times)))
    assert [frame.timestamp for frame in frames] == times
    assert [number_of(frame.image) for frame in frames] == list(range(50))


def test_negative_times_move_the_whole_output(write_clip):
    path = write_clip("early.mp4", 5, Fraction(25), timestamps=[Fraction(number - 2, 25) for number in range(5)])
    assert [frame.timestamp for frame in decode_video(path)] == [Fraction(number, 25) for number in range(5)]


@pytest.mark.parametrize("size", [(161, 49), (162, 49), (161, 50)])
@pytest.mark.parametrize("container", ["mp4", "webm", "avi"])
def test_odd_sizes_are_padded_to_even_by_their_last_row_and_column(write_clip, numbered, size, container):
    width, height = size
    path = write_clip(f"odd.{container}", 3, Fraction(25), width=width, height=height, crf=4)
    image = next(decode_video(path)).image
    assert image.shape == (height + height % 2, width + width % 2, 3)
    padded = np.pad(numbered(0, width, height), ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    assert np.abs(image[20:].astype(int) - padded[20:]).mean() < 4


def test_gif_keeps_odd_sizes(write_clip):
    assert next(decode_video(write_clip("odd.gif", 3, Fraction(25), width=161, height=49))).image.shape == (49, 161, 3)


@pytest.mark.parametrize("container", ["mp4", "mkv", "webm", "avi"])
@pytest.mark.parametrize("colour", [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0), (128, 64, 200)])
def test_colours_survive(tmp_path, container, colour):
    image = np.full((64, 64, 3), colour, np.uint8)
    with VideoWriter(
        tmp_path / f"colour.{container}", width=64, height=64, fps=Fraction(25), preset="ultrafast"
    ) as writer:
        for _ in range(3):
            writer.write(image)
    decoded = next(decode_video(writer.path)).image
    assert np.abs(decoded.astype(int) - image).max() <= 6


@pytest.mark.parametrize("container", ["mov", "webm", "mkv", "gif"])
def test_alpha_where_the_container_can(tmp_path, container):
    image = np.zeros((64, 80, 4), np.uint8)
    image[..., 0], image[:, :40, 3] = 200, 255
    with VideoWriter(tmp_path / f"alpha.{container}", width=80, height=64, fps=Fraction(25), alpha=True) as writer:
        for _ in range(3):
            writer.write(image)
    decoded = next(decode_video(writer.path, background=(0, 0, 255))).image
    np.testing.assert_allclose(decoded[32, 10], (200, 0, 0), atol=4)
    np.testing.assert_allclose(decoded[32, 70], (0, 0, 255), atol=4)
    over_black = next(decode_video(writer.path)).image
    np.testing.assert_allclose(over_black[32, 70], (0, 0, 0), atol=4)


def test_alpha_is_refused_where_the_container_cannot(tmp_path):
    with pytest.raises(InputError, match="cannot hold alpha"):
        VideoWriter(tmp_path / "alpha.mp4", width=64, height=64, fps=Fraction(25), alpha=True)


@pytest.mark.parametrize("container", ["mp4", "mkv", "webm", "avi", "gif"])
def test_decoding_a_stretch_of_time(write_clip, number_of, container):
    path = write_clip(f"clip.{container}", 60, Fraction(25), gop=12)
    chosen = list(decode_video(path, start=Fraction(33, 25), stop=Fraction(47, 25)))
    assert [number_of(frame.image) for frame in chosen] == list(range(33, 47))
    assert [frame.index for frame in chosen] == list(range(14))
    with pytest.raises(InputError, match="no frame in this stretch"):
        decode_video(path, start=Fraction(100))


def test_memory_does_not_grow_with_length(tmp_path, numbered):
    def peak(frames: int) -> int:
        path = tmp_path / f"{frames}.mp4"
        image = numbered(0, 320, 240)
        tracemalloc.start()
        with VideoWriter(path, width=320, height=240, fps=Fraction(25), preset="ultrafast") as writer:
            for _ in range(frames):
                writer.write(image)
        assert sum(1 for _ in resample_frames(decode_video(path), Fraction(30))) == frames * 30 // 25
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert peak(300) < peak(50) + 2 * 320 * 240 * 3


def test_the_same_frames_give_the_same_bytes(write_clip):
    first, second = (write_clip(name, 20, Fraction(25)) for name in ("a.mp4", "b.mp4"))
    assert first.read_bytes() == second.read_bytes()
