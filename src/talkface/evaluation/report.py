"""A report as one plain dictionary, and its folder: report.json, report.csv, table.tex, report.html."""

import csv
import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from talkface.errors import InputError
from talkface.evaluation.aims import aims_reached
from talkface.evaluation.bootstrap import Bootstrap, Interval
from talkface.evaluation.latex import interval_table
from talkface.evaluation.measures import BY_NAME, OTHER_SOUND, SYSTEMS, known_first
from talkface.evaluation.page import report_page
from talkface.evaluation.ranks import mean_ranks
from talkface.evaluation.records import ClipRecord, Outcome, record_from_json, record_to_json
from talkface.evaluation.summary import (
    Groups,
    Table,
    absent_columns,
    expert_accuracy,
    lacking,
    mean_curves,
    missing_columns,
    paired_differences,
    summarise,
    systems_of,
)
from talkface.media import atomic_write_text
from talkface.texts import json_text

FORMAT = 1
REPORT_FILE = "report.json"
DECIMALS = 6
"""Figures are stored to six decimals: beyond that two machines' float32 sums differ."""

Report = dict[str, Any]


def build_report(outcome: Outcome, provenance: Mapping[str, Any], bootstrap: Bootstrap, groups: Groups) -> Report:
    """Everything that report.json holds, already rounded. The same outcome gives the same dictionary."""
    from talkface.evaluation.sets import set_distances  # torch, which comparing reports does without

    records = outcome.records
    made = (
        "generated",
        "cross_audio",
        "cross_pose",
        "cross_driving",
    )  # of these a report has one at most that it is about
    main = next((name for name in made if name in systems_of(records)), "real")
    table = with_sets(summarise(records, bootstrap), set_distances(records))
    columns = known_first({column for row in table.values() for column in row})
    differences = paired_differences(records, main, bootstrap)
    report = {
        "format": FORMAT,
        "provenance": dict(provenance),
        "interval": bootstrap._asdict(),
        "measures": [BY_NAME[name].describe() for name in columns],
        "systems": {name: SYSTEMS.get(name, "") for name in systems_of(records)},
        "summary": table,
        "differences": {"of": main, "minus": differences, "missing": missing_in(records, main, differences)},
        "aims": aims_reached(records, main),
        "ranks": mean_ranks(records, columns),
        "expert": expert_accuracy(records, bootstrap, groups),
        "offset_curves": mean_curves(records),
        "absent": absent_columns(records),
        "missing_columns": missing_columns(records, table, provenance.get("metrics", {}).get("missing", {})),
        "failures": [asdict(failure) for failure in outcome.failures],
        "clips": [clip_json(record) for record in records],
    }
    plain: Report = rounded(report)
    return plain


def with_sets(table: Table, sets: Mapping[str, Mapping[str, Interval]]) -> Table:
    """The table with the columns of whole sets."""
    return {row: {**columns, **sets.get(row, {})} for row, columns in table.items()}


def missing_in(records: Sequence[ClipRecord], main: str, differences: Table) -> dict[str, dict[str, dict[str, int]]]:
    """{other row: {column: how many clips each of the two rows lacks}}, where one lacks any."""
    found = {other: {name: lacking(records, main, other, name) for name in row} for other, row in differences.items()}
    return {
        other: {name: counts for name, counts in row.items() if any(counts.values())} for other, row in found.items()
    }


def clip_json(record: ClipRecord) -> dict[str, Any]:
    """A clip as the report has it: without strip and features."""
    plain = record_to_json(record)
    plain.pop("features")
    return plain


def write_report(folder: Path, report: Report, strips: Mapping[str, bytes]) -> None:
    """The report's files into `folder`, each complete or absent; report.json comes last. strips: clip key -> JPEG."""
    folder.mkdir(parents=True, exist_ok=True)
    atomic_write_text(folder / "report.csv", clip_csv(report))
    table = interval_table(report["summary"], report["measures"], lines="measures", comment="needs booktabs")
    atomic_write_text(folder / "table.tex", table)
    atomic_write_text(folder / "report.html", report_page(report, strips))
    atomic_write_text(folder / REPORT_FILE, to_json(report))


def read_report(folder: Path) -> tuple[Report, list[ClipRecord]]:
    """A report written by `write_report`, and its clips. InputError when there is none or it has another format."""
    path = folder / REPORT_FILE
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError("no readable report", path, "give the out= folder of an evaluate.py run") from error
    if not isinstance(report, dict) or report.get("format") != FORMAT:
        raise InputError("not a report of this format", path, "evaluate again with this version")
    return report, [record_from_json(clip) for clip in report["clips"]]


def to_json(content: Mapping[str, Any]) -> str:
    """Text of report.json: sorted keys, one figure a line, no NaN."""
    return json_text(content, indent=1, sort_keys=True, allow_nan=False) + "\n"


def clip_csv(report: Report) -> str:
    """One line a clip and row, all columns, and one line for each failure with its reason."""
    columns = [measure["name"] for measure in report["measures"]]
    lines: list[Iterable[Any]] = [["clip", "corpus", "speaker", "frames", "row", "sound_of", *columns, "failure"]]
    for clip in report["clips"]:
        for system, row in clip["systems"].items():
            about = [clip["key"], clip["corpus"], clip["speaker"], clip["frames"], system, sound_of(clip, system)]
            lines.append([*about, *(row["values"].get(column, "") for column in columns), ""])
    for failure in report["failures"]:
        lines.append([failure["key"], *[""] * (5 + len(columns)), failure["reason"]])
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue()


def sound_of(clip: Mapping[str, Any], system: str) -> str:
    """Key of the clip whose sound a row is judged with."""
    return str(clip["sound_of"] if system in OTHER_SOUND else clip["key"])


def rounded(content: Any) -> Any:
    """Plain copy: floats to DECIMALS, NaN as None, intervals as {value, low, high, n}, integer keys as text."""
    if isinstance(content, Interval):
        return rounded(content._asdict())
    if isinstance(content, Mapping):
        return {str(key): rounded(value) for key, value in content.items()}
    if isinstance(content, Sequence) and not isinstance(content, str):
        return [rounded(value) for value in content]
    if isinstance(content, float):
        return round(content, DECIMALS) + 0.0 if math.isfinite(content) else None
    return content
