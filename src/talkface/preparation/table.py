"""A user's table of clips (TSV or CSV) that overrides what the layout says: path, speaker, split, optionally kind."""

import csv
import io
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from talkface.corpus import SPLITS
from talkface.errors import InputError
from talkface.preparation.layouts import SourceClip

_REMEDY = "give a TSV or CSV with the columns path, speaker, split"


def read_table(path: Path) -> list[dict[str, str]]:
    """Rows of a table with a header line; tabs if the header has one, else commas. InputError:

    missing, no `path` column.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("cannot read this table", path, _REMEDY) from error
    dialect = csv.excel_tab if "\t" in text.partition("\n")[0] else csv.excel
    rows = list(csv.DictReader(io.StringIO(text, newline=""), dialect=dialect))
    if not rows or "path" not in rows[0]:
        raise InputError("no column 'path' in this table", path, _REMEDY)
    return rows


def apply_table(clips: Sequence[SourceClip], table: Path, *, kinds: Collection[str]) -> list[SourceClip]:
    """Only the clips that `table` lists, with its speaker and split where it gives them.

    Paths in the table are relative to its own folder. kinds: rows of other kinds are left out, where there is such a
    column. InputError: a split that does not exist; no row for any of the clips.
    """
    rows = {_resolved(table, row["path"]): row for row in read_table(table) if (row.get("kind") or "") in {"", *kinds}}
    listed = [(clip, rows[path]) for clip in clips if (path := clip.path.resolve()) in rows]
    if not listed:
        raise InputError(
            "the table lists none of the source's clips", table, "paths are relative to the table's folder"
        )
    return [_overridden(clip, row, table) for clip, row in listed]


def _overridden(clip: SourceClip, row: dict[str, str], table: Path) -> SourceClip:
    split = row.get("split") or clip.split
    if split is not None and split not in SPLITS:
        raise InputError(f"no such split '{split}'", f"{table}: {row['path']}", f"use one of {', '.join(SPLITS)}")
    return replace(clip, split=split, speaker=row.get("speaker") or clip.speaker)


def _resolved(table: Path, path: str) -> Path:
    return (table.parent / path).resolve()
