"""Killed with -9 anywhere and started again: the corpus is the same to the byte."""

import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from preparation_clips import digests

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 900.0  # seconds for one whole run on a busy machine


def start(source: Path, out: Path, workers: int = 1) -> subprocess.Popen[bytes]:
    """preprocess.py on `source`, as a user runs it."""
    options = [f"source={source}", f"out={out}", "data=folder", f"workers={workers}", "pack.enabled=false"]
    return subprocess.Popen(
        [sys.executable, str(ROOT / "preprocess.py"), *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def kill(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


def finish(source: Path, out: Path) -> dict[str, str]:
    process = start(source, out)
    try:
        assert process.wait(LONGEST) == 0
    finally:
        kill(process)
    return digests(out)


def wait_for_records(process: subprocess.Popen[bytes], out: Path, count: int) -> None:
    """Until `count` sources are done or the process ends."""
    until = time.monotonic() + LONGEST
    while process.poll() is None and len(list((out / "progress" / "sources").glob("*.json"))) < count:
        assert time.monotonic() < until
        time.sleep(0.01)


def test_killed_once_in_the_middle(sources: Path, tmp_path: Path) -> None:
    source = tmp_path / "in"
    for name in ("ann/pan.mp4", "bob/gap.mp4", "eve/mute.mp4"):
        (source / name).parent.mkdir(parents=True)
        shutil.copy(sources / name, source / name)
    whole = finish(source, tmp_path / "whole")
    process = start(source, tmp_path / "out")
    wait_for_records(process, tmp_path / "out", 1)
    assert process.poll() is None, "the run ended before it could be killed"
    kill(process)
    assert not (tmp_path / "out" / "corpus.json").exists()
    assert finish(source, tmp_path / "out") == whole


@pytest.mark.slow
def test_killed_at_ten_random_points(sources: Path, tmp_path: Path) -> None:
    began = time.monotonic()
    whole = finish(sources, tmp_path / "whole")
    length = time.monotonic() - began
    chance = random.Random(1)
    for _ in range(10):
        process = start(sources, tmp_path / "out", workers=2)
        time.sleep(chance.uniform(0.2, 0.9) * length)
        kill(process)
    assert finish(sources, tmp_path / "out") == whole
