"""Where a report's figures come from: weights and data by sha256, versions. Nothing in which two equal runs differ."""

import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Protocol

from talkface.evaluation.cache import digest_of_files
from talkface.paths import is_file, walk_files

PACKAGES = ("talkface", "torch", "numpy", "av", "opencv-python", "facenet-pytorch")


class Loaded(Protocol):
    """A network as `models.load` gives it."""

    metadata: dict[str, Any]
    weights_sha256: str


def describe_weights(path: Path | str, network: Loaded, kind: str) -> dict[str, Any]:
    """{file, kind, sha256, metadata} of one network; the folder it lies in says nothing about it."""
    return {"file": Path(path).name, "kind": kind, "sha256": network.weights_sha256, "metadata": network.metadata}


def describe_corpora(folders: Sequence[str | Path], files: Sequence[str]) -> list[dict[str, str]]:
    """{name, sha256} of each corpus: the hash is over its `files` (description and manifest), in order."""
    return [
        {"name": Path(each).resolve().name, "sha256": digest_of_files(Path(each) / file for file in files)}
        for each in folders
    ]


def describe_files(folder: Path) -> dict[str, str]:
    """{path below the folder: sha256} of all files in a folder, hidden ones left out; of a single file, its name."""
    if is_file(folder):
        return {folder.name: digest_of_files([folder])}
    named = {path.relative_to(folder).as_posix(): path for path in walk_files(folder)}
    return {name: digest_of_files([path]) for name, path in named.items() if not f"/{name}".count("/.")}


def versions() -> dict[str, str]:
    """Versions of Python, of the processor's kind, and of every package that can move a figure."""
    found = {"python": platform.python_version(), "machine": platform.machine()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "absent"
    return found
