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


def test_strip_shows_first_and_last_frame_of_each_video(tmp_path: Path) -> None:
    paths = []
    for row in range(2):
        paths.append(tmp_path / f"{row}.mp4")
        with VideoWriter(paths[-1], width=64, height=64, fps=Fraction(25), crf=1) as video:
            for number in range(16):
                video.write(np.full((64, 64, 3), 40 * row + 10 * number, np.uint8))
    picture = np.asarray(Image.open(make_strip(paths, tmp_path / "strip.png")))
    side = picture.shape[0] // 2
    assert picture.shape == (2 * side, demonstration.STRIP_FRAMES * side, 3)
    corners = [picture[y, x].mean() for y in (5, side + 5) for x in (5, -5)]
    assert corners == pytest.approx([0, 150, 40, 190], abs=6)


def test_training_is_made_anew_and_its_losses_are_read(monkeypatch, tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "stale").touch()
    losses = [2.0, 1.5, 0.5]

    def pretend(script: str, *arguments: str) -> None:
        assert script == "train.py"
        assert not (run / "stale").exists()
        run.mkdir()
        rows = [{"step": i, "train/contrastive": loss} for i, loss in enumerate(losses)]
        rows.insert(1, {"step": 0, "val/contrastive": 9.0})
        (run / "history.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

    monkeypatch.setattr(demonstration, "call", pretend)
    assert train(tmp_path / "corpus", run) == (2.0, 0.5)
