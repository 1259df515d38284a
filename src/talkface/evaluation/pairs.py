"""Lists of pairs: whose pictures meet whose sound (and whose head motion), drawn by a seed or read from a file.

A list of ours is a CSV with the head ``clip,sound,pose``; a published one has a line ``sound clip`` a pair (Wav2Lip's
test lists, Diff2Lip's). Draws are by SHA-256 of seed and name: the same on every machine and version.
"""

import csv
import hashlib
import io
import os
from collections.abc import Callable, Sequence
from typing import NamedTuple

from talkface.errors import InputError
from talkface.texts import lines_of, rows_of

HEAD = ("clip", "sound", "pose")


class Pair(NamedTuple):
    """Names of clips. sound: whose sound the unsynced rows get, or "". pose: whose head motion, or ""."""

    clip: str
    sound: str = ""
    pose: str = ""


class Named(NamedTuple):
    """A clip that a pair may name."""

    key: str
    speaker: str


def draw_pairs(clips: Sequence[Named], *, sound: str, pose: str | None, seed: int, count: int | None) -> list[Pair]:
    """The pairs of a protocol over `clips`, which are sorted by key. sound, pose: names in RULES; pose None: nobody's.

    count: only so many of them, drawn by the seed, in the order of the list. InputError: no such rule.
    """
    for rule in (sound, *([pose] if pose else [])):
        if rule not in RULES:
            raise InputError("no such rule of a pair list", rule, f"choose one of {', '.join(RULES)}")
    chosen = one_a_speaker(clips, seed) if "every_pair" in (sound, pose) else list(clips)
    pairs = []
    for index, clip in enumerate(chosen):
        for other in RULES[sound](chosen, index, seed):
            poses = RULES[pose](chosen, index, seed) if pose else []
            pairs.append(Pair(clip.key, chosen[other].key, chosen[poses[0]].key if poses else ""))
        if len(chosen) == 1:
            pairs.append(Pair(clip.key, "", clip.key if pose == "same" else ""))
    if count is not None and count < len(pairs):
        kept = sorted(range(len(pairs)), key=lambda index: _number(seed, *pairs[index]))[:count]
        pairs = [pairs[index] for index in sorted(kept)]
    return pairs


def half_list(clips: Sequence[Named], index: int, seed: int) -> list[int]:
    """The clip half the list further on, then the first from there by another speaker if there is one; no seed."""
    count = len(clips)
    order = [(index + count // 2 + step) % count for step in range(count)]
    others = [other for other in order if other != index]
    speaker = clips[index].speaker
    return [next((other for other in others if clips[other].speaker != speaker), others[0])] if others else []


def other_speaker(clips: Sequence[Named], index: int, seed: int) -> list[int]:
    """A drawn clip by another speaker; of any where there is one speaker only."""
    return _drawn(clips, index, seed, lambda other: clips[other].speaker != clips[index].speaker)


def same_speaker(clips: Sequence[Named], index: int, seed: int) -> list[int]:
    """Another drawn clip by the same speaker; of anybody where it is the speaker's only one."""
    return _drawn(clips, index, seed, lambda other: clips[other].speaker == clips[index].speaker)


def every_pair(clips: Sequence[Named], index: int, seed: int) -> list[int]:
    """Every other clip."""
    return [other for other in range(len(clips)) if other != index]


def same(clips: Sequence[Named], index: int, seed: int) -> list[int]:
    """The clip itself."""
    return [index]


RULES: dict[str, Callable[[Sequence[Named], int, int], list[int]]] = {
    "half_list": half_list,
    "other_speaker": other_speaker,
    "same_speaker": same_speaker,
    "every_pair": every_pair,
    "same": same,
}


def one_a_speaker(clips: Sequence[Named], seed: int) -> list[Named]:
    """One drawn clip of each speaker, sorted by key."""
    best: dict[str, Named] = {}
    for clip in clips:
        held = best.get(clip.speaker)
        if held is None or _number(seed, clip.key) < _number(seed, held.key):
            best[clip.speaker] = clip
    return sorted(best.values())


def pairs_text(pairs: Sequence[Pair]) -> str:
    """The CSV of a list; the same pairs give the same bytes."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEAD)
    writer.writerows(pairs)
    return text.getvalue()


def parse_pairs(text: str, where: object, *, clip_first: bool = False) -> list[Pair]:
    """Pairs of a list of ours or a published one; tabs, commas or semicolons between the columns of ours.

    clip_first: the order of a published list (Wav2Lip's ReSyncED lists), else the sound comes first. InputError: an
    empty list, a line of another form.
    """
    remedy, lines = "give a CSV clip,sound,pose, or lines of two names", lines_of(text)
    delimiter = next((sign for sign in ",;\t" if lines and _cells(lines[0], sign) == HEAD), None)
    if delimiter is not None:
        rows = [row.cells for row in rows_of(text, delimiter, where, remedy)][1:]
        parsed = [Pair(*map(str.strip, row)) if len(row) == len(HEAD) and row[0].strip() else None for row in rows]
    else:
        rows = [line.split() for line in lines]
        ordered = [row if clip_first else row[::-1] for row in rows]
        parsed = [Pair(*row) if len(row) == 2 else None for row in ordered]
    if not parsed:
        raise InputError("no pair in this list", where, remedy)
    bad = next((index for index, pair in enumerate(parsed) if pair is None), None)
    if bad is not None:
        found = f"not a pair: '{' '.join(rows[bad])}'"
        raise InputError(found, where, "give a CSV clip,sound,pose, or lines of two names: sound clip")
    return [pair for pair in parsed if pair is not None]


def _cells(line: str, delimiter: str) -> tuple[str, ...]:
    return tuple(cell.strip().strip('"').lower() for cell in line.split(delimiter))


def _drawn(clips: Sequence[Named], index: int, seed: int, wanted: Callable[[int], bool]) -> list[int]:
    others = [other for other in range(len(clips)) if other != index]
    fitting = [other for other in others if wanted(other)] or others
    return [fitting[_number(seed, clips[index].key) % len(fitting)]] if fitting else []


def _number(seed: int, *names: str) -> int:
    return int.from_bytes(hashlib.sha256(os.fsencode("\n".join([str(seed), *names]))).digest()[:8], "big")
