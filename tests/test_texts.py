"""One reader of texts: encodings, line ends, rows, and names that lists write differently than the disk."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talkface.errors import InputError
from talkface.texts import NameIndex, json_text, lines_of, name_parts, quoted_row, read_text, rows_of

TEXT = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0\x1a\r\ufeff"), max_size=60)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@given(text=TEXT)
def test_what_was_written_is_read(tmp_path_factory, encoding, text):
    path = tmp_path_factory.mktemp("texts") / "a.txt"
    path.write_bytes(text.encode(encoding))
    assert read_text(path, "") == text


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark(tmp_path, encoding):
    (tmp_path / "a.txt").write_bytes("553/00001.mp4\r\nä/2\r\n".encode(encoding))
    assert lines_of(read_text(tmp_path / "a.txt", "")) == ["553/00001.mp4", "ä/2"]


def test_bytes_that_are_no_utf_8_stay_a_file_name(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"caf\xe9.mp4\n")
    assert lines_of(read_text(tmp_path / "a.txt", "")) == ["caf\udce9.mp4"]


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"a\0b", b"\xff\xfea"])
def test_what_is_no_text(tmp_path, content):
    (tmp_path / "a.txt").write_bytes(content)
    with pytest.raises(InputError, match="not a text"):
        read_text(tmp_path / "a.txt", "remedy")


@pytest.mark.parametrize("name", ["gone", "x" * 300, "a\0b", "."])
def test_what_cannot_be_read(tmp_path, name):
    with pytest.raises(InputError):
        read_text(tmp_path / name, "remedy")


def test_lines_break_at_line_ends_only():
    assert lines_of("a\x0bb\u2028c\r\n\r\n d \re") == ["a\x0bb\u2028c", "d", "e"]


@pytest.mark.parametrize("delimiter", [" ", ",", "\t"])
@given(
    st.lists(st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0\r"), max_size=8), min_size=1)
)
def test_a_row_that_is_written_is_read(delimiter, cells):
    if any(cell.strip() for cell in cells):
        assert [row.cells for row in rows_of(quoted_row(cells, delimiter), delimiter, "x", "")] == [cells]


def test_rows_keep_their_line_and_blank_ones_are_left_out():
    assert [(row.number, row.cells) for row in rows_of('a,b\r\n\r\n,,\r\n"c\nd",e', ",", "x", "")] == [
        (1, ["a", "b"]),
        (5, ["c\nd", "e"]),
    ]


@pytest.mark.parametrize("name", ["x/a", "/x/a", "x/a.mp4", "x\\a.MPG", "C:\\x\\a.wav", "./x//a", '"x/a"', " x/a "])
def test_forms_of_one_name(name):
    assert name_parts(name) == ("x", "a")


def test_dots_and_accents_of_names():
    assert name_parts("v1.2/clip.one") == ("v1.2", "clip.one") and name_parts(".mp4") == (".mp4",)
    assert name_parts("e\u0301.mp4") == ("\u00e9",)


def test_an_index_finds_by_the_longest_end():
    index = NameIndex([(1, "main/553/1.mp4"), (2, "other/553/1.mp4"), (3, "a.mp4"), (4, "553/1.mp4")])
    assert index.find("553/1") == [4] and index.find("main/553/1") == [1] and index.find("/q/main/553/1.mp4") == [1]
    assert index.find("q/a") == [] and index.find("/q/a") == [3] and index.find("") == []
    assert index.find_line("main/553/1 NF") == [1] and sorted(index.find("1")) == [1, 2, 4]


def test_json_with_names_of_any_bytes_is_utf_8():
    assert json_text({"a": "é"}) == '{"a": "é"}'
    odd = json_text({"a": "é\udcff"})
    assert odd.encode() and json.loads(odd) == {"a": "é\udcff"}
