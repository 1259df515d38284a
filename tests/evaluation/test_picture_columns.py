"""Columns that hang on a row's pictures: equal to the formulas, streamed, and absent with a reason."""

import weakref
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from talkface.evaluation.beside import UNSEEN, motion_values, unstretched, yaw_correlation
from talkface.evaluation.clips import ByteArray, Clip, FloatArray, Scene
from talkface.evaluation.generation import to_tensor
from talkface.evaluation.pictures import Row, measure_pictures
from talkface.evaluation.sets import features_of
from talkface.evaluation.times import times_of
from talkface.evaluation.tools import Tools, embedder
from talkface.evaluation.whole import watch
from talkface.media import Audio, VideoWriter
from talkface.metrics.functional import image
from talkface.metrics.functional.pose import HEAD
from talkface.metrics.functional.sharpness import cpbd


def scene_of(pictures: ByteArray, box: tuple[float, ...] = (16, 16, 112, 112)) -> Scene:
    return Scene(lambda: iter(pictures), np.tile(np.float32(box), (len(pictures), 1)))


def whole(clip: Clip) -> ByteArray:
    return np.stack(list(clip.scene.frames()))


def brighter(clip: Clip) -> Row:
    """A row whose pictures are the clip's, one grey level in ten brighter."""
    made = (whole(clip) * 1.1).clip(0, 255).astype(np.uint8)
    return Row(made[:, 16:112, 16:112], scene_of(made), clip.sound, None, clip.scene)


def mean_colour(pictures: ByteArray) -> FloatArray:
    axes = tuple(range(1, pictures.ndim - 1))
    return pictures.mean(axes).astype(np.float32)


def test_whole_pictures_equal_the_formulas(clip: Clip) -> None:
    row = brighter(clip)
    found = measure_pictures(row, clip, Tools(frozenset({"frame", "sharpness"}), sampled=10), None)
    made, true = to_tensor(np.stack(list(row.scene.frames()))), to_tensor(whole(clip))
    assert found["ssim_frame"] == pytest.approx(float(image.ssim(made, true).mean()), abs=1e-6)
    assert found["psnr_frame"] == pytest.approx(float(image.psnr_of(image.squared_error(made, true).mean())), abs=1e-4)
    assert found["ms_ssim_frame"] == "five scales need 176 pixels a side"
    assert found["cpbd"] == pytest.approx(float(cpbd(made[::10]).mean()))
    assert isinstance(found["cpbd_face"], float)


def test_five_scales_where_they_fit(clip: Clip) -> None:
    large = [cv2.resize(picture, (180, 176)) for picture in whole(clip)[:10]]
    shown = replace(clip, scene=scene_of(np.stack(large)), crops=clip.crops[:10])
    row = Row(clip.crops[:10], scene_of(np.stack(large)[::-1]), clip.sound, None)
    value = measure_pictures(row, shown, Tools(frozenset({"frame"})), None)["ms_ssim_frame"]
    tensors = to_tensor(np.stack(large))
    assert value == pytest.approx(float(image.ms_ssim(tensors.flip(0), tensors).mean()), abs=1e-6)


def test_networks_get_sampled_pictures(clip: Clip) -> None:
    asked: dict[str, list[int]] = {"identity": [], "lpips": []}

    def identity(faces: ByteArray) -> FloatArray:
        asked["identity"].append(len(faces))
        return mean_colour(faces)

    def distance(made: ByteArray, true: ByteArray) -> FloatArray:
        asked["lpips"].append(len(made))
        return np.full(len(made), 0.25, np.float32)

    families = frozenset({"lpips", "identity"})
    row = brighter(clip)
    found = measure_pictures(row, clip, Tools(families, lpips=distance, identity=identity, sampled=10), None)
    assert found["lpips_face"] == found["lpips_frame"] == 0.25
    assert found["csim"] == pytest.approx(1.0, abs=1e-3)
    assert asked == {"identity": [1 + 3], "lpips": [3, 1, 1, 1]}
    real = Row(clip.crops, clip.scene, clip.sound, "is the reference itself")
    alone = measure_pictures(real, clip, Tools(families, lpips=distance, identity=identity), None)
    assert alone["lpips_face"] == alone["lpips_frame"] == "is the reference itself"
    assert isinstance(alone["csim"], float)


