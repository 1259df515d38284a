"""What a mouth does: properties that a right and a wrong result must have, and independent formulas."""

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from talkface.metrics.functional import mouth_motion as motion

FRAMES = 60
PLACES = {36: (100, 100), 39: (120, 101), 42: (150, 101), 45: (170, 100), 27: (133, 95), 28: (132, 106), 33: (131, 137)}


def speech(seed: int, frames: int = FRAMES) -> torch.Tensor:
    """(T,) an opening that moves as speech does, [0, .25]."""
    noise = np.random.default_rng(seed).normal(size=frames + 4)
    smooth = np.convolve(noise, np.hanning(7)[1:-1], "valid")
    return torch.from_numpy(0.25 * (smooth - smooth.min()) / np.ptp(smooth))


def face(opening: torch.Tensor, turn: float = 0.0, scale: float = 1.0, shift: float = 0.0) -> torch.Tensor:
    """(T, 68, 2) a face whose inner lips are `opening` x 70 pixels apart, turned, scaled and moved."""
    points = torch.zeros(len(opening), 68, 2, dtype=torch.float64)
    for index, place in PLACES.items():
        points[:, index] = torch.tensor(place, dtype=torch.float64)
    for index in (*range(3, 14), *range(48, 68)):
        points[:, index] = torch.tensor((135.0, 160.0), dtype=torch.float64)
    points[:, 66, 1] += opening.double() * 70
    angle = torch.tensor(turn, dtype=torch.float64)
    spin = torch.stack([torch.stack([angle.cos(), -angle.sin()]), torch.stack([angle.sin(), angle.cos()])])
    return scale * points @ spin.T + shift


@given(st.floats(-1, 1), st.floats(0.5, 3), st.floats(-50, 50))
def test_opening_is_read_from_the_face_however_the_head_is(turn: float, scale: float, shift: float) -> None:
    wanted = speech(0)
    torch.testing.assert_close(motion.mouth_opening(face(wanted, turn, scale, shift)), wanted)


@given(st.floats(-1, 1), st.floats(0.5, 3), st.floats(-50, 50))
def test_alignment_takes_the_head_away(turn: float, scale: float, shift: float) -> None:
    still, moved = (motion.aligned(face(speech(0), *how)) for how in ((), (turn, scale, shift)))
    torch.testing.assert_close(moved, still)
    torch.testing.assert_close(still[0, 36], torch.tensor([33.8, 33.8]).double(), atol=3, rtol=0)


