"""Summary, tables, charts and labels: values by hand."""

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest
import torch

from talkface.evaluation.bootstrap import Bootstrap, Interval
from talkface.evaluation.compare import labels, warnings
from talkface.evaluation.latex import best_rows, escape, interval_cell, interval_table
from talkface.evaluation.measures import BY_NAME, FAMILIES, MEASURES
from talkface.evaluation.page import report_page
from talkface.evaluation.ranks import mean_ranks
from talkface.evaluation.records import ClipRecord, Failure, Outcome, SystemRecord, record_from_json, record_to_json
from talkface.evaluation.report import build_report, clip_json, rounded, to_json
from talkface.evaluation.sets import set_distances
from talkface.evaluation.summary import (
    absent_columns,
    expert_accuracy,
    lacking,
    mean_curves,
    missing_columns,
    paired_differences,
    summarise,
)
from talkface.evaluation.svg import Axis, colours_of, dot_chart, interval_chart, line_chart, rank_chart
from talkface.evaluation.tables import SECTIONS, difference_table, plain_table, ranking_table, verdict
from talkface.metrics.functional.frechet import frechet_distance, moments

DRAW = Bootstrap(100)


def record(key: str, generated: float, real: float, wins: int = 5) -> ClipRecord:
    systems = {
        "generated": SystemRecord({"sync_probability": generated}, {"lmd": "why"}),
        "real": SystemRecord(
            {"sync_probability": real, "offset_within_1": 1.0},
            {},
            {3: (wins, 10), 4: (0, 10)},
            {-1: 0.0, 0: 0.5},
            {3: (wins, 10)},
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
    assert found["groups"]["second"]["speech_pair_accuracy"].value == 0.4
    assert found["by_distance"]["3"].value == 0.7
    assert set(found["by_speaker"]) == {"c/a", "c/b"}
    assert expert_accuracy([], DRAW, {}) == {}


def test_report_is_json_and_comes_back() -> None:
    report = build_report(Outcome([record("a1", 0.123456789, 0.5)], [Failure("c/x", "broken <file>")]), {}, DRAW, {})
    again = json.loads(to_json(report))
    assert again["clips"][0]["systems"]["generated"]["values"]["sync_probability"] == 0.123457
    back = record_from_json(again["clips"][0])
    assert back.systems["real"].pairs == {3: (5, 10), 4: (0, 10)}
    assert back.systems["real"].speech_pairs == {3: (5, 10)}
    assert rounded(clip_json(back)) == again["clips"][0]
    page = report_page(report, {})
    assert "broken &lt;file&gt;" in page
    assert "<file>" not in page


def test_numbers_that_json_has_not() -> None:
    assert rounded(float("nan")) is None
    assert rounded(-1e-9) == 0.0
    assert str(rounded(-1e-9)) == "0.0"
    assert rounded(Interval(1.0, float("nan"), 2.0, 3)) == {"value": 1.0, "low": None, "high": 2.0, "n": 3}


def interval(value: float, low: float | None = None, high: float | None = None, n: int = 7) -> dict[str, object]:
    return {"value": value, "low": low, "high": high, "n": n}


def test_latex_table() -> None:
    assert escape("a_b & 50%") == r"a\_b \& 50\%"
    assert interval_cell(interval(1.25, -1.0, 2.0), 1, "*") == r"$1.2$* {\scriptsize [$-1.0$, $2.0$]}"
    assert interval_cell(interval(1.25), 2, bold=True) == r"$\mathbf{1.25}$"
    assert interval_cell(None, 1) == "--"
    table = interval_table({"copy_reference": {"lmd": interval(1.25, 1.0, 2.0)}}, [BY_NAME["lmd"].describe()])
    assert r"copy\_reference {\scriptsize (n=7)} & $1.25$" in table
    assert table.count("&") == 2
    assert [line for line in table.splitlines() if "rule" in line] == [r"\toprule", r"\midrule", r"\bottomrule"]


def test_latex_marks_the_best_as_printed_the_real_clip_apart() -> None:
    measures = [BY_NAME[name].describe() for name in ("lmd", "ssim_face", "av_offset", "jitter")]
    table = {
        "real": {"lmd": interval(0.0), "jitter": interval(2.0)},
        "a": {"lmd": interval(1.004), "ssim_face": interval(0.9), "av_offset": interval(-3.0), "jitter": interval(0.1)},
        "b": {"lmd": interval(1.0), "ssim_face": interval(0.8), "av_offset": interval(1.0), "jitter": interval(2.5)},
    }
    best = {("a", "lmd"), ("b", "lmd"), ("a", "ssim_face"), ("b", "av_offset"), ("b", "jitter")}
    assert best_rows(table, measures) == best
    lines = interval_table(table, measures, lines="measures", comment="note").splitlines()
    assert lines[0] == "% note"
    assert lines[1] == r"\begin{tabular}{lrrr}"
    assert len([line for line in lines if line.endswith(r"\\")]) == 5


def test_every_measure_has_a_direction_and_a_definition() -> None:
    assert {measure.better for measure in MEASURES} <= {"higher", "lower", "zero", "real"}
    assert all(measure.note and measure.decimals >= 1 for measure in MEASURES)
    assert {measure.family for measure in MEASURES} == set(FAMILIES)
    assert {family for families in SECTIONS.values() for family in families} == set(FAMILIES)
    assert len(BY_NAME) == len(MEASURES)


def test_verdict_follows_the_direction() -> None:
    lower, neutral = BY_NAME["lmd"].describe(), BY_NAME["av_offset"].describe()
    assert verdict(interval(-1.0, -2.0, -0.5), lower) == "better"
    assert verdict(interval(1.0, 0.5, 2.0), lower) == "worse"
    assert verdict(interval(1.0, 0.5, 2.0), neutral) == "other"
    assert verdict(interval(1.0, -0.5, 2.0), lower) == verdict(interval(1.0), lower) == verdict(None, lower) == ""


def test_many_reports_are_lines_in_their_order() -> None:
    lmd = BY_NAME["lmd"].describe()
    table = {"b": {"lmd": interval(1.0, 0.5, 1.5)}, "a": {"lmd": interval(2.0, 1.5, 2.5)}}
    differences = {"b": {"lmd": interval(-1.0, -1.5, -0.5)}}
    page = ranking_table(table, [lmd], differences, {"real": {"lmd": interval(0.0)}}, "a")
    assert [page.index(text) for text in ("<th>b</th>", "<th>a <small>baseline", 'class="scale"')] == sorted(
        page.index(text) for text in ("<th>b</th>", "<th>a <small>baseline", 'class="scale"')
    )
    assert "<b>1.00</b>" in page and page.count("▲") == 1
    assert '<td class="better">' in plain_table(differences, [lmd], judged=True)
    assert "b minus a" in difference_table(differences, [lmd], {}, "{} minus a")
    lost = difference_table(differences, [lmd], {"b": {"lmd": {"of": 1, "minus": 2}}})
    assert "missing: 1 here, 2 there" in lost


def test_missing_columns_say_why() -> None:
    records = [record("a1", 0.2, 0.5), record("b1", 0.4, 0.7)]
    found = {
        each["column"]: each["reason"] for each in missing_columns(records, summarise(records, DRAW), {"fid": "no"})
    }
    assert "sync_probability" not in found
    assert (found["lmd"], found["fid"], found["cpbd"]) == ("why", "no", "no clip")
    assert lacking(records, "real", "generated", "offset_within_1") == {"of": 0, "minus": 2}


def test_ranks_by_hand() -> None:
    pairs = [(0.2, 0.5), (0.8, 0.7), (0.3, 0.3), (0.1, 0.2)]  # the third is a tie
    records = [record(f"{letter}1", *pair) for letter, pair in zip("abcd", pairs, strict=True)]
    found = mean_ranks(records, ["sync_probability", "offset_within_1"])  # the second has one row only
    assert found == {"sync_probability": {"generated": 1.625, "real": 1.375}}


def test_sets_are_measured_over_all_clips() -> None:
    draw = np.random.default_rng(0)
    features = [
        {"real": {"fid": draw.normal(size=(9, 3)).astype(np.float32)}, "generated": {"fid": draw.normal(1, 2, (5, 3))}}
        for _ in range(3)
    ]
    records = [ClipRecord(f"c/{i}", "c", "s", 30, "", {}, b"", each) for i, each in enumerate(features)]
    again = [record_from_json(json.loads(json.dumps(record_to_json(each)))) for each in records]
    found = set_distances(again)["generated"]["fid"]
    whole = [np.concatenate([each[row]["fid"] for each in features]) for row in ("generated", "real")]
    expected = frechet_distance(*(moments(torch.from_numpy(each)) for each in whole))
    assert (found.value, found.n) == (pytest.approx(float(expected)), 3)
    assert set_distances([]) == {}
    report = build_report(Outcome(again, []), {}, DRAW, {})
    assert "features" not in report["clips"][0]


def test_charts_are_well_formed_and_place_values() -> None:
    chart = line_chart({"a<b": [(0, 0.0), (1, 1.0)], "empty": []}, "x", "y")
    svg = chart[chart.index("<svg") :]
    assert len(ElementTree.fromstring(svg).findall("polyline")) == 1
    assert "a&lt;b" in chart
    dots = ElementTree.fromstring(dot_chart({"one": [1.0, 1.0, 2.0]}, "v"))
    assert len(dots.findall("circle")) == 3
    assert len({circle.get("cy") for circle in dots.findall("circle")}) == 3
    assert line_chart({}, "x", "y") == dot_chart({"a": []}, "x") == rank_chart({}, {}, {}, "x") == ""
    ranks = rank_chart({"lmd": {"a": 1.0, "b": 2.0}}, {"lmd": "LMD"}, colours_of(["a", "b"]), "rank")
    assert [circle.get("cx") for circle in ElementTree.fromstring(ranks[ranks.index("<svg") :]).findall("circle")] == [
        "206.6",
        "489.4",
    ]
    bars = ElementTree.fromstring(
        interval_chart({"a": interval(1.0, 0.5, 2.0), "b": interval(3.0)}, colours_of(["a", "b"]))
    )
    assert (len(bars.findall("circle")), len(bars.findall("rect"))) == (2, 1)


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
