"""A protocol's trials: the pairs of its list, found among prepared clips; what is missing is refused or counted."""

import hashlib
import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from talkface.errors import InputError
from talkface.evaluation.clips import ClipEntry, list_clips, spread
from talkface.evaluation.pairs import Named, Pair, draw_pairs, pairs_text, parse_pairs
from talkface.evaluation.records import Failure
from talkface.texts import NameIndex, read_text

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Trial:
    """One line of the report. key: the clip's, with the sound's where a clip stands in several pairs.

    other: whose sound the unsynced rows get. pose: whose head motion PC-AVS gets.
    """

    key: str
    clip: ClipEntry
    other: ClipEntry | None = None
    pose: ClipEntry | None = None


class Trials(NamedTuple):
    """trials and failures in the order of the list. described: the list, for the report."""

    trials: list[Trial]
    failures: list[Failure]
    described: dict[str, Any]


def plan_trials(settings: Mapping[str, Any], folders: Sequence[str]) -> Trials:
    """The trials of `protocol` on the corpora: of the list `pairs`, or drawn by `seed` from the split.

    InputError: no clip, no list where the protocol is one, a missing clip where it may not be.
    """
    protocol = settings["protocol"]
    if settings["pairs"] is None:
        entries = list_clips(folders, settings["split"], settings["limit"])
        pairs = drawn(entries, settings)
        text = pairs_text(pairs)
        described: dict[str, Any] = {"file": None, "seed": settings["seed"]}
    else:
        path = Path(settings["pairs"])
        text = read_text(path, "make one: evaluate.py action=pairs out=FILE")
        pairs, entries = parse_pairs(text, path, clip_first=bool(settings.get("clip_first"))), list_clips(folders, None)
        pairs = spread(pairs, settings["limit"])
        described = {"file": path.name, "published": protocol["published"]}
    described |= {"sha256": hashlib.sha256(os.fsencode(text)).hexdigest(), "pairs": len(pairs)}
    trials, failures = find_trials(pairs, entries)
    if failures and protocol["missing"] == "refuse":
        first = f"{len(failures)} of {len(pairs)} pairs have no clip, the first: {failures[0].key}"
        raise InputError(f"{first} ({failures[0].reason})", settings["pairs"], "prepare the missing clips")
    if not trials:
        raise InputError("no pair of the list has its clips", settings["pairs"], "give the corpus that it was made for")
    described["splits"] = count_by(trial.clip.row.split for trial in trials)
    return Trials(trials, failures, described)


def drawn(entries: Sequence[ClipEntry], settings: Mapping[str, Any]) -> list[Pair]:
    """The protocol's pairs over `entries`, by its rules and `seed`. InputError: its list is published, not drawn."""
    protocol = settings["protocol"]
    if protocol["sound"] is None:
        remedy = f"give pairs=FILE: {protocol['published']['file']}; it does not ship"
        raise InputError(f"the protocol {protocol['name']} is a published list", "pairs=", remedy)
    named = [Named(entry.key, f"{entry.name}/{entry.row.speaker}") for entry in entries]
    rules = {key: protocol[key] for key in ("sound", "pose", "count")}
    return draw_pairs(named, seed=settings["seed"], **rules)


def find_trials(pairs: Sequence[Pair], entries: Sequence[ClipEntry]) -> tuple[list[Trial], list[Failure]]:
    """Each pair with its clips, or why one of them was not found; in the order of the pairs."""
    names, trials, failures = ClipNames(entries), [], []
    repeated = len({pair.clip for pair in pairs}) < len(pairs)
    for pair in pairs:
        found = {name: names.find(name) for name in pair if name}
        bad = next((name for name, some in found.items() if len(some) != 1), None)
        if bad is not None:
            key = f"{pair.clip} + {pair.sound}" if repeated else pair.clip
            failures.append(Failure(key, f"{len(found[bad]) or 'no'} clips are named {bad}"))
            continue
        clip, other, pose = (found[name][0] if name else None for name in pair)
        assert clip is not None
        key = f"{clip.key} + {other.key}" if repeated and other else clip.key
        trials.append(Trial(key, clip, other, pose))
    return trials, failures


class ClipNames:
    """Every name that a list may call a clip: its key, its id, and the ends of its source's path, see `NameIndex`."""

    def __init__(self, entries: Iterable[ClipEntry]) -> None:
        self._exact: dict[str, list[ClipEntry]] = {}
        listed = list(entries)
        for entry in listed:
            for name in {entry.key, entry.row.id}:
                self._exact.setdefault(name, []).append(entry)
        self._sources = NameIndex((entry, entry.row.source) for entry in listed)

    def find(self, name: str) -> list[ClipEntry]:
        """The clips of that name: one, if the list is right."""
        return self._exact.get(name) or self._sources.find(name)


def count_by(names: Iterable[str]) -> dict[str, int]:
    """{name: how often}, sorted."""
    listed = sorted(names)
    return {name: listed.count(name) for name in dict.fromkeys(listed)}
