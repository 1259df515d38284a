"""Lists of clips that drive each other: folders, text files, bad ones; and the order of the pairs."""

from collections import Counter
from pathlib import Path

import pytest

from talkface.errors import InputError
from talkface.evaluation.clip_lists import MediaClip, cross_pairs, read_clip_list


def touch(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")


def clips(count: int) -> list[MediaClip]:
    return [MediaClip(f"g/{index}", Path(f"{index}.mp4"), f"s{index}", "g") for index in range(count)]


def test_a_folder_is_a_list_of_one_speaker_a_clip(tmp_path: Path) -> None:
    touch(tmp_path / "demo", "a.mp4", "b.mpg", "more/a.mkv", "notes.txt")
    found = read_clip_list(tmp_path / "demo")
    assert [(clip.key, clip.speaker, clip.group) for clip in found] == [
        ("demo/a", "a", "demo"),
        ("demo/b", "b", "demo"),
        ("more/a", "a", "more"),
    ]


def test_a_file_names_paths_speakers_and_groups(tmp_path: Path) -> None:
    touch(tmp_path, "x/a.mp4", "x/b c.mp4", "d.mp4")
    text = f"\ufeff# path, speaker, group\nx/a.mp4\tanna\tgrid\n\nx/b c.mp4\t\tgrid\n{tmp_path / 'd.mp4'}\tanna\n"
    (tmp_path / "list.tsv").write_text(text, encoding="utf-8")
    found = read_clip_list(tmp_path / "list.tsv")
    assert [(clip.key, clip.speaker) for clip in found] == [
        ("grid/a", "anna"), ("grid/b c", "b c"), (f"{tmp_path.name}/d", "anna")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a.mp4\nnone.mp4\n", "no file none.mp4"),
        ("a.mp4\ta\tg\tmore\n", "not a clip"),
        ("a.mp4\tx\tg\nb/a.mp4\ty\tg\n", "two clips are called g/a"),
        ("a.mp4\tx\nb/a.mp4\tx\n", "fewer than two speakers"),
        ("", "fewer than two speakers"),
    ],
)
def test_lists_that_say_too_little_are_refused(tmp_path: Path, text: str, what: str) -> None:
    touch(tmp_path, "a.mp4", "b/a.mp4")
    (tmp_path / "list.tsv").write_text(text)
    with pytest.raises(InputError, match=what):
        read_clip_list(tmp_path / "list.tsv")


def test_no_list_and_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "list.tsv").write_bytes(b"\xff\xfe\x00")
    for name in ("none.tsv", "list.tsv"):
        with pytest.raises(InputError, match="cannot read this list"):
            read_clip_list(tmp_path / name)


def test_all_ordered_pairs_of_different_speakers() -> None:
    some = [*clips(4), MediaClip("g/4", Path("4.mp4"), "s0", "g")]
    pairs = cross_pairs(some, 0, None)
    assert len({(face.key, sound.key) for face, sound in pairs}) == len(pairs) == 5 * 4 - 2
    assert all(face.speaker != sound.speaker for face, sound in pairs)


@pytest.mark.parametrize("seed", range(3))
def test_the_first_pairs_use_every_face_and_every_sound_once(seed: int) -> None:
    pairs = cross_pairs(clips(7), seed, 7)
    for part in (0, 1):
        assert Counter(pair[part].key for pair in pairs) == Counter(clip.key for clip in clips(7))
    assert pairs == cross_pairs(list(reversed(clips(7))), seed, None)[:7] != cross_pairs(clips(7), seed + 1, 7)
