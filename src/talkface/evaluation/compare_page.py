"""The files of a comparison: comparison.json, comparison.csv, table.tex and the page comparison.html."""

import csv
import io
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from talkface.evaluation.latex import interval_table
from talkface.evaluation.page import definitions
from talkface.evaluation.page_style import document
from talkface.evaluation.report import to_json
from talkface.evaluation.svg import colours_of, interval_chart
from talkface.evaluation.tables import ARROWS, difference_table, plain_table, ranking_table, result_table, verdict
from talkface.media import atomic_write_text

COMPARISON_FILE = "comparison.json"
SIDE_BY_SIDE = 4
"""Reports that fit beside each other; more are lines."""


def write_comparison(folder: Path, comparison: Mapping[str, Any]) -> None:
    """comparison.json, comparison.csv, table.tex and comparison.html into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    measures = {measure["name"]: measure for measure in comparison["measures"]}
    marks = {
        (label, column): "*"
        for label, columns in comparison["differences"].items()
        for column, interval in columns.items()
        if verdict(interval, measures[column])
    }
    comment = f"row {comparison['row']}; * differs from {comparison['baseline']}: the interval excludes 0"
    lines = "rows" if len(comparison["table"]) > SIDE_BY_SIDE else "measures"
    table = interval_table(comparison["table"], comparison["measures"], marks, lines=lines, comment=comment)
    atomic_write_text(folder / "comparison.csv", _csv(comparison))
    atomic_write_text(folder / "table.tex", table)
    atomic_write_text(folder / "comparison.html", comparison_page(comparison))
    atomic_write_text(folder / COMPARISON_FILE, to_json(comparison))


def comparison_page(comparison: Mapping[str, Any]) -> str:
    """The comparison as one self-contained HTML page."""
    baseline, measures = comparison["baseline"], comparison["measures"]
    missing = {label: f"clips missing: {', '.join(keys)}" for label, keys in comparison["missing"].items() if keys}
    results, differences = _tables(comparison)
    colours = colours_of(comparison["order"])
    charts = [
        (f"{m['title']} {ARROWS[m['better']]}", interval_chart(_column(comparison, m), colours)) for m in measures
    ]
    plots = "".join(f"<div><h3>{escape(title)}</h3>{chart}</div>" for title, chart in charts if chart)
    sections = [
        f"<h1>Comparison of {len(comparison['table'])} reports</h1>",
        f'<p class="note">Row {escape(comparison["row"])}; mean over clips with its bootstrap interval; bold: best. '
        f"Against {escape(baseline)}, clip by clip: ▲ better, ▼ worse, ◆ different, where the interval of the "
        "difference excludes 0. The rows of the baseline's report behind them show what the figures are worth.</p>",
        definitions({f"warning {index}": text for index, text in enumerate(comparison["warnings"], 1)}, "warning"),
        results,
        definitions(missing, "missing"),
        f"<h2>Difference to {escape(baseline)}, clip by clip</h2>",
        '<p class="note">Over the clips that both reports have; coloured where the interval excludes 0.</p>',
        differences,
        f'<h2>Plots</h2><div class="charts">{plots}</div>',
        "<h2>What was measured</h2>",
        definitions({measure["title"]: measure["note"] for measure in measures}, "column"),
    ]
    return document("Comparison", sections)


def _tables(comparison: Mapping[str, Any]) -> tuple[str, str]:
    """Results and differences: reports side by side where they fit on a page, a line each where they are many."""
    table, scale, measures = comparison["table"], comparison["scale"], comparison["measures"]
    differences, baseline = comparison["differences"], comparison["baseline"]
    if len(table) > SIDE_BY_SIDE:
        ranking = ranking_table(table, measures, differences, scale, baseline)
        return ranking, plain_table(differences, measures, judged=True)
    named = {f"{label} (baseline)" if label == baseline else label: row for label, row in table.items()}
    results = result_table({**named, **scale}, measures, scale=list(scale), differences=differences)
    return results, difference_table(differences, measures, {}, "{} minus " + baseline)


def _column(comparison: Mapping[str, Any], measure: Mapping[str, Any]) -> dict[str, Any]:
    return {label: row[measure["name"]] for label, row in comparison["table"].items() if measure["name"] in row}


def _csv(comparison: Mapping[str, Any]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["report", "what", "column", "value", "low", "high", "n"])
    for what in ("table", "differences", "scale"):
        for label, columns in comparison[what].items():
            for column, interval in columns.items():
                writer.writerow([label, what, column, *(interval[part] for part in ("value", "low", "high", "n"))])
    return text.getvalue()
