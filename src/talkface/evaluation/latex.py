"""Tables for a paper: value and 95 % interval, the better direction as an arrow, the best value bold (booktabs)."""

from collections.abc import Mapping, Sequence
from typing import Any

Plain = Mapping[str, Any]
Table = Mapping[str, Mapping[str, Plain]]
ARROWS = {"higher": r"$\uparrow$", "lower": r"$\downarrow$", "zero": r"$\to 0$", "real": r"$\to$ real"}
_ESCAPES = {"\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{"}
_ESCAPES |= {"}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "±": r"$\pm$", "°": r"$^\circ$"}
_ESCAPES |= {"<": r"\textless{}", ">": r"\textgreater{}", "²": r"$^2$"}


def escape(text: str) -> str:
    """Text as LaTeX shows it literally."""
    return "".join(_ESCAPES.get(letter, letter) for letter in text)


def interval_cell(interval: Plain | None, decimals: int, mark: str = "", *, bold: bool = False) -> str:
    """`0.512 {\\scriptsize [0.498, 0.527]}`; a dash where nothing was measured. mark: put behind the value."""
    if interval is None or interval["value"] is None:
        return "--"
    value = f"{interval['value']:.{decimals}f}"
    shown = (rf"$\mathbf{{{value}}}$" if bold else f"${value}$") + mark
    if interval["low"] is None:  # a column of whole sets
        return shown
    low, high = (f"{interval[part]:.{decimals}f}" for part in ("low", "high"))
    return shown + rf" {{\scriptsize [${low}$, ${high}$]}}"


def best_rows(table: Table, measures: Sequence[Plain], leave_out: Sequence[str] = ("real",)) -> set[tuple[str, str]]:
    """{(row, column)} of the best value of each column, equals included, among rows other than `leave_out`.

    Values count as printed. Columns with fewer than two such rows have no best.
    """
    best = set()
    for measure in measures:
        name, found = measure["name"], {row: columns.get(measure["name"]) for row, columns in table.items()}
        target = (table.get("real", {}).get(name) or {"value": None})["value"]
        losses = {
            row: _loss(interval["value"], measure, target)
            for row, interval in found.items()
            if interval is not None and interval["value"] is not None and row not in leave_out
        }
        if len(losses) > 1 and (measure["better"] != "real" or target is not None):
            best |= {(row, name) for row, loss in losses.items() if loss == min(losses.values())}
    return best


def interval_table(
    table: Table,
    measures: Sequence[Plain],
    marks: Mapping[tuple[str, str], str] | None = None,
    *,
    lines: str = "rows",
    comment: str = "",
) -> str:
    """A tabular ready to \\input, with \\usepackage{booktabs}. table: {row: {column: {value, low, high, n}}}.

    lines: `rows`, a line each, for many rows; `measures`, a line each, for many columns. comment: its first
    line, for whoever opens it.
    """
    marks, best = marks or {}, best_rows(table, measures)
    cells = [
        [
            interval_cell(
                row.get(m["name"]), m["decimals"], marks.get((name, m["name"]), ""), bold=(name, m["name"]) in best
            )
            for m in measures
        ]
        for name, row in table.items()
    ]
    rows = [f"{escape(name)} {{\\scriptsize ({_count(row)})}}" for name, row in table.items()]
    heads = [f"{escape(_titled(m))} {ARROWS[m['better']]}" for m in measures]
    if lines == "rows":
        grid = [["", *heads], *([row, *line] for row, line in zip(rows, cells, strict=True))]
    else:
        grid = [["", *rows], *([head, *line] for head, line in zip(heads, zip(*cells, strict=True), strict=True))]
    return _tabular(grid, comment)


def _tabular(grid: Sequence[Sequence[str]], comment: str) -> str:
    head, *body = (" & ".join(line) + r" \\" for line in grid)
    opening = rf"\begin{{tabular}}{{l{'r' * (len(grid[0]) - 1)}}}"
    note = [f"% {comment}"] if comment else []
    return "\n".join([*note, opening, r"\toprule", head, r"\midrule", *body, r"\bottomrule", r"\end{tabular}", ""])


def _loss(value: float, measure: Plain, target: float | None) -> float:
    """The lower the better, of the value as it is printed."""
    shown = round(value, measure["decimals"])
    if measure["better"] == "higher":
        return -shown
    if measure["better"] == "lower":
        return shown
    return abs(shown - (target or 0.0 if measure["better"] == "real" else 0.0))


def _titled(measure: Plain) -> str:
    return f"{measure['title']} [{measure['unit']}]" if measure["unit"] else str(measure["title"])


def _count(row: Mapping[str, Plain]) -> str:
    return f"n={max((interval['n'] for interval in row.values()), default=0)}"
