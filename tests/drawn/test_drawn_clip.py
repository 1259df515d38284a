"""Drawn frames: their truth is where the pixels are."""

import subprocess
import sys
from fractions import Fraction
from hashlib import sha256

import numpy as np
import pytest

from talkface.drawn import (
    VISEMES,
    DrawnCharacter,
    Expression,
    HeadMotion,
    MouthShape,
    Pose,
    draw_frame,
    draw_frame_with_truth,
    drawn_clip,
    phonemes,
    speech,
)

FPS = Fraction(25)
PLAIN = next(
    seed
    for seed in range(100)
    if DrawnCharacter(seed).beard == "none" and not DrawnCharacter(seed).glasses and DrawnCharacter(seed).light > 0
)


def test_same_seed_same_bytes_in_another_process():
    code = (
        "from hashlib import sha256; from talkface.drawn import *; from fractions import Fraction;"
        "clip = drawn_clip(7, speech()[0][:6000], Fraction(25), 96);"
        "print(sha256(b''.join(image.tobytes() for image, _ in clip)).hexdigest())"
    )
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    clip = list(drawn_clip(7, speech()[0][:6000], FPS, 96))
    assert len(clip) == 9
    assert sha256(b"".join(image.tobytes() for image, _ in clip)).hexdigest() == other.stdout.strip()


def test_seeds_differ():
    pictures = {draw_frame(DrawnCharacter(seed), size=64).tobytes() for seed in range(12)}
    assert len(pictures) == 12
    with pytest.raises(ValueError, match="not negative"):
        DrawnCharacter(-1)


@pytest.mark.parametrize("seed", range(8))
def test_truth_lies_in_the_picture_and_in_order(seed):
    moves = HeadMotion(seed)
    for second in (0, 1.7, 9.3):
        image, truth = draw_frame_with_truth(
            DrawnCharacter(seed),
            VISEMES["AA"],
            moves.pose(second),
            expression=moves.expression(second),
            size=(180, 240),
        )
        assert image.shape == (180, 240, 3)
        assert image.dtype == np.uint8
        points = truth.landmarks
        assert points.shape == (68, 2)
        assert points.dtype == np.float32
        assert (points >= 0).all()
        assert (points < (240, 180)).all()
        face, mouth = truth.face_box, truth.mouth_box
        assert (face[:2] < mouth[:2]).all()
        assert (face[2:] >= mouth[2:]).all()
        eyes, nose, chin = points[36:48, 1].mean(), points[33, 1], points[8, 1]
        assert eyes < nose < truth.mouth_points[:, 1].mean() < chin
        left, right, tip, corner, other = truth.five_points
        assert left[0] < right[0]
        assert corner[0] < other[0]
        assert left[1] < tip[1] < corner[1]


def test_opening_is_measured_in_pixels_and_grows_with_the_shape():
    character = DrawnCharacter(PLAIN)
    openings = [
        draw_frame_with_truth(character, MouthShape(opening=value), size=256)[1].opening for value in (0, 0.25, 0.5, 1)
    ]
    assert openings[0] == 0
    assert np.allclose(np.array(openings) / openings[-1], [0, 0.25, 0.5, 1], atol=0.02)
    twice = draw_frame_with_truth(character, MouthShape(opening=1), size=512)[1].opening
    assert twice == pytest.approx(2 * openings[-1], rel=1e-3)


def test_the_open_mouth_is_dark_where_the_truth_says():
    image, truth = draw_frame_with_truth(DrawnCharacter(PLAIN), MouthShape(opening=0.9, teeth=0, tongue=0), size=512)
    (x, top), (_, bottom) = truth.landmarks[62], truth.landmarks[66]
    column = image[:, round(float(x))].mean(axis=1)
    inside = column[round(float(top)) + 4 : round(float(bottom)) - 20]
    assert len(inside) > 20
    assert inside.max() < 60
    assert column[round(float(truth.landmarks[57, 1])) - 4] > 80  # lower lip
    closed, _ = draw_frame_with_truth(DrawnCharacter(PLAIN), VISEMES["rest"], size=512)
    middle = closed[round(float(top)) : round(float(bottom)), round(float(x))].mean(axis=1)
    assert (middle > 70).mean() > 0.8


