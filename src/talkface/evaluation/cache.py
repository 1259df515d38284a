"""Features computed once: by the content they come from, in memory for a clip's rows, on disk for later runs."""

import hashlib
import json
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from talkface.errors import InputError
from talkface.media import atomic_path

Array = npt.NDArray[Any]
FORMAT = 1  # counts up when a feature is computed otherwise under the same name
_HELD = 32  # arrays in memory: more than the rows of one clip ask for
_READ = 1 << 20  # bytes of a file at a time


def content_of(array: Array) -> str:
    """SHA-256 of an array: its type, shape and bytes."""
    form = f"{array.dtype.str}{array.shape}".encode()
    return hashlib.sha256(form + np.ascontiguousarray(array).tobytes()).hexdigest()


def digest_of(content: Any) -> str:
    """SHA-256 of plain content: what JSON can write."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def digest_of_files(paths: Iterable[Path]) -> str:
    """SHA-256 over the bytes of the files, in order; memory does not grow with them. InputError: not readable."""
    digest = hashlib.sha256()
    for path in paths:
        try:
            with path.open("rb") as file:
                while block := file.read(_READ):
                    digest.update(block)
        except OSError as error:
            raise InputError("cannot read this file", path, "prepare it again, or leave it out") from error
    return digest.hexdigest()


class FeatureCache:
    """Arrays by name and content. State: the last ones asked for; further ones lie in `folder` (None: nowhere).

    settings: whatever else changes a value in its last bit (threads, batch, device, versions). A value from the cache
    is bit for bit what computing it would give; the folder may be deleted at any time, and a damaged file is replaced.
    """

    def __init__(self, folder: Path | None = None, settings: Mapping[str, Any] | None = None) -> None:
        self.folder, self._settings = folder, dict(settings or {})
        self._held: OrderedDict[str, Array] = OrderedDict()

    def array(self, name: str, of: Sequence[object], compute: Callable[[], Array]) -> Array:
        """The array `name` of the contents `of` (digests and plain settings); `compute` is called where it is new."""
        key = digest_of([FORMAT, name, [str(each) for each in of], self._settings])
        if key not in self._held:
            self._held[key] = self._stored(name, key, compute)
            if len(self._held) > _HELD:
                self._held.popitem(last=False)
        self._held.move_to_end(key)
        return self._held[key]

    def _stored(self, name: str, key: str, compute: Callable[[], Array]) -> Array:
        if self.folder is None:
            return compute()
        path = self.folder / name / key[:2] / f"{key}.npz"
        found = _read(path)
        if found is None:
            found = compute()
            with atomic_path(path) as temporary, temporary.open("wb") as file:
                np.savez_compressed(file, array=found)
        return found


def _read(path: Path) -> Array | None:
    """The array in a file of the cache; None where there is none, or a damaged one."""
    try:
        with np.load(path, allow_pickle=False) as content:
            return np.asarray(content["array"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
