"""The tables of report pages: a line a measure and a column a row of the report, or the other way round."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from talkface.evaluation.latex import best_rows

Plain = Mapping[str, Any]
Table = Mapping[str, Mapping[str, Plain]]
ARROWS = {"higher": "↑", "lower": "↓", "zero": "→ 0", "real": "→ real"}
SECTIONS: dict[str, tuple[str, ...]] = {
    "Lip-sync": ("sync", "syncnet_v2"),
    "Likeness to the real pictures": ("face", "frame", "lpips"),
    "The new mouth": ("mouth",),
    "Landmarks, movement, pose": ("lmd", "mesh", "drawn", "detection", "leak", "motion"),
    "Sharpness, identity, sets": ("sharpness", "identity", "fid", "fvd"),
    "The file itself": ("file",),
}
"""Headings of the tables, by family."""


def result_table(
    table: Table,
    measures: Sequence[Plain],
    missing: Mapping[str, Mapping[str, int]] | None = None,
    *,
    scale: Sequence[str] = ("real",),
    differences: Table | None = None,
) -> str:
    """A line a measure, a column a row; the best of a line is bold.

    missing: {row: {column: clips without it}}, shown where there are any. scale: rows that are shown for comparison and
    never the best. differences: to a baseline, marked ▲ better, ▼ worse.
    """
    best = best_rows(table, measures, scale)
    heads = "".join(f"<th>{escape(name)}{_count(row)}</th>" for name, row in table.items())
    lines = [f"<tr><th></th>{heads}</tr>"]
    for title, chosen in _by_section(measures):
        lines.append(f'<tr class="part"><th colspan="{len(table) + 1}">{escape(title)}</th></tr>')
        for m in chosen:
            cells = []
            for name, row in table.items():
                lost = (missing or {}).get(name, {}).get(m["name"], 0)
                against = (differences or {}).get(name, {}).get(m["name"])
                note = f"{lost} missing" if lost else ""
                is_best = (name, m["name"]) in best
                cells.append(_cell(row.get(m["name"]), m, bold=is_best, note=note, against=against))
            lines.append(f"<tr>{_measure(m)}{''.join(cells)}</tr>")
    return _wrapped(lines)


def difference_table(
    table: Table, measures: Sequence[Plain], missing: Mapping[str, Any], head: str = "minus {}"
) -> str:
    """A line a measure, a column for each row that is subtracted; coloured where the interval excludes 0.

    missing: {row: {column: {of, minus}}}, clips that only one of the two rows has. head: of the columns.
    """
    heads = "".join(f"<th>{escape(head.format(name))}</th>" for name in table)
    lines = [f"<tr><th></th>{heads}</tr>"]
    for m in measures:
        if any(m["name"] in row for row in table.values()):
            cells = []
            for name, row in table.items():
                lost = missing.get(name, {}).get(m["name"])
                note = f"missing: {lost['of']} here, {lost['minus']} there" if lost else ""
                cells.append(_cell(row.get(m["name"]), m, judged=True, note=note))
            lines.append(f"<tr>{_measure(m)}{''.join(cells)}</tr>")
    return _wrapped(lines)


def ranking_table(table: Table, measures: Sequence[Plain], differences: Table, scale: Table, baseline: str) -> str:
    """A line a report, sorted as given, a column a measure; differences to the baseline marked ▲ better, ▼ worse.

    scale: rows of the baseline's report that show what the figures mean; below the others, in grey.
    """
    best = best_rows(table, measures)
    lines = [f"<tr><th></th><th>n</th>{''.join(_head(m) for m in measures)}</tr>"]
    for name, row in table.items():
        cells = []
        for m in measures:
            difference = differences.get(name, {}).get(m["name"])
            cells.append(_cell(row.get(m["name"]), m, bold=(name, m["name"]) in best, against=difference))
        label = escape(name) + (" <small>baseline</small>" if name == baseline else "")
        lines.append(f"<tr><th>{label}</th><td>{_most(row)}</td>{''.join(cells)}</tr>")
    for name, row in scale.items():
        cells = [_cell(row.get(m["name"]), m) for m in measures]
        lines.append(f'<tr class="scale"><th>{escape(name)}</th><td>{_most(row)}</td>{"".join(cells)}</tr>')
    return _wrapped(lines)


def plain_table(table: Table, measures: Sequence[Plain], *, judged: bool = False) -> str:
    """A line a row, a column a measure. judged: colour the cells whose interval excludes 0 (a table of differences)."""
    lines = [f"<tr><th></th><th>n</th>{''.join(_head(m) for m in measures)}</tr>"]
    for name, row in table.items():
        cells = "".join(_cell(row.get(m["name"]), m, judged=judged) for m in measures)
        lines.append(f"<tr><th>{escape(name)}</th><td>{_most(row)}</td>{cells}</tr>")
    return _wrapped(lines)


def verdict(interval: Plain | None, measure: Plain) -> str:
    """`better`, `worse` or `other` where a difference's interval excludes 0; empty where it does not."""
    if interval is None or interval["low"] is None or interval["low"] <= 0 <= interval["high"]:
        return ""
    if measure["better"] not in ("higher", "lower"):
        return "other"
    return "better" if (interval["low"] > 0) == (measure["better"] == "higher") else "worse"


def _cell(
    interval: Plain | None,
    m: Plain,
    *,
    bold: bool = False,
    judged: bool = False,
    note: str = "",
    against: Plain | None = None,
) -> str:
    if interval is None or interval["value"] is None:
        return "<td>–</td>"
    decimals = m["decimals"]
    value = f"{interval['value']:.{decimals}f}"
    text = f"<b>{value}</b>" if bold else value
    if against is not None:
        text += _mark(against, m)
    if interval["low"] is not None:
        text += f" <small>[{interval['low']:.{decimals}f}, {interval['high']:.{decimals}f}]</small>"
    text += f"<em>{note}</em>" if note else ""
    colour = verdict(interval, m) if judged else ""
    return f'<td class="{colour}">{text}</td>' if colour else f"<td>{text}</td>"


def _mark(difference: Plain, m: Plain) -> str:
    """▲ or ▼ with the difference as what the pointer shows."""
    sign = {"better": "▲", "worse": "▼", "other": "◆"}.get(verdict(difference, m), "")
    if not sign:
        return ""
    low, high = (f"{difference[part]:+.{m['decimals']}f}" for part in ("low", "high"))
    return f'<span class="{verdict(difference, m)}" title="difference [{low}, {high}]">{sign}</span>'


def _head(m: Plain) -> str:
    unit = f" <small>{escape(m['unit'])}</small>" if m["unit"] else ""
    return f'<th title="{escape(m["note"])}">{escape(m["title"])} {ARROWS[m["better"]]}{unit}</th>'


def _measure(m: Plain) -> str:
    return _head(m).replace("<th ", '<th class="name" ', 1)


def _by_section(measures: Sequence[Plain]) -> list[tuple[str, list[Plain]]]:
    found = [(title, [m for m in measures if m["family"] in families]) for title, families in SECTIONS.items()]
    return [(title, chosen) for title, chosen in found if chosen]


def _count(row: Mapping[str, Plain]) -> str:
    return f" <small>n={_most(row)}</small>"


def _most(row: Mapping[str, Plain]) -> int:
    return max((int(interval["n"]) for interval in row.values()), default=0)


def _wrapped(lines: Sequence[str]) -> str:
    return f'<div class="wide"><table>{"".join(lines)}</table></div>'
