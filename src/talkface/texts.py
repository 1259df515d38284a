"""Reader of the text files that users bring: lists, tables, the CSV of PC-AVS. Any encoding, any line ends. Light.

Bytes that are no UTF-8 stay what they are in file names (Python's surrogateescape), so that such a name, read from a
list, opens the file.
"""

import codecs
import csv
import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

from talkface.errors import InputError

Key = TypeVar("Key")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BREAK = re.compile(r"\r\n|\n|\r")  # not str.splitlines, which also breaks at characters that names may hold
_DRIVE = re.compile(r"[A-Za-z]:(?=[/\\])")
_END_OF_FILE = "\x1a"  # Ctrl-Z, written by old editors
_SUFFIXES = frozenset(
    ".mp4 .m4v .mov .mpg .mpeg .avi .mkv .webm .flv .wmv .ts .mts .3gp .ogv .vob .mxf .wav .mp3 .m4a .flac".split()  # noqa: SIM905
)


def read_text(path: Path, remedy: str) -> str:
    """The text of a file without its byte order mark. InputError: it cannot be read, or is no text."""
    try:
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        what = "no such file" if isinstance(error, FileNotFoundError) else f"cannot read this file ({reason})"
        raise InputError(what, path, remedy) from error
    mark, encoding = next((each for each in _MARKS if content.startswith(each[0])), (b"", _unmarked(content)))
    errors = "surrogateescape" if encoding == "utf-8" else "strict"
    try:
        text = content[len(mark) :].decode(encoding, errors)
    except UnicodeDecodeError as error:
        raise InputError(f"not a text ({encoding} expected)", path, remedy) from error
    if "\0" in text:
        raise InputError("not a text", path, remedy)
    return text.rstrip(_END_OF_FILE)


def lines_of(text: str) -> list[str]:
    """The lines that are not blank, without their ends (LF, CRLF or CR) and outer blanks."""
    return [line.strip() for line in _BREAK.split(text) if line.strip()]


class Fields(NamedTuple):
    """One row of a table. number: of its line, from 1."""

    number: int
    cells: list[str]


def rows_of(text: str, delimiter: str, where: object, remedy: str) -> list[Fields]:
    """Rows of a CSV that hold anything; cells with the delimiter in them stand in double quotes.

    where: is named in the error. InputError: not a CSV.
    """
    rows: list[Fields] = []
    lines = (line + "\n" for line in _BREAK.split(text))
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=delimiter != " ")
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append(Fields(reader.line_num, cells))
    except csv.Error as error:
        raise InputError(f"not a table ({error}, line {reader.line_num})", where, remedy) from error
    return rows


def name_parts(name: str) -> tuple[str, ...]:
    r"""A clip's name as lists write it, in parts: `C:\x\a.mp4`, `/x/a`, `x/a.mp4` all end in (x, a).

    Without drive, empty parts and the ending of a media file; accents in composed form.
    """
    text = _DRIVE.sub("", unicodedata.normalize("NFC", name.strip().strip("\"'")), count=1).replace("\\", "/")
    parts = [part for part in text.split("/") if part not in ("", ".")]
    if parts:
        stem, dot, ending = parts[-1].rpartition(".")
        parts[-1] = stem if stem and dot + ending.lower() in _SUFFIXES else parts[-1]
    return tuple(parts)


class NameIndex(Generic[Key]):
    """Things by the ends of their paths, as lists name them from another root, or from the middle of the path on."""

    def __init__(self, names: Iterable[tuple[Key, str]], root: Path | None = None) -> None:
        """names: (what is found, its path below `root`)."""
        above = name_parts(root.absolute().as_posix()) if root is not None else ()
        self._ends: dict[tuple[str, ...], list[tuple[Key, int]]] = {}
        for key, name in names:
            parts = (*above, *name_parts(name))
            for first in range(len(parts)):
                self._ends.setdefault(parts[first:], []).append((key, len(parts) - len(above)))

    def find(self, name: str) -> list[Key]:
        """What the name means: nothing, one thing, or several that it fits equally well.

        The longest end of `name` that is the end of a path counts: all of `name`, or two parts at least, or the mere
        file name where `name` is absolute and there are no folders below the root. Among several the one whose path
        below the root is that end.
        """
        parts, absolute = name_parts(name), _is_absolute(name)
        for first in range(len(parts)):
            end = parts[first:]
            fits = [
                (key, size)
                for key, size in self._ends.get(end, ())
                if first == 0 or len(end) > 1 or (absolute and size == 1)
            ]
            if fits:
                exact = [key for key, size in fits if size == len(end)]
                return exact or [key for key, _ in fits]
        return []

    def find_line(self, line: str) -> list[Key]:
        """The same of a line whose first column is the name (LRS2 has a second one); a name may hold blanks."""
        return self.find(line) or self.find(re.split(r"[\s,;]", line, maxsplit=1)[0])


def _is_absolute(name: str) -> bool:
    return name.lstrip(" \"'").startswith(("/", "\\")) or bool(_DRIVE.match(name.lstrip(" \"'")))


def quoted_row(cells: Sequence[object], delimiter: str) -> str:
    """One row as `rows_of` reads it."""
    return delimiter.join(_quoted(str(cell), delimiter) for cell in cells) + "\n"


def json_text(content: object, **form: Any) -> str:
    r"""JSON that is valid UTF-8: letters as they are, unless a name holds bytes that are none (then `\udcff`).

    form: further arguments of `json.dumps`.
    """
    text = json.dumps(content, ensure_ascii=False, **form)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(content, **form)
    return text


def _quoted(cell: str, delimiter: str) -> str:
    plain = cell and cell == cell.strip() and not any(sign in cell for sign in (delimiter, '"', "\n", "\r"))
    return cell if plain else '"' + cell.replace('"', '""') + '"'


def _unmarked(content: bytes) -> str:
    """UTF-16 without a mark shows by the zero bytes of its Latin letters: all on one side."""
    odd, even = content[1::2].count(0), content[0::2].count(0)
    if 10 * max(odd, even) < len(content) or min(odd, even) > 0:
        return "utf-8"
    return "utf-16-le" if odd else "utf-16-be"
