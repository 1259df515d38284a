"""Files made by any model: pairing, tracking, cutting to one length, and a report with the files' hashes."""

import json
from pathlib import Path

import numpy as np
import pytest

from talkface.errors import InputError
from talkface.evaluation.command import run
from talkface.evaluation.files import FilePair, media_files, pair_files, read_pair, sound_of_file, tracked_boxes
from talkface.evaluation.networks import OpenNetwork
from talkface.face import Detection
from talkface.media import Audio, VideoWriter


class DiscDetector:
    """Finds the one bright disc of the toy clips; None of it where the picture is dark."""

    def detect(self, images: list[np.ndarray]) -> list[list[Detection]]:
        return [self._one(image) for image in images]

    def _one(self, image: np.ndarray) -> list[Detection]:
        row, column = np.nonzero(image.max(axis=2) > 110)
        if len(row) == 0:
            return []
        box = np.float32([column.min(), row.min(), column.max() + 1, row.max() + 1])
        return [Detection(box, 1.0, None)]


def write_clip(
    path: Path, *, frames: int = 30, side: int = 128, dark: int = 0, sound: bool = True, fps: int = 25
) -> None:
    """`frames` frames' time at 25 a second: a disc on a dark ground whose green tells the time; black before `dark`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    row, column = np.mgrid[:side, :side]
    disc = (row - side // 2) ** 2 + (column - side // 2) ** 2 < (3 * side // 8) ** 2
    samples = np.random.default_rng(frames).normal(0, 0.1, frames * 640).astype(np.float32)
    audio = Audio(samples, 16000, start=0) if sound else None
    with VideoWriter(path, width=side, height=side, fps=fps, audio=audio) as video:
        for number in range(frames * fps // 25):
            frame = round(number * 25 / fps)
            picture = np.full((side, side, 3), 40, np.uint8)
            if frame >= dark:
                picture[disc] = (200, 130 + 4 * frame, 120)
            video.write(picture)


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    videos, reference = tmp_path / "videos", tmp_path / "reference"
    for folder in (videos, reference):
        folder.mkdir()
        for stem in ("a", "b"):
            write_clip(folder / f"{stem}.mp4", frames=30 if folder == reference else 28)
    return videos, reference


def test_linked_folders_and_single_files(folders: tuple[Path, Path], tmp_path: Path) -> None:
    videos, reference = folders
    linked = tmp_path / "linked"
    linked.mkdir()
    (linked / "deep").symlink_to(videos)
    (videos / "up").symlink_to(linked)
    assert sorted(media_files(linked)) == ["deep/a", "deep/b"]
    pairs, lonely = pair_files(videos / "a.mp4", reference / "a.mp4")
    assert [pair.key for pair in pairs] == ["a"] and lonely == []


def test_pairs_by_stem_and_lonely_files(folders: tuple[Path, Path]) -> None:
    videos, reference = folders
    write_clip(reference / "c.mp4", frames=12)
    pairs, lonely = pair_files(videos, reference)
    assert [pair.key for pair in pairs] == ["a", "b"]
    assert [(failure.key, failure.reason) for failure in lonely] == [("c", "no result named c")]
    (videos / "a.mkv").write_bytes(b"")
    with pytest.raises(InputError, match="two files with one stem"):
        media_files(videos)
    with pytest.raises(InputError, match="not a folder"):
        media_files(videos / "none")


def test_nested_folders_and_other_containers(tmp_path: Path) -> None:
    for name in ("s1/a.mp4", "s1/b.mp4", "s2/a.mp4", "s2/only.mp4"):
        write_clip(tmp_path / "originals" / name, frames=12)
    for name in ("s1/a.mkv", "s2/a.webm", "flat/b.avi", "s2/.hidden.mp4", "x.mp4"):
        write_clip(tmp_path / "made" / name, frames=12)
    (tmp_path / "made/notes.txt").write_text("no video")
    pairs, lonely = pair_files(tmp_path / "made", tmp_path / "originals")
    found = [(pair.key, pair.video.name, pair.speaker) for pair in pairs]
    assert found == [("s1/a", "a.mkv", "s1"), ("s1/b", "b.avi", "s1"), ("s2/a", "a.webm", "s2")]
    assert {pair.corpus for pair in pairs} == {"originals"}
    assert [(one.key, one.reason) for one in lonely] == [
        ("s2/only", "no result named s2/only"), ("x", "no original named x")
    ]  # fmt: skip


@pytest.mark.parametrize(("suffix", "fps"), [(".mkv", 25), (".avi", 30), (".webm", 50)])
def test_other_containers_and_rates_show_the_same_times(tmp_path: Path, suffix: str, fps: int) -> None:
    write_clip(tmp_path / "a.mp4")
    write_clip(tmp_path / f"b{suffix}", fps=fps)
    clip = read_pair(FilePair("a", tmp_path / f"b{suffix}", tmp_path / "a.mp4"), DiscDetector())
    assert clip.made is not None and len(clip.made.crops) >= 29
    green = [pictures[:29, 40:56, 40:56, 1].mean(axis=(1, 2)) for pictures in (clip.crops, clip.made.crops)]
    assert np.abs(green[0] - green[1]).max() <= 6  # one frame is four levels of green, encoders add theirs


def test_a_result_much_shorter_than_its_original_is_a_failure(tmp_path: Path) -> None:
    write_clip(tmp_path / "a.mp4", frames=30)
    write_clip(tmp_path / "b.mp4", frames=14)
    with pytest.raises(InputError, match="14 of the original's 30 frames"):
        read_pair(FilePair("a", tmp_path / "b.mp4", tmp_path / "a.mp4"), DiscDetector())


def test_both_are_cut_to_the_shorter_and_by_the_same_boxes(folders: tuple[Path, Path]) -> None:
    clip = read_pair(FilePair("a", folders[0] / "a.mp4", folders[1] / "a.mp4"), DiscDetector())
    assert clip.made is not None
    assert clip.crops.shape == clip.made.crops.shape == (28, 96, 96, 3)
    assert np.abs(clip.crops.astype(int) - clip.made.crops).mean() < 3
    assert clip.sound.mel.shape == (80, 28 * 640 // 200 + 1)


def test_a_result_of_another_size_is_cut_by_its_own_track(tmp_path: Path) -> None:
    write_clip(tmp_path / "small.mp4", side=128)
    write_clip(tmp_path / "large.mp4", side=256, sound=False)
    clip = read_pair(FilePair("x", tmp_path / "large.mp4", tmp_path / "small.mp4"), DiscDetector())
    assert clip.made is not None
    assert np.abs(clip.crops.astype(int) - clip.made.crops).mean() < 6
    np.testing.assert_array_equal(clip.made.sound.mel, clip.sound.mel)  # no sound of its own


def test_gaps_are_filled_and_too_many_refused(tmp_path: Path) -> None:
    write_clip(tmp_path / "gap.mp4", dark=10)
    boxes = tracked_boxes(tmp_path / "gap.mp4", DiscDetector())
    assert boxes.shape == (30, 4)
    assert np.isfinite(boxes).all()
    write_clip(tmp_path / "mostly.mp4", dark=25)
    with pytest.raises(InputError, match="of the frames"):
        tracked_boxes(tmp_path / "mostly.mp4", DiscDetector())
    write_clip(tmp_path / "never.mp4", dark=30)
    with pytest.raises(InputError, match="no face"):
        tracked_boxes(tmp_path / "never.mp4", DiscDetector())
    write_clip(tmp_path / "mute.mp4", sound=False)
    with pytest.raises(InputError, match=r"audio|sound"):
        sound_of_file(tmp_path / "mute.mp4", 30)


@pytest.fixture
def wanted(folders: tuple[Path, Path], settings: dict, monkeypatch: pytest.MonkeyPatch) -> dict:
    """Settings that measure `folders`."""
    monkeypatch.setattr("talkface.face.build_detector", lambda name, **options: DiscDetector())
    return {**settings, "checkpoint": None, "videos": str(folders[0]), "reference": str(folders[1])}


def test_report_of_files(wanted: dict, open_tiny: OpenNetwork) -> None:
    report = json.loads((run(wanted, open_tiny, []) / "report.json").read_text())
    assert set(report["systems"]) == {"generated", "real", "copy_reference", "unsynced", "generated_unsynced"}
    assert report["summary"]["generated"]["ssim_mouth"]["value"] > 0.9
    assert report["summary"]["generated"]["duration_error"]["value"] == pytest.approx(-0.08, abs=0.07)  # AAC's blocks
    assert "is the original itself" in report["absent"]["real"]["duration_error"]
    assert set(report["provenance"]["files"]["videos"]) == {"a.mp4", "b.mp4"}
    with pytest.raises(InputError, match="does not go with"):
        run({**wanted, "checkpoint": "x"}, open_tiny, [])
    with pytest.raises(InputError, match="no originals"):
        run({**wanted, "reference": None}, open_tiny, [])


def test_several_systems_get_a_report_each_and_a_paired_comparison(
    wanted: dict, open_tiny: OpenNetwork, tmp_path: Path
) -> None:
    (tmp_path / "theirs").mkdir()
    write_clip(tmp_path / "theirs/a.mp4", frames=28, side=64)
    (tmp_path / "theirs/b.mp4").write_bytes(b"no video")
    systems = {"ours": wanted["videos"], "theirs": str(tmp_path / "theirs")}
    out = run({**wanted, "videos": systems, "rows": ["generated", "real"]}, open_tiny, [])
    comparison = json.loads((out / "comparison.json").read_text())
    assert (comparison["baseline"], comparison["row"]) == ("ours", "generated")
    assert set(comparison["table"]) == {"ours", "theirs"}
    assert comparison["missing"] == {"ours": [], "theirs": ["b"]}
    assert comparison["differences"]["theirs"]["ssim_face"]["n"] == 1
    theirs = json.loads((out / "theirs/report.json").read_text())
    assert [failure["key"] for failure in theirs["failures"]] == ["b"]