def test_pixels_change_only_near_the_mouth_when_only_the_mouth_changes():
    character = DrawnCharacter(PLAIN)
    closed = draw_frame(character, VISEMES["PP"], size=256).astype(int)
    opened, truth = draw_frame_with_truth(character, VISEMES["UU"], size=256)
    changed = np.abs(opened - closed).max(axis=2) > 8
    rows = np.nonzero(changed.any(axis=1))[0]
    assert rows.min() > truth.landmarks[36:48, 1].max()
    assert changed.mean() < 0.06


def test_pose_moves_the_face_as_named():
    character = DrawnCharacter(PLAIN)

    def points(**pose):
        return draw_frame_with_truth(character, pose=Pose(**pose), size=256)[1].landmarks

    still = points()
    nose_lead = points(yaw=20)[30, 0] - points(yaw=20)[:17, 0].mean()
    assert nose_lead > still[30, 0] - still[:17, 0].mean() + 8
    assert points(pitch=15)[30, 1] > still[30, 1] + 4
    eyes = points(roll=10)[[36, 45]]
    angle = np.degrees(np.arctan2(eyes[1, 1] - eyes[0, 1], eyes[1, 0] - eyes[0, 0]))
    assert angle == pytest.approx(10, abs=2)
    assert np.allclose(points(x=0.1) - still, (25.6, 0), atol=1e-3)
    assert np.ptp(points(zoom=1.2)[:17, 0]) == pytest.approx(1.2 * np.ptp(still[:17, 0]), rel=1e-3)


def test_blink_closes_the_eyes():
    character = DrawnCharacter(PLAIN)

    def lids(blink):
        image, truth = draw_frame_with_truth(character, expression=Expression(blink=blink), size=256)
        upper, lower = truth.landmarks[[37, 38, 43, 44]], truth.landmarks[[41, 40, 47, 46]]
        box = truth.landmarks[36:42]
        (left, top), (right, bottom) = box.min(axis=0).astype(int), box.max(axis=0).astype(int) + 1
        return np.abs(lower - upper)[:, 1].mean(), (image[top:bottom, left:right].min(axis=2) > 200).sum()

    (open_gap, open_white), (shut_gap, shut_white) = lids(0), lids(1)
    assert open_gap > 5
    assert shut_gap < 0.5
    assert open_white > 20
    assert shut_white == 0


def test_motion_is_smooth_bounded_and_blinks():
    moves = HeadMotion(3)
    poses = np.array([[getattr(moves.pose(i / 25), n) for n in ("yaw", "pitch", "roll")] for i in range(500)])
    assert np.abs(poses).max(axis=0)[0] < 25
    assert np.abs(np.diff(poses, axis=0)).max() < 3
    assert np.ptp(poses[:, 0]) > 5
    blinks = [moves.expression(i / 25).blink for i in range(500)]
    assert max(blinks) == 1
    assert 0.7 < np.mean(np.array(blinks) == 0) < 0.99
    still = HeadMotion(3, amount=0)
    assert still.pose(1.0) == still.pose(5.0) == Pose()


def test_clip_speaks_its_sound_and_has_its_length():
    samples, _ = speech("spanish")
    clip = list(drawn_clip(2, samples, Fraction(30000, 1001), 64, phonemes=phonemes("spanish")))
    assert len(clip) == round(len(samples) / 16000 * 30000 / 1001)
    spoken = [truth.opening for _, truth in clip]
    heard = [truth.opening for _, truth in drawn_clip(2, samples, Fraction(30000, 1001), 64)]
    assert np.corrcoef(spoken, heard)[0, 1] > 0.3
    assert {"PP", "AA"} <= {truth.viseme for _, truth in clip}


def test_held_drawings_keep_the_mouth_while_the_head_moves():
    clip = [truth for _, truth in drawn_clip(1, speech()[0][:16000], FPS, 64, phonemes=phonemes(), held=2)]
    assert all(first.mouth == second.mouth for first, second in zip(clip[::2], clip[1::2], strict=False))
    assert clip[0].pose != clip[1].pose


def test_too_small_a_picture_is_refused():
    with pytest.raises(ValueError, match="at least 16 pixels"):
        draw_frame(DrawnCharacter(0), size=8)
