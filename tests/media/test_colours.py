"""HDR and wide gamut: what a source of known SDR colours comes out as, and that it can be written back."""

from fractions import Fraction

import av
import numpy as np
import pytest
from av import VideoFrame

from talkface.errors import InputError
from talkface.media import VideoWriter, decode_video, probe
from talkface.media.colours import BT709, Colours, Native, colours_of

HLG, PQ, SRGB = 18, 16, 13
BT2020, P3 = 9, 12
SIDE = 96
# RGB of BT.709 to RGB of the wider primaries, both linear (ITU-R BT.2087; SMPTE EG 432-1 with D65).
TO_BT2020 = np.array([[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]])
TO_P3 = np.array([[0.8225, 0.1774, 0.0], [0.0332, 0.9669, 0.0], [0.0171, 0.0724, 0.9108]])
LUMA_2020, LUMA_709 = np.array([0.2627, 0.6780, 0.0593]), np.array([0.2126, 0.7152, 0.0722])
WHITE = 203.0  # nits of SDR white in HDR, ITU-R BT.2408


def drawn() -> np.ndarray:
    """(SIDE, SIDE, 3) uint8: skin, hair, wall, cloth and white in blocks, with a grey ramp."""
    colours = [(229, 184, 148), (98, 62, 36), (168, 190, 204), (58, 84, 128), (245, 245, 245), (142, 56, 58)]
    image = np.zeros((SIDE, SIDE, 3), np.uint8)
    for number, colour in enumerate(colours):
        row, column = divmod(number, 3)
        image[row * 32 : row * 32 + 32, column * 32 : column * 32 + 32] = colour
    image[64:] = np.linspace(16, 235, SIDE, dtype=np.uint8)[None, :, None]
    return image


def hlg(nits: np.ndarray) -> np.ndarray:
    """Light of a 1000-nit display to the HLG signal (ITU-R BT.2100, gamma 1.2)."""
    luma = np.maximum(nits @ LUMA_2020, 1e-9)[..., None] / 1000
    scene = nits / 1000 * luma ** (1 / 1.2 - 1)
    bright = 0.17883277 * np.log(np.maximum(12 * scene - 0.28466892, 1e-9)) + 0.55991073
    return np.where(scene <= 1 / 12, np.sqrt(np.maximum(3 * scene, 0)), bright)


def pq(nits: np.ndarray) -> np.ndarray:
    """Light to the PQ signal (ITU-R BT.2100)."""
    power = np.maximum(nits / 10000, 0) ** 0.1593017578125
    return ((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375


def signal_of(image: np.ndarray, transfer: int, primaries: int) -> np.ndarray:
    """(H, W, 3) float in [0, 1]: an SDR picture as the signal of other colours."""
    matrix = TO_P3 if primaries == P3 else TO_BT2020
    if transfer == SRGB:
        value = image / 255
        linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4) @ matrix.T
        return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * np.maximum(linear, 0) ** (1 / 2.4) - 0.055)
    nits = (image / 255) ** 2.4 @ matrix.T * WHITE
    return hlg(nits) if transfer == HLG else pq(nits)


def write_wide(path, transfer, primaries, codec, pixels, *, image=None, frames=3, tagged=True):
    """A clip in those colours, written by PyAV alone."""
    signal = signal_of(drawn() if image is None else image, transfer, primaries)
    matrix = 1 if primaries == P3 else 9
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25, options={"crf": "4", "x265-params": "log-level=error"})
        stream.width, stream.height, stream.pix_fmt = SIDE, SIDE, pixels
        if tagged:
            context = stream.codec_context
            context.colorspace, context.color_range = matrix, 1
            context.color_primaries, context.color_trc = primaries, transfer
        for _ in range(frames):
            deep = VideoFrame.from_ndarray(np.rint(signal * 65535).astype(np.uint16), format="rgb48le")
            name = "BT2020" if matrix == 9 else "ITU709"
            frame = deep.reformat(format=pixels, dst_colorspace=name, dst_color_range=1)
            frame.color_primaries, frame.color_trc = primaries, transfer
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def luma(image: np.ndarray) -> np.ndarray:
    return image.astype(float) @ LUMA_709


KINDS = [
    ("hlg.mov", HLG, BT2020, "libx265", "yuv420p10le"),
    ("hlg.mkv", HLG, BT2020, "libx265", "yuv422p12le"),
    ("pq.mp4", PQ, BT2020, "libx265", "yuv420p10le"),
    ("pq.webm", PQ, BT2020, "libsvtav1", "yuv420p10le"),
    ("p3.mp4", SRGB, P3, "libx264", "yuv420p"),
    ("p3.mov", SRGB, P3, "libx265", "yuv444p10le"),
]


