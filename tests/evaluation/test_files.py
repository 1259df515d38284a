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


def write_clip(path: Path, *, frames: int = 30, side: int = 128, dark: int = 0, sound: bool = True) -> None:
    row, column = np.mgrid[:side, :side]
    disc = (row - side // 2) ** 2 + (column - side // 2) ** 2 < (3 * side // 8) ** 2
    samples = np.random.default_rng(frames).normal(0, 0.1, frames * 640).astype(np.float32)
    audio = Audio(samples, 16000, start=0) if sound else None
    with VideoWriter(path, width=side, height=side, fps=25, audio=audio) as video:
        for frame in range(frames):
            picture = np.full((side, side, 3), 40, np.uint8)
            if frame >= dark:
                picture[disc] = (200, 150 + frame, 120)
            video.write(picture)


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    videos, reference = tmp_path / "videos", tmp_path / "reference"
    for folder in (videos, reference):
        folder.mkdir()
        for stem in ("a", "b"):
            write_clip(folder / f"{stem}.mp4", frames=30 if folder == reference else 28)
    return videos, reference


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


def test_report_of_files(
    folders: tuple[Path, Path], settings: dict, open_tiny: OpenNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("talkface.face.build_detector", lambda name, **options: DiscDetector())
    wanted = {**settings, "checkpoint": None, "videos": str(folders[0]), "reference": str(folders[1])}
    report = json.loads((run(wanted, open_tiny, []) / "report.json").read_text())
    assert set(report["systems"]) == {"generated", "real", "copy_reference", "unsynced", "generated_unsynced"}
    assert report["summary"]["generated"]["ssim_mouth"]["value"] > 0.9
    assert set(report["provenance"]["files"]["videos"]) == {"a.mp4", "b.mp4"}
    with pytest.raises(InputError, match="does not go with"):
        run({**wanted, "checkpoint": "x"}, open_tiny, [])
    with pytest.raises(InputError, match="no originals"):
        run({**wanted, "reference": None}, open_tiny, [])
