"""A user's table of clips (TSV or CSV) that overrides what the layout says: path, speaker, split, optionally kind."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from talkface.corpus import SPLITS
from talkface.errors import InputError
from talkface.paths import same_place, there_is
from talkface.preparation.layouts import SourceClip
from talkface.texts import read_text, rows_of

logger = logging.getLogger(__name__)
_REMEDY = "give a TSV or CSV with the columns path, speaker, split"


def read_table(path: Path) -> list[dict[str, str]]:
    """Rows of a table with a header line, in which the delimiter is seen: tab, comma or semicolon.

    Missing cells are empty. InputError: it cannot be read, has no `path` column, or a row without a path.
    """
    text = read_text(path, _REMEDY)
    header = text.lstrip("\r\n").partition("\n")[0]
    delimiter = next((sign for sign in "\t,;" if sign in header), ",")
    rows = rows_of(text, delimiter, path, _REMEDY)
    names = [cell.strip() for cell in rows[0].cells] if rows else []
    if "path" not in names or len(rows) < 2:
        raise InputError("no column 'path' in this table", path, _REMEDY)
    found = []
    for row in rows[1:]:
        cells = dict.fromkeys(names, "") | dict(zip(names, map(str.strip, row.cells), strict=False))
        if not cells["path"]:
            raise InputError("a row without a path", f"{path}, line {row.number}", _REMEDY)
        found.append(cells)
    return found


def apply_table(clips: Sequence[SourceClip], table: Path, *, kinds: Collection[str]) -> list[SourceClip]:
    """Only the clips that `table` lists, with its speaker and split where it gives them.

    Paths in the table are relative to its own folder. kinds: rows of other kinds are left out, where there is such a
    column. Rows that name none of the clips are counted. InputError: a split that does not exist; no row for any of the
    clips.
    """
    rows = {_resolved(table, row["path"]): row for row in read_table(table) if (row.get("kind") or "") in {"", *kinds}}
    listed = [(clip, rows[path]) for clip in clips if (path := same_place(clip.path)) in rows]
    if not listed:
        raise InputError(
            "the table lists none of the source's clips", table, "paths are relative to the table's folder"
        )
    if len(listed) < len(rows):
        logger.info("%s: %d of %d rows name no clip of the source", table, len(rows) - len(listed), len(rows))
    return [_overridden(clip, row, table) for clip, row in listed]


def _overridden(clip: SourceClip, row: dict[str, str], table: Path) -> SourceClip:
    split = row.get("split") or clip.split
    if split is not None and split not in SPLITS:
        raise InputError(f"no such split '{split}'", f"{table}: {row['path']}", f"use one of {', '.join(SPLITS)}")
    return replace(clip, split=split, speaker=row.get("speaker") or clip.speaker)


def _resolved(table: Path, path: str) -> Path:
    r"""Where a row's file lies; `sub\\a.mp4`, where there is no such file, is `sub/a.mp4`."""
    written, turned = table.parent / path, table.parent / path.replace("\\", "/")
    return same_place(written if there_is(written) else turned)
