"""Movement of faces: values worked out by hand, and frames without a face."""

import math
from fractions import Fraction

import numpy as np
import pytest
import torch

from talkface.metrics.functional.motion import (
    angle_error,
    blink_rate,
    correlation,
    eye_aspect_ratio,
    jitter,
    mouth_leak,
)

NAN = float("nan")


def walk(steps: list[float]) -> torch.Tensor:
    """(T, 1, 2): one point that moves along x."""
    return torch.tensor([[[x, 5.0]] for x in steps])


def test_jitter() -> None:
    assert jitter(walk([0, 1, 2, 3])) == 0.0
    assert jitter(walk([0, 1, 0, 1])) == 2.0
    assert jitter(walk([0, 1, NAN, 1, 2, 5])) == pytest.approx(2.0)  # only 1, 2, 5 are three frames in a row
    assert math.isnan(jitter(walk([0, 1])))


def test_leak_is_silent_movement_over_spoken() -> None:
    silent = torch.tensor([True, True, True, False, False, False])
    assert mouth_leak(torch.tensor([0.1, 0.1, 9.0, 1.0, 1.0]), silent) == pytest.approx(0.1)  # 9: neither of both
    assert mouth_leak(torch.tensor([0.1, NAN, 9.0, NAN, 0.5]), silent) == pytest.approx(0.2)
    assert mouth_leak(torch.tensor([0.0, 0.0, 0.0, 1.0, 1.0]), silent) == 0.0
    assert math.isnan(mouth_leak(torch.zeros(5), silent))
    assert math.isnan(mouth_leak(torch.rand(5), torch.zeros(6, dtype=torch.bool)))


def eyes(height: float) -> torch.Tensor:
    """(68, 2): both eyes 10 wide and `height` high."""
    points = torch.zeros(68, 2)
    eye = torch.tensor([[0, 0], [3, height / 2], [7, height / 2], [10, 0], [7, -height / 2], [3, -height / 2]])
    points[36:42], points[42:48] = eye, eye + torch.tensor([30.0, 0.0])
    return points


def test_blinks() -> None:
    heights = [3, 3, 1, 1, 3, 1, 3, 3, 0.5, 0.5, 0.5, 3]  # two blinks; one frame alone is none
    ratio = eye_aspect_ratio(torch.stack([eyes(height) for height in heights]))
    torch.testing.assert_close(ratio, torch.tensor(heights) / 10)
    assert blink_rate(ratio, Fraction(12)) == pytest.approx(120)
    assert math.isnan(blink_rate(torch.full((3,), NAN), Fraction(25)))


def test_angles_go_around_the_circle() -> None:
    first = torch.tensor([[10.0, 0.0, 179.0], [20.0, NAN, 0.0]])
    second = torch.tensor([[14.0, 3.0, -179.0], [14.0, 3.0, 0.0]])
    torch.testing.assert_close(angle_error(first, second), torch.tensor([5.0, 3.0, 1.0]))


@pytest.mark.parametrize(
    "call",
    [
        lambda: jitter(torch.zeros(4, 2)),
        lambda: mouth_leak(torch.zeros(4), torch.zeros(4, dtype=torch.bool)),
        lambda: eye_aspect_ratio(torch.zeros(4, 5, 2)),
        lambda: angle_error(torch.zeros(4, 3), torch.zeros(5, 3)),
    ],
)
def test_other_shapes_are_refused(call) -> None:
    with pytest.raises(ValueError, match=r"must be|68 points"):
        call()


def test_correlation_is_that_of_numpy_over_known_frames() -> None:
    generator = torch.Generator().manual_seed(0)
    one, other = torch.randn(2, 40, generator=generator)
    assert correlation(one, other) == pytest.approx(np.corrcoef(one, other)[0, 1], abs=1e-6)
    assert correlation(one, 3 - 2 * one) == pytest.approx(-1.0)
    one[3], other[7] = NAN, NAN
    known = [frame for frame in range(40) if frame not in (3, 7)]
    assert correlation(one, other) == pytest.approx(np.corrcoef(one[known], other[known])[0, 1], abs=1e-6)
    assert math.isnan(correlation(torch.ones(5), torch.rand(5))) and math.isnan(correlation(one[:1], other[:1]))
    with pytest.raises(ValueError, match="two equal"):
        correlation(one, other[:5])
