"""report.html: one self-contained page with the table, the plots, the best and worst clips, and what failed."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from talkface.evaluation.svg import dot_chart, line_chart

Plain = Mapping[str, Any]
ARROWS = {"higher": "↑", "lower": "↓", "zero": "→ 0"}
SHOWN = 4
"""Clips shown at each end of the ranking."""
PLOTTED = ("sync_probability", "lse_distance", "lse_confidence", "ssim_mouth", "lmd")
STYLE = """
body{font:15px/1.5 system-ui,sans-serif;color:#1c2126;background:#fff;max-width:1120px;margin:32px auto;padding:0 20px}
h1{font-size:26px;margin-bottom:4px}h2{font-size:19px;margin:34px 0 8px;border-bottom:1px solid #d9dde1}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:13.5px}.wide{overflow-x:auto}
th,td{padding:5px 10px;text-align:right;border-bottom:1px solid #e6e9ec;white-space:nowrap}
th:first-child,td:first-child{text-align:left}td small{color:#6a737c}td.sure{background:#e9f3ea}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(460px,1fr));gap:18px}
.charts h3{font-size:14px;margin:0}
svg{width:100%;max-width:560px}
svg text{font:11px system-ui,sans-serif;fill:#4a525a}
.legend{font-size:12.5px;margin:2px 0}
.legend span{margin-right:14px}
.legend i{display:inline-block;width:10px;height:10px;border-radius:2px;margin-right:5px}
figure{margin:14px 0}figure img{width:100%;max-width:960px;display:block;border-radius:4px}
figcaption,.note{color:#59626b;font-size:13px}code{font-size:12.5px;word-break:break-all}
"""


def report_page(report: Plain, strips: Mapping[str, bytes]) -> str:
    """The page of one report. strips: clip key -> JPEG with one line of pictures a row."""
    provenance = report["provenance"]
    sections = [
        f"<h1>Evaluation: {escape(str(provenance.get('name', 'report')))}</h1>",
        f'<p class="note">{_counts(report)}</p>',
        "<h2>Results</h2>",
        f'<p class="note">Mean over clips, with the bootstrap {_level(report)} interval in brackets.</p>',
        result_table(report["summary"], report["measures"]),
        definitions(report["systems"], "row"),
        _differences(report),
        _expert(report["expert"]),
        "<h2>Plots</h2>",
        _charts(report),
        _ranking(report, strips),
        _problems(report),
        "<h2>What was measured</h2>",
        definitions({m["title"]: m["note"] for m in report["measures"]}, "column"),
        f"<h2>Where the figures come from</h2>{_nested(provenance)}",
    ]
    return document(str(provenance.get("name", "report")), sections)


def document(title: str, sections: Iterable[str]) -> str:
    """A whole HTML page without any outside reference."""
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
    body = "\n".join(section for section in sections if section)
    return (
        f'<!doctype html>\n<html lang="en"><head>{head}<style>{STYLE}</style></head>\n<body>\n{body}\n</body></html>\n'
    )


def result_table(
    table: Mapping[str, Plain], measures: Sequence[Plain], *, mark: bool = False, first: str = "row"
) -> str:
    """Rows x columns of intervals. mark: colour the cells whose interval excludes 0 (a table of differences)."""
    heads = "".join(f"<th>{escape(m['title'])} {ARROWS[m['better']]}</th>" for m in measures)
    lines = [f"<tr><th>{escape(first)}</th><th>n</th>{heads}</tr>"]
    for name, columns in table.items():
        count = max((interval["n"] for interval in columns.values()), default=0)
        cells = "".join(_cell(columns.get(m["name"]), m["decimals"], mark) for m in measures)
        lines.append(f"<tr><td>{escape(name)}</td><td>{count}</td>{cells}</tr>")
    return f'<div class="wide"><table>{"".join(lines)}</table></div>'


def definitions(entries: Mapping[str, str], what: str) -> str:
    """A list of names with what they mean."""
    lines = "".join(f"<li><b>{escape(name)}</b>: {escape(text)}</li>" for name, text in entries.items() if text)
    return f'<ul class="note" aria-label="{what}">{lines}</ul>' if lines else ""


def _cell(interval: Plain | None, decimals: int, mark: bool = False) -> str:
    if interval is None or interval["value"] is None:
        return "<td>–</td>"
    value, low, high = (f"{interval[part]:.{decimals}f}" for part in ("value", "low", "high"))
    sure = mark and (interval["low"] > 0 or interval["high"] < 0)
    opening = '<td class="sure">' if sure else "<td>"
    return f"{opening}{value} <small>[{low}, {high}]</small></td>"


def _counts(report: Plain) -> str:
    clips, failed = len(report["clips"]), len(report["failures"])
    speakers = len({(clip["corpus"], clip["speaker"]) for clip in report["clips"]})
    split = escape(str(report["provenance"].get("split", "–")))
    return f"split {split} · {clips} clips of {speakers} speakers · {failed} clips could not be measured"


def _level(report: Plain) -> str:
    return f"{100 * report['interval']['level']:g} %"


def _differences(report: Plain) -> str:
    rows = {f"minus {name}": columns for name, columns in report["differences"]["minus"].items()}
    if not rows:
        return ""
    title = f"<h2>{escape(report['differences']['of'])}: paired differences</h2>"
    note = '<p class="note">Difference of the two rows clip by clip; coloured where the interval excludes 0.</p>'
    return title + note + result_table(rows, report["measures"], mark=True, first=report["differences"]["of"])


def _expert(expert: Plain) -> str:
    if not expert:
        return ""
    columns = [
        {"name": "pair_accuracy", "title": "pairs won by the true window", "better": "higher", "decimals": 3},
        {"name": "offset_within_1", "title": "clips with offset within ±1", "better": "higher", "decimals": 3},
    ]
    curve = [(float(distance), interval["value"]) for distance, interval in expert["by_distance"].items()]
    chart = line_chart({"all clips": curve}, "distance of the shift, frames", "share of pairs won")
    speakers = result_table(expert["by_speaker"], columns, first="speaker")
    return (
        "<h2>The expert on the real clips</h2>"
        '<p class="note">A pair is won when the true window has a higher cosine than the same pictures with the '
        "sound shifted by 3 to 8 frames, inside the clip.</p>"
        + result_table(expert["groups"], columns, first="group")
        + f'<div class="charts"><div>{chart}</div></div><details><summary>by speaker</summary>{speakers}</details>'
    )


def _charts(report: Plain) -> str:
    titles = {measure["name"]: measure["title"] for measure in report["measures"]}
    curves = {
        name: [(float(shift), value) for shift, value in curve.items()]
        for name, curve in report["offset_curves"].items()
    }
    charts = [("Agreement by shift of the sound", line_chart(curves, "shift of the sound, frames", "mean cosine"))]
    for column in [name for name in PLOTTED if name in titles]:
        values = {system: _column(report, system, column) for system in report["systems"]}
        charts.append((f"{titles[column]}, one dot a clip", dot_chart(values, titles[column])))
    cells = "".join(f"<div><h3>{escape(title)}</h3>{chart}</div>" for title, chart in charts if chart)
    return f'<div class="charts">{cells}</div>'


def _column(report: Plain, system: str, column: str) -> list[float]:
    rows = [clip["systems"].get(system, {}).get("values", {}) for clip in report["clips"]]
    return [row[column] for row in rows if column in row]


def _ranking(report: Plain, strips: Mapping[str, bytes]) -> str:
    """Strips of the best and worst clips by sync probability of the main row."""
    system = report["differences"]["of"]
    scored = [(clip["systems"].get(system, {}).get("values", {}), clip["key"]) for clip in report["clips"]]
    order = sorted(
        (values["sync_probability"], key) for values, key in scored if "sync_probability" in values and strips.get(key)
    )
    if not order:
        return ""
    best, worst = order[::-1][:SHOWN], order[: max(0, min(SHOWN, len(order) - SHOWN))]
    shown = [name for name in ("real", "generated", "copy_reference") if name in report["systems"]]
    sections = [f'<h2>Clips</h2><p class="note">Ten frames spread over the clip; from the top: {", ".join(shown)}.</p>']
    for title, chosen in (("best", best), ("worst", worst)):
        sections += [_figure(f"{title}: {key}, sync probability {value:.3f}", strips[key]) for value, key in chosen]
    return "".join(sections)


def _figure(caption: str, jpeg: bytes) -> str:
    data = base64.b64encode(jpeg).decode()
    image = f'<img alt="{escape(caption)}" src="data:image/jpeg;base64,{data}">'
    return f"<figure>{image}<figcaption>{escape(caption)}</figcaption></figure>"


def _problems(report: Plain) -> str:
    absent = [
        f"<li>{escape(system)} · {escape(column)}: {escape(reason)} ({count} clips)</li>"
        for system, columns in report["absent"].items()
        for column, reasons in columns.items()
        for reason, count in reasons.items()
    ]
    failed = [f"<li>{escape(each['key'])}: {escape(each['reason'])}</li>" for each in report["failures"]]
    failures = f"<h2>Clips that could not be measured</h2>{_list(failed)}"
    return failures + f"<h2>Columns left out</h2>{_list(absent)}"


def _list(items: Sequence[str]) -> str:
    return f'<ul class="note">{"".join(items)}</ul>' if items else '<p class="note">none</p>'


def _nested(content: Any) -> str:
    """Any plain content as nested lists."""
    if isinstance(content, Mapping):
        items = "".join(f"<li><b>{escape(str(key))}</b>: {_nested(value)}</li>" for key, value in content.items())
        return f'<ul class="note">{items}</ul>'
    if isinstance(content, Sequence) and not isinstance(content, str):
        return ", ".join(_nested(value) for value in content)
    return f"<code>{escape(str(content))}</code>"
