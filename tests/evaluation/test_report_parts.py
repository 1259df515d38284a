"""Summary, tables, charts and labels: values by hand."""

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from talkface.evaluation.bootstrap import Bootstrap, Interval
from talkface.evaluation.compare import labels, warnings
from talkface.evaluation.latex import escape, interval_cell, interval_table
from talkface.evaluation.measures import BY_NAME, MEASURES
from talkface.evaluation.page import report_page
from talkface.evaluation.records import ClipRecord, Failure, Outcome, SystemRecord, record_from_json, record_to_json
from talkface.evaluation.report import build_report, rounded, to_json
from talkface.evaluation.summary import absent_columns, expert_accuracy, mean_curves, paired_differences, summarise
from talkface.evaluation.svg import Axis, dot_chart, line_chart

DRAW = Bootstrap(100)


def record(key: str, generated: float, real: float, wins: int = 5) -> ClipRecord:
    systems = {
        "generated": SystemRecord({"sync_probability": generated}, {"lmd": "why"}),
        "real": SystemRecord(
            {"sync_probability": real, "offset_within_1": 1.0}, {}, {3: (wins, 10), 4: (0, 10)}, {-1: 0.0, 0: 0.5}
        ),
    }
    return ClipRecord(f"c/{key}", "c", key[0], 30, "", systems, b"\xff\xd8")


def test_summary_by_hand() -> None:
    records = [record("a1", 0.2, 0.5), record("b1", 0.4, 0.7)]
    assert summarise(records, DRAW)["generated"]["sync_probability"].value == pytest.approx(0.3)
    difference = paired_differences(records, "generated", DRAW)["real"]["sync_probability"]
    assert (difference.value, difference.low, difference.high) == tuple(pytest.approx(-0.3) for _ in range(3))
    assert difference.excludes_zero
    assert absent_columns(records) == {"generated": {"lmd": {"why": 2}}}
    assert mean_curves(records)["real"] == {"-1": 0.0, "0": 0.5}


def test_expert_accuracy_by_group() -> None:
    found = expert_accuracy([record("a1", 0, 0, 10), record("b1", 0, 0, 4)], DRAW, {"first": ["a"], "second": ["c/b"]})
    assert found["groups"]["first"]["pair_accuracy"].value == 0.5
    assert found["groups"]["second"]["pair_accuracy"].value == 0.2
    assert found["by_distance"]["3"].value == 0.7
    assert set(found["by_speaker"]) == {"c/a", "c/b"}
    assert expert_accuracy([], DRAW, {}) == {}


def test_report_is_json_and_comes_back() -> None:
    report = build_report(Outcome([record("a1", 0.123456789, 0.5)], [Failure("c/x", "broken <file>")]), {}, DRAW, {})
    again = json.loads(to_json(report))
    assert again["clips"][0]["systems"]["generated"]["values"]["sync_probability"] == 0.123457
    back = record_from_json(again["clips"][0])
    assert back.systems["real"].pairs == {3: (5, 10), 4: (0, 10)}
    assert rounded(record_to_json(back)) == again["clips"][0]
    page = report_page(report, {})
    assert "broken &lt;file&gt;" in page
    assert "<file>" not in page


def test_numbers_that_json_has_not() -> None:
    assert rounded(float("nan")) is None
    assert rounded(-1e-9) == 0.0
    assert str(rounded(-1e-9)) == "0.0"
    assert rounded(Interval(1.0, float("nan"), 2.0, 3)) == {"value": 1.0, "low": None, "high": 2.0, "n": 3}


def test_latex_table() -> None:
    assert escape("a_b & 50%") == r"a\_b \& 50\%"
    interval = {"value": 1.25, "low": -1.0, "high": 2.0, "n": 7}
    assert interval_cell(interval, 1, "*") == r"$1.2$* {\scriptsize [$-1.0$, $2.0$]}"
    assert interval_cell(None, 1) == "--"
    table = interval_table({"copy_reference": {"lmd": interval}}, [BY_NAME["lmd"].describe()])
    assert r"copy\_reference & 7 & $1.25$" in table
    assert table.count("&") == 4


def test_every_measure_has_a_direction_and_a_definition() -> None:
    assert {measure.better for measure in MEASURES} <= {"higher", "lower", "zero"}
    assert all(measure.note and measure.decimals >= 2 for measure in MEASURES)


def test_charts_are_well_formed_and_place_values() -> None:
    chart = line_chart({"a<b": [(0, 0.0), (1, 1.0)], "empty": []}, "x", "y")
    svg = chart[chart.index("<svg") :]
    assert len(ElementTree.fromstring(svg).findall("polyline")) == 1
    assert "a&lt;b" in chart
    dots = ElementTree.fromstring(dot_chart({"one": [1.0, 1.0, 2.0]}, "v"))
    assert len(dots.findall("circle")) == 3
    assert len({circle.get("cy") for circle in dots.findall("circle")}) == 3
    assert line_chart({}, "x", "y") == dot_chart({"a": []}, "x") == ""


def test_axis() -> None:
    axis = Axis(0.0, 10.0, 100, 200)
    assert axis.at(2.5) == 125
    assert axis.ticks() == [0, 2, 4, 6, 8, 10]
    assert dot_chart({"one": [3.0]}, "v").count("<circle") == 1


def test_labels_are_short_and_distinct() -> None:
    assert labels([Path("/r/x/report"), Path("/r/y/report")]) == ["x", "y"]
    assert labels([Path("/r/a/1"), Path("/r/b/1"), Path("/r/b/2")]) == ["a/1", "b/1", "b/2"]
    assert labels([Path("/r/a")]) == ["a"]


def test_reports_with_different_judges_are_warned_about() -> None:
    first, second = {"provenance": {"expert": 1, "split": "t"}}, {"provenance": {"expert": 2, "split": "t"}}
    assert warnings({"a": first, "b": second}) == [
        "b and a differ in expert: their columns are not comparable without care"
    ]
