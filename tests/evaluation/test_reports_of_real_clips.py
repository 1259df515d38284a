"""Twelve real clips through preprocess.py and evaluate.py as a user types them: bytes of reports, published lists."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from tiny_networks import wait_for

ROOT = Path(__file__).parents[2]
CLIPS = ROOT.parent / "shared" / "data" / "speech_multi" / "lrcar"
FILES = ("report.json", "report.csv", "table.tex", "report.html")
PLACES = {
    "lrs2": "main/55354156/{:05d}.mp4",
    "lrw": "lipread_mp4/ABOUT/test/ABOUT_{:05d}.mp4",
    "diff2lip_voxceleb2": "test/id00017/01dfn2spqyE/{:05d}.mp4",
}
"""How the published sets name their files, four clips each."""
LISTS = {
    "lrs2": "55354156/00001 55354156/00002\n55354156/00009 55354156/00001\n",
    "lrw": "ABOUT_00001 ABOUT_00002\nABOUT/test/ABOUT_00003 ABOUT/test/ABOUT_00001\n",
    "diff2lip_voxceleb2": "id00017/01dfn2spqyE/00001 id00017/01dfn2spqyE/00003\nid00017/01dfn2spqyE/00002 00004/none\n",
}
"""Two lines of each form, sound first; of two lists the second line names a clip that is not there."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CLIPS.is_dir(), reason="the folder of real clips is not here"),
]


def command(script: str, *overrides: str) -> list[str]:
    return [sys.executable, str(ROOT / script), *overrides]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("real")
    clips = sorted(CLIPS.glob("*.mp4"))
    chosen = iter(clips[:: len(clips) // 12][:12])
    for place in PLACES.values():
        for number in range(1, 5):
            path = folder / "tree" / place.format(number)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.symlink_to(next(chosen))
    overrides = ("data=folder", f"source={folder / 'tree'}", f"out={folder / 'corpus'}", "workers=0")
    subprocess.run(command("preprocess.py", *overrides), cwd=folder, check=True)
    return folder / "corpus"


def evaluation(corpus: Path, out: Path, *overrides: str) -> list[str]:
    checkpoint = ROOT / "weights" / "wav2lip_generator_animation.safetensors"
    common = (
        f"checkpoint={checkpoint}",
        f"data.corpus={corpus}",
        "split=null",
        "cache=null",
        "name=real",
        f"out={out}",
    )
    return command("evaluate.py", *common, *overrides)


def report_of(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in FILES}


def measured(folder: Path) -> Sequence[Path]:
    return list(folder.glob("progress/[!.]*.npz"))


def test_two_workers_and_a_killed_run_give_the_same_bytes(corpus: Path, tmp_path: Path) -> None:
    subprocess.run(evaluation(corpus, tmp_path / "one", "workers=1"), cwd=tmp_path, check=True)
    one = report_of(tmp_path / "one")
    assert len(json.loads(one["report.json"])["clips"]) == 12
    assert json.loads(one["report.json"])["provenance"]["split"] == "every"
    subprocess.run(evaluation(corpus, tmp_path / "two", "workers=2"), cwd=tmp_path, check=True)
    assert report_of(tmp_path / "two") == one
    out = tmp_path / "killed"
    killed = subprocess.Popen(evaluation(corpus, out, "workers=2"), cwd=tmp_path, start_new_session=True)
    wait_for(lambda: len(measured(out)) >= 6 or killed.poll() is not None, seconds=1800)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    assert not (out / "report.json").exists() and 6 <= len(measured(out)) < 12
    subprocess.run(evaluation(corpus, out, "workers=1"), cwd=tmp_path, check=True)
    assert report_of(out) == one


@pytest.mark.parametrize("protocol", PLACES)
def test_published_lists_find_their_clips(corpus: Path, tmp_path: Path, protocol: str) -> None:
    (tmp_path / "list.txt").write_text(LISTS[protocol])
    overrides = (f"protocol={protocol}", f"pairs={tmp_path / 'list.txt'}", "metrics=[sync]")
    subprocess.run(evaluation(corpus, tmp_path / "report", *overrides), cwd=tmp_path, check=True)
    report = json.loads((tmp_path / "report" / "report.json").read_text())
    missing = {"lrs2": ["55354156/00001"], "lrw": [], "diff2lip_voxceleb2": ["00004/none"]}[protocol]
    assert [failure["key"] for failure in report["failures"]] == missing
    assert report["provenance"]["pairs"]["pairs"] == 2
    assert report["summary"]["cross_audio"]["lse_distance"]["n"] == 2 - len(missing)
    first = report["clips"][0]  # the list names the sound first
    assert first["key"].endswith("00002" if protocol != "diff2lip_voxceleb2" else "00003")
    assert first["sound_of"].endswith("00001")
    table = (tmp_path / "report" / "table.tex").read_text()
    assert "cross\\_audio" in table
