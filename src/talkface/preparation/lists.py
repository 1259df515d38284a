"""Published splits: ``train.txt``, ``val.txt``, ``test.txt``, a clip a line. What they name and leave out is said."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from talkface.corpus import SPLITS
from talkface.errors import InputError
from talkface.paths import is_file, is_folder
from talkface.preparation.layouts import SourceClip
from talkface.texts import NameIndex, lines_of, read_text

logger = logging.getLogger(__name__)
UNLISTED = ("refuse", "train", "ignore")
_FOLDER = "filelists"  # where the repositories of Wav2Lip and its kin keep their lists
_ABOVE = ("lrs2", "lrw")  # layouts whose lists lie beside the folder of the clips
_REMEDY = "give one clip a line, as a path or the end of a path (lists=none leaves the lists out)"


@dataclass(frozen=True)
class Lists:
    """Where the lists are and what becomes of clips that none of them names.

    folder: None: beside the clips, if there are any; "none": none are read. unlisted: refuse (stop), train, or ignore
    (leave them out).
    """

    folder: str | None = None
    unlisted: str = "refuse"

    def __post_init__(self) -> None:
        if self.unlisted not in UNLISTED:
            raise InputError("unknown unlisted", f"unlisted={self.unlisted}", f"use one of {', '.join(UNLISTED)}")


def apply_lists(clips: Sequence[SourceClip], source: Path, layout: str, lists: Lists) -> list[SourceClip]:
    """The clips with the splits of the lists; those that have a split already keep it.

    InputError: a list that names none of the clips, a clip in two lists, clips in none of them where that is refused.
    """
    files = find_lists(source, layout, lists)
    if not files:
        return list(clips)
    open_clips = [clip for clip in clips if clip.split is None]
    index = NameIndex(((clip.id, clip.name) for clip in open_clips), source)
    splits: dict[str, str] = {}
    for split, path in files.items():
        for clip_id in _named(path, index):
            if splits.setdefault(clip_id, split) != split:
                what = f"a clip is in the lists {splits[clip_id]} and {split}"
                raise InputError(what, f"{path}: {clip_id}", "take it out of one of them")
    unlisted = [clip for clip in open_clips if clip.id not in splits]
    _report_unlisted(unlisted, len(open_clips), next(iter(files.values())).parent, lists.unlisted)
    left_out = {clip.id for clip in unlisted} if lists.unlisted == "ignore" else set()
    return [
        clip if clip.split is not None else replace(clip, split=splits.get(clip.id, "train"))
        for clip in clips
        if clip.id not in left_out
    ]


def find_lists(source: Path, layout: str, lists: Lists) -> dict[str, Path]:
    """{split: file} from the first place that holds a list. InputError: none in the folder that is given."""
    if lists.folder == "none":
        return {}
    places = [source, source / _FOLDER]
    if layout in _ABOVE:
        above = source.absolute().parent
        places += [above, above / _FOLDER]
    if lists.folder is not None:
        places = [Path(lists.folder)]
    for place in places:
        found = _lists_in(place)
        if found:
            return found
    if lists.folder is not None:
        names = ", ".join(f"{split}.txt" for split in SPLITS)
        raise InputError("no list in this folder", lists.folder, f"give lists=FOLDER with {names}")
    return {}


def _lists_in(folder: Path) -> dict[str, Path]:
    """{split: file}; the case of the names does not count."""
    if not is_folder(folder):
        return {}
    files = {path.name.casefold(): path for path in sorted(folder.iterdir(), reverse=True) if is_file(path)}
    return {split: files[f"{split}.txt"] for split in SPLITS if f"{split}.txt" in files}


def _named(path: Path, index: NameIndex[str]) -> list[str]:
    """Ids of the clips that a list names. What it names besides is counted. InputError: it names none of the clips."""
    lines = lines_of(read_text(path, _REMEDY))
    found = [index.find_line(line) for line in lines]
    strange = [line for line, ids in zip(lines, found, strict=True) if len(ids) != 1]
    if lines and len(strange) == len(lines):
        raise InputError(f"no line of this list names a clip of the source, the first: {lines[0]}", path, _REMEDY)
    if strange:
        said = "%s: %d of %d lines name no clip (or more than one), the first: %s"
        logger.warning(said, path, len(strange), len(lines), strange[0])
    if not lines:
        logger.warning("%s: the list is empty", path)
    return [ids[0] for ids in found if len(ids) == 1]


def _report_unlisted(unlisted: Sequence[SourceClip], count: int, place: Path, treatment: str) -> None:
    """Say what becomes of clips in none of the lists. InputError: they are refused."""
    if not unlisted:
        return
    found = f"{len(unlisted)} of {count} clips are in none of the lists, the first: {unlisted[0].name}"
    if treatment == "refuse":
        raise InputError(found, place, "give unlisted=ignore to leave them out, or unlisted=train")
    logger.warning("%s: %s; %s", place, found, "left out" if treatment == "ignore" else "taken for training")
