"""Columns of whole sets: Fréchet distances between all pictures of a row and all real ones, from features by clip."""

from collections.abc import Sequence

import numpy as np
import torch

from talkface.evaluation.bootstrap import Interval
from talkface.evaluation.clips import ByteArray, FloatArray
from talkface.evaluation.records import ClipRecord
from talkface.evaluation.tools import Tools
from talkface.metrics.functional.frechet import Moments, frechet_distance, moments

CLIP_FRAMES = 16
LEAST = 2
"""Features below which there is no covariance."""


def features_of(pictures: ByteArray, tools: Tools) -> dict[str, FloatArray]:
    """{fid: (n, D), fvd: (m, D)} of one row of one clip, of those that are chosen. pictures: (T, 96, 96, 3) uint8."""
    found = {}
    if tools.fid is not None:
        found["fid"] = tools.fid(pictures[:: tools.sampled])
    if tools.fvd is not None and len(pictures) >= CLIP_FRAMES:
        whole = len(pictures) // CLIP_FRAMES * CLIP_FRAMES
        found["fvd"] = tools.fvd(pictures[:whole].reshape(-1, CLIP_FRAMES, *pictures.shape[1:]))
    return found


def set_distances(records: Sequence[ClipRecord]) -> dict[str, dict[str, Interval]]:
    """{row: {fid | fvd: distance to the real clips}}, over the clips that have both; without an interval.

    n counts clips. A row with fewer than two features, or the real row itself, has none.
    """
    table: dict[str, dict[str, Interval]] = {}
    names = sorted({(row, name) for r in records for row, each in r.features.items() for name in each if row != "real"})
    for row, name in names:
        pairs = [
            (record.features[row][name], record.features["real"][name])
            for record in records
            if name in record.features.get(row, {}) and name in record.features.get("real", {})
        ]
        sums = [_total([pair[place] for pair in pairs]) for place in (0, 1)]
        if min(int(each.size) for each in sums) >= LEAST:
            distance = float(frechet_distance(*sums))
            table.setdefault(row, {})[name] = Interval(distance, np.nan, np.nan, len(pairs))
    return table


def _total(parts: Sequence[FloatArray]) -> Moments:
    """Sums in the order of the clips: the same on any number of processes."""
    found = [moments(torch.from_numpy(part)) for part in parts]
    total = found[0]
    for each in found[1:]:
        total = Moments(*(a + b for a, b in zip(total, each, strict=True)))
    return total
