"""Trees of data sets as lists of clips: pure functions of a folder's file names, one a layout."""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from talkface.corpus import SPLITS
from talkface.errors import InputError
from talkface.paths import is_folder, walk_files

MEDIA_SUFFIXES = frozenset(
    ".mp4 .m4v .mov .mpg .mpeg .avi .mkv .webm .flv .wmv .ts .mts .3gp .ogv .vob .mxf".split()  # noqa: SIM905
)
_LONGEST_NAME = 120  # characters of an id; file systems take 255 bytes


@dataclass(frozen=True)
class SourceClip:
    """One media file to prepare.

    id: name of its clip folder, unique in the corpus. path: the file. name: its path below the source folder, with
    slashes. split: `train`, `val`, `test`, or None where the layout does not publish one. sound: a file of its own with
    the clip's sound, for a media file that has none.
    """

    id: str
    path: Path
    name: str
    speaker: str
    split: str | None = None
    sound: Path | None = None


def media_files(folder: Path) -> Iterator[Path]:
    """All media files below `folder`, sorted by path, links followed; hidden files and folders are left out."""
    for path in walk_files(folder):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if not hidden and path.suffix.lower() in MEDIA_SUFFIXES:
            yield path


def grid(source: Path) -> list[SourceClip]:
    """GRID:

    ``s1/…/bbaf2n.mpg`` (speaker = first folder) or flat ``s1_bbaf2n.mp4`` (speaker = name up to the first ``_``).
    """
    return _listed(source, lambda parts: parts[0] if len(parts) > 1 else _stem(parts).split("_")[0])


def folder(source: Path) -> list[SourceClip]:
    """Any tree of clips: speaker = first folder, or the file's own stem where it lies in no folder."""
    return _listed(source, lambda parts: parts[0] if len(parts) > 1 else _stem(parts))


def animation(source: Path) -> list[SourceClip]:
    """Cuts of drawn series: speaker = first folder, or in a flat folder the name up to the first ``_`` (the series)."""
    return grid(source)


def lrs2(source: Path) -> list[SourceClip]:
    """LRS2: ``main/<programme>/<id>.mp4`` or from ``<programme>`` on; speaker = programme, the best label there is.

    The folder ``pretrain`` (whole programmes, in no list) is left out.
    """
    files = [path for path in media_files(source) if path.relative_to(source).parts[0] != "pretrain"]
    return _listed(source, lambda parts: parts[-2] if len(parts) > 1 else _stem(parts), files)


def lrw(source: Path) -> list[SourceClip]:
    """LRW: ``<WORD>/train|val|test/<WORD>_00001.mp4``; its splits are its folders, speakers are not published.

    A clip's own name stands for its speaker.
    """
    clips = _listed(source, _stem)
    splits = [next((part for part in clip.name.split("/")[:-1] if part in SPLITS), None) for clip in clips]
    return [replace(clip, split=split) for clip, split in zip(clips, splits, strict=True)]


def voxceleb2(source: Path) -> list[SourceClip]:
    """VoxCeleb2: ``[dev|test/][mp4/]id00012/<video>/00001.mp4``; speaker = ``id…``; below ``test``: the test split.

    As released its videos are silent and their sound lies at the same place below ``aac`` (see `sounds`).

    The speakers of ``dev`` are published as one set: train and val are drawn from them.
    """
    clips = _listed(source, _voxceleb_speaker)
    return [replace(clip, split="test" if clip.name.startswith("test/") else None) for clip in clips]


LAYOUTS: dict[str, Callable[[Path], list[SourceClip]]] = {
    "grid": grid,
    "folder": folder,
    "animation": animation,
    "lrs2": lrs2,
    "lrw": lrw,
    "voxceleb2": voxceleb2,
}


def list_clips(layout: str, source: Path) -> list[SourceClip]:
    """Clips of `source` by the named layout, sorted by id. InputError: no such layout or folder, no media file."""
    if layout not in LAYOUTS:
        raise InputError("no such layout", layout, f"choose one of {', '.join(LAYOUTS)}")
    if not is_folder(source):
        raise InputError("no such folder", source, "give source=FOLDER with the clips")
    clips = sorted(LAYOUTS[layout](source.absolute()), key=lambda clip: clip.id)
    if not clips:
        raise InputError("no media file in this folder", source, "give source=FOLDER that holds video files")
    return clips


def clip_ids(names: list[str]) -> list[str]:
    """A folder name for each path below the source:

    its parts joined by ``_``, other signs than letters and digits as ``-``.

    Names that would meet (also where case does not count), or are too long, get eight digits of a hash of the path.
    """
    plain = [re.sub(r"[^\w-]", "-", "_".join(_without_suffix(name)), flags=re.UNICODE) for name in names]
    held = Counter(name.casefold() for name in plain)
    return [
        name if held[name.casefold()] == 1 and len(name.encode()) <= _LONGEST_NAME else _hashed(name, path)
        for name, path in zip(plain, names, strict=True)
    ]


def _hashed(name: str, path: str) -> str:
    digest = hashlib.sha256(path.encode("utf-8", "surrogateescape")).hexdigest()[:8]
    return f"{name[: _LONGEST_NAME // 4]}-{digest}"


def _listed(
    source: Path, speaker: Callable[[tuple[str, ...]], str], files: list[Path] | None = None
) -> list[SourceClip]:
    paths = list(media_files(source)) if files is None else files
    names = [path.relative_to(source).as_posix() for path in paths]
    ids = clip_ids(names)
    return [
        SourceClip(clip_id, path, name, speaker(tuple(name.split("/"))))
        for clip_id, path, name in zip(ids, paths, names, strict=True)
    ]


def _stem(parts: tuple[str, ...]) -> str:
    return Path(parts[-1]).stem


def _without_suffix(name: str) -> tuple[str, ...]:
    return Path(name).with_suffix("").parts


def _voxceleb_speaker(parts: tuple[str, ...]) -> str:
    return next((part for part in parts if re.fullmatch(r"id\d+", part)), parts[0] if len(parts) > 1 else _stem(parts))