def test_pictures_seen_already_are_not_measured_again(clip: Clip) -> None:
    tools = Tools(frozenset({"face", "sharpness", "file"}))
    found = measure_pictures(brighter(clip), clip, tools, "generated")
    assert set(found.values()) == {"same pictures as generated"}
    assert {"ssim_face", "cpbd", "start_gap"} <= set(found)


def test_another_size_is_no_zero(clip: Clip) -> None:
    row = brighter(clip)._replace(scene=scene_of(np.zeros((30, 100, 100, 3), np.uint8), (10, 10, 90, 90)))
    tools = Tools(frozenset({"frame", "lpips"}), lpips=lambda a, b: np.zeros(len(a), np.float32))
    found = measure_pictures(row, clip, tools, None)
    assert found["ssim_frame"] == found["lpips_frame"] == "pictures of another size than the real ones"


def test_whole_pictures_are_never_all_in_memory() -> None:
    alive: list[weakref.ref[ByteArray]] = []
    most = 0

    def frames() -> Iterator[ByteArray]:
        for _ in range(40):
            picture = np.zeros((8, 8, 3), np.uint8)
            alive.append(weakref.ref(picture))
            yield picture

    class Counter:
        def see(self, index: int, picture: ByteArray, true: ByteArray, box: FloatArray) -> None:
            nonlocal most
            most = max(most, sum(reference() is not None for reference in alive))

        def found(self) -> dict[str, float | str]:
            return {}

    scene = Scene(frames, np.zeros((40, 4), np.float32))
    assert watch(scene, scene, 30, [Counter()]) == {}
    assert 2 <= most <= 6


def turned(yaw: float) -> np.ndarray:
    """(5, 2): the average head turned, in crop pixels."""
    around = np.radians(yaw)
    x = np.array(HEAD)[:, 0] * np.cos(around) + np.array(HEAD)[:, 2] * np.sin(around)
    return np.stack([x, np.array(HEAD)[:, 1]], axis=1) * 0.5 + 48


def test_pose_is_compared_in_unstretched_pixels(clip: Clip) -> None:
    """The detector is told what to find: a head that turns by 20 degrees, in crops stretched to half their width."""
    boxes = np.tile(np.float32([0, 0, 50, 100]), (30, 1))
    true = np.tile(np.float32(turned(0) * [2, 1]), (30, 1, 1))
    made = np.tile(np.float32(turned(20) * [2, 1]), (30, 1, 1))
    answers = iter([made, true])
    source = Scene(clip.scene.frames, boxes)
    tools = Tools(frozenset({"motion"}), find_points=lambda scene, frames, every: next(answers)[:frames])
    row = Scene(clip.scene.frames, boxes)
    found = motion_values(row, source, 30, False, tools)
    assert found["jitter"] == pytest.approx(0.0, abs=1e-5)
    assert found["pose_error"] == pytest.approx(
        20 / 3, abs=0.3
    )  # yaw alone; the margin below changes the shape a little
    np.testing.assert_allclose(unstretched(made, boxes)[0, :, 0] / made[0, :, 0], 50 / 96, rtol=1e-5)
    answers = iter([made])
    assert motion_values(row, None, 30, True, tools)["pose_error"] == "is the pose source itself"
    without = motion_values(row, source, 30, False, Tools(frozenset({"motion"})))
    assert set(without.values()) == {"no landmark detector was chosen"}


def test_a_head_turns_with_its_pose_source_or_there_is_a_reason() -> None:
    turning = torch.linspace(-20, 20, 50, dtype=torch.float64)
    assert yaw_correlation(0.3 * turning + 4, turning) == pytest.approx(1.0)
    assert yaw_correlation(-turning, turning) == pytest.approx(-1.0)
    assert yaw_correlation(turning, turning / 20) == "the pose source turns its head by less than 2°"
    assert yaw_correlation(torch.zeros_like(turning), turning) == "the head does not move at all"
    hidden = torch.where(torch.arange(50) < 26, torch.nan, turning)
    assert yaw_correlation(hidden, turning) == UNSEEN