def test_alignment_is_the_least_squares_similarity() -> None:
    points = face(speech(1), 0.2, 1.7, 9) + torch.randn(FRAMES, 68, 2, generator=torch.Generator().manual_seed(0))
    found = motion.alignment(points)[7].numpy()
    rigid = points[7, list(motion._RIGID)].numpy()
    rows = np.concatenate(
        [np.stack([[x, -y, 1, 0], [y, x, 0, 1]]) for x, y in rigid]
    )  # a, b, shift: an independent linear solution
    a, b, x, y = np.linalg.lstsq(rows, np.ravel(motion._PLACES), rcond=None)[0]
    np.testing.assert_allclose(found, [[a, -b, x], [b, a, y]], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_a_copy_of_the_source_follows_the_source_and_not_the_driver(seed: int) -> None:
    source, driver = speech(seed, 250), speech(100 + seed, 250)
    assert motion.follows(source, source) == pytest.approx(1)
    assert motion.follows_later(source, driver).value < 0.4
    assert motion.follows(driver, source) < 0.35


def test_a_result_that_is_the_driver_follows_it_whole_and_leaks_nothing() -> None:
    source, driver = speech(0, 250), speech(1, 250)
    assert motion.follows_later(driver, driver) == (pytest.approx(1), 0)
    assert motion.movement_share(driver, driver) == pytest.approx(1)
    assert motion.follows(driver, source) == pytest.approx(np.corrcoef(driver, source)[0, 1])


@pytest.mark.parametrize("lag", [-2, -1, 1, 2])
def test_a_late_mouth_is_found_at_its_lag_and_beyond_two_frames_lost(lag: int) -> None:
    driver = speech(3)
    assert motion.follows_later(torch.roll(driver, lag), driver).lag == lag
    assert motion.follows_later(torch.roll(driver, 6), driver).value < 0.7


def test_half_of_the_old_mouth_shows_as_a_leak() -> None:
    source, driver = speech(0, 250), speech(1, 250)
    mixed = (source + driver) / 2
    assert motion.follows(mixed, source) > 0.5 and motion.follows_later(mixed, driver).value > 0.5


def test_unseen_frames_do_not_count_and_too_few_say_nothing() -> None:
    driver, holes = speech(0), speech(0)
    holes[::3] = torch.nan
    assert motion.follows(holes, driver) == pytest.approx(1)
    assert np.isnan(motion.follows(driver[:10], driver)) and np.isnan(motion.follows(torch.full((60,), 0.1), driver))
    assert np.isnan(motion.follows_later(torch.full((60,), 0.1), driver).value)


def test_a_longer_result_is_compared_as_far_as_the_other_goes() -> None:
    assert motion.follows(torch.cat([speech(0), speech(5)]), speech(0)) == pytest.approx(1)


def test_shut_lips_and_what_moves() -> None:
    rest, open_ = torch.full((30,), 0.01), torch.full((30,), 0.1)
    assert motion.closed_share(rest) == 1 and motion.closed_share(open_) == 0
    assert motion.closed_share(torch.cat([rest, torch.full((10,), torch.nan)])) == 0.75  # unseen is not shut
    assert motion.movement_share(rest, speech(0)) < 1e-6
    assert motion.movement_share(speech(0) / 2, speech(0)) == pytest.approx(0.5)
    assert np.isnan(motion.movement_share(speech(0), rest))


def test_shake_sees_trembling_and_not_the_head() -> None:
    points = face(speech(0))
    moving = torch.cat([face(speech(0)[i : i + 1], 0.01 * i, 1 + 0.01 * i, i) for i in range(FRAMES)])
    assert motion.shake(moving) == pytest.approx(motion.shake(points), rel=1e-6)
    trembling = points.clone()
    trembling[::2, 48:] += 1
    assert motion.shake(trembling) > 2 * motion.shake(points)
    assert motion.shake(face(torch.full((9,), 0.1))) == pytest.approx(0, abs=1e-9)
    assert np.isnan(motion.shake(torch.full((9, 68, 2), torch.nan)))


@pytest.fixture
def crops() -> torch.Tensor:
    pictures = np.random.default_rng(0).integers(0, 256, (3, 128, 128, 3), np.uint8)
    return torch.from_numpy(np.stack([cv2.GaussianBlur(each, (0, 0), 2) for each in pictures]))


def as_pictures(crops: torch.Tensor) -> torch.Tensor:
    return crops.permute(0, 3, 1, 2).double() / 255


def test_detail_is_opencvs_variance_of_the_laplacian(crops: torch.Tensor) -> None:
    grey = [cv2.cvtColor(each[66:122, 24:104], cv2.COLOR_RGB2GRAY) for each in crops.numpy()]
    expected = [cv2.Laplacian(each, cv2.CV_64F).var() for each in grey]
    np.testing.assert_allclose(motion.lower_face_detail(as_pictures(crops)), expected, rtol=0.01)
    blurred = torch.from_numpy(np.stack([cv2.GaussianBlur(each, (0, 0), 2) for each in crops.numpy()]))
    assert (motion.lower_face_detail(as_pictures(blurred)) < 0.5 * motion.lower_face_detail(as_pictures(crops))).all()


def test_colour_sees_a_stain_and_not_an_open_mouth(crops: torch.Tensor) -> None:
    given = as_pictures(crops)
    dark, stained = given.clone(), given.clone()
    dark[:, :, 85:105, 45:85] *= 0.5
    stained[:, 0, 85:105, 45:85] += 0.3
    assert motion.colour_change(given, given) == 0
    assert motion.colour_change(dark, given) < 0.2 * motion.colour_change(stained, given)
    assert motion.colour_change(stained, given) > 10


def test_outside_counts_the_upper_face_only(crops: torch.Tensor) -> None:
    given, other = as_pictures(crops), as_pictures(crops)
    other[:, :, 64:] = 0
    assert motion.upper_face_change(other, given) == 0
    other[:, :, :60] += 3 / 255
    assert motion.upper_face_change(other, given) == pytest.approx(3)


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="points"):
        motion.mouth_opening(torch.zeros(4, 5, 2))
    with pytest.raises(ValueError, match="crops"):
        motion.lower_face_detail(torch.zeros(2, 3, 96, 96))
