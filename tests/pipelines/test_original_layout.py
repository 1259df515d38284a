"""The folder that PC-AVS's inference leaves: what is in it, complete or as it was, other people's files untouched."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from talkface.errors import InputError
from talkface.media import decode_video, probe, write_wav
from talkface.pipelines.pose_controlled.options import PoseRequest
from talkface.pipelines.pose_controlled.original_layout import OriginalOutputs
from talkface.pipelines.pose_controlled.outputs import Stream
from talkface.pipelines.pose_controlled.stream import MadePicture

COUNT = 3
LABELS = {"identity": 40, "pose source": 80, "mouth source": 120}


def grey(value: int) -> np.ndarray:
    return np.full((224, 224, 3), value, np.uint8)


def make(folder: Path, *, pose: Path | None = Path("head.mp4"), fail: bool = False) -> Path:
    write_wav(folder / "a.wav", np.full(1920, 0.1, np.float32), 16000)
    request = PoseRequest(Path("me"), pose, folder / "a.wav", None, folder / "result", None, layout="original")
    streams = [Stream(label, (224, 224), iter([grey(value)] * COUNT)) for label, value in LABELS.items()]
    with OriginalOutputs(request, streams) as outputs:
        for number in range(COUNT):
            outputs.write(MadePicture(number, number, Fraction(number, 25), grey(200)))
            if fail:
                raise KeyboardInterrupt
    return folder / "result"


def test_folders_videos_and_what_is_side_by_side(tmp_path):
    result = make(tmp_path)
    names = ["Input_", "G_Pose_Driven_", "Pose_Source_", "Mouth_Source_"]
    more = {"ref_id_0.jpg", "concat.mp4", "avconcat.mp4", "a.wav"}
    assert {path.name for path in result.iterdir()} == {*names, *(f"{name}.mp4" for name in names), *more}
    for name in names:
        assert {path.name for path in (result / name).iterdir()} == {f"{name}{number}.jpg" for number in range(COUNT)}
    frames = list(decode_video(result / "avconcat.mp4"))
    columns = frames[0].image[112, 112::224].mean(axis=1)
    assert len(frames) == COUNT and columns == pytest.approx([40, 200, 80, 120], abs=3)
    assert probe(result / "avconcat.mp4").has_audio and not probe(result / "concat.mp4").has_audio


def test_a_head_that_keeps_its_pose_has_the_other_folder(tmp_path):
    names = {path.name for path in make(tmp_path, pose=None).iterdir() if path.is_dir()}
    assert names == {"Input_", "G_Fix_Pose_", "Mouth_Source_"}


def test_complete_or_as_it_was(tmp_path):
    result = make(tmp_path)
    before = {path.relative_to(result): path.stat().st_mtime_ns for path in result.rglob("*")}
    with pytest.raises(KeyboardInterrupt):
        make(tmp_path, fail=True)
    assert {path.relative_to(result): path.stat().st_mtime_ns for path in result.rglob("*")} == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.wav", "result"]
    (result / "mine.txt").touch()
    with pytest.raises(InputError, match="other files"):
        make(tmp_path)
