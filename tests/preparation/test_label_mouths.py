"""Labelling of mouth clips: a drawn face in a film, found by doubles of the detector and the landmarker."""

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hydra import compose, initialize_config_dir
from mouth_folders import mouths, picture, seen
from omegaconf import OmegaConf

from talkface.errors import InputError
from talkface.face import Detection
from talkface.face.landmarks import landmarks_box
from talkface.media import Audio, VideoWriter
from talkface.mouth_clips import MEL_LEAD, MouthClips
from talkface.preparation import mouths as labelling
from talkface.preparation.actions import run_action
from talkface.preparation.runner import Plan
from talkface.preparation.settings import PreparationSettings

CONFIGS = Path(__file__).parents[2] / "configs"
FRAMES = 40
POINTS = seen(mouths(FRAMES, 1), 1, turn=5)


class Double:
    """Knows where the drawn face is: the frame's number is written in a corner, as its brightness."""

    name, closed = "double", False

    def number(self, image):
        return round(float(image[:8, :8].mean()) / 5)

    def detect(self, images):
        return [[Detection(landmarks_box(POINTS[0, :, :2]), 1.0, None)] if self.number(i) < 45 else [] for i in images]

    def find(self, image, box):
        found = self.find_deep(image, box)
        return None if found is None else found[:, :2]

    def find_deep(self, image, box):
        number = self.number(image)
        return None if number % 10 == 9 else POINTS[min(number, FRAMES - 1)]

    def close(self):
        self.closed = True


def film(path, frames=FRAMES, *, first=0, sound=True):
    path.parent.mkdir(parents=True, exist_ok=True)
    time = np.arange(frames * 640) / 16000
    samples = (0.5 * np.sin(2 * np.pi * 300 * time) * (time > 0.8)).astype(np.float32)
    audio = Audio(samples, 16000, Fraction(0)) if sound else None
    with VideoWriter(path, width=200, height=200, fps=Fraction(25), audio=audio) as writer:
        for number in range(first, first + frames):
            image = picture(POINTS[min(number, FRAMES - 1)], 130)
            image[:8, :8] = 5 * min(number, 50)
            writer.write(image)


@pytest.fixture
def doubles(monkeypatch):
    double = Double()
    monkeypatch.setattr(labelling, "process_detector", lambda name, options: double)
    monkeypatch.setattr(labelling, "MeshLandmarker", lambda *, refined: double)
    return double


def label(source, out, **options):
    plan = Plan("films", "folder", source, split={"seed": 0, "val": 0.0, "test": 0.0})
    settings = PreparationSettings(every=1)
    return MouthClips(labelling.label_folder(plan, out, settings, **{"longest": 20, **options}))


def test_a_film_becomes_clips_with_labels(tmp_path, doubles):
    film(tmp_path / "films" / "anna" / "one.mp4")
    read = label(tmp_path / "films", tmp_path / "out")
    assert [(row.name, row.speaker, row.split, row.frames, row.seen) for row in read.rows] == [
        ("anna_one_000", "anna", "train", 20, 18),
        ("anna_one_001", "anna", "val", 20, 18),
    ]
    assert read.about["made"]["landmarks"] == "mesh" and read.rows[0].deep and doubles.closed
    labels = read.labels(1)
    np.testing.assert_allclose(labels.landmarks[3], POINTS[23])
    assert not labels.known[9] and np.isnan(labels.landmarks[9]).all()
    column, row = labels.places[3, [57, 66]].mean(0).round().astype(int)
    red, green, _ = read.crop(1, 3)[row, column].astype(int)
    assert red > green + 70  # the lower lip is where it should be: skin has 40


