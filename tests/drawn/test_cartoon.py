"""Cartoon characters: their truth is where the pixels are; the same seed gives the same bytes."""

import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from hashlib import sha256

import cv2
import numpy as np
import pytest

from talkface.drawn import VISEMES, Expression, MouthShape, Pose, phonemes, track_from_phonemes
from talkface.drawn.cartoon import (
    Painter,
    blank_canvas,
    design_character,
    figure_landmarks,
    paint_figure,
    plan_scene,
    play_scene,
    pose_figure,
)
from talkface.drawn.cartoon.casting import KIND_SHARES
from talkface.drawn.cartoon.play import inside
from talkface.drawn.cartoon.sheet import TILE, around_speaker

FPS = Fraction(25)
SIZE = 160


def picture(design, mouth=None, pose=None, expression=None):
    """(image, landmarks) of one figure on grey."""
    canvas = blank_canvas(SIZE, SIZE)
    canvas.image[:] = 128
    figure = pose_figure(design, mouth or MouthShape(), expression or Expression())
    painter = Painter(canvas, pose or Pose())
    paint_figure(figure, painter)
    return cv2.resize(canvas.image, (SIZE, SIZE), interpolation=cv2.INTER_AREA), figure_landmarks(figure, painter)


def plain(seed: int, **styles: str):
    """A person without muzzle and beard, with these styles."""
    design = design_character(seed)
    return replace(design, kind="human", styles=replace(design.styles, muzzle="none", beard="none", **styles))


def test_kinds_come_in_their_shares():
    kinds = [design_character(seed).kind for seed in range(300)]
    for kind, share in KIND_SHARES.items():
        assert abs(kinds.count(kind) / 300 - share) < 0.08


def test_every_style_is_painted_with_its_landmarks_in_the_right_order():
    seen: dict[str, set[str]] = {
        "eyes": set(),
        "nose": set(),
        "mouth": set(),
        "hair": set(),
        "hat": set(),
        "ears": set(),
    }
    shapes = list(VISEMES.values())
    for seed in range(120):
        design = design_character(seed)
        for part, names in seen.items():
            names.add(getattr(design.styles, part))
        image, points = picture(design, shapes[seed % len(shapes)], Pose(yaw=seed % 40 - 20, roll=seed % 9 - 4))
        assert image.std() > 10
        assert points.shape == (68, 2)
        assert np.isfinite(points).all()
        eyes, nose, mouth, chin = points[36:48, 1].mean(), points[33, 1], points[48:, 1].mean(), points[8, 1]
        assert eyes < nose < mouth < chin
        assert points[36, 0] < points[45, 0]
        assert points[48, 0] < points[54, 0]
    assert {len(names) >= 8 for part, names in seen.items() if part != "ears"} == {True}


@pytest.mark.parametrize("mouth", ["line", "lips", "bean", "small", "muzzle"])
def test_the_open_mouth_is_dark_where_the_truth_says(mouth):
    design = plain(3, mouth=mouth)
    image, points = picture(design, MouthShape(opening=1.0, teeth=0.0, tongue=0.0))
    (x, top), (_, bottom) = points[62], points[66]
    inside_colour = np.array(design.colours.inside)
    row = image[round(top + 0.35 * (bottom - top)), round(x)].astype(int)
    assert np.abs(row - inside_colour).max() < 25
    shut, _ = picture(design, VISEMES["rest"])
    assert np.abs(shut[round(top + 0.35 * (bottom - top)), round(x)] - inside_colour).max() > 40


@pytest.mark.parametrize("mouth", ["line", "lips", "bean", "small", "muzzle", "grille", "plate", "bars"])
def test_opening_grows_with_the_shape(mouth):
    design = plain(4, mouth=mouth)
    gaps = [np.linalg.norm(p[66] - p[62]) for _, p in (picture(design, MouthShape(opening=v)) for v in (0, 0.5, 1))]
    assert gaps[0] == pytest.approx(0, abs=1e-6)
    assert gaps[1] == pytest.approx(gaps[2] / 2, rel=0.1)
    assert gaps[2] > 8


def test_only_the_mouth_changes_when_only_the_mouth_moves():
    design = plain(5, mouth="line")
    opened, points = picture(design, VISEMES["AA"])
    shut, _ = picture(design, VISEMES["PP"])
    rows = np.nonzero((np.abs(opened.astype(int) - shut).max(axis=2) > 12).any(axis=1))[0]
    assert rows.min() > points[36:48, 1].mean()


