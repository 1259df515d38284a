"""The distortion that hides identity: equal to the original's for its recorded draws, and what it must keep."""

import importlib.util
import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from talkface.data.face_augment import FaceTransform, draw_face_transform

ORACLE = Path(__file__).parents[3] / "shared" / "oracle" / "pcavs"
NEUTRAL = FaceTransform(gain=1.0, first=0, end=3, taller=True, squeeze=15, margin=0, slant=20, pull=30)


def drawn(parameters: dict) -> FaceTransform:
    names = ("color_factor", "first_channel", "end_channel", "reshape", "reshape_size", "extra_padding")
    values = [parameters[name] for name in (*names, "pers_size", "enlarge_size")]
    values[3] = bool(values[3])
    return FaceTransform(*values, medians=tuple(parameters["ksizes"]))


@pytest.fixture(scope="module")
def inputs():
    if not ORACLE.exists():
        pytest.skip("needs ../shared/oracle")
    spec = importlib.util.spec_from_file_location("pcavs_inputs", ORACLE / "inputs.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("seed", range(6))
def test_original_output(inputs, seed) -> None:
    stored = np.load(ORACLE / "augment.npz")
    transform = drawn(json.loads(str(stored["parameters_json"]))[seed])
    frames = [inputs.face("pose", i) for i in range(2)]
    coloured = [transform.colour(frame) for frame in frames]
    assert np.abs(inputs.probe(np.stack(coloured)) - stored[f"probe/color/{seed}"]).max() <= 1
    assert np.abs(transform.perspective(224) - stored[f"perspective_224/{seed}"]).max() <= 1e-6
    shaped = np.stack([transform.reshape(frame) for frame in coloured])
    assert np.abs(inputs.probe(shaped) - stored[f"probe/reshape/{seed}"]).max() <= 1
    assert np.abs(inputs.summary(shaped) - stored[f"summary/reshape/{seed}"])[:3].max() <= 0.05
    # Sharpening multiplies the steps that OpenCV versions differ by: 9 + 8 times one step at most.
    whole, allowed = np.stack(transform(frames)), 2 if transform.medians else 17
    assert np.abs(inputs.probe(whole) - stored[f"probe/full/{seed}"]).max() <= allowed
    assert np.abs(inputs.summary(whole)[:3] - stored[f"summary/full/{seed}"][:3]).max() <= 0.15


def picture(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (224, 224, 3), dtype=np.uint8)


def test_draws_are_seeded_and_stay_in_range() -> None:
    draws = [draw_face_transform(np.random.default_rng(seed), 3) for seed in range(200)]
    assert draws[7] == draw_face_transform(np.random.default_rng(7), 3)
    assert {t.taller for t in draws} == {True, False} and {len(t.medians) for t in draws} == {0, 3}
    assert all(0 <= t.first < t.end <= 3 and 0.3 <= t.gain < 1.6 for t in draws)
    assert all(15 <= t.squeeze < 25 and 0 <= t.margin < t.squeeze // 2 for t in draws)
    assert all(20 <= abs(t.slant) < 30 and 20 <= abs(t.pull) < 40 for t in draws)


def test_only_the_chosen_channels_change() -> None:
    changed = replace(NEUTRAL, gain=0.5, first=1, end=2).colour(picture())
    assert np.array_equal(changed[..., ::2], picture()[..., ::2])
    assert np.array_equal(changed[..., 1], picture()[..., 1] // 2)
    brighter = replace(NEUTRAL, gain=1.6, first=1, end=3).colour(picture())
    wanted = np.clip(picture()[..., 1:].astype(float) * 1.6, 0, 255).astype(np.uint8)
    assert np.array_equal(brighter[..., 1:], wanted) and np.array_equal(brighter[..., 0], picture()[..., 0])


def test_wide_is_tall_with_the_axes_exchanged() -> None:
    frame = picture()
    assert NEUTRAL.stretch(frame).shape == frame.shape
    flat = replace(NEUTRAL, taller=False, slant=0)
    turned = replace(flat, taller=True).reshape(np.ascontiguousarray(frame.transpose(1, 0, 2))).transpose(1, 0, 2)
    assert np.array_equal(flat.reshape(frame), turned)


def test_smaller_pictures_are_distorted_to_scale() -> None:
    """Points of a 112 picture move half as far as those of a 224 picture; medians shrink to the nearest odd size."""
    whole, half = NEUTRAL.perspective(224 + 2 * 6), NEUTRAL.perspective(112 + 2 * 3, 112)
    for x, y in ((10, 20), (200, 60), (120, 220)):
        far, near = whole @ (x, y, 1), half @ (x / 2, y / 2, 1)
        assert np.allclose(far[:2] / far[2], 2 * near[:2] / near[2], atol=1e-6)
    frame = cv2.resize(picture(), (56, 56), interpolation=cv2.INTER_AREA)
    assert np.array_equal(*replace(NEUTRAL, medians=(3, 5))([frame, frame]))  # both below 1.5: nothing to filter
    assert not np.array_equal(*replace(NEUTRAL, medians=(3, 9))([frame, frame]))


def test_a_clip_is_distorted_alike() -> None:
    frames = [picture()] * 3
    one, other, third = replace(NEUTRAL, medians=(3, 3, 9))(frames)
    assert np.array_equal(one, other) and not np.array_equal(one, third)
    with pytest.raises(ValueError, match="zip"):
        replace(NEUTRAL, medians=(3, 3))(frames)
