"""Several reports side by side: one table, paired differences to the first, and which clips each one lacks."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from talkface.errors import InputError
from talkface.evaluation.bootstrap import Bootstrap, Interval
from talkface.evaluation.latex import interval_table
from talkface.evaluation.measures import BY_NAME
from talkface.evaluation.page import definitions, document, result_table
from talkface.evaluation.records import ClipRecord
from talkface.evaluation.report import REPORT_FILE, Report, read_report, rounded, to_json
from talkface.evaluation.summary import columns_of
from talkface.media import atomic_write_text

COMPARISON_FILE = "comparison.json"


def find_reports(folders: Sequence[str | Path]) -> dict[str, Path]:
    """{label: report folder}: each folder itself, or every report below it (a multirun folder), sorted.

    Labels are the shortest ends of the paths that tell them apart. InputError when a folder holds no report.
    """
    found: list[Path] = []
    for folder in map(Path, folders):
        below = [folder] if (folder / REPORT_FILE).is_file() else sorted(p.parent for p in folder.rglob(REPORT_FILE))
        if not below:
            raise InputError("no report here", folder, "give out= folders of evaluate.py runs, or a folder above them")
        found += [each for each in below if each not in found]
    return dict(zip(labels(found), found, strict=True))


def labels(folders: Sequence[Path]) -> list[str]:
    """Shortest distinct ends of the folders' paths, without a part that all of them share at the end."""
    parts = [folder.resolve().parts for folder in folders]
    while len(parts) > 1 and len({part[-1] for part in parts}) == 1 and min(map(len, parts)) > 1:
        parts = [part[:-1] for part in parts]
    length = 1
    while len({part[-length:] for part in parts}) < len(parts):
        length += 1
    return ["/".join(part[-length:]) for part in parts]


def compare(folders: Sequence[str | Path], bootstrap: Bootstrap, row: str = "generated") -> dict[str, Any]:
    """Plain comparison of reports: table, differences to the first (paired by clip), missing clips, warnings.

    row: which row of each report is compared (`real` where a report has no such row). InputError for fewer than two.
    """
    reports = {label: read_report(folder) for label, folder in find_reports(folders).items()}
    if len(reports) < 2:
        raise InputError("a comparison needs two reports", ", ".join(reports), "give compare=FOLDER,FOLDER")
    values = {label: _values(records, row) for label, (_, records) in reports.items()}
    baseline = next(iter(values))
    columns = columns_of([record for _, records in reports.values() for record in records])
    every = sorted({key for clips in values.values() for key in clips})
    result: dict[str, Any] = rounded(
        {
            "format": 1,
            "row": row,
            "baseline": baseline,
            "interval": bootstrap._asdict(),
            "measures": [BY_NAME[name].describe() for name in columns],
            "table": {label: _means(clips, columns, bootstrap) for label, clips in values.items()},
            "differences": {
                label: _differences(clips, values[baseline], columns, bootstrap)
                for label, clips in values.items()
                if label != baseline
            },
            "missing": {label: [key for key in every if key not in clips] for label, clips in values.items()},
            "warnings": warnings({label: report for label, (report, _) in reports.items()}),
        }
    )
    return result


def warnings(reports: Mapping[str, Report]) -> list[str]:
    """What makes figures of two reports incomparable: another expert, other data, another split."""
    first, *others = reports.items()
    found = []
    for label, report in others:
        for what in ("expert", "syncnet_v2", "corpora", "split", "protocol"):
            if report["provenance"].get(what) != first[1]["provenance"].get(what):
                found.append(f"{label} and {first[0]} differ in {what}: their columns are not comparable without care")
    return found


def write_comparison(folder: Path, comparison: Mapping[str, Any]) -> None:
    """comparison.json, comparison.csv, table.tex and comparison.html into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    marks = {
        (label, column): "*"
        for label, columns in comparison["differences"].items()
        for column, interval in columns.items()
        if _excludes_zero(interval)
    }
    atomic_write_text(folder / "comparison.csv", _csv(comparison))
    atomic_write_text(folder / "table.tex", interval_table(comparison["table"], comparison["measures"], marks))
    atomic_write_text(folder / "comparison.html", comparison_page(comparison))
    atomic_write_text(folder / COMPARISON_FILE, to_json(comparison))


def comparison_page(comparison: Mapping[str, Any]) -> str:
    """The comparison as one self-contained HTML page."""
    baseline, measures = comparison["baseline"], comparison["measures"]
    missing = {label: f"{len(keys)} clips missing" for label, keys in comparison["missing"].items() if keys}
    sections = [
        f"<h1>Comparison, row {comparison['row']}</h1>",
        definitions({f"warning {index}": text for index, text in enumerate(comparison["warnings"], 1)}, "warning"),
        result_table(comparison["table"], measures, first="report"),
        definitions(missing, "missing"),
        f"<h2>Difference to {baseline}, clip by clip</h2>",
        '<p class="note">Coloured where the interval excludes 0. n: clips that both reports have.</p>',
        result_table(comparison["differences"], measures, mark=True, first=f"minus {baseline}"),
        definitions({measure["title"]: measure["note"] for measure in measures}, "column"),
    ]
    return document("Comparison", sections)


def _values(records: Sequence[ClipRecord], row: str) -> dict[str, dict[str, float]]:
    """{clip: {column: value}} of the compared row."""
    chosen = row if any(row in record.systems for record in records) else "real"
    return {record.key: record.systems[chosen].values for record in records if chosen in record.systems}


def _means(clips: Mapping[str, Mapping[str, float]], columns: Sequence[str], draw: Bootstrap) -> dict[str, Interval]:
    found = {column: [values[column] for values in clips.values() if column in values] for column in columns}
    return {column: draw.mean(values) for column, values in found.items() if values}


def _differences(
    clips: Mapping[str, Mapping[str, float]],
    baseline: Mapping[str, Mapping[str, float]],
    columns: Sequence[str],
    draw: Bootstrap,
) -> dict[str, Interval]:
    found = {}
    for column in columns:
        both = [key for key in clips if column in clips[key] and column in baseline.get(key, {})]
        if both:
            found[column] = draw.mean([clips[key][column] - baseline[key][column] for key in both])
    return found


def _excludes_zero(interval: Mapping[str, Any]) -> bool:
    return interval["low"] is not None and (interval["low"] > 0 or interval["high"] < 0)


def _csv(comparison: Mapping[str, Any]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["report", "what", "column", "value", "low", "high", "n"])
    for what in ("table", "differences"):
        for label, columns in comparison[what].items():
            for column, interval in columns.items():
                writer.writerow([label, what, column, *(interval[part] for part in ("value", "low", "high", "n"))])
    return text.getvalue()
