from pathlib import Path

import pytest

from talkface.errors import InputError
from talkface.preparation.layouts import SourceClip
from talkface.preparation.table import apply_table


def clips(source: Path, *names: str) -> list[SourceClip]:
    return [SourceClip(name, source / name, name, "nobody", None) for name in names]


def test_overrides_and_selects(tmp_path: Path) -> None:
    table = tmp_path / "manifest.tsv"
    table.write_text(
        "path\tkind\tspeaker\tsplit\nsub/a.mp4\thuman\tann\ttest\nsub/b.mp4\tgenerated\tbob\ttrain\nother/c.mp4\thuman\tc\tval\n"
        "sub/d.mp4\thuman\t\t\n"
    )
    found = apply_table(clips(tmp_path / "sub", "a.mp4", "b.mp4", "d.mp4", "e.mp4"), table, kinds=["human"])
    assert [(clip.id, clip.speaker, clip.split) for clip in found] == [
        ("a.mp4", "ann", "test"),
        ("d.mp4", "nobody", None),
    ]
    found = apply_table(clips(tmp_path / "sub", "b.mp4"), table, kinds=["generated"])
    assert [clip.speaker for clip in found] == ["bob"]


def test_csv_with_quotes_and_no_kind(tmp_path: Path) -> None:
    table = tmp_path / "clips.csv"
    table.write_text('path,speaker,split\n"a, b.mp4","Ann, A.",val\n')
    (found,) = apply_table(clips(tmp_path, "a, b.mp4"), table, kinds=[])
    assert (found.speaker, found.split) == ("Ann, A.", "val")


@pytest.mark.parametrize(
    "content",
    [
        "path;speaker;split\r\nsub\\\\a.mp4;ann;val\r\n".encode("utf-16"),
        b"\xef\xbb\xbfpath\tspeaker\tsplit\r\nsub/a.mp4\tann\tval\r\n",
        b'\n"path" , "speaker","split","more"\nsub/a.mp4,ann,val\n',
    ],
)
def test_tables_of_other_programs(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.mp4").touch()
    (tmp_path / "clips.csv").write_bytes(content)
    (found,) = apply_table(clips(tmp_path / "sub", "a.mp4"), tmp_path / "clips.csv", kinds=[])
    assert (found.speaker, found.split) == ("ann", "val")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("file,speaker\na.mp4,x\n", "no column 'path' in this table"),
        ("", "no column 'path' in this table"),
        ("path,split\na.mp4,dev\n", "no such split 'dev'"),
        ("path,split\nz.mp4,val\n", "the table lists none of the source's clips"),
        ("split,path\nval,\n", "a row without a path"),
        ("path\na\0.mp4\n", "not a text"),
    ],
)
def test_bad_tables(tmp_path: Path, text: str, what: str) -> None:
    table = tmp_path / "clips.csv"
    table.write_text(text)
    with pytest.raises(InputError) as caught:
        apply_table(clips(tmp_path, "a.mp4"), table, kinds=[])
    assert caught.value.what == what


def test_missing_table(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        apply_table([], tmp_path / "none.tsv", kinds=[])
