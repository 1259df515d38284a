"""From per-clip values to a table: means with intervals, paired differences, and how well the expert itself works."""

from collections import Counter
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

import numpy as np

from talkface.evaluation.bootstrap import Bootstrap, Interval
from talkface.evaluation.clusters import Clusters
from talkface.evaluation.measures import MEASURES, SYSTEMS, known_first
from talkface.evaluation.records import ClipRecord

Table = dict[str, dict[str, Interval]]
Groups = Mapping[str, Sequence[str]]


def systems_of(records: Sequence[ClipRecord]) -> list[str]:
    """Names of the rows that occur, in the order of SYSTEMS, others after them."""
    names = {name for record in records for name in record.systems}
    return [name for name in SYSTEMS if name in names] + sorted(names - set(SYSTEMS))


def columns_of(records: Sequence[ClipRecord]) -> list[str]:
    """Columns that at least one row of one clip has, in the order of MEASURES."""
    return known_first({name for record in records for row in record.systems.values() for name in row.values})


def summarise(records: Sequence[ClipRecord], bootstrap: Bootstrap) -> Table:
    """{row: {column: interval over the clips that have the value}}; a column that no clip has is left out."""
    table: Table = {system: {} for system in systems_of(records)}
    clusters = Clusters(records, bootstrap.by)
    for system, row in table.items():
        for column in columns_of(records):
            some = [record for record in records if column in record.values(system)]
            if some:
                values = [record.values(system)[column] for record in some]
                row[column] = bootstrap.mean(values, [clusters.of(record, [system]) for record in some])
    return table


def missing_columns(
    records: Sequence[ClipRecord], table: Table, not_computed: Mapping[str, str]
) -> list[dict[str, str]]:
    """[{column, title, reason}] of every column that no row of the table has, in the order of MEASURES.

    not_computed: family → why. A column that was computed but came out for no clip has the reason that most clips give.
    """
    there = {column for columns in table.values() for column in columns}
    reasons: dict[str, Counter[str]] = {}
    for record in records:
        for row in record.systems.values():
            for column, reason in row.absent.items():
                reasons.setdefault(column, Counter())[reason] += 1
    missing = []
    for measure in MEASURES:
        if measure.name not in there:
            counted = reasons.get(measure.name, Counter())
            reason = not_computed.get(measure.family) or max(
                sorted(counted), key=counted.__getitem__, default="no clip"
            )
            missing.append({"column": measure.name, "title": measure.title, "reason": reason})
    return missing


def lacking(records: Sequence[ClipRecord], of: str, minus: str, column: str) -> dict[str, int]:
    """{of, minus}: clips that lack the column in one of two rows, out of those that have it in either."""
    have = [(column in record.values(of), column in record.values(minus)) for record in records]
    some = [pair for pair in have if any(pair)]
    return {"of": sum(not pair[0] for pair in some), "minus": sum(not pair[1] for pair in some)}


def absent_columns(records: Sequence[ClipRecord]) -> dict[str, dict[str, dict[str, int]]]:
    """{row: {column: {reason: clips}}} of everything that could not be computed."""
    found: dict[str, dict[str, dict[str, int]]] = {}
    for record in records:
        for system, row in record.systems.items():
            for column, reason in row.absent.items():
                reasons = found.setdefault(system, {}).setdefault(column, {})
                reasons[reason] = reasons.get(reason, 0) + 1
    return found


def paired_differences(records: Sequence[ClipRecord], system: str, bootstrap: Bootstrap) -> Table:
    """{other row: {column: interval of `system` minus that row, over the clips that have both}}."""
    table: Table = {}
    clusters = Clusters(records, bootstrap.by)
    for other in systems_of(records):
        if other == system:
            continue
        differences = {}
        for column in columns_of(records):
            both = [r for r in records if column in r.values(system) and column in r.values(other)]
            if both:
                values = [r.values(system)[column] - r.values(other)[column] for r in both]
                units = [clusters.of(r, [system, other]) for r in both]
                differences[column] = bootstrap.mean(values, units)
        if differences:
            table[other] = differences
    return table


