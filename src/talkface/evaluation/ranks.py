"""Ranks of the rows, clip by clip: which row is best how often, in a unit that all columns share."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from talkface.evaluation.measures import BY_NAME
from talkface.evaluation.records import ClipRecord

Ranks = dict[str, dict[str, float]]


def mean_ranks(records: Sequence[ClipRecord], columns: Sequence[str]) -> Ranks:
    """{column: {row: mean rank over clips, 1 best}}, ties shared, over the clips that have the column in all its rows.

    The rows of a column are those that have it in any clip, where there are two or more. A column that is better the
    nearer to the real clip has the real row as its measure, not as a row.
    """
    found: Ranks = {}
    for column in columns:
        rows = sorted({name for record in records for name, row in record.systems.items() if column in row.values})
        ranked = [name for name in rows if not (BY_NAME[column].better == "real" and name == "real")]
        whole = [r for r in records if all(column in r.values(name) for name in rows)]
        if len(ranked) >= 2 and whole and (BY_NAME[column].better != "real" or "real" in rows):
            ranks = np.stack([_ranks(_losses(record, column, ranked)) for record in whole])
            found[column] = dict(zip(ranked, ranks.mean(0).tolist(), strict=True))
    return found


def _ranks(losses: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(k,) losses → (k,) ranks from 1; equal losses share the mean of their places."""
    beaten = (losses[:, None] > losses[None]).sum(1)
    equal = (losses[:, None] == losses[None]).sum(1)
    return np.asarray(beaten + (equal + 1) / 2, np.float64)


def _losses(record: ClipRecord, column: str, rows: Sequence[str]) -> npt.NDArray[np.float64]:
    """The lower the better, rounded as reports are so that equal figures share a rank."""
    values = np.array([record.values(name)[column] for name in rows])
    loss = {
        "higher": -values,
        "lower": values,
        "zero": np.abs(values),
        "real": np.abs(values - record.values("real").get(column, 0.0)),
    }[BY_NAME[column].better]
    return np.asarray(np.round(loss, 6), np.float64)
