"""report.html: one self-contained page with the tables, the plots, the best and worst clips, and what is missing."""

import base64
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from talkface.evaluation.page_style import document
from talkface.evaluation.svg import colours_of, dot_chart, line_chart, rank_chart
from talkface.evaluation.tables import ARROWS, difference_table, plain_table, result_table

Plain = Mapping[str, Any]
SHOWN = 4
"""Clips shown at each end of the ranking."""
RANKED_BY = ("sync_probability", "lse_confidence_v2", "ssim_mouth", "lmd")
"""Column by which clips are ranked: the first that is there."""


def report_page(report: Plain, strips: Mapping[str, bytes]) -> str:
    """The page of one report. strips: clip key -> JPEG with one line of pictures a row."""
    provenance = report["provenance"]
    level = f"{100 * report['interval']['level']:g} %"
    sections = [
        f"<h1>{escape(str(provenance.get('name', 'report')))}</h1>",
        f'<p class="note">{escape(_protocol(provenance))}</p>',
        _facts(report),
        "<h2>Results</h2>",
        f'<p class="note">Mean over clips with its bootstrap {level} interval, drawn by '
        f"{escape(str(report['interval']['by']))}; bold: the best of a line, the real clip "
        "apart; columns of whole sets have no interval. What each line measures is below.</p>",
        result_table(report["summary"], report["measures"], _lost(report)),
        definitions(report["systems"], "rows"),
        _differences(report, level),
        "<h2>Plots</h2>",
        _charts(report),
        _expert(report["expert"]),
        _clips(report, strips),
        _problems(report),
        "<h2>What was measured</h2>",
        definitions({f"{m['title']} {ARROWS[m['better']]}": m["note"] for m in report["measures"]}, "columns"),
        f"<h2>Where the figures come from</h2>{_nested(provenance)}",
    ]
    return document(str(provenance.get("name", "report")), sections)


def definitions(entries: Mapping[str, str], what: str) -> str:
    """A list of names with what they mean."""
    lines = "".join(f"<li><b>{escape(name)}</b>: {escape(text)}</li>" for name, text in entries.items() if text)
    return f'<ul class="note" aria-label="{what}">{lines}</ul>' if lines else ""


def _protocol(provenance: Plain) -> str:
    protocol = provenance.get("protocol", "")
    return str(protocol.get("name", "") if isinstance(protocol, Mapping) else protocol)


def _facts(report: Plain) -> str:
    clips = report["clips"]
    seconds = sum(clip["frames"] for clip in clips) / 25
    facts = {
        "split": report["provenance"].get("split", "–"),
        "clips measured": len(clips),
        "speakers": len({(clip["corpus"], clip["speaker"]) for clip in clips}),
        "minutes": f"{seconds / 60:.1f}",
        "clips not measured": len(report["failures"]),
        "columns missing": len(report["missing_columns"]),
    }
    boxes = [f"<div><b>{escape(str(value))}</b><span>{name}</span></div>" for name, value in facts.items()]
    return f'<div class="facts">{"".join(boxes)}</div>'


def _lost(report: Plain) -> dict[str, dict[str, int]]:
    """{row: {column: clips}} that lack a column which other clips of the row have."""
    found: dict[str, dict[str, int]] = {}
    for row, columns in report["summary"].items():
        clips = sum(row in clip["systems"] for clip in report["clips"])
        found[row] = {name: clips - interval["n"] for name, interval in columns.items()}
    return found


def _differences(report: Plain, level: str) -> str:
    differences = report["differences"]
    if not differences["minus"]:
        return ""
    title = f"<h2>{escape(differences['of'])}, paired with the other rows</h2>"
    note = (
        f'<p class="note">Difference clip by clip with its {level} interval, over the clips that both rows have; where '
        "it excludes 0: green for better, red for worse, blue where neither direction is. Clips that one of the two "
        "rows lacks are counted.</p>"
    )
    return title + note + difference_table(differences["minus"], report["measures"], differences["missing"])


def _charts(report: Plain) -> str:
    titles = {m["name"]: m["title"] for m in report["measures"]}
    colours = colours_of(list(report["systems"]))
    curves = {
        name: [(float(shift), value) for shift, value in sorted(curve.items(), key=lambda pair: int(pair[0]))]
        for name, curve in report["offset_curves"].items()
    }
    shift = line_chart(curves, "shift of the sound, frames (0: as given)", "mean cosine", colours, at=0)
    ranks = rank_chart(report["ranks"], titles, colours, "mean rank over clips (1: best)")
    charts = [("Agreement of picture and sound by shift", shift), ("Ranks of the rows", ranks)]
    for m in report["measures"]:
        values = {system: _column(report, system, m["name"]) for system in report["systems"]}
        unit = f", {m['unit']}" if m["unit"] else ""
        charts.append((f"{m['title']} {ARROWS[m['better']]}", dot_chart(values, f"{m['title']}{unit}", colours)))
    cells = "".join(f"<div><h3>{escape(title)}</h3>{chart}</div>" for title, chart in charts if chart)
    note = '<p class="note">Distributions: a dot is a clip, the band its middle half, the bar the mean.</p>'
    return f'{note}<div class="charts">{cells}</div>'


