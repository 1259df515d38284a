"""The CSV of many jobs and the original's preparation: columns, names, quoting, fingerprints, folders."""

import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from pose_network import flat, flat_clip

from talkface.errors import InputError
from talkface.media import decode_audio, write_wav
from talkface.pipelines.pose_controlled.jobs import fingerprint, read_rows, request_of, write_row
from talkface.pipelines.pose_controlled.options import PoseOptions
from talkface.pipelines.pose_controlled.original_files import prepare


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with sources whose names hold spaces and dots; the working directory."""
    monkeypatch.chdir(tmp_path)
    cv2.imwrite("my face.v2.png", flat(3))
    write_wav("a b.wav", np.sin(np.arange(9600) * 0.2).astype(np.float32) * 0.3, 16000)
    flat_clip(Path("head.mp4"), 12, fps=30)
    (tmp_path / "mouth").mkdir()
    for number in range(15):
        cv2.imwrite(f"mouth/{number}.png", flat(number))
    return tmp_path


def asked(**changes):
    base = {"identity": "my face.v2.png", "pose": "head.mp4", "audio": "a b.wav", "mouth": None, "spectrogram": False}
    return {**base, "folder": "misc", "csv": "misc/demo.csv", **changes}


def test_preparation_and_reading_agree_on_names_with_spaces(place):
    rows = read_rows(prepare(asked(mouth="mouth")))
    fields = [
        "misc/Input/my face",
        "1",
        "misc/Pose_Source/head",
        "10",
        "misc/Audio_Source/a b.wav",
        "mouth",
        "15",
        "None",
    ]
    assert [list(row.fields) for row in rows] == [fields]
    assert rows[0].name == "id_my face_pose_head_audio_a b"
    request = request_of(rows[0], Path("out.mp4"), place, PoseOptions())
    assert request.mouth == Path("mouth") and request.mel is None and request.pose_frames == 10
    assert [path.name for path in Path("misc/Input/my face").iterdir()] == ["my face.v2.png"]
    assert not list(place.rglob(".partial-*"))


def test_a_video_gives_its_sound_and_its_mouth(place):
    from talkface.media import Audio

    sound = decode_audio("a b.wav")
    flat_clip(Path("speaker.mp4"), 15, audio=Audio(sound.samples, 16000))
    row = read_rows(prepare(asked(audio="speaker.mp4", identity="head.mp4", pose="mouth")))[0]
    assert row.fields[0] == "misc/Input/head" and row.fields[2:4] == ("mouth", "15")
    assert row.fields[4:7] == ("misc/Audio_Source/speaker.wav", "misc/Mouth_Source/speaker", "15")
    assert Path(row.fields[4]).read_bytes()[:4] == b"RIFF"  # what it is called (the original writes this as .mp3)
    assert abs(len(decode_audio(row.fields[4]).samples) - 9600) <= 1


def test_folders_of_others_are_not_touched(place):
    (place / "misc/Pose_Source/head").mkdir(parents=True)
    (place / "misc/Pose_Source/head/holiday.jpg").write_bytes(b"mine")
    with pytest.raises(InputError, match="other files"):
        prepare(asked())
    assert (place / "misc/Pose_Source/head/holiday.jpg").read_bytes() == b"mine"


def test_columns_are_separated_by_single_spaces(place):
    table = place / "t.csv"
    table.write_text('"my face.v2.png" 1 none 0 "a b.wav" None 0 dummy\n\nhead.mp4  1 None 0 x None 0 None\n')
    first, second = read_rows(table)
    request = request_of(first, Path("o.mp4"), place, PoseOptions())
    assert request.pose is None and request.pose_frames is None and (first.number, second.number) == (1, 3)
    with pytest.raises(InputError, match="9 columns instead of 8: line 3"):
        request_of(second, Path("o.mp4"), place, PoseOptions())
    table.write_text("\n \n")
    with pytest.raises(InputError, match="no job"):
        read_rows(table)


def test_a_fingerprint_follows_what_the_result_follows_from(place):
    write_row(place / "t.csv", ["my face.v2.png", 1, "head.mp4", 10, "a b.wav", None, 0, None])
    row = read_rows(place / "t.csv")[0]
    plain = fingerprint(request_of(row, Path("o.mp4"), place / "mouth", PoseOptions()))
    assert plain == fingerprint(request_of(row, Path("o.mp4"), place / "mouth", PoseOptions()))
    assert plain != fingerprint(request_of(row, Path("o.mp4"), place / "mouth", PoseOptions(pose_scale=0.5)))
    os.utime("head.mp4", ns=(1, 1))
    assert plain != fingerprint(request_of(row, Path("o.mp4"), place / "mouth", PoseOptions()))
