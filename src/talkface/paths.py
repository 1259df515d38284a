"""Files and folders by name: walks of a tree, names within the file system's limit, outputs that are links. Light."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from talkface.errors import InputError

_LONGEST = 255  # bytes of a name where the file system does not say
_DIGITS = 8  # of the hash that tells shortened names apart


def walk_files(folder: Path) -> Iterator[Path]:
    """All files below `folder`, in the order of their paths. Links to folders are followed, cycles are not."""
    return iter(sorted(_walk(folder, frozenset())))


def _walk(folder: Path, above: frozenset[tuple[int, int]]) -> Iterator[Path]:
    """above: the folders that lead here, by device and inode; meeting one of them again is a cycle."""
    try:
        state = folder.stat()
        entries = list(folder.iterdir())
    except OSError:
        return  # gone meanwhile, or not ours to read: as if it were empty
    identity = (state.st_dev, state.st_ino)
    if identity in above:
        return
    for entry in entries:
        if is_folder(entry):
            yield from _walk(entry, above | {identity})
        elif is_file(entry):
            yield entry


def is_file(path: Path) -> bool:
    """Whether there is a file; False for a name that cannot be one (too long, a NUL byte, a link to itself)."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def is_folder(path: Path) -> bool:
    """Whether there is a folder; False for a name that cannot be one."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def there_is(path: Path) -> bool:
    """Whether the path leads to anything; False for a name that cannot be one."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def real_target(path: Path) -> Path:
    """Where writing to `path` writes: the file that a link leads to, there or not. InputError: it leads in a circle."""
    try:
        return path.resolve() if path.is_symlink() else path
    except (OSError, RuntimeError, ValueError) as error:
        raise InputError("this link leads nowhere", path, "remove the link, or give another name") from error


def same_place(path: Path) -> Path:
    """The path by which two names of one file are told: all links followed. InputError: no such path is possible."""
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"not a possible path ({reason})", path, "give another path") from error


def longest_name(folder: Path) -> int:
    """Bytes that a name in this folder, or in the nearest one above that exists, may have."""
    for place in (folder, *folder.absolute().parents):
        try:
            return os.pathconf(place, "PC_NAME_MAX")
        except (OSError, ValueError):
            continue
    return _LONGEST


def check_name(path: Path) -> None:
    """InputError: the name is longer than the file system takes."""
    limit, size = longest_name(path.parent), len(os.fsencode(path.name))
    if size > limit:
        raise InputError(f"the file name is too long ({size} bytes)", path, f"give a name of at most {limit} bytes")


def beside(path: Path, ending: str) -> Path:
    """The file that goes with `path`: its stem with `ending` (like `.compare.mp4`).

    A stem that would become too long is cut, with a hash of the whole behind it.
    """
    return path.with_name(fitted(path.stem, ending, longest_name(path.parent)))


def fitted(stem: str, ending: str, limit: int = _LONGEST) -> str:
    """`stem` + `ending` in at most `limit` bytes; a stem that is cut gets a hash of the whole."""
    whole = os.fsencode(stem)
    if len(whole) + len(os.fsencode(ending)) <= limit:
        return stem + ending
    digest = "-" + hashlib.sha256(whole).hexdigest()[:_DIGITS]
    room = limit - len(os.fsencode(ending)) - len(digest)
    cut = stem[:room]
    while len(os.fsencode(cut)) > room:
        cut = cut[:-1]  # whole characters
    return cut + digest + ending
