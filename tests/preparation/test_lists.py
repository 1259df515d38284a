"""Published split lists in every form that people write them, and what they do not name."""

import logging
import os
from pathlib import Path

import pytest

from talkface.errors import InputError
from talkface.preparation.layouts import list_clips
from talkface.preparation.lists import Lists, apply_lists

CLIPS = ("main/553/00001.mp4", "main/553/00002.mp4", "main/618/00001.mp4", "pretrain/9/00001.mp4")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    for name in CLIPS:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def write(folder: Path, **texts: str | bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for split, text in texts.items():
        (folder / f"{split}.txt").write_bytes(text if isinstance(text, bytes) else text.encode())


def splits(source: Path, layout: str = "lrs2", **options: str) -> dict[str, str | None]:
    clips = apply_lists(list_clips(layout, source), source, layout, Lists(**options))
    return {"/".join(clip.path.parts[-2:]): clip.split for clip in clips}


EXPECTED = {"553/00001.mp4": "train", "553/00002.mp4": "val", "618/00001.mp4": "test"}


@pytest.mark.parametrize("place", ["main", "main/filelists", ".", "filelists"])
def test_lists_are_found_beside_the_clips(source: Path, place: str) -> None:
    write(source / place, train="553/00001\n\n", val="553/00002\n", test="618/00001 NF\n")
    assert splits(source / "main" if place != "." else source) == EXPECTED


FORMS = {
    "mark and CRLF": b"\xef\xbb\xbf553/00001\r\n",
    "UTF-16 with its mark": "553/00001\r\n".encode("utf-16"),
    "UTF-16 without": "553/00001\r\n".encode("utf-16-be"),
    "old line ends": b"553/00001\r",
    "ending of the file": b"553/00001.mp4\n",
    "other ending": b"553/00001.MPG\n",
    "leading slash": b"/553/00001\n",
    "folder before": b"./main/553/00001.mp4\n",
    "backslashes": b"main\\553\\00001.mp4\r\n",
    "drive": b"D:\\data\\lrs2\\main\\553\\00001.mp4\r\n",
    "path of another machine": b"/data/lrs2/mvlrs_v1/main/553/00001.mp4\n",
    "second column": b"553/00001 NF\n",
    "tab and score": b"553/00001\t0.83\n",
    "quotes": b'"553/00001"\n',
    "blanks around": b"   553/00001  \n\x1a",
}


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS.keys())
def test_every_form_of_a_line(source: Path, text: bytes) -> None:
    write(source / "filelists", train=text, val="553/00002\n", test="618/00001\n")
    assert splits(source / "main") == EXPECTED


def test_absolute_paths_into_a_flat_folder(tmp_path: Path) -> None:
    write(tmp_path, train="/elsewhere/a b.mp4\n", test=b"C:\\x\\\xff.mp4\n")
    for name in (b"a b.mp4", b"\xff.mp4"):
        (tmp_path / os.fsdecode(name)).touch()
    found = apply_lists(list_clips("folder", tmp_path), tmp_path, "folder", Lists())
    assert {clip.name: clip.split for clip in found} == {"a b.mp4": "train", os.fsdecode(b"\xff.mp4"): "test"}


def test_lines_that_name_nothing_are_counted(source: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(source, train="553/00001\n999/00009\n999/00010\n", val="553/00002\n", test="618/00001\n")
    with caplog.at_level(logging.WARNING):
        assert splits(source) == EXPECTED
    assert "2 of 3 lines name no clip" in caplog.text and "999/00009" in caplog.text


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ({"train": "x/1\ny/2\n"}, "no line of this list names a clip of the source, the first: x/1"),
        ({"train": "553/00001\n553/00002\n618/00001\n", "test": "q/1\n"}, "no line of this list"),
        ({"train": "553/00001\n"}, "2 of 3 clips are in none of the lists, the first: 553/00002.mp4"),
        (
            {"train": "553/00001\n553/00002\n", "test": "553/00001\n618/00001\n"},
            "a clip is in the lists train and test",
        ),
        ({"train": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\0"}, "not a text"),
        ({"train": "00001\n"}, "no line of this list"),  # fits two clips
    ],
)
def test_what_stops_a_run(source: Path, texts: dict[str, str | bytes], words: str) -> None:
    write(source / "filelists", **texts)
    with pytest.raises(InputError) as caught:
        splits(source / "main")
    assert words in str(caught.value)


def test_unlisted_clips_are_left_out_or_trained_on_when_that_is_said(source: Path) -> None:
    write(source, test="553/00001\n")
    assert splits(source, unlisted="ignore") == {"553/00001.mp4": "test"}
    assert splits(source, unlisted="train") == EXPECTED | {
        "553/00001.mp4": "test",
        "553/00002.mp4": "train",
        "618/00001.mp4": "train",
    }
    with pytest.raises(InputError, match="unknown unlisted"):
        Lists(unlisted="perhaps")


def test_lists_of_another_folder_and_no_lists(source: Path, tmp_path: Path) -> None:
    write(tmp_path / "mine", Train="553/00001\n553/00002\n", TEST="618/00001\n")
    assert set(splits(source / "main").values()) == {None}
    assert splits(source / "main", folder=str(tmp_path / "mine"))["618/00001.mp4"] == "test"
    write(source, train="a/b\n")
    assert set(splits(source / "main", folder="none").values()) == {None}
    with pytest.raises(InputError, match="no list in this folder"):
        splits(source / "main", folder=str(tmp_path / "gone"))


def test_lists_above_the_source_are_those_of_lrs2_alone(source: Path) -> None:
    write(source, train="a/b\n")
    assert set(splits(source / "main", "folder").values()) == {None}
    write(source / "main", train="553/00001\n553/00002\n", test="618/00001\n")
    assert splits(source / "main", "folder")["618/00001.mp4"] == "test"


def test_without_lists_the_split_stays_open(source: Path) -> None:
    assert set(splits(source).values()) == {None}
