"""Sources that change midway or break: one size, one rate, and one line where nothing can be done."""

import itertools
import logging
from fractions import Fraction
from io import BytesIO
from pathlib import Path

import av
import numpy as np
import pytest
from av import AudioFrame, CodecContext, VideoFrame
from PIL import Image as Pillow

from talkface.errors import InputError
from talkface.media import VideoWriter, decode_audio, decode_video, is_transparent, probe
from talkface.media.blocks import Block, in_one_form, stream_blocks
from talkface.media.conform import fitted

FPS = Fraction(25)


def bright(width, height, number):
    """(H, W, 3) uint8: a ramp with a grey level that tells the frame."""
    image = np.full((height, width, 3), 40 + 4 * number, np.uint8)
    image[:, : width // 4] = 220
    return image


def changing_clip(path, parts, codec="mpeg2video", step=3600):
    """An MPEG stream in which the encoder is a new one for every (width, height, pixel format, frames)."""
    with av.open(str(path), "w", format="mpegts") as container:
        width, height, pixels, _ = parts[0]
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = width, height, pixels
        number = 0
        for width, height, pixels, count in parts:
            encoder = CodecContext.create(codec, "w")
            encoder.width, encoder.height, encoder.pix_fmt = width, height, pixels
            encoder.time_base, encoder.framerate, encoder.max_b_frames = 1 / FPS, FPS, 0
            frames = []
            for _ in range(count):
                frame = VideoFrame.from_ndarray(bright(width, height, number), format="rgb24").reformat(format=pixels)
                frame.pts, frame.time_base = number, 1 / FPS
                frames.append(frame)
                number += 1
            for packet in [packet for frame in [*frames, None] for packet in encoder.encode(frame)]:
                packet.stream, packet.time_base = stream, 1 / FPS
                container.mux(packet)
    return path


CHANGES = [
    pytest.param([(96, 64, "yuv420p", 8), (64, 96, "yuv420p", 8)], "mpeg2video", id="size"),
    pytest.param([(64, 64, "yuv420p", 6), (128, 128, "yuv420p", 6), (32, 32, "yuv420p", 6)], "mpeg2video", id="twice"),
    pytest.param([(96, 64, "yuv420p", 8), (96, 64, "yuv422p", 8)], "mpeg2video", id="pixels"),
    pytest.param([(96, 64, "yuv420p", 8), (96, 64, "yuv420p10le", 8)], "libx264", id="depth"),
]


@pytest.mark.parametrize(("parts", "codec"), CHANGES)
def test_every_frame_has_the_size_of_the_first(tmp_path, caplog, parts, codec):
    path = changing_clip(tmp_path / "clip.ts", parts, codec)
    with caplog.at_level(logging.WARNING):
        frames = list(decode_video(path))
    sizes = {part[:2] for part in parts}
    assert ("the picture changes from" in caplog.text) == (len(sizes) > 1)
    assert len(frames) >= sum(part[3] for part in parts) - len(parts)  # a decoder may lose one at a change
    width, height = parts[0][:2]
    assert {frame.image.shape for frame in frames} == {(height, width, 3)}
    assert (probe(path).width, probe(path).height) == (width, height)
    for (
        frame
    ) in frames:  # the grey level in the middle tells that it is the frame, and not stretched beyond its picture
        middle = int(frame.image[height // 2, width // 2].mean())
        assert abs(middle - (40 + 4 * frame.index)) <= 12


@pytest.mark.parametrize(("parts", "codec"), CHANGES)
def test_a_changing_clip_is_written_again(tmp_path, parts, codec):
    path = changing_clip(tmp_path / "clip.ts", parts, codec)
    info = probe(path)
    with VideoWriter(tmp_path / "out.mp4", width=info.width, height=info.height, fps=FPS) as writer:
        for frame in decode_video(path):
            writer.write(frame.image, stored=frame.stored)
    assert len(list(decode_video(tmp_path / "out.mp4"))) == writer.frames


def test_a_stretch_behind_the_change_has_the_first_size_too(tmp_path):
    """Backward passes decode stretches of the clip: they must fit the others."""
    path = changing_clip(tmp_path / "clip.ts", [(96, 64, "yuv420p", 20), (64, 96, "yuv420p", 20)])
    start = probe(path).start
    frames = list(decode_video(path, start=start + Fraction(30, 25)))
    assert frames and {frame.image.shape for frame in frames} == {(64, 96, 3)}


def test_fitting_keeps_proportions_and_puts_black_around():
    result = fitted(np.full((40, 20, 3), 200, np.uint8), (60, 60))
    assert result.shape == (60, 60, 3)
    filled = np.argwhere(result[..., 0] > 100)
    assert (np.ptp(filled, axis=0) + 1).tolist() == [60, 30] and filled[:, 1].min() == 15


def test_pages_of_several_sizes_become_one(tmp_path):
    pages = [Pillow.new("RGB", size, (90, 10, 10)) for size in ((64, 48), (48, 64), (20, 20))]
    pages[0].save(tmp_path / "pages.tif", save_all=True, append_images=pages[1:])
    assert [frame.image.shape for frame in decode_video(tmp_path / "pages.tif")] == [(48, 64, 3)] * 3


def encoded_sound(rate, layout, seconds, frequency):
    """A raw AAC stream (ADTS) of a sine."""
    held = BytesIO()
    time = np.arange(round(seconds * rate)) / rate
    wave = (0.4 * np.sin(2 * np.pi * frequency * time)).astype(np.float32)
    wave = np.repeat(wave[None], 2 if layout == "stereo" else 1, axis=0)
    with av.open(held, "w", format="adts") as container:
        stream = container.add_stream("aac", rate=rate, layout=layout)
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(wave), format="fltp", layout=layout)
        frame.sample_rate = rate
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return held.getvalue()


@pytest.mark.parametrize(
    ("first", "second"), [((16000, "mono"), (44100, "stereo")), ((44100, "stereo"), (22050, "mono"))]
)
def test_sound_that_changes_its_rate_and_channels_goes_on(tmp_path, caplog, first, second):
    path = tmp_path / "sound.bin"
    path.write_bytes(encoded_sound(*first, 1.0, 440) + encoded_sound(*second, 1.0, 440))
    with caplog.at_level(logging.WARNING):
        blocks = list(stream_blocks(path))
    assert "the sound changes from" in caplog.text
    assert {(block.sample_rate, len(block.samples)) for block in blocks} == {(first[0], 1 + (first[1] == "stereo"))}
    sound = decode_audio(path)
    assert float(sound.seconds) == pytest.approx(2.0, abs=0.25)
    for begin in (4000, 24000):  # the tone is heard in both halves at its pitch
        spectrum = np.abs(np.fft.rfft(sound.samples[begin : begin + 4000] * np.hanning(4000)))
        assert abs(int(spectrum.argmax()) * 4 - 440) <= 8 and spectrum.max() > 200


def test_blocks_of_another_form_follow_without_a_gap():
    def blocks():
        yield Block(np.ones((1, 800), np.float32), 8000, Fraction(1), ("FC",))
        yield Block(np.ones((2, 1600), np.float32), 16000, Fraction(11, 10), ("FL", "FR"))
        yield Block(np.ones((1, 800), np.float32), 8000, Fraction(12, 10), ("FC",))

    found = [block for block in in_one_form(blocks(), Path("x")) if block.samples.size]
    assert sum(block.samples.shape[1] for block in found) == 2400
    for before, after in itertools.pairwise(found):
        assert after.start == before.start + Fraction(before.samples.shape[1], 8000)
    assert np.abs(np.concatenate([block.samples[0] for block in found]) - 1).mean() < 0.05


def pictures():
    """name -> bytes of a good picture of every kind."""
    rng = np.random.default_rng(3)
    base = Pillow.fromarray(np.kron(rng.integers(0, 255, (16, 20, 3)), np.ones((4, 4, 1))).astype(np.uint8))
    frames = [Pillow.fromarray(np.roll(np.asarray(base), 4 * turn, axis=1)) for turn in range(6)]
    exif = Pillow.Exif()
    exif[0x0112], exif[0x010E] = 6, "x" * 40
    several = {"save_all": True, "append_images": frames[1:], "duration": 40}
    kinds = {
        "a.jpg": (base, "JPEG", {"exif": exif}),
        "b.jpg": (base, "JPEG", {"progressive": True}),
        "a.png": (base, "PNG", {}),
        "b.png": (frames[0], "PNG", several),
        "a.webp": (base, "WEBP", {"exif": exif}),
        "b.webp": (frames[0], "WEBP", several),
        "a.gif": (frames[0], "GIF", several),
        "a.bmp": (base, "BMP", {}),
        "a.tif": (base, "TIFF", {"compression": "tiff_lzw"}),
    }
    result = {}
    for name, (image, form, options) in kinds.items():
        held = BytesIO()
        image.save(held, form, **options)
        result[name] = held.getvalue()
    return result


def all_of(path):
    """What is asked of a face: its probe, its transparency, its frames; None where it is refused in one line."""
    try:
        probe(path)
        is_transparent(path)
        return list(decode_video(path))
    except InputError as error:
        assert "\n" not in str(error)
        return None


@pytest.mark.parametrize("name", sorted(pictures()))
@pytest.mark.parametrize("share", [0.02, 0.2, 0.5, 0.9, 0.99])
def test_a_truncated_picture_is_one_line_or_what_is_left(tmp_path, name, share):
    """Stills are refused; animations lose their end."""
    data = pictures()[name]
    path = tmp_path / name
    path.write_bytes(data[: max(1, int(len(data) * share))])
    found = all_of(path)
    if name in ("a.jpg", "b.jpg", "a.png", "a.bmp") and share < 0.9:
        assert found is None
    if found is not None:
        assert {frame.image.shape for frame in found} in ({(64, 80, 3)}, {(80, 64, 3)})


@pytest.mark.parametrize("name", sorted(pictures()))
def test_changed_bytes_never_make_a_traceback(tmp_path, name):
    rng = np.random.default_rng(7)
    path = tmp_path / name
    for _ in range(40):
        data = bytearray(pictures()[name])
        for place in rng.integers(0, len(data), rng.choice([1, 3, 20])):
            data[place] = rng.integers(256)
        path.write_bytes(data)
        all_of(path)


def test_a_picture_whose_exif_cannot_be_read_is_shown_as_it_lies(tmp_path):
    data = bytearray(pictures()["a.jpg"])
    place = data.index(b"Exif\0\0")
    data[place + 6 : place + 14] = b"\xff" * 8
    (tmp_path / "a.jpg").write_bytes(data)
    assert all_of(tmp_path / "a.jpg")[0].image.shape == (64, 80, 3)


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "webm", "avi"])
def test_damage_in_the_middle_of_a_clip_is_survived_or_one_line(tmp_path, write_clip, suffix):
    data = write_clip(f"good.{suffix}", 30, FPS).read_bytes()
    rng = np.random.default_rng(5)
    path = tmp_path / f"bad.{suffix}"
    for attempt in range(12):
        damaged = bytearray(data if attempt % 3 else data[: int(len(data) * rng.uniform(0.05, 1))])
        for place in rng.integers(0, len(damaged), 30):
            damaged[place] = rng.integers(256)
        path.write_bytes(damaged)
        all_of(path)
        try:
            decode_audio(path)
        except InputError as error:
            assert "\n" not in str(error)


