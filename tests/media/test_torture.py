"""Broken and unusual inputs: what media must make of each. One row a file: what decode_video and decode_audio give."""

import logging
import shutil
from fractions import Fraction

import numpy as np
import pytest

from talkface.errors import InputError
from talkface.media import align_audio, decode_audio, decode_video, probe, resample_frames

NO_PICTURE, NO_SOUND, NOT_MEDIA = "no picture in this file", "no audio stream", "not a media file"
# name: (frames or the refusal, (width, height), samples at 16 kHz or the refusal)
CASES = {
    "vfr_phone.mp4": (60, (360, 288), 38400),
    "audio_late_500ms.mp4": (60, (360, 288), 39424),
    "video_late_480ms.mp4": (60, (360, 288), 38400),
    "audio_longer.mp4": (30, (360, 288), 38400),
    "audio_shorter.mp4": (60, (360, 288), 16000),
    "no_audio.mp4": (60, (360, 288), NO_SOUND),
    "audio_only.mp4": (NO_PICTURE, None, 38400),
    "fps_29_97.mp4": (60, (360, 288), 32032),
    "fps_59_94.mp4": (120, (360, 288), 32032),
    "fps_10.mp4": (20, (360, 288), 32000),
    "odd_255x257.mp4": (40, (255, 257), 25600),
    "tenbit.mp4": (40, (360, 288), 25600),
    "gray.mp4": (40, (360, 288), 25600),
    "gray_ffv1.mkv": (15, (180, 144), 10240),
    "vp9_opus.webm": (40, (240, 192), 25600),
    "mpeg4_mp3.avi": (40, (360, 288), 26331),
    "pcm.mov": (40, (240, 192), 25600),
    "mono_8khz.mp4": (40, (360, 288), 25600),
    "surround_5_1.mp4": (40, (360, 288), 25600),
    "left_channel_only.mp4": (40, (360, 288), 25600),
    "antiphase_stereo.mp4": (40, (360, 288), 25600),
    "silence.mp4": (40, (360, 288), 25600),
    "audio_0_1s.mp4": (40, (360, 288), 1600),
    "one_frame.mp4": (1, (360, 288), 640),
    "four_frames.mp4": (4, (360, 288), 2560),
    "truncated.mp4": (NOT_MEDIA, None, NOT_MEDIA),
    "truncated_faststart.mp4": (30, (360, 288), 18432),
    "corrupt_packets.mp4": (60, (360, 288), 38400),
    "zero_bytes.mp4": ("the file is empty", None, "the file is empty"),
    "text.mp4": (NOT_MEDIA, None, NOT_MEDIA),
    "torture.tsv": (NOT_MEDIA, None, NOT_MEDIA),
    "absent.mp4": ("no such file", None, "no such file"),
    "rotated_90.mp4": (40, (360, 288), 25600),
    "huge_duration_header.mkv": (60, (360, 288), NO_SOUND),
    "anim.gif": (24, (180, 144), "no sound"),
    "anim.png": (24, (180, 144), "no sound"),
    "anim.webp": (24, (180, 144), "no sound"),
    "alpha.png": (1, (256, 256), "no sound"),
    "cmyk.jpg": (1, (256, 256), "no sound"),
    "sixteen_bit.png": (1, (160, 160), "no sound"),
    "gray.png": (1, (256, 256), "no sound"),
    "palette.png": (1, (256, 256), "no sound"),
    "exif_rotated.jpg": (1, (256, 256), "no sound"),
    "still_4k.jpg": (1, (3840, 2160), "no sound"),
    "tiny_20x20.png": (1, (20, 20), "no sound"),
    "one_pixel.png": ("1x1 pixels", None, "no sound"),
    "UPPER.MP4": (10, (180, 144), 6400),
    "noextension": (10, (180, 144), 6400),
    "u8_11025.wav": (NO_PICTURE, None, 38400),
    "empty.wav": (NO_PICTURE, None, "no samples"),
    "clipped.wav": (NO_PICTURE, None, 38400),
    "dc_offset.wav": (NO_PICTURE, None, 38400),
    "nan_float.wav": (NO_PICTURE, None, "no numbers"),
    "is_a_directory.mp4": ("no pictures", None, "no sound"),
}
NAMES = [
    "with spaces and (brackets).mp4",
    "ünïcödé_面_рот.mp4",
    "-leading-dash.mp4",
    "new\nline.mp4",
    "quote'\"$HOME`.mp4",
    "percent_%d_%03d.mp4",
    "http:colon.mp4",
]


