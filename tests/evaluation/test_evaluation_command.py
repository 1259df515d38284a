"""The whole of evaluate.py on a toy corpus: files, reproducibility, failures, comparison."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from colour_network import KINDS, ColourNetwork
from torch import nn

from talkface.errors import InputError
from talkface.evaluation.command import command_line, run
from talkface.evaluation.measures import FAMILIES
from talkface.evaluation.networks import OpenNetwork, as_list

FILES = {"report.json", "report.csv", "table.tex", "report.html"}


def test_a_run_writes_a_complete_report(settings: dict, open_tiny: OpenNetwork) -> None:
    folder = run(settings, open_tiny, ["checkpoint=generator", "out=report"])
    assert {path.name for path in folder.iterdir()} == FILES | {"timings.json"}
    report = json.loads((folder / "report.json").read_text())
    assert set(report["systems"]) == set(settings["rows"])
    assert len(report["clips"]) == 4
    assert report["failures"] == []
    assert report["provenance"]["expert"]["sha256"] == "e" * 64
    assert report["provenance"]["command"] == "python evaluate.py checkpoint=generator"
    summary = report["summary"]
    assert set(summary["real"]) == {
        "sync_probability", "lse_distance", "lse_confidence", "av_offset", "lse_offset", "offset_within_1",
    }  # fmt: skip
    assert summary["generated"]["ssim_face"]["n"] == 4
    assert summary["generated"]["ssim_face"]["low"] <= summary["generated"]["ssim_face"]["value"]
    assert report["expert"]["groups"]["zero"]["offset_within_1"]["n"] == 2
    assert set(report["expert"]["by_distance"]) == {"3", "4", "5", "6", "7", "8"}
    page = (folder / "report.html").read_text()
    assert page.count("data:image/jpeg;base64,") == 4
    assert "http" not in page.replace("http-equiv", "")
    rows = list(csv.DictReader((folder / "report.csv").open()))
    assert len(rows) == 4 * 6
    lines = (folder / "table.tex").read_text().splitlines()
    assert sum(line.endswith(r"\\") for line in lines) == 1 + len(report["measures"])
    missing = {each["column"]: each["reason"] for each in report["missing_columns"]}
    assert missing["fid"] == missing["cpbd"] == "not chosen by metrics="
    assert missing["lse_distance_v2"] == "no weights: give expert=syncnet_v2.model"
    assert missing["duration_error"] == "not a file of its own"


def test_networks_that_measure_bring_their_columns(settings: dict, open_tiny: OpenNetwork) -> None:
    def open_network(path: Path | None, kind: str) -> nn.Module:
        return ColourNetwork(kind) if kind in KINDS else open_tiny(path, kind)

    families = [family for family in FAMILIES if family != "drawn"]  # which the project's own network measures
    files = {"lpips": "l.pth", "identity": "i.pth", "fid": "f.pth"}
    folder = run({**settings, **files, "metrics": families, "rows": ["generated", "unsynced"]}, open_network, [])
    report = json.loads((folder / "report.json").read_text())
    generated, unsynced = report["summary"]["generated"], report["summary"]["unsynced"]
    assert generated["fid"]["value"] > 0  # against the real clips, though no row shows them
    assert (generated["fid"]["low"], generated["fid"]["n"]) == (None, 4)
    assert generated["lpips_face"]["value"] > generated["lpips_frame"]["value"] > 0
    assert 0.9 < generated["csim"]["value"] < 1
    assert unsynced["csim"]["value"] > generated["csim"]["value"]
    assert "lpips_face" not in unsynced and "fid" not in unsynced
    assert report["provenance"]["fid"]["sha256"] == "c" * 64
    missing = {each["column"]: each["reason"] for each in report["missing_columns"]}
    assert missing["fvd"] == "no weights: give fvd=FILE"
    assert missing["jitter"] == "no landmark detector was chosen"
    page = (folder / "report.html").read_text()
    assert "FID" in page and "None" not in page.split("Where the figures come from")[0]


def test_two_runs_are_byte_identical(settings: dict, open_tiny: OpenNetwork, tmp_path: Path) -> None:
    first = run(settings, open_tiny, [])
    second = run({**settings, "out": str(tmp_path / "again")}, open_tiny, [])
    assert all((first / name).read_bytes() == (second / name).read_bytes() for name in FILES)


def test_a_damaged_clip_is_a_failure_row(settings: dict, open_tiny: OpenNetwork, corpus: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged"
    shutil.copytree(corpus, damaged)
    (damaged / "clips/clip1/video.mp4").write_bytes(b"no video")
    np.save(damaged / "clips/clip2/boxes.npy", np.full((30, 4), np.nan, np.float32))
    folder = run({**settings, "data": {"corpus": [str(damaged)]}}, open_tiny, [])
    report = json.loads((folder / "report.json").read_text())
    assert [failure["key"] for failure in report["failures"]] == ["damaged/clip1", "damaged/clip2"]
    assert "0 usable frames for 30 boxes" in report["failures"][1]["reason"]
    assert report["summary"]["real"]["lse_distance"]["n"] == 2
    assert "damaged/clip1" in (folder / "report.html").read_text()
    assert sum(bool(row["failure"]) for row in csv.DictReader((folder / "report.csv").open())) == 2


def test_an_expert_alone_is_its_own_judge(settings: dict, open_tiny: OpenNetwork) -> None:
    report = json.loads((run({**settings, "checkpoint": "expert"}, open_tiny, []) / "report.json").read_text())
    assert set(report["systems"]) == {"real", "copy_reference", "unsynced"}
    assert report["provenance"]["checkpoint"]["sha256"] == report["provenance"]["expert"]["sha256"]
    assert report["differences"]["of"] == "real"


def test_comparison_is_paired_and_marks_what_is_sure(settings: dict, open_tiny: OpenNetwork, tmp_path: Path) -> None:
    folders = [tmp_path / "multirun" / name for name in ("a", "b")]
    run({**settings, "out": str(folders[0])}, open_tiny, [])
    run({**settings, "out": str(folders[1]), "limit": 3}, open_tiny, [])
    changed = json.loads((folders[1] / "report.json").read_text())
    for clip in changed["clips"]:
        clip["systems"]["generated"]["values"]["ssim_face"] += 0.1
    (folders[1] / "report.json").write_text(json.dumps(changed))
    out = run({**settings, "compare": str(tmp_path / "multirun"), "out": str(tmp_path / "both")}, open_tiny, [])
    result = json.loads((out / "comparison.json").read_text())
    assert list(result["table"]) == ["a", "b"]
    difference = result["differences"]["b"]["ssim_face"]
    assert (difference["value"], difference["n"]) == (pytest.approx(0.1, abs=1e-5), 3)
    assert result["differences"]["b"]["lse_distance"]["value"] == 0
    assert len(result["missing"]["b"]) == 1
    assert "$*" in (out / "table.tex").read_text()
    assert result["order"] == ["a", "b"] or result["order"] == ["b", "a"]
    page = (out / "comparison.html").read_text()
    assert 'class="better"' in page and "▲" in page
    heads = [page.index(f"<th>{name} <small>n=") for name in ("a (baseline)", "b", "real")]
    assert heads[2] == max(heads)
    sorted_by = run(
        {**settings, "compare": str(tmp_path / "multirun"), "sort": "ssim_face", "out": str(tmp_path / "c")},
        open_tiny,
        [],
    )
    assert json.loads((sorted_by / "comparison.json").read_text())["order"] == ["b", "a"]
    with pytest.raises(InputError, match="no report has this column"):
        run({**settings, "compare": str(tmp_path / "multirun"), "sort": "fid"}, open_tiny, [])


def test_the_row_that_is_compared_is_the_one_that_the_reports_are_about(
    settings: dict, open_tiny: OpenNetwork, tmp_path: Path
) -> None:
    for name, rows in (("a", ["cross_audio"]), ("b", ["cross_audio", "real"]), ("c", ["real"])):
        run({**settings, "rows": rows, "out": str(tmp_path / name)}, open_tiny, [])
    compared = {**settings, "compare": [str(tmp_path / "a"), str(tmp_path / "b")], "out": str(tmp_path / "both")}
    result = json.loads((run(compared, open_tiny, []) / "comparison.json").read_text())
    assert result["row"] == "cross_audio" and result["differences"]["b"]["lse_distance"]["value"] == 0
    with pytest.raises(InputError, match=r"reports about different rows \(cross_audio, real\)"):
        run({**compared, "compare": [str(tmp_path / "a"), str(tmp_path / "c")]}, open_tiny, [])


def test_bad_input_is_named(settings: dict, open_tiny: OpenNetwork, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no report here"):
        run({**settings, "compare": f"{tmp_path},x"}, open_tiny, [])
    with pytest.raises(InputError, match="no clip in split 'val'"):
        run({**settings, "split": "val"}, open_tiny, [])
    with pytest.raises(InputError, match=r"data\.corpus"):
        run({**settings, "data": {}}, open_tiny, [])
    with pytest.raises(InputError, match="not a prepared corpus"):
        run({**settings, "data": {"corpus": str(tmp_path)}}, open_tiny, [])


def test_arguments() -> None:
    assert as_list("a,b") == ["a", "b"]
    assert as_list(None) == []
    assert as_list(["a", 3]) == ["a", "3"]
    assert command_line(["out=x", "split=val"]) == "python evaluate.py split=val"
