"""Stills, animations and folders of pictures."""

from fractions import Fraction

import numpy as np
import pytest
from PIL import Image as Pillow

from talkface.errors import InputError
from talkface.media import decode_video, probe, stream_audio


@pytest.fixture
def picture(numbered):
    return lambda number=0: Pillow.fromarray(numbered(number))


@pytest.mark.parametrize("ending", ["png", "bmp", "tiff", "webp", "gif", "jpg"])
def test_stills(tmp_path, picture, number_of, ending):
    path = tmp_path / f"still.{ending}"
    picture(613).save(path)
    (frame,) = decode_video(path)
    assert number_of(frame.image) == 613 and frame.timestamp == 0
    info = probe(path)
    assert (info.kind, info.width, info.height, info.has_video, info.has_audio) == ("image", 160, 48, True, False)


def test_content_decides_not_the_name(tmp_path, picture, number_of):
    picture(5).save(tmp_path / "still.png")
    (tmp_path / "still.png").rename(tmp_path / "clip.mp4")
    (frame,) = decode_video(tmp_path / "clip.mp4")
    assert number_of(frame.image) == 5


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_orientation(tmp_path, picture, orientation):
    upright = np.asarray(picture(77).convert("RGB"))
    stored = {
        1: upright, 2: upright[:, ::-1], 3: upright[::-1, ::-1], 4: upright[::-1], 5: upright.transpose(1, 0, 2),
        6: np.rot90(upright, 1), 7: np.rot90(upright, 1)[:, ::-1][::-1, ::-1][::-1, ::-1], 8: np.rot90(upright, -1),
    }[orientation]  # fmt: skip
    if orientation == 7:
        stored = upright[::-1, ::-1].transpose(1, 0, 2)
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    Pillow.fromarray(np.ascontiguousarray(stored)).save(tmp_path / "a.png", exif=exif)
    (frame,) = decode_video(tmp_path / "a.png")
    np.testing.assert_array_equal(frame.image, upright)
    info = probe(tmp_path / "a.png")
    assert (info.width, info.height) == (160, 48)


def test_alpha_and_depth(tmp_path):
    layer = np.full((4, 4, 4), 200, np.uint8)
    layer[:, 2:, 3] = 0
    layer[:, :2, 3] = 255
    Pillow.fromarray(layer).save(tmp_path / "alpha.png")
    (frame,) = decode_video(tmp_path / "alpha.png", background=(1, 2, 3))
    assert frame.image[0, 0].tolist() == [200, 200, 200] and frame.image[0, 3].tolist() == [1, 2, 3]
    Pillow.fromarray(np.array([[0, 65535], [32768, 257]], np.uint16)).save(tmp_path / "deep.png")
    (frame,) = decode_video(tmp_path / "deep.png")
    assert frame.image[..., 0].tolist() == [[0, 255], [128, 1]]
    Pillow.fromarray(np.array([[0, 1], [0.5, 0.25]], np.float32)).save(tmp_path / "float.tiff")
    (frame,) = decode_video(tmp_path / "float.tiff")
    assert frame.image[..., 1].tolist() == [[0, 255], [128, 64]]


@pytest.mark.parametrize("ending", ["gif", "png", "webp"])
def test_animations_keep_their_own_times(tmp_path, picture, number_of, ending):
    path = tmp_path / f"a.{ending}"
    durations = [40, 120, 60, 200]
    pages = [picture(number) for number in (1, 2, 4, 8)]
    pages[0].save(path, save_all=True, append_images=pages[1:], duration=durations, loop=0, lossless=True)
    frames = list(decode_video(path))
    assert [number_of(frame.image) for frame in frames] == [1, 2, 4, 8]
    assert [frame.timestamp * 1000 for frame in frames] == [0, 40, 160, 220]
    assert [frame.duration * 1000 for frame in frames] == durations
    assert probe(path).kind == "animation" and probe(path).fps == 25


def test_a_folder_is_read_in_natural_order_at_25(tmp_path, picture, number_of):
    for number in (0, 1, 2, 10, 11):
        picture(number).save(tmp_path / f"frame{number}.png")
    (tmp_path / "notes.txt").write_text("not a picture")
    (tmp_path / ".hidden.png").write_bytes(b"")
    frames = list(decode_video(tmp_path))
    assert [number_of(frame.image) for frame in frames] == [0, 1, 2, 10, 11]
    assert [frame.timestamp for frame in frames] == [Fraction(index, 25) for index in range(5)]
    info = probe(tmp_path)
    assert (info.kind, info.fps, info.seconds) == ("frames", 25, Fraction(1, 5))


def test_a_folder_of_mixed_sizes_is_refused(tmp_path, picture):
    picture().save(tmp_path / "1.png")
    picture().resize((80, 24)).save(tmp_path / "2.png")
    with pytest.raises(InputError, match=r"differ in size \(80x24 after 160x48\)") as caught:
        list(decode_video(tmp_path))
    assert caught.value.where.endswith("2.png")


def test_a_damaged_picture(tmp_path, picture):
    picture().resize((400, 400)).save(tmp_path / "a.png")
    whole = (tmp_path / "a.png").read_bytes()
    (tmp_path / "a.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="damaged"):
        decode_video(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(whole[:20])
    with pytest.raises(InputError, match="damaged"):
        probe(tmp_path / "b.png")


def test_pictures_and_folders_have_no_sound(tmp_path, picture):
    picture().save(tmp_path / "a.png")
    for path in (tmp_path, tmp_path / "a.png"):
        with pytest.raises(InputError, match="no sound in pictures"):
            next(stream_audio(path))


def test_a_playlist_or_subtitle_is_not_media(tmp_path):
    (tmp_path / "list.m3u8").write_text("#EXTM3U\n#EXTINF:1,\nabsent.ts\n")
    (tmp_path / "words.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nhello\n\n")
    (tmp_path / "list.txt").write_text("ffconcat version 1.0\nfile absent.mp4\n")
    (tmp_path / "art.ans").write_text("\x1b[31m hello \x1b[0m\n" * 20)
    for name in ("list.m3u8", "words.srt", "list.txt", "art.ans"):
        with pytest.raises(InputError, match="not a media file"):
            decode_video(tmp_path / name)
