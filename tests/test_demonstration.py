"""The parts of ./demo that are not other rooms: files given, diary, strip, what is read from a training run."""

import json
import logging
import subprocess
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from talkface import demonstration
from talkface.demonstration import Diary, main, make_strip, train, user_files
from talkface.errors import InputError
from talkface.media import VideoWriter


def test_no_files_are_fine_and_two_become_absolute(tmp_path: Path, monkeypatch) -> None:
    for name in ("face.png", "speech.wav"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    assert user_files([]) == []
    assert user_files(["face.png", "speech.wav"]) == [tmp_path / "face.png", tmp_path / "speech.wav"]


def test_one_file_is_refused_with_the_usage() -> None:
    with pytest.raises(InputError) as caught:
        user_files(["face.png"])
    assert caught.value.what == "two files are wanted"
    assert caught.value.where == "face.png"
    assert "./demo FACE SPEECH" in caught.value.remedy


def test_a_missing_file_ends_with_code_2_and_one_line(tmp_path: Path, caplog) -> None:
    with caplog.at_level(logging.INFO, logger="demo"):
        assert main([str(tmp_path / "none.mp4"), str(tmp_path / "none.wav")]) == 2
    (line,) = [record.getMessage() for record in caplog.records]
    assert line.startswith("no such file: ")


def test_the_code_of_a_failed_command_is_passed_on(monkeypatch, tmp_path: Path) -> None:
    def fail(*_: object) -> None:
        raise subprocess.CalledProcessError(7, ["python", "infer.py"])

    monkeypatch.setattr(demonstration, "run", fail)
    monkeypatch.chdir(tmp_path)
    assert main([]) == 7


def test_diary_lists_parts_in_order_and_their_sum(caplog) -> None:
    diary = Diary()
    with diary.part("first"), diary.part("second"):
        pass
    assert [title for title, _ in diary.parts] == ["second", "first"]
    assert diary.keep("a file", Path("x.mp4")) == Path("x.mp4")
    with caplog.at_level(logging.INFO, logger="demo"):
        diary.close()
    assert any("x.mp4" in record.getMessage() for record in caplog.records)


def test_strip_goes_from_the_first_to_the_last_frame_in_reading_order(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "clip.mp4", width=64, height=32, fps=Fraction(25), crf=1) as video:
        for number in range(22):
            video.write(np.full((32, 64, 3), 10 * number, np.uint8))
    picture = np.asarray(Image.open(make_strip(tmp_path / "clip.mp4", tmp_path / "strip.png")))
    height, width = demonstration.STRIP_HEIGHT, 2 * demonstration.STRIP_HEIGHT
    assert picture.shape == (demonstration.STRIP_ROWS * height, demonstration.STRIP_COLUMNS * width, 3)
    greys = picture[height // 2 :: height, width // 2 :: width].mean(axis=2)
    assert greys.reshape(-1) == pytest.approx([0, 30, 60, 90, 120, 150, 180, 210], abs=6)


def test_strip_of_a_clip_with_fewer_frames_shows_them_all(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "clip.mp4", width=32, height=32, fps=Fraction(25)) as video:
        video.write(np.zeros((32, 32, 3), np.uint8))
    picture = np.asarray(Image.open(make_strip(tmp_path / "clip.mp4", tmp_path / "strip.png")))
    assert picture.shape == (demonstration.STRIP_HEIGHT, demonstration.STRIP_HEIGHT, 3)


def test_training_is_made_anew_and_its_losses_are_read(monkeypatch, tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "stale").touch()
    losses = [2.0, 1.5, 1.0, 0.75, 0.5, 0.25]

    def pretend(script: str, *arguments: str) -> None:
        assert script == "train.py"
        assert not (run / "stale").exists()
        run.mkdir()
        rows = [{"step": i, "train/contrastive": loss} for i, loss in enumerate(losses)]
        rows.insert(1, {"step": 0, "val/contrastive": 9.0})
        (run / "history.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

    monkeypatch.setattr(demonstration, "call", pretend)
    assert train(tmp_path / "corpus", run) == (1.5, 0.5)