@pytest.mark.parametrize("eyes", ["oval", "anime", "almond", "sharp", "lidded"])
def test_a_blink_hides_the_white_of_every_kind_of_eye(eyes):
    design = plain(6, eyes=eyes, glasses="none", hat="none", hair="bald")
    design = replace(design, shape=replace(design.shape, eye_width=0.22, eye_height=0.24))

    def whites(blink):
        image, points = picture(design, expression=Expression(blink=blink))
        return int((image[round(points[19, 1]) : round(points[33, 1])].min(axis=2) > 225).sum())

    assert whites(0.0) > 12
    assert whites(1.0) <= 2


def test_a_head_turns_its_nose_before_its_outline():
    design = plain(7)
    lead = [
        points[30, 0] - points[:17, 0].mean() for _, points in (picture(design, pose=Pose(yaw=y)) for y in (-20, 20))
    ]
    assert lead[1] - lead[0] > 10


def scene_digest(seed: int) -> str:
    track = track_from_phonemes(phonemes(), 8, FPS)
    frames = play_scene(plan_scene(seed, 1, 8, fps=FPS, side=96), track)
    return sha256(b"".join(frame.image.tobytes() + frame.faces[0].landmarks.tobytes() for frame in frames)).hexdigest()


def test_same_numbers_same_bytes_in_another_process():
    code = (
        "import sys; sys.path.insert(0, 'tests/drawn'); from test_cartoon import scene_digest;"
        "print(scene_digest(2), scene_digest(11))"
    )
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert other == [scene_digest(2), scene_digest(11)]
    assert other[0] != other[1]


def test_single_frames_are_those_of_the_whole_scene():
    scene, track = plan_scene(9, 0, 12, fps=FPS, side=96), track_from_phonemes(phonemes(), 12, FPS)
    whole = list(play_scene(scene, track))
    for number, frame in zip((3, 10), play_scene(scene, track, frames={3, 10}), strict=True):
        assert (frame.image == whole[number].image).all()


def test_turning_heads_look_to_both_sides_and_change_nothing_else():
    for seed in range(8):
        calm, turning = (plan_scene(seed, 0, 100, fps=FPS, side=96, turning=share) for share in (0.0, 1.0))
        assert (calm.film.seed, calm.mouths, calm.held) == (turning.film.seed, turning.mouths, turning.held)
        assert [shot.place for shot in calm.shots] == [shot.place for shot in turning.shots]
        role = next(role for role in turning.shots[0].roles if role.speaks)
        yaw = [role.pose(Fraction(frame, 5), 1.0).yaw for frame in range(50)]
        reach = 8 if role.design.kind == "robot" else 14
        assert min(yaw) < -reach and max(yaw) > reach
        assert max(map(abs, yaw)) < 40


def test_scenes_have_company_things_and_shots_and_their_truth_says_so():
    track = track_from_phonemes(phonemes(), 40, FPS)
    company = hidden = cuts = 0
    for seed in range(60):
        scene = plan_scene(seed, 0, 40, fps=FPS, side=96)
        cuts += len(scene.shots) > 1
        frame = next(play_scene(scene, track, frames={20}))
        speaker = frame.faces[frame.speaker]
        assert frame.image.shape == (scene.height, scene.width, 3)
        assert frame.identities[frame.speaker] == seed
        assert all(face.viseme == "rest" for place, face in enumerate(frame.faces) if place != frame.speaker)
        company += len(frame.faces) > 1
        hidden += not speaker.visible.all()
        left, top, right, bottom = speaker.face_box
        assert right - left > 8 and bottom - top > 8
    assert company >= 8
    assert hidden >= 5
    assert 1 <= cuts <= 20


def test_inside_counts_crossings():
    square = np.array([(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)])
    points = np.array([(5, 5), (11, 5), (-1, 5), (5, 11), (9.9, 0.1)], np.float32)
    assert inside(points, square).tolist() == [True, False, False, False, True]


def test_a_sheet_tile_holds_the_speaker():
    scene, track = plan_scene(1, 0, 8, fps=FPS, side=160), track_from_phonemes(phonemes(), 8, FPS)
    frame = next(play_scene(scene, track, frames={3}))
    tile = around_speaker(frame)
    assert tile.shape == (TILE, TILE, 3)
    assert tile.std() > 10
