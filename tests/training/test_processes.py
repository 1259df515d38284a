"""The entry script as users run it: a sweep, a bad choice, two processes with gloo."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import yaml
from packs import make_aligned_pack

ROOT = Path(__file__).parents[2]
SMALL = ["model.network.width=0.125", "batch=2", "validation_items=2", "hardware.workers=0", "logger=none"]
SHORT = ["trainer.max_steps=2", "trainer.validate_every=2"]


def train(*overrides: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "train.py"), *overrides]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600, check=False)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ([], "no experiment chosen"),
        (["experiment=wav2lip_expert", "data.corpus=nowhere"], "no packed corpus: nowhere"),
        (["experiment=wav2lip_expart"], "wav2lip_expert"),
        (["experiment=wav2lip_expert", "trainer.max_stepz=3"], "max_stepz"),
        (["experiment=wav2lip_expert", "hardware.trainer.devices=3", "batch=4"], "a batch of 4 cannot be divided"),
    ],
)
def test_bad_choices_are_one_line_and_exit_2(overrides: list[str], message: str, pack: Path, tmp_path: Path) -> None:
    corpus = [] if any("corpus" in each for each in overrides) else [f"data.corpus={pack}"]
    done = train(*overrides, *corpus, folder=tmp_path)
    assert done.returncode == 2, done.stderr
    assert message in done.stderr and done.stderr.count("\n") == 1
    assert not (tmp_path / "outputs").exists() or not any((tmp_path / "outputs").rglob("*.ckpt"))


@pytest.mark.slow
def test_two_processes_train_one_network(pack: Path, tmp_path: Path) -> None:
    processes = ["hardware.trainer.devices=2", "+hardware.trainer.strategy=ddp"]
    corpus = f"data.corpus={pack}"
    done = train("experiment=quickstart", corpus, *SMALL, *SHORT, *processes, "run=two", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    saved = torch.load(tmp_path / "two" / "checkpoints" / "last.ckpt", weights_only=False)
    assert saved["talkface"]["batches_done"] == 2
    rows = [json.loads(line) for line in (tmp_path / "two" / "history.jsonl").read_text().splitlines()]
    assert "val/pair_accuracy" in rows[-1]


@pytest.mark.slow
def test_two_processes_train_the_third_stage_of_pcavs(tmp_path: Path) -> None:
    """Two optimisers, rows gathered from both, channels-last asked for by hardware=cpu."""
    corpus = make_aligned_pack(tmp_path / "corpus" / "aligned", clips=8, frames=16).parent
    fresh = ["networks.width=0.03125", "start.identity=null", "start.speech=null", *SMALL[1:]]
    processes = ["hardware.trainer.devices=2", "+hardware.trainer.strategy=ddp", "run=two"]
    done = train("experiment=pcavs_small", f"data.corpus={corpus}", *fresh, *SHORT, *processes, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in (tmp_path / "two" / "history.jsonl").read_text().splitlines()]
    assert "val/reconstruction" in rows[-1]


@pytest.mark.slow
def test_a_sweep_has_one_short_folder_and_one_wandb_run_each(pack: Path, tmp_path: Path) -> None:
    corpus, small = f"data.corpus={pack}", [*SMALL[:-1], "logger=wandb"]
    sweep = ["-m", "experiment=quickstart", corpus, *small, *SHORT, "loss.bce=0,1", "seed=1"]
    for _ in range(2):  # started again, a sweep goes on in its folders
        done = train(*sweep, folder=tmp_path)
        assert done.returncode == 0, done.stderr
    folders = sorted((tmp_path / "multirun" / "quickstart").glob("*/"))
    assert len(folders) == 2 and all(len(folder.name) == 10 for folder in folders)
    weights = [(folder / "wav2lip_expert.safetensors").read_bytes() for folder in folders]
    assert weights[0] != weights[1]
    overrides = [yaml.safe_load((folder / "overrides.yaml").read_text()) for folder in folders]
    assert {"loss.bce=0", "loss.bce=1"} < {each for run in overrides for each in run}
    assert all(yaml.safe_load((folder / "config.yaml").read_text())["seed"] == 1 for folder in folders)
    for folder, run in zip(folders, overrides, strict=True):
        logged = folder.rglob("run-*.wandb")
        kept = [path.read_bytes().replace(b"loss.bce=0,1", b"") for path in logged]  # the command line is in it too
        title = next(each for each in run if each.startswith("loss.bce=")).encode()
        other = b"loss.bce=1" if title.endswith(b"0") else b"loss.bce=0"
        assert kept and all(title in data for data in kept)
        identity = (folder / "wandb_id.txt").read_text().strip()
        assert {path.stem for path in folder.rglob("run-*.wandb")} == {f"run-{identity}"}
        assert all(other not in data for data in kept)


@pytest.mark.parametrize("run", ["run=file/inside", "run=file"])
def test_a_run_folder_that_cannot_be_made_is_one_line(pack: Path, tmp_path: Path, run: str) -> None:
    (tmp_path / "file").write_text("")
    done = train("experiment=quickstart", f"data.corpus={pack}", *SMALL, *SHORT, run, folder=tmp_path)
    assert done.returncode == 2 and done.stderr.count("\n") == 1, done.stderr
    assert "cannot make this folder" in done.stderr and "file" in done.stderr
