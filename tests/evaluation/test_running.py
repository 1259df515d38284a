"""Runs that are interrupted, spread over processes or repeated from the cache: always the same report, to the byte."""

import multiprocessing
import os
import signal
from pathlib import Path

import pytest
import tiny_networks

from talkface.evaluation.command import run
from talkface.evaluation.networks import worker_count

FILES = ("report.json", "report.csv", "table.tex", "report.html")


def report_of(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in FILES}


ROWS = ["cross_audio", "real", "unsynced"]  # generated once a clip, and nothing that takes long


@pytest.fixture
def short(settings: dict) -> dict:
    return {**settings, "rows": ROWS}


@pytest.fixture(scope="module")
def whole(toy_settings: dict, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The report of an uninterrupted run in this process."""
    out = tmp_path_factory.mktemp("whole")
    return report_of(run({**toy_settings, "rows": ROWS, "out": str(out)}, tiny_networks.open_network, []))


def test_killed_and_resumed_by_another_process(short: dict, whole: dict[str, bytes], tmp_path: Path) -> None:
    out = tmp_path / "report"
    arguments = ({**short, "out": str(out)}, tiny_networks.open_stalling, ["out=report"])
    child = multiprocessing.get_context("spawn").Process(target=run, args=arguments)
    child.start()
    tiny_networks.wait_for(lambda: len(list(out.glob("progress/[!.]*.npz"))) == 2 or not child.is_alive())
    assert child.pid is not None
    os.kill(child.pid, signal.SIGKILL)
    child.join()
    assert child.exitcode == -signal.SIGKILL
    assert not (out / "report.json").exists()
    kept = {path: path.stat().st_mtime_ns for path in out.glob("progress/[!.]*.npz")}
    assert len(kept) == 2
    resumed = run({**short, "out": str(out), "workers": 1}, tiny_networks.open_network, ["workers=1", "cache=x"])
    assert report_of(resumed) == whole
    assert not (out / "progress").exists()


def test_ctrl_c_says_how_far_it_came_and_goes_on(short: dict, whole: dict[str, bytes], tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt, match="interrupted with 2 of 4 clips measured: the same command goes on"):
        run(short, tiny_networks.open_interrupted, [])
    assert len(list((tmp_path / "report/progress").iterdir())) == 2
    assert report_of(run(short, tiny_networks.open_network, [])) == whole


def test_other_settings_do_not_take_old_records(short: dict, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(short, tiny_networks.open_interrupted, [])
    changed = {**short, "shifts": 7}
    fresh = report_of(run({**changed, "out": str(tmp_path / "fresh")}, tiny_networks.open_network, []))
    assert report_of(run(changed, tiny_networks.open_network, [])) == fresh


def test_from_the_cache_nothing_is_generated_and_nothing_differs(
    short: dict, whole: dict[str, bytes], tmp_path: Path
) -> None:
    kept = {**short, "cache": str(tmp_path / "features")}
    assert report_of(run(kept, tiny_networks.open_network, [])) == whole
    assert {path.name for path in (tmp_path / "features").iterdir()} >= {"crops", "generator", "expert_video"}
    again = run({**kept, "out": str(tmp_path / "again")}, tiny_networks.open_useless, [])
    assert report_of(again) == whole


@pytest.mark.slow
@pytest.mark.parametrize("workers", [2, 3])
def test_any_number_of_processes(short: dict, whole: dict[str, bytes], tmp_path: Path, workers: int) -> None:
    out = str(tmp_path / "many")
    assert report_of(run({**short, "workers": workers, "out": out}, tiny_networks.open_network, [])) == whole


def test_how_many_processes(settings: dict) -> None:
    assert worker_count({**settings, "workers": 3}, 2) == 2
    assert worker_count({**settings, "workers": None}, 9) == 0
    assert worker_count({**settings, "workers": None, "device": "cuda"}, 900) == 0
    with pytest.raises(Exception, match="workers=-1"):
        worker_count({**settings, "workers": -1}, 9)