def with_unknown_codec(path, fourcc):
    data = path.read_bytes()
    assert fourcc in data
    path.write_bytes(data.replace(fourcc, b"zzzz"))
    return path


def test_a_codec_that_nothing_knows_is_one_line(write_clip):
    with pytest.raises(InputError, match="a codec that nothing here can decode"):
        decode_video(with_unknown_codec(write_clip("clip.mp4", 5, FPS), b"avc1"))


def cover_art(path, size=(80, 64), exif=None):
    """A sound with a picture attached, as music shops sell them."""
    held = BytesIO()
    Pillow.new("RGB", size, (180, 90, 40)).save(held, "JPEG", **({} if exif is None else {"exif": exif}))
    sound = BytesIO(encoded_sound(16000, "mono", 1.0, 300))
    with av.open(str(path), "w", format="mp4") as container, av.open(sound) as source:
        stream = container.add_stream_from_template(source.streams.audio[0])
        cover = container.add_stream("mjpeg", rate=90000)
        cover.width, cover.height, cover.pix_fmt = *size, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        picture = av.Packet(held.getvalue())
        picture.stream, picture.pts, picture.dts, picture.time_base = cover, 0, 0, Fraction(1, 90000)
        picture.is_keyframe = True
        container.mux(picture)
        for packet in source.demux(source.streams.audio[0]):
            if packet.dts is not None:
                packet.stream = stream
                container.mux(packet)
    return path


@pytest.mark.parametrize("turned", [False, True])
def test_cover_art_is_a_still(tmp_path, turned):
    """Also one whose EXIF says that it lies on its side, which PyAV cannot list."""
    exif = Pillow.Exif()
    exif[0x0112], exif[0x010E] = 6, "x"
    path = cover_art(tmp_path / "a.m4a", exif=exif if turned else None)
    info = probe(path)
    size = (64, 80) if turned else (80, 64)
    assert (info.kind, info.fps, info.width, info.height, info.has_audio) == ("image", None, *size, True)
    (frame,) = decode_video(path)
    assert frame.image.shape == (size[1], size[0], 3) and frame.duration == Fraction(1, 25)


def test_absurd_frame_rates_are_refused(tmp_path):
    with VideoWriter(tmp_path / "fast.mp4", width=32, height=32, fps=Fraction(30000)) as writer:
        for _ in range(5):
            writer.write(np.zeros((32, 32, 3), np.uint8))
    with pytest.raises(InputError, match="30000 frames a second"):
        probe(tmp_path / "fast.mp4")
