"""What is transparent in the source is transparent in the output, where its container can hold that."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from talkface.media import VideoWriter, decode_video, is_transparent, resample_frames
from talkface.pipelines.lip_sync import lip_sync
from talkface.pipelines.options import LipSyncOptions
from talkface.pipelines.request import read_request
from talkface.pipelines.serve import serve

GROUND = (0, 0, 255)
COUNT = 6


@pytest.fixture
def layers(portrait) -> list[np.ndarray]:
    """The portrait swaying, the left fifth of each picture transparent, and half so a strip beside it."""
    height, width = portrait.shape[:2]
    pictures = []
    for number in range(COUNT):
        alpha = np.full((height, width), 255, np.uint8)
        alpha[:, : width // 5], alpha[:, width // 5 : width // 4] = 0, 128
        pictures.append(np.dstack([np.roll(portrait, number, axis=1), alpha]))
    return pictures


def as_source(folder: Path, kind: str, layers: list[np.ndarray]) -> Path:
    """The pictures in a file (or folder) of the ending `kind`."""
    path = folder / f"source.{kind}"
    if kind == "folder":
        path.mkdir()
        for number, layer in enumerate(layers):
            Pillow.fromarray(layer).save(path / f"{number}.png")
    elif kind in ("webp", "gif"):
        pages = [Pillow.fromarray(layer) for layer in layers]
        pages[0].save(path, save_all=True, append_images=pages[1:], duration=40, lossless=True, disposal=2)
    else:
        height, width = layers[0].shape[:2]
        with VideoWriter(path, width=width, height=height, fps=Fraction(25), alpha=True) as writer:
            for layer in layers:
                writer.write(layer)
    return path


def spoken(source: Path, sound: Path, output: Path, checkpoint: Path, **more: object) -> Path:
    config = {"face": str(source), "audio": str(sound), "output": str(output), "checkpoint": str(checkpoint)}
    return serve(read_request({**config, "box": [60, 40, 160, 150], "progress": False, **more}))


@pytest.mark.parametrize(
    ("kind", "ending"), [("folder", "mov"), ("webp", "webm"), ("webm", "mkv"), ("mov", "gif"), ("gif", "mov")]
)
def test_alpha_goes_from_the_source_to_the_output(
    layers, make_sound, checkpoint, tmp_path: Path, kind: str, ending: str
) -> None:
    source = as_source(tmp_path, kind, layers)
    output = spoken(source, make_sound("a.wav", COUNT / 25), tmp_path / f"out.{ending}", checkpoint, compare=True)
    frames = list(decode_video(output, background=None))
    assert len(frames) == COUNT
    hard = "gif" in (kind, ending)  # knows no half alpha
    for frame, layer in zip(frames, layers, strict=True):
        assert frame.alpha is not None
        expected = layer[..., 3] if not hard else np.where(layer[..., 3] < 128, 0, 255)
        assert np.abs(frame.alpha.astype(int) - expected).mean() < 3
    height, width = layers[0].shape[:2]
    shown = next(decode_video(output, background=GROUND)).image
    np.testing.assert_allclose(shown[height // 2, width // 10], GROUND, atol=6)
    assert np.abs(shown[:30, width // 2 :].astype(int) - layers[0][:30, width // 2 :, :3]).mean() < 12
    compared = next(decode_video(tmp_path / f"out.compare.{ending}")).image
    assert compared[height // 2 + 28, width // 10].max() < 12  # laid over black there


def test_the_face_is_made_as_without_alpha(layers, make_sound, generator, tmp_path: Path) -> None:
    source, sound = as_source(tmp_path, "folder", layers), make_sound("a.wav", COUNT / 25)
    options = LipSyncOptions(box=(60, 40, 160, 150))
    streams = [lip_sync(source, sound, generator=generator, options=options, alpha=alpha) for alpha in (True, False)]
    for with_it, without in zip(*(stream.frames for stream in streams), strict=True):
        assert without.alpha is None and with_it.alpha is not None
        opaque = with_it.alpha == 255
        np.testing.assert_array_equal(with_it.image[opaque], without.image[opaque])
        assert (with_it.image != with_it.source).any()
        assert not (without.image[with_it.alpha == 0]).any()  # laid over black


def test_opaque_sources_and_other_containers_are_as_ever(layers, make_sound, checkpoint, tmp_path: Path) -> None:
    source, sound = as_source(tmp_path, "folder", layers), make_sound("a.wav", COUNT / 25)
    shown = next(decode_video(spoken(source, sound, tmp_path / "out.mp4", checkpoint), background=GROUND)).image
    assert shown[100, 5].max() < 12  # black, as the original shows what is transparent
    opaque = [np.dstack([layer[..., :3], np.full(layer.shape[:2], 255, np.uint8)]) for layer in layers]
    (tmp_path / "b").mkdir()
    full = as_source(tmp_path / "b", "webp", opaque)
    assert is_transparent(source) and not is_transparent(full)
    output = spoken(full, sound, tmp_path / "opaque.mov", checkpoint)
    assert next(decode_video(output, background=None)).alpha is None


def test_alpha_survives_cropping_extending_and_resampling(layers, make_sound, checkpoint, tmp_path: Path) -> None:
    source = as_source(tmp_path, "folder", layers)
    steady = list(resample_frames(decode_video(source, background=None), Fraction(50)))
    assert len(steady) == 2 * COUNT and all(frame.alpha is not None for frame in steady)
    height, width = layers[0].shape[:2]
    sound = make_sound("long.wav", 3 * COUNT / 25)
    crop = [0, height, width // 10, width]
    output = spoken(source, sound, tmp_path / "out.mov", checkpoint, crop=crop, extend="pingpong")
    frames = list(decode_video(output, background=None))
    assert len(frames) == 3 * COUNT
    expected = layers[0][:, width // 10 :, 3].astype(int)
    for frame in frames:
        assert frame.alpha is not None
        assert np.abs(frame.alpha[:height, : expected.shape[1]] - expected).mean() < 3


def test_colours_stay_straight_and_black_where_nothing_is_seen(tmp_path: Path) -> None:
    layer = np.zeros((4, 6, 4), np.uint8)
    layer[..., :3], layer[:, 2:4, 3], layer[:, 4:, 3] = 200, 100, 255
    Pillow.fromarray(layer).save(tmp_path / "a.png")
    (frame,) = decode_video(tmp_path / "a.png", background=None)
    assert frame.alpha is not None and frame.alpha[0].tolist() == [0, 0, 100, 100, 255, 255]
    assert frame.image[0, :, 0].tolist() == [0, 0, 200, 200, 200, 200]
    (flat,) = decode_video(tmp_path / "a.png", background=(0, 10, 0))
    assert flat.alpha is None and flat.image[0, 2].tolist() == [78, 85, 78]
