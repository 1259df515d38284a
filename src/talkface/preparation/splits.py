"""Who is trained on and who is kept apart: splits by speaker, by a seeded hash. Pure functions of names."""

import hashlib
import logging
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from talkface.corpus import SPLITS
from talkface.preparation.layouts import SourceClip

logger = logging.getLogger(__name__)


def split_names(names: Iterable[str], *, seed: int, val: float, test: float) -> dict[str, str]:
    """A split for each distinct name:

    in the order of a seeded hash the first `test` share, then the `val` share, rest train.

    val, test: fractions in [0, 1), together below 1; a fraction above 0 gets at least one name if there are three.
    The order is a hash of the name alone, so adding names moves only names at the two borders.
    """
    if not (0 <= val < 1 and 0 <= test < 1 and val + test < 1):
        raise ValueError(f"fractions must be in [0, 1) and leave something for train, got val={val}, test={test}")
    order = sorted(set(names), key=lambda name: hashlib.sha256(os.fsencode(f"{seed}:{name}")).digest())
    tests, vals = (_share(len(order), fraction) for fraction in (test, val))
    return {
        name: "test" if place < tests else "val" if place < tests + vals else "train"
        for place, name in enumerate(order)
    }


def assign_splits(clips: Sequence[SourceClip], *, seed: int, val: float, test: float) -> list[SourceClip]:
    """The same clips, all with a split. Splits that are given stay;

    a speaker with given splits gets the commonest of them.

    Other speakers are divided by `split_names`: never one speaker in two splits. With fewer than three speakers to
    divide (and none given) that would leave a split empty, so clips are divided instead, and the log says so. A split
    that is published (VoxCeleb2's test) takes no further speakers.
    """
    given = {clip.split for clip in clips if clip.split is not None}
    known = _commonest_splits(clips)
    free = {clip.speaker for clip in clips} - known.keys()
    shares = {"val": 0.0 if "val" in given else val, "test": 0.0 if "test" in given else test}
    if not given and len(free) < 3:
        logger.warning("%d speaker(s) only: splits are by clip, so the same person is in train and in test", len(free))
        by_clip = split_names((clip.id for clip in clips), seed=seed, val=val, test=test)
        return [replace(clip, split=by_clip[clip.id]) for clip in clips]
    known = {**split_names(free, seed=seed, val=shares["val"], test=shares["test"]), **known}
    return [clip if clip.split is not None else replace(clip, split=known[clip.speaker]) for clip in clips]


def _share(count: int, fraction: float) -> int:
    if fraction == 0 or count < 3:
        return 0
    return max(1, round(count * fraction))


def _commonest_splits(clips: Iterable[SourceClip]) -> dict[str, str]:
    """Speaker → the split most of its clips are given (equal numbers: train before val before test)."""
    votes: dict[str, Counter[str]] = {}
    for clip in clips:
        if clip.split is not None:
            votes.setdefault(clip.speaker, Counter())[clip.split] += 1
    return {
        speaker: min(found, key=lambda split: (-found[split], SPLITS.index(split))) for speaker, found in votes.items()
    }