@pytest.mark.parametrize(("name", "transfer", "primaries", "codec", "pixels"), KINDS)
def test_known_colours_come_back(tmp_path, name, transfer, primaries, codec, pixels):
    """Mean and spread of luma stay, and so does every block's colour: neither grey and flat nor of another hue."""
    path = write_wide(tmp_path / name, transfer, primaries, codec, pixels)
    image, truth = next(decode_video(path)).image, drawn()
    assert luma(image).mean() == pytest.approx(luma(truth).mean(), rel=0.03)
    assert luma(image).std() == pytest.approx(luma(truth).std(), rel=0.03)
    centres = np.s_[16:96:32, 16:96:32]
    assert np.abs(image[centres].astype(int) - truth[centres]).max() <= 12


def test_highlights_beyond_white_are_white(tmp_path):
    """A lamp of 1000 nits is clipped, what lies below white is as bright as ever."""
    image = np.full((SIDE, SIDE, 3), 128.0)
    image[:32] = 255 * (1000 / WHITE) ** (1 / 2.4)
    path = write_wide(tmp_path / "lamp.mp4", PQ, BT2020, "libx265", "yuv420p10le", image=image)
    found = next(decode_video(path)).image
    assert found[8:24].min() >= 250 and abs(int(found[60:90].mean()) - 128) <= 3


def test_a_probe_tells_wide_colours_from_others(tmp_path, write_clip):
    path = write_wide(tmp_path / "a.mov", HLG, BT2020, "libx265", "yuv420p10le")
    assert probe(path).native == Native("yuv420p10le", Colours(9, 1, BT2020, HLG))
    assert probe(write_clip("plain.mp4", 3, Fraction(25))).native is None


def rewritten(source, target, changed=()):
    frames = list(decode_video(source, keep_colour=True))
    native = probe(source).native
    with VideoWriter(target, width=SIDE, height=SIDE, fps=Fraction(25), crf=1, native=native) as writer:
        for frame in frames:
            image = frame.image
            if len(changed):
                image = image.copy()
                image[32:64, 32:64] = 200
            writer.write(image, frame.timestamp, stored=frame.stored, changed=changed)
    return list(decode_video(target, keep_colour=True))


@pytest.mark.parametrize(("name", "transfer", "primaries", "codec", "pixels"), KINDS)
def test_wide_colours_are_written_back(tmp_path, name, transfer, primaries, codec, pixels):
    """Tags and depth as in the source, and the very samples where nothing was painted."""
    source = write_wide(tmp_path / name, transfer, primaries, codec, pixels)
    (again, *_) = rewritten(source, tmp_path / f"again{source.suffix}")
    before = next(decode_video(source, keep_colour=True))
    assert again.stored.format.name == before.stored.format.name == pixels
    assert colours_of(again.stored) == colours_of(before.stored)
    assert colours_of(again.stored)[2:] == (primaries, transfer)
    assert np.abs(again.image.astype(int) - before.image).mean() < 2


def test_a_painted_box_has_the_painted_colour(tmp_path):
    source = write_wide(tmp_path / "a.mp4", HLG, BT2020, "libx265", "yuv420p10le")
    (after, *_) = rewritten(source, tmp_path / "b.mp4", [np.array([32, 32, 64, 64], np.float32)])
    assert np.abs(after.image[40:56, 40:56].astype(int) - 200).max() <= 6
    assert np.abs(after.image[:24].astype(int) - drawn()[:24]).mean() < 6


@pytest.mark.parametrize("suffix", [".avi", ".gif"])
def test_a_container_without_wide_colours_refuses_them(tmp_path, suffix):
    native = Native("yuv420p10le", Colours(9, 1, BT2020, HLG))
    with pytest.raises(InputError, match="cannot hold HDR"):
        VideoWriter(tmp_path / f"a{suffix}", width=8, height=8, fps=Fraction(25), native=native)


def test_without_being_asked_wide_colours_are_written_as_bt709(tmp_path):
    source = write_wide(tmp_path / "p3.mp4", SRGB, P3, "libx264", "yuv420p")
    with VideoWriter(tmp_path / "out.mp4", width=SIDE, height=SIDE, fps=Fraction(25)) as writer:
        for frame in decode_video(source):
            writer.write(frame.image, stored=frame.stored)
    first = next(decode_video(tmp_path / "out.mp4"))
    assert colours_of(first.stored) == BT709
    assert luma(first.image).mean() == pytest.approx(luma(drawn()).mean(), rel=0.03)
