"""Atomic output: a file is complete or absent.

It grows under a temporary name beside its target and is renamed at the end. An output that is a link stays one: what it
leads to is written.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from talkface.errors import InputError
from talkface.paths import check_name, is_folder, real_target

_LONGEST_SUFFIX = 16  # characters; longer ones choose no format, and would not fit behind a name


def temporary_beside(path: Path) -> Path:
    """A new empty file beside `path` with the same ending (encoders choose by it); beside what `path` links to.

    InputError: the folder cannot be written, a name that is too long.
    """
    check_name(path)
    target = real_target(path)
    folder = target.parent
    if is_folder(target):
        raise InputError("the output is a folder", path, "give a file name")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        suffix = target.suffix if len(target.suffix) <= _LONGEST_SUFFIX else ""
        handle, name = tempfile.mkstemp(prefix=".partial-", suffix=suffix, dir=folder)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"cannot write here ({reason})", folder, "choose a folder that can be written") from error
    os.close(handle)
    temporary = Path(name)
    umask = os.umask(0)
    os.umask(umask)
    temporary.chmod(0o666 & ~umask)  # mkstemp makes private files; the result is an ordinary one
    return temporary


@contextmanager
def atomic_path(path: Path | str) -> Iterator[Path]:
    """Yield a temporary path to fill; rename it to `path` on a clean exit, remove it on any error or Ctrl-C."""
    target = Path(path)
    temporary = temporary_beside(target)
    try:
        yield temporary
        temporary.replace(real_target(target))
    finally:
        temporary.unlink(missing_ok=True)


def atomic_write_bytes(path: Path | str, data: bytes) -> None:
    """Write `data` to `path`, complete or not at all."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


def atomic_write_text(path: Path | str, text: str) -> None:
    """Write `text` to `path` as UTF-8 with line breaks as they are, complete or not at all.

    Names with bytes that are no UTF-8 are written as those bytes.
    """
    atomic_write_bytes(path, text.encode("utf-8", "surrogateescape"))