def test_a_parts_sound_begins_before_it(tmp_path, doubles):
    film(tmp_path / "films" / "anna" / "one.mp4")
    read = label(tmp_path / "films", tmp_path / "out")
    first, second = (read.labels(number).mel for number in (0, 1))
    assert first.shape == second.shape == (80, 20 * 16 // 5 + 2 * MEL_LEAD + 1)
    loud = [np.flatnonzero(mel.max(0) > 0)[0] for mel in (first, second)]
    assert abs(loud[0] - (MEL_LEAD + 64)) <= 3  # the tone begins at .8 s, which is where the second part does
    assert abs(loud[1] - MEL_LEAD) <= 3
    np.testing.assert_allclose(first[:, 70:139], second[:, 6:75], atol=0.05)  # the same second, in both


def test_what_fails_is_listed_and_stops_nothing(tmp_path, doubles):
    films = tmp_path / "films"
    film(films / "anna" / "one.mp4", sound=False)
    film(films / "ben" / "none.mp4", 20, first=48)
    film(films / "ben" / "short.mp4", 8)
    (films / "cleo").mkdir()
    (films / "cleo" / "broken.mp4").write_bytes(b"nothing of a film")
    read = label(films, tmp_path / "out")
    assert {row.name for row in read.rows} == {"anna_one_000", "anna_one_001"} and read.rows[0].steps == 0
    lines = (tmp_path / "out" / "failures.jsonl").read_text().splitlines()
    failures = {row["id"]: row for row in map(json.loads, lines)}
    assert set(failures) == {"ben_none", "ben_short", "cleo_broken"}
    assert "0 frames" in failures["ben_none"]["reason"] and "8 frames" in failures["ben_short"]["reason"]
    assert all(row["remedy"] for row in failures.values())


def test_no_clip_at_all_is_an_error_and_no_folder(tmp_path, doubles):
    film(tmp_path / "films" / "ben" / "short.mp4", 8)
    with pytest.raises(InputError, match="no clip could be labelled"):
        label(tmp_path / "films", tmp_path / "out")
    assert "8 frames" in (tmp_path / "out" / "failures.jsonl").read_text()
    with pytest.raises(InputError, match="no labelled mouth clips"):
        MouthClips(tmp_path / "out")


def test_landmarks_without_depth_are_kept_as_such(tmp_path, doubles, monkeypatch):
    film(tmp_path / "films" / "anna" / "one.mp4", 20)

    class NoDepth:
        name = "flat"

        def find(self, image, box):
            found = doubles.find_deep(image, box)
            return None if found is None else found[:, :2]

        def close(self):
            pass

    monkeypatch.setattr(labelling, "build_landmarker", lambda name: NoDepth())
    read = label(tmp_path / "films", tmp_path / "out", landmarks="small")
    assert not read.rows[0].deep and np.isnan(read.labels(0).landmarks[..., 2]).all()
    assert np.isfinite(read.labels(0).places[0]).all()


def test_what_cannot_be_asked_for_is_said(tmp_path, doubles):
    film(tmp_path / "films" / "anna" / "one.mp4", 20)
    for options, message in (({"longest": 3}, r"label\.longest"), ({"landmarks": "five"}, "68 landmarks")):
        with pytest.raises(InputError, match=message):
            label(tmp_path / "films", tmp_path / "out", **options)
    with pytest.raises(InputError, match="out lies inside source"):
        label(tmp_path / "films", tmp_path / "films" / "out")


def test_the_command_labels_a_folder(tmp_path, doubles):
    film(tmp_path / "films" / "anna" / "one.mp4", 20)
    act("action=label_mouths", f"source={tmp_path}/films", f"out={tmp_path}/out", "label.longest=20")
    assert [row.name for row in MouthClips(tmp_path / "out").rows] == ["anna_one_000"]
    with pytest.raises(InputError, match="drawn clips are not labelled"):
        act("action=label_mouths", "data=drawn", "source=none", f"out={tmp_path}/other")


def act(*overrides):
    with initialize_config_dir(str(CONFIGS), version_base="1.3"):
        config = compose("preprocess", overrides=list(overrides))
    run_action(OmegaConf.to_container(config, resolve=True), lambda _: pytest.fail("no measure is needed"))
