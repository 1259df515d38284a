"""Several reports side by side: one table, paired differences to the first, and which clips each one lacks."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from talkface.errors import InputError
from talkface.evaluation.bootstrap import Bootstrap, Interval
from talkface.evaluation.clusters import Clusters
from talkface.evaluation.measures import BY_NAME, SET_COLUMNS, known_first
from talkface.evaluation.records import ClipRecord
from talkface.evaluation.report import REPORT_FILE, Report, read_report, rounded
from talkface.paths import walk_files

Values = Mapping[str, Mapping[str, float]]
"""{key of a record: {column: value}}."""
Units = Mapping[str, frozenset[str]]
"""{key of a record: what the bootstrap draws for its figures}."""
SORTED_BY = ("lse_confidence_v2", "sync_probability", "ssim_mouth", "lmd")
SCALE = ("real", "copy_reference", "unsynced")
"""Rows of the baseline's report that are shown below the table."""


def find_reports(folders: Sequence[str | Path]) -> dict[str, Path]:
    """{label: report folder}: each folder itself, or every report below it (a multirun folder), sorted.

    Labels are the shortest ends of the paths that tell them apart. InputError when a folder holds no report.
    """
    found: list[Path] = []
    for folder in map(Path, folders):
        below = [folder] if (folder / REPORT_FILE).is_file() else _reports_below(folder)
        if not below:
            raise InputError("no report here", folder, "give out= folders of evaluate.py runs, or a folder above them")
        found += [each for each in below if each not in found]
    return dict(zip(labels(found), found, strict=True))


def _reports_below(folder: Path) -> list[Path]:
    return [path.parent for path in walk_files(folder) if path.name == REPORT_FILE]


def labels(folders: Sequence[Path]) -> list[str]:
    """Shortest distinct ends of the folders' paths, without a part that all of them share at the end."""
    parts = [folder.resolve().parts for folder in folders]
    while len(parts) > 1 and len({part[-1] for part in parts}) == 1 and min(map(len, parts)) > 1:
        parts = [part[:-1] for part in parts]
    length = 1
    while len({part[-length:] for part in parts}) < len(parts):
        length += 1
    return ["/".join(part[-length:]) for part in parts]


def compare(
    folders: Sequence[str | Path], bootstrap: Bootstrap, row: str | None = None, sort: str | None = None
) -> dict[str, Any]:
    """Plain comparison of reports: table, differences to the first (paired by clip), missing clips, warnings.

    row: which row of each report is compared (`real` where a report has no such row); None: the one that the reports
    are about. sort: column by which the table is sorted, best first; None: the first of `SORTED_BY` that is there.
    InputError for fewer than two reports, reports about different rows, or a column that none has.
    """
    reports = {label: read_report(folder) for label, folder in find_reports(folders).items()}
    if len(reports) < 2:
        raise InputError("a comparison needs two reports", ", ".join(reports), "give compare=FOLDER,FOLDER")
    row = row or compared_row([report for report, _ in reports.values()])
    values = {label: _values(records, row) for label, (_, records) in reports.items()}
    baseline, (first, _) = next(iter(reports.items()))
    units = _units([record for _, records in reports.values() for record in records], row, bootstrap.by)
    means = {label: _means(clips, units, bootstrap) for label, clips in values.items()}
    table = {label: {**means[label], **_set_columns(report, row)} for label, (report, _) in reports.items()}
    columns = known_first({column for found in table.values() for column in found})
    order = sorted_labels(table, columns, sort)
    others = [label for label in order if label != baseline]
    every = sorted({key for clips in values.values() for key in clips})
    result: dict[str, Any] = rounded(
        {
            "format": 1,
            "row": row,
            "baseline": baseline,
            "order": order,
            "interval": bootstrap._asdict(),
            "measures": [BY_NAME[name].describe() for name in columns],
            "table": {label: table[label] for label in order},
            "differences": {
                label: _differences(values[label], values[baseline], columns, units, bootstrap) for label in others
            },
            "scale": {name: first["summary"][name] for name in SCALE if name != row and name in first["summary"]},
            "missing": {label: [key for key in every if key not in clips] for label, clips in values.items()},
            "warnings": warnings({label: report for label, (report, _) in reports.items()}),
        }
    )
    return result


def compared_row(reports: Sequence[Report]) -> str:
    """The row that all the reports are about. InputError: they are about different ones."""
    rows = {str(report["differences"]["of"]) for report in reports}
    if len(rows) > 1:
        raise InputError(f"reports about different rows ({', '.join(sorted(rows))})", "row=", "name the row to compare")
    return rows.pop()


def sorted_labels(table: Mapping[str, Mapping[str, Any]], columns: Sequence[str], sort: str | None) -> list[str]:
    """Labels with the best value of the column first; those without it last, in their own order.

    InputError: no report has the column.
    """
    column = sort or next((name for name in SORTED_BY if name in columns), None)
    if column is None:
        return list(table)
    if column not in columns:
        raise InputError("no report has this column", f"sort={column}", f"use one of {', '.join(columns)}")
    better = BY_NAME[column].better

    def loss(label: str) -> float:
        if column not in table[label]:
            return math.inf
        value = float(table[label][column].value)
        return {"higher": -value, "zero": abs(value)}.get(better, value)

    return sorted(table, key=loss)


def warnings(reports: Mapping[str, Report]) -> list[str]:
    """What makes figures of two reports incomparable: another expert, other data, another split."""
    first, *others = reports.items()
    found = []
    for label, report in others:
        for what in ("expert", "syncnet_v2", "corpora", "split", "protocol"):
            if report["provenance"].get(what) != first[1]["provenance"].get(what):
                found.append(f"{label} and {first[0]} differ in {what}: their columns are not comparable without care")
    return found


def _set_columns(report: Report, row: str) -> dict[str, Interval]:
    """Columns of whole sets, which no clip has."""
    columns = report["summary"].get(row, {})
    return {
        name: Interval(columns[name]["value"], math.nan, math.nan, columns[name]["n"])
        for name in SET_COLUMNS
        if name in columns
    }


def _values(records: Sequence[ClipRecord], row: str) -> dict[str, dict[str, float]]:
    """{clip: {column: value}} of the compared row."""
    chosen = row if any(row in record.systems for record in records) else "real"
    return {record.key: record.systems[chosen].values for record in records if chosen in record.systems}


def _units(records: Sequence[ClipRecord], row: str, by: str) -> Units:
    clusters = Clusters(records, by)
    return {record.key: clusters.of(record, [row]) for record in records}


def _means(clips: Values, units: Units, draw: Bootstrap) -> dict[str, Interval]:
    columns = known_first({column for values in clips.values() for column in values})
    having = {column: [key for key, values in clips.items() if column in values] for column in columns}
    return {
        column: draw.mean([clips[key][column] for key in keys], [units[key] for key in keys])
        for column, keys in having.items()
    }


def _differences(
    clips: Values, baseline: Values, columns: Sequence[str], units: Units, draw: Bootstrap
) -> dict[str, Interval]:
    found = {}
    for column in columns:
        both = [key for key in clips if column in clips[key] and column in baseline.get(key, {})]
        if both:
            values = [clips[key][column] - baseline[key][column] for key in both]
            found[column] = draw.mean(values, [units[key] for key in both])
    return found
