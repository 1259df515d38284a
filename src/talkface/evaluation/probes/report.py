"""The report of the probes: probes.json, probes.csv, table.tex and the page probes.html."""

import csv
import io
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from talkface.evaluation.bootstrap import Bootstrap, Interval
from talkface.evaluation.latex import interval_table
from talkface.evaluation.page import definitions
from talkface.evaluation.page_style import document
from talkface.evaluation.probes.crossed import FOLDS, ProbeClip, explained, recognised
from talkface.evaluation.probes.reading import CODES
from talkface.evaluation.report import rounded, to_json
from talkface.evaluation.tables import plain_table
from talkface.media import atomic_write_text

PROBES_FILE = "probes.json"
_RIDGE = f"R² of ridge regression, {FOLDS} folds by speaker: 0 for one that only knows the mean, interval by speaker;"
_TRUTH = {
    "yaw": "head yaw, degrees, drawn truth",
    "pitch": "head pitch, degrees, drawn truth",
    "roll": "head roll in the aligned picture, degrees, drawn truth",
    "opening": "gap of the lips as a part of the widest, drawn truth",
    "width": "width of the mouth (0.5 at rest), drawn truth",
}
_POINTS = {
    "yaw": "head yaw, degrees, by the detector's five points and an average head",
    "pitch": "head pitch, degrees, by the detector's five points",
    "roll": "head roll in the aligned picture, degrees, by the detector's five points",
    "width": "width of the mouth over the distance of the eyes, by the detector's five points",
}
_WHO = "who it is"
_NOTE = (
    f"share of frames whose speaker multinomial logistic regression names, {FOLDS} folds of clips within speakers, "
    "interval by clip; people with one clip are left out"
)


def probe_table(clips: Sequence[ProbeClip], draw: Bootstrap) -> dict[str, dict[str, Interval]]:
    """{code, and `chance`: {target or `speaker`: interval}}; a target that no clip knows is left out."""
    table: dict[str, dict[str, Interval]] = {name: {} for name in (*CODES, "chance")}
    for target in known_targets(clips):
        some = [clip for clip in clips if np.isfinite(clip.targets[target]).any()]
        for code in CODES:
            unexplained = explained(some, code, target).share(draw, [clip.speaker for clip in some])
            table[code][target] = _complement(unexplained)
        table["chance"][target] = Interval(0.0, 0.0, 0.0, unexplained.n)
    if len(clips) > len({clip.speaker for clip in clips}):
        for code in CODES:
            hits, chance = recognised(clips, code)
            table[code]["speaker"] = hits.share(draw)
        table["chance"]["speaker"] = Interval(chance, chance, chance, int((hits.below > 0).sum()))
    return table


def known_targets(clips: Sequence[ProbeClip]) -> list[str]:
    """Names of what is known of at least one frame, in the order of the report."""
    return [name for name in _TRUTH if any(np.isfinite(clip.targets.get(name, [])).any() for clip in clips)]


def _complement(share: Interval) -> Interval:
    return Interval(1 - share.value, 1 - share.high, 1 - share.low, share.n)


def build_probe_report(
    clips: Sequence[ProbeClip], failures: Sequence[Mapping[str, str]], provenance: Mapping[str, Any], draw: Bootstrap
) -> dict[str, Any]:
    """All that probes.json holds, rounded. provenance: of networks, corpora and settings; `drawn` among them."""
    table = probe_table(clips, draw)
    notes = {name: f"{_RIDGE} {text}" for name, text in (_TRUTH if provenance["drawn"] else _POINTS).items()}
    notes["speaker"] = _NOTE
    measures = [
        {
            "name": name,
            "title": _WHO if name == "speaker" else name,
            "unit": "",
            "better": "higher",
            "decimals": 3,
            "note": notes[name],
            "family": "probe",
        }
        for name in notes
        if name in table["chance"]
    ]
    report: dict[str, Any] = rounded(
        {
            "format": 1,
            "provenance": dict(provenance),
            "interval": draw._asdict(),
            "measures": measures,
            "codes": CODES,
            "table": table,
            "clips": [{"key": c.key, "speaker": c.speaker, "frames": len(c.codes["pose"])} for c in clips],
            "failures": list(failures),
        }
    )
    return report


def write_probes(folder: Path, report: Mapping[str, Any]) -> None:
    """The report's files into `folder`; probes.json comes last."""
    folder.mkdir(parents=True, exist_ok=True)
    atomic_write_text(folder / "probes.csv", _csv(report))
    atomic_write_text(folder / "table.tex", interval_table(report["table"], report["measures"], comment="probes"))
    atomic_write_text(folder / "probes.html", _page(report))
    atomic_write_text(folder / PROBES_FILE, to_json(report))


def _csv(report: Mapping[str, Any]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["code", "target", "value", "low", "high", "n"])
    for code, columns in report["table"].items():
        for target, interval in columns.items():
            writer.writerow([code, target, *(interval[part] for part in ("value", "low", "high", "n"))])
    return text.getvalue()


def _page(report: Mapping[str, Any]) -> str:
    title = str(report["provenance"]["name"])
    speakers = len({clip["speaker"] for clip in report["clips"]})
    frames = sum(clip["frames"] for clip in report["clips"])
    sections = [
        f"<h1>{escape(title)}</h1>",
        '<p class="note">What each code carries, read by the simplest maps, each clip by a map fitted without it. '
        f"{len(report['clips'])} clips, {speakers} people, {frames} frames.</p>",
        plain_table(report["table"], report["measures"]),
        definitions(report["codes"], "rows"),
        "<h2>What was measured</h2>",
        definitions({m["title"]: m["note"] for m in report["measures"]}, "columns"),
        definitions({each["key"]: each["reason"] for each in report["failures"]}, "clips not measured"),
    ]
    return document(title, sections)
