"""A run's folder: writable at the start, and one line when the disk lets the run down later."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from talkface.errors import InputError
from talkface.media.atomic import temporary_beside

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_REFUSED = (errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO, errno.ENOTDIR, errno.ENOENT, errno.ESTALE)


def check_folder(folder: Path) -> None:
    """Make the folder of a run and write a first file into it, which is gone again. InputError: it cannot be done."""
    probe = temporary_beside(folder / "probe")
    try:
        probe.write_bytes(b"x" * 4096)
    except OSError as error:
        raise _told(error, folder) from error
    finally:
        probe.unlink(missing_ok=True)


@contextmanager
def told_of_disk(folder: Path) -> Iterator[None]:
    """Within: a full disk, or a refusal that concerns a file of `folder`, is an InputError; other errors stay."""
    try:
        yield
    except OSError as error:
        ours = error.filename is not None and Path(str(error.filename)).absolute().is_relative_to(folder.absolute())
        if error.errno in FULL or (error.errno in _REFUSED and ours):
            raise _told(error, folder) from error
        raise


def _told(error: OSError, folder: Path) -> InputError:
    remedy = "make room there" if error.errno in FULL else "choose another run=FOLDER"
    reason = error.strerror or type(error).__name__
    return InputError(f"cannot write the run's files ({reason})", folder, f"{remedy}; its last checkpoint is kept")
