"""Side by side: pixels kept, labels drawn, length, sound, sizes."""

from fractions import Fraction

import numpy as np
import pytest

from talkface.errors import InputError
from talkface.media import VideoWriter, decode_audio, decode_video, write_wav
from talkface.pipelines.comparison import Panel, joined_size, label_strip, side_by_side, together, write_comparison


def clip(path, size, frames, grey, fps=25):
    with VideoWriter(path, width=size[0], height=size[1], fps=Fraction(fps)) as writer:
        for _ in range(frames):
            writer.write(np.full((size[1], size[0], 3), grey, np.uint8))
    return path


def test_labels_of_any_bytes():
    assert label_strip("caf\udce9\nx", 64).shape == (28, 64, 3) == label_strip("\n", 64).shape


def test_pixels_are_kept_and_sizes_stated():
    left, right = np.full((40, 30, 3), 200, np.uint8), np.full((20, 30, 3), 100, np.uint8)
    joined = side_by_side([left, right], ["input", "result"], 40)
    assert joined.shape[:2][::-1] == joined_size([(30, 40), (30, 20)], 40)
    assert np.array_equal(joined[28:, :30], left) and (joined[28:, -60:] == 100).all()


def test_labels_are_drawn_and_differ():
    assert label_strip("input", 80).max() > 150 and not np.array_equal(
        label_strip("input", 80), label_strip("result", 80)
    )
    assert label_strip("", 80).std() == 0


def test_an_ended_stream_holds_its_last_picture():
    pictures = [np.full((2, 2, 3), number, np.uint8) for number in range(4)]
    rows = [[int(image[0, 0, 0]) for image in row] for row in together([iter(pictures[:2]), iter(pictures)])]
    assert rows == [[0, 0], [1, 1], [1, 2], [1, 3]]
    assert list(together([iter([]), iter(pictures)])) == []


def test_a_video_of_three_with_sound(tmp_path):
    panels = [Panel(str(n), clip(tmp_path / f"{n}.mp4", (32, 32 + 8 * n), 5 + 5 * n, 60 * n + 40)) for n in range(3)]
    write_wav(tmp_path / "a.wav", np.sin(np.arange(9600) * 0.2).astype(np.float32) * 0.4, 16000)
    out = write_comparison(panels, tmp_path / "out.mp4", audio=tmp_path / "a.wav")
    frames = list(decode_video(out))
    assert len(frames) == 15 and abs(len(decode_audio(out).samples) - 9600) <= 1600
    last = frames[-1].image
    assert [abs(int(last[-10, x].mean()) - grey) < 4 for x, grey in ((10, 40), (60, 100), (-10, 160))] == [True] * 3


def test_nothing_to_compare(tmp_path):
    with pytest.raises(InputError, match="nothing to compare"):
        write_comparison([], tmp_path / "out.mp4")