def test_of_a_drawn_pose_source_the_truth_is_taken(clip: Clip) -> None:
    """The detector finds a head that turns on both sides; the truth says that the source's turns the other way."""
    yaws = np.linspace(-20, 20, 30, dtype=np.float32)
    found_points = np.float32([turned(yaw) for yaw in yaws])
    boxes = np.tile(np.float32([0, 0, 100, 100]), (30, 1))
    tools = Tools(frozenset({"motion"}), find_points=lambda scene, frames, every: found_points)
    for truth, wanted in ((None, 1.0), (-yaws, -1.0)):
        source = Scene(clip.scene.frames, boxes, yaw=truth)
        found = motion_values(Scene(clip.scene.frames, boxes), source, 30, False, tools)
        assert found["yaw_correlation"] == pytest.approx(wanted, abs=0.02)


def test_features_of_pictures_and_of_clips(clip: Clip) -> None:
    tools = Tools(fid=mean_colour, fvd=lambda clips: mean_colour(clips), sampled=10)
    found = features_of(clip.crops, tools)
    assert found["fid"].shape == (3, 3)
    assert found["fvd"].shape == (1, 3)
    np.testing.assert_allclose(found["fvd"][0], clip.crops[:16].mean((0, 1, 2)), rtol=1e-5)
    assert "fvd" not in features_of(clip.crops[:15], tools)


def test_embedder_gives_pictures_and_clips_as_networks_want_them() -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (5, 4, 6, 3), dtype=np.uint8)
    still = embedder(lambda x: x.flatten(1), batch=2, device="cpu")(pictures)
    np.testing.assert_allclose(still, pictures.transpose(0, 3, 1, 2).reshape(5, -1) / 255, rtol=1e-6)
    shapes: list[tuple[int, ...]] = []

    def network(clips: torch.Tensor) -> torch.Tensor:
        shapes.append(tuple(clips.shape))
        return clips.mean((2, 3, 4))

    embedder(network, batch=1, device="cpu")(pictures[None])
    assert shapes == [(1, 3, 5, 4, 6)]


def write_file(path: Path, frames: int, samples: int, *, sound: bool = True) -> None:
    audio = Audio(np.zeros(samples, np.float32), 16000, start=Fraction(0)) if sound else None
    with VideoWriter(path, width=64, height=64, fps=25, audio=audio) as video:
        for _ in range(frames):
            video.write(np.zeros((64, 64, 3), np.uint8))


def test_times_of_files(clip: Clip, tmp_path: Path) -> None:
    write_file(tmp_path / "long.mp4", 30, 16000)
    write_file(tmp_path / "mute.mp4", 20, 0, sound=False)
    times = times_of(tmp_path / "long.mp4")
    assert times is not None
    assert float(times.picture_end - times.picture_start) == pytest.approx(1.2, abs=1e-3)
    assert float(times.end_gap) == pytest.approx(-0.2, abs=0.07)  # AAC comes in blocks of 64 ms
    assert times_of(tmp_path / "mute.mp4") is None
    tools = Tools(frozenset({"file"}))
    original = replace(clip, scene=replace(clip.scene, path=tmp_path / "long.mp4"))
    row = Row(clip.crops, original.scene, clip.sound, None)
    found = measure_pictures(row, original, tools, None)
    assert found["duration_error"] == "is the original itself"
    assert found["start_gap"] == pytest.approx(0.0, abs=0.07)
    mute = row._replace(scene=replace(clip.scene, path=tmp_path / "mute.mp4"))
    assert measure_pictures(mute, original, tools, None)["end_gap"] == "the file has no sound"


def test_faces_are_looked_for_in_the_real_pictures(clip: Clip) -> None:
    """Every fifth picture; a box somewhere else is no find."""
    own, other = np.float32([[16, 16, 112, 112]]), np.float32([[70, 70, 120, 120]])
    seen: list[int] = []

    def find(picture: np.ndarray) -> np.ndarray:
        seen.append(len(picture))
        return own if len(seen) % 2 else other if len(seen) % 4 else own[:0]

    tools = Tools(frozenset({"detection"}), find_faces=find, sampled=5)
    found = measure_pictures(Row(clip.crops, clip.scene, clip.sound, None), clip, tools, None)
    looked = -(-len(clip.crops) // 5)
    assert len(seen) == looked and found == {"detected": pytest.approx(-(-looked // 2) / looked)}
    made = Row(clip.crops // 2, clip.scene.showing(clip.crops // 2), clip.sound, None)
    assert measure_pictures(made, clip, tools, None) == {"detected": "looked for in the real pictures"}
