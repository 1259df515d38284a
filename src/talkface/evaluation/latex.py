"""Tables for a paper: value and 95 % interval, the better direction as an arrow."""

from collections.abc import Mapping, Sequence
from typing import Any

ARROWS = {"higher": r"$\uparrow$", "lower": r"$\downarrow$", "zero": r"$\to 0$"}
_ESCAPES = {"\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{"}
_ESCAPES |= {"}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "±": r"$\pm$"}


def escape(text: str) -> str:
    """Text as LaTeX shows it literally."""
    return "".join(_ESCAPES.get(letter, letter) for letter in text)


def interval_cell(interval: Mapping[str, Any] | None, decimals: int, mark: str = "") -> str:
    """`0.512 {\\scriptsize [0.498, 0.527]}`; a dash where nothing was measured. mark: put behind the value."""
    if interval is None or interval["value"] is None:
        return "--"
    value, low, high = (f"{interval[part]:.{decimals}f}" for part in ("value", "low", "high"))
    return rf"${value}$" + mark + rf" {{\scriptsize [${low}$, ${high}$]}}"


def interval_table(
    table: Mapping[str, Mapping[str, Mapping[str, Any]]],
    measures: Sequence[Mapping[str, Any]],
    marks: Mapping[tuple[str, str], str] | None = None,
) -> str:
    """One line a row, one column a measure, ready to \\input. table: {row: {column: {value, low, high, n}}}."""
    marks = marks or {}
    head = ["row", "$n$", *(f"{escape(m['title'])} {ARROWS[m['better']]}" for m in measures)]
    lines = [rf"\begin{{tabular}}{{l r {'l ' * len(measures)}}}", r"\hline", " & ".join(head) + r" \\", r"\hline"]
    for row, columns in table.items():
        cells = [
            interval_cell(columns.get(m["name"]), m["decimals"], marks.get((row, m["name"]), "")) for m in measures
        ]
        count = max((interval["n"] for interval in columns.values()), default=0)
        lines.append(" & ".join([escape(row), str(count), *cells]) + r" \\")
    return "\n".join([*lines, r"\hline", r"\end{tabular}", ""])
