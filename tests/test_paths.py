"""Walks that follow links, names at the limit of the file system, outputs that are links."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talkface.errors import InputError
from talkface.media import atomic_write_text
from talkface.paths import beside, check_name, fitted, is_file, real_target, same_place, walk_files


def test_links_are_followed_and_cycles_are_not(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "file").touch()
    (tmp_path / "a" / "b" / "up").symlink_to(tmp_path)
    (tmp_path / "other").symlink_to(tmp_path / "a")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "gone").symlink_to(tmp_path / "nothing")
    found = [path.relative_to(tmp_path).as_posix() for path in walk_files(tmp_path)]
    assert found == ["a/b/file", "other/b/file"]
    assert list(walk_files(tmp_path / "gone")) == []


def test_an_output_that_is_a_link_stays_one(tmp_path):
    real = tmp_path / "store" / "real.txt"
    real.parent.mkdir()
    real.write_text("old")
    (tmp_path / "link.txt").symlink_to(real)
    (tmp_path / "new.txt").symlink_to(tmp_path / "store" / "made.txt")
    atomic_write_text(tmp_path / "link.txt", "new")
    atomic_write_text(tmp_path / "new.txt", "made")
    assert (tmp_path / "link.txt").is_symlink() and real.read_text() == "new"
    assert (tmp_path / "new.txt").is_symlink() and (tmp_path / "store" / "made.txt").read_text() == "made"
    assert sorted(path.name for path in real.parent.iterdir()) == ["made.txt", "real.txt"]


def test_a_link_in_a_circle_is_one_line(tmp_path):
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    for ask in (real_target, same_place, lambda path: atomic_write_text(path, "")):
        with pytest.raises(InputError):
            ask(tmp_path / "a")


@given(st.text(st.characters(blacklist_characters="/\0", blacklist_categories=["Cs"]), min_size=1, max_size=300))
def test_names_fit(stem):
    name = fitted(stem, ".compare.mp4")
    assert len(os.fsencode(name)) <= 255 and name.endswith(".compare.mp4")
    assert name == stem + ".compare.mp4" or len(os.fsencode(stem)) > 243


def test_shortened_names_differ_and_can_be_written(tmp_path):
    one, two = (beside(tmp_path / ("语" * 83 + end + ".mp4"), ".compare.mp4") for end in "ab")
    assert one != two
    atomic_write_text(one, "x")
    assert one.read_text() == "x"


def test_a_name_beyond_the_limit_is_one_line(tmp_path):
    check_name(tmp_path / ("x" * 255))
    for call in (check_name, lambda path: atomic_write_text(path, "")):
        with pytest.raises(InputError, match="too long"):
            call(tmp_path / ("x" * 256))
    assert not is_file(tmp_path / ("x" * 256)) and not is_file(tmp_path / "a\0")


def test_names_at_the_limit_can_be_written(tmp_path):
    for name in ("x" * 251 + ".txt", "a." + "b" * 253, "\udcff" * 255):
        atomic_write_text(tmp_path / name, "x")
        assert (tmp_path / name).read_text() == "x"