def expert_accuracy(records: Sequence[ClipRecord], bootstrap: Bootstrap, groups: Groups) -> dict[str, Any]:
    """How well the expert judges the real clips: by distance of the shift, over all clips and by group of speakers.

    groups: {name: patterns of speakers or corpus/speaker}; every corpus is a group of its own too.
    Empty when no record has a real row.
    """
    judged = [record for record in records if "real" in record.systems]
    if not judged:
        return {}
    members = {"all": judged, **_by_corpus(judged), **_by_pattern(judged, groups)}
    return {
        "groups": {name: _accuracy(some, bootstrap) for name, some in members.items() if some},
        "by_distance": {str(distance): _pairs(judged, [distance], bootstrap) for distance in _distances(judged)},
        "by_speaker": {name: _accuracy(some, bootstrap) for name, some in _by_speaker(judged).items()},
    }


def mean_curves(records: Sequence[ClipRecord]) -> dict[str, dict[str, float]]:
    """{row: {shift: mean over clips of the mean cosine at that shift}}, over the clips long enough for the shift."""
    curves: dict[str, dict[str, float]] = {}
    for system in systems_of(records):
        some = [record.systems[system].curve for record in records if system in record.systems]
        shifts = sorted({shift for curve in some for shift in curve})
        curves[system] = {str(s): float(np.mean([curve[s] for curve in some if s in curve])) for s in shifts}
    return curves


def _accuracy(records: Sequence[ClipRecord], bootstrap: Bootstrap) -> dict[str, Interval]:
    column, clusters = "offset_within_1", Clusters(records, bootstrap.by)
    some = [record for record in records if column in record.values("real")]
    values, units = [r.values("real")[column] for r in some], [clusters.of(r, ["real"]) for r in some]
    return {
        "pair_accuracy": _pairs(records, _distances(records), bootstrap),
        "speech_pair_accuracy": _pairs(records, _distances(records), bootstrap, "speech_pairs"),
        "offset_within_1": bootstrap.mean(values, units),
    }


def _pairs(
    records: Sequence[ClipRecord], distances: Sequence[int], bootstrap: Bootstrap, which: str = "pairs"
) -> Interval:
    found = [getattr(record.systems["real"], which) for record in records]
    counts = [[pairs.get(distance, (0, 0)) for distance in distances] for pairs in found]
    wins = [float(sum(won for won, _ in one)) for one in counts]
    totals = [float(sum(all_ for _, all_ in one)) for one in counts]
    clusters = Clusters(records, bootstrap.by)
    return bootstrap.ratio(wins, totals, [clusters.of(record, ["real"]) for record in records])


def _distances(records: Sequence[ClipRecord]) -> list[int]:
    return sorted({distance for record in records for distance in record.systems["real"].pairs})


def _by_corpus(records: Sequence[ClipRecord]) -> dict[str, list[ClipRecord]]:
    names = sorted({record.corpus for record in records})
    return {f"corpus {name}": [record for record in records if record.corpus == name] for name in names}


def _by_speaker(records: Sequence[ClipRecord]) -> dict[str, list[ClipRecord]]:
    names = sorted({f"{record.corpus}/{record.speaker}" for record in records})
    return {name: [r for r in records if f"{r.corpus}/{r.speaker}" == name] for name in names}


def _by_pattern(records: Sequence[ClipRecord], groups: Groups) -> dict[str, list[ClipRecord]]:
    def matches(record: ClipRecord, patterns: Sequence[str]) -> bool:
        names = (record.speaker, f"{record.corpus}/{record.speaker}")
        return any(fnmatchcase(name, pattern) for name in names for pattern in patterns)

    return {name: [record for record in records if matches(record, patterns)] for name, patterns in groups.items()}