@pytest.mark.parametrize("name", CASES)
def test_picture(torture, name):
    expected, size, _ = CASES[name]
    if isinstance(expected, str):
        with pytest.raises(InputError, match=expected) as caught:
            decode_video(torture / name)
        assert "\n" not in str(caught.value)
        return
    frames = list(decode_video(torture / name))
    assert len(frames) == expected
    assert {frame.image.shape for frame in frames} == {(size[1], size[0], 3)}
    assert all(frame.image.dtype == np.uint8 and frame.image.flags["C_CONTIGUOUS"] for frame in frames)
    times = [frame.timestamp for frame in frames]
    assert times == sorted(set(times))
    info = probe(torture / name)
    assert (info.width, info.height, info.start) == (*size, times[0])


@pytest.mark.parametrize("name", CASES)
def test_sound(torture, name):
    expected = CASES[name][2]
    if isinstance(expected, str):
        with pytest.raises(InputError, match=expected):
            decode_audio(torture / name)
        return
    audio = decode_audio(torture / name)
    assert abs(len(audio.samples) - expected) <= 1
    assert audio.samples.dtype == np.float32
    assert np.isfinite(audio.samples).all() and np.abs(audio.samples).max() <= 1


@pytest.mark.parametrize(
    ("name", "finding"),
    [
        ("silence.mp4", "silent"),
        ("antiphase_stereo.mp4", "cancel each other"),
        ("clipped.wav", "clipped"),
        ("corrupt_packets.mp4", "damaged packets of sound"),
    ],
)
def test_findings_in_sound_are_logged(torture, caplog, name, finding):
    with caplog.at_level(logging.WARNING):
        decode_audio(torture / name)
    assert finding in caplog.text and name in caplog.text


@pytest.mark.parametrize(
    ("name", "finding"),
    [("corrupt_packets.mp4", "decoded with errors"), ("truncated_faststart.mp4", "damaged packets")],
)
def test_findings_in_pictures_are_logged(torture, caplog, name, finding):
    with caplog.at_level(logging.WARNING):
        assert len(list(decode_video(torture / name))) > 20
    assert finding in caplog.text and name in caplog.text


@pytest.mark.parametrize("name", NAMES)
def test_names_are_data(torture, tmp_path, name):
    copy = tmp_path / name
    shutil.copy(torture / "UPPER.MP4", copy)
    assert len(list(decode_video(copy))) == 10
    assert len(decode_audio(copy).samples) == 6400


@pytest.mark.parametrize(
    ("upright", "other"),
    [("no_audio.mp4", "rotated_90.mp4"), ("cmyk.jpg", "exif_rotated.jpg"), ("no_audio.mp4", "tenbit.mp4")],
)
def test_the_same_scene_looks_the_same(torture, upright, other):
    """These files show one scene each in another guise; a turned or wrongly coloured picture would be far away."""
    first, second = (next(decode_video(torture / name)).image.astype(float) for name in (upright, other))
    assert np.abs(first - second).mean() < 6
    assert np.abs(first - second[::-1, ::-1]).mean() > 15


def test_cmyk_and_palette_show_the_same_colours(torture):
    first, second = (next(decode_video(torture / name)).image.astype(float) for name in ("cmyk.jpg", "palette.png"))
    np.testing.assert_allclose(first.mean(axis=(0, 1)), second.mean(axis=(0, 1)), atol=3)


def test_one_channel_becomes_three_equal_ones(torture):
    for name in ("gray.png", "gray_ffv1.mkv"):
        image = next(decode_video(torture / name)).image.astype(int)
        assert np.ptp(image, axis=2).max() <= 1


def test_uneven_times_become_a_constant_rate(torture):
    frames = list(resample_frames(decode_video(torture / "vfr_phone.mp4"), Fraction(25)))
    info = probe(torture / "vfr_phone.mp4")
    assert abs(len(frames) - info.seconds * 25) <= 1
    assert [frame.timestamp for frame in frames] == [frame.index / Fraction(25) for frame in frames]


def test_centre_channel_is_heard(torture):
    mixed, plain = decode_audio(torture / "surround_5_1.mp4"), decode_audio(torture / "audio_longer.mp4")
    first, second = align_audio(mixed, Fraction(0), Fraction(3, 2)), align_audio(plain, Fraction(0), Fraction(3, 2))
    assert np.corrcoef(first, second)[0, 1] > 0.95