def _column(report: Plain, system: str, column: str) -> list[float]:
    rows = [clip["systems"].get(system, {}).get("values", {}) for clip in report["clips"]]
    return [row[column] for row in rows if column in row]


def _expert(expert: Plain) -> str:
    if not expert:
        return ""
    titles = {
        "pair_accuracy": "pairs won",
        "speech_pair_accuracy": "pairs with speech won",
        "offset_within_1": "clips within ±1 frame",
    }
    share = {"unit": "share", "better": "higher", "decimals": 3, "note": ""}
    columns: list[dict[str, Any]] = [{"name": name, "title": title, **share} for name, title in titles.items()]
    curve = [(float(distance), interval["value"]) for distance, interval in expert["by_distance"].items()]
    chart = line_chart({"all clips": curve}, "distance of the shift, frames", "share of pairs won")
    speakers = plain_table(expert["by_speaker"], columns)
    return (
        "<h2>The expert on the real clips</h2>"
        '<p class="note">A pair is won when the true window has a higher cosine than the same pictures with the '
        "sound shifted by 3 to 8 frames, inside the clip: how far the expert's verdicts can be trusted here. In "
        "pairs with speech at least one of the two sounds is less than 20 dB below the clip's loudest: two silences "
        "cannot be told apart.</p>"
        + plain_table(expert["groups"], columns)
        + f'<div class="charts"><div>{chart}</div></div><details><summary>by speaker</summary>{speakers}</details>'
    )


def _clips(report: Plain, strips: Mapping[str, bytes]) -> str:
    """Strips of the best and worst clips of the main row."""
    system = report["differences"]["of"]
    there = {m["name"]: m for m in report["measures"]}
    measure = next((there[name] for name in RANKED_BY if name in there and _column(report, system, name)), None)
    if measure is None:
        return ""
    sign = -1 if measure["better"] == "higher" else 1
    scored = [(clip["systems"].get(system, {}).get("values", {}), clip["key"]) for clip in report["clips"]]
    order = sorted(
        (sign * values[measure["name"]], key) for values, key in scored if measure["name"] in values and strips.get(key)
    )
    shown = min(SHOWN, (len(order) + 1) // 2)
    best, worst = order[:shown], order[::-1][: min(SHOWN, len(order) - shown)]
    lines = ", ".join(name for name in ("real", system, "copy_reference") if name in report["systems"])
    sections = [
        f'<h2>Best and worst clips</h2><p class="note">By {escape(measure["title"])} of {escape(system)}; ten frames '
        f"spread over the clip; from the top: {escape(lines)}.</p>"
    ]
    for title, chosen in (("best", best), ("worst", worst)):
        for place, (loss, key) in enumerate(chosen, 1):
            value = f"{measure['title']} {sign * loss:.{measure['decimals']}f}"
            sections.append(_figure(f"{title} {place}: {key}, {value}", strips[key]))
    return "".join(sections)


def _figure(caption: str, jpeg: bytes) -> str:
    data = base64.b64encode(jpeg).decode()
    image = f'<img alt="{escape(caption)}" src="data:image/jpeg;base64,{data}">'
    return f"<figure>{image}<figcaption>{escape(caption)}</figcaption></figure>"


def _problems(report: Plain) -> str:
    failed = [f"<li>{escape(each['key'])}: {escape(each['reason'])}</li>" for each in report["failures"]]
    missing: dict[str, list[str]] = {}
    for each in report["missing_columns"]:
        missing.setdefault(each["reason"], []).append(each["title"])
    columns = [f"<li>{escape(', '.join(titles))}: {escape(reason)}</li>" for reason, titles in missing.items()]
    absent = [
        f"<li>{escape(system)} · {escape(column)}: {escape(reason)} ({count} clips)</li>"
        for system, row in report["absent"].items()
        for column, reasons in row.items()
        for reason, count in reasons.items()
    ]
    return (
        f"<h2>What is missing</h2><h3>Clips that could not be measured</h3>{_list(failed)}"
        f"<h3>Columns that no row has</h3>{_list(columns)}"
        f"<details><summary>Figures left out, row by row</summary>{_list(absent)}</details>"
    )


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
