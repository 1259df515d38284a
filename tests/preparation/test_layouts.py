from pathlib import Path

import pytest

from talkface.errors import InputError
from talkface.preparation.layouts import clip_ids, list_clips


def tree(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")
    return folder


def speakers(clips) -> dict[str, str]:
    return {clip.name: clip.speaker for clip in clips}


def test_grid_tree_and_flat(tmp_path: Path) -> None:
    clips = list_clips("grid", tree(tmp_path, "s1/bbaf2n.mpg", "s1/video/lgbs5a.mpg", "s2_bwwu1s.mp4", "s1/notes.txt"))
    assert speakers(clips) == {"s1/bbaf2n.mpg": "s1", "s1/video/lgbs5a.mpg": "s1", "s2_bwwu1s.mp4": "s2"}
    assert [clip.id for clip in clips] == ["s1_bbaf2n", "s1_video_lgbs5a", "s2_bwwu1s"]
    assert {clip.split for clip in clips} == {None}


def test_folder_speaker_is_first_folder_or_stem(tmp_path: Path) -> None:
    clips = list_clips("folder", tree(tmp_path, "ann/deep/er/one.MOV", "ann/two.webm", "bob_1.mp4", "bob_2.mp4"))
    assert speakers(clips) == {
        "ann/deep/er/one.MOV": "ann",
        "ann/two.webm": "ann",
        "bob_1.mp4": "bob_1",
        "bob_2.mp4": "bob_2",
    }


def test_hidden_files_are_left_out(tmp_path: Path) -> None:
    clips = list_clips("folder", tree(tmp_path, ".cache/a.mp4", "._b.mp4", "c.mp4"))
    assert [clip.name for clip in clips] == ["c.mp4"]


def test_lrs2_without_lists_leaves_the_split_open(tmp_path: Path) -> None:
    clips = list_clips("lrs2", tree(tmp_path, "main/553/00001.mp4"))
    assert [(clip.id, clip.speaker, clip.split) for clip in clips] == [("main_553_00001", "553", None)]


def test_voxceleb2(tmp_path: Path) -> None:
    source = tree(tmp_path, "dev/mp4/id00012/21Uxsk56VDQ/00001.mp4", "test/mp4/id00017/x-1/00002.mp4")
    clips = list_clips("voxceleb2", source)
    assert [(clip.speaker, clip.split) for clip in clips] == [("id00012", None), ("id00017", "test")]
    assert clips[1].id == "test_mp4_id00017_x-1_00002"


def test_lrw_is_split_by_its_folders(tmp_path: Path) -> None:
    clips = list_clips("lrw", tree(tmp_path, "ABOUT/train/ABOUT_00001.mp4", "ABOUT/test/ABOUT_00001.mp4"))
    assert [(clip.name, clip.split) for clip in clips] == [
        ("ABOUT/test/ABOUT_00001.mp4", "test"),
        ("ABOUT/train/ABOUT_00001.mp4", "train"),
    ]


def test_linked_folders_are_walked_and_a_cycle_ends(tmp_path: Path) -> None:
    store, source = tree(tmp_path / "store", "one.mp4", "deep/two.mp4"), tree(tmp_path / "source", "own/three.mp4")
    (source / "ann").symlink_to(store)
    (store / "deep" / "back").symlink_to(source)
    (source / "own" / "itself").symlink_to(source / "own")
    (source / "gone").symlink_to(tmp_path / "nowhere")
    clips = list_clips("folder", source)
    assert [(clip.name, clip.speaker) for clip in clips] == [
        ("ann/deep/two.mp4", "ann"),
        ("ann/one.mp4", "ann"),
        ("own/three.mp4", "own"),
    ]


def test_animation_speaker_is_the_series(tmp_path: Path) -> None:
    clips = list_clips("animation", tree(tmp_path, "moon_01.mp4", "moon_02.mp4", "sun/cut.mp4"))
    assert speakers(clips) == {"moon_01.mp4": "moon", "moon_02.mp4": "moon", "sun/cut.mp4": "sun"}


def test_ids_are_unique_and_safe() -> None:
    names = ["a/b.mp4", "a_b.mp4", "a b.mp4", "A B.mp4", "ünï/ç.mp4", "x" * 300 + ".mp4", "..odd/…\n.mp4"]
    ids = clip_ids(names)
    assert len({name.casefold() for name in ids}) == len(names)
    assert all("/" not in name and "." not in name and "\n" not in name and len(name.encode()) <= 120 for name in ids)
    assert ids[4] == "ünï_ç"
    assert ids[0].startswith("a_b-") and ids[1].startswith("a_b-")  # both get a hash: the order of files says nothing
    assert clip_ids(list(reversed(names))) == list(reversed(ids))


@pytest.mark.parametrize(
    ("layout", "make", "what"),
    [
        ("ntsc", True, "no such layout"),
        ("grid", False, "no such folder"),
        ("grid", True, "no media file in this folder"),
    ],
)
def test_bad_sources(tmp_path: Path, layout: str, make: bool, what: str) -> None:
    source = tmp_path / "source"
    if make:
        source.mkdir()
    with pytest.raises(InputError) as caught:
        list_clips(layout, source)
    assert caught.value.what == what
    assert caught.value.remedy
