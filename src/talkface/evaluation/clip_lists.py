"""Lists of media files for `protocol=cross_driving`, and the order of their pairs. Reads no media."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from talkface.errors import InputError
from talkface.evaluation.files import media_files

REMEDY = "give clips=FOLDER, or a text file with a line `path<TAB>speaker<TAB>group` a clip"


class MediaClip(NamedTuple):
    """A video with sound. key: `group/name`, unique in a list. group: whose aims hold. speaker: never drives itself."""

    key: str
    path: Path
    speaker: str
    group: str


def read_clip_list(path: Path) -> list[MediaClip]:
    """The clips of a folder of videos, or of a text file with a path a line, from its own folder on.

    Behind the path a tab and the speaker (else the file's name), another tab and the group (else the folder's name).
    Empty lines, and those that begin with #, are left out. InputError: not readable, a file that is not there, two of
    one key, fewer than two speakers.
    """
    rows = [(str(each),) for each in media_files(path).values()] if path.is_dir() else _rows(path)
    clips = [_clip(path, *row) for row in rows]
    keys = [clip.key for clip in clips]
    twice = next((key for key in keys if keys.count(key) > 1), None)
    if twice is not None:
        raise InputError(f"two clips are called {twice}", path, "name one otherwise, or give it another group")
    if len({clip.speaker for clip in clips}) < 2:
        raise InputError("fewer than two speakers, so no one drives another", path, REMEDY)
    return clips


def cross_pairs(clips: Sequence[MediaClip], seed: int, count: int | None) -> list[tuple[MediaClip, MediaClip]]:
    """(face, sound) of all ordered pairs of different speakers, or the first `count`.

    The order is by SHA-256 of seed and key, the same on any machine: first each clip with the next one, then with the
    one after that, so that the first pairs use every face and every sound once.
    """
    order = sorted(clips, key=lambda clip: hashlib.sha256(f"{seed}\n{clip.key}".encode()).digest())
    pairs = [
        (face, order[(place + step) % len(order)]) for step in range(1, len(order)) for place, face in enumerate(order)
    ]
    return [pair for pair in pairs if pair[0].speaker != pair[1].speaker][:count]


def _rows(path: Path) -> list[tuple[str, ...]]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("cannot read this list of clips", path, REMEDY) from error
    return [tuple(line.rstrip("\t ").split("\t")) for line in lines if line.strip() and not line.startswith("#")]


def _clip(where: Path, *row: str) -> MediaClip:
    if len(row) > 3:
        raise InputError(f"not a clip: '{' '.join(row)}'", where, REMEDY)
    name, speaker, group = (*row, "", "")[:3]
    path = (where if where.is_dir() else where.parent) / name
    if not path.is_file():
        raise InputError(f"no file {name}", where, "check the path: it is looked for from the list's own folder on")
    group = (group or path.resolve().parent.name).replace("/", "_")
    return MediaClip(f"{group}/{path.stem}", path, speaker or path.stem, group)
