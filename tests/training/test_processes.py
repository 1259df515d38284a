"""The entry script as users run it: a sweep, a bad choice, two processes with gloo."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
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
def test_a_sweep_has_one_folder_a_run(pack: Path, tmp_path: Path) -> None:
    corpus = f"data.corpus={pack}"
    done = train("-m", "experiment=quickstart", corpus, *SMALL, *SHORT, "loss.bce=0,1", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    weights = list((tmp_path / "multirun" / "quickstart").rglob("wav2lip_expert.safetensors"))
    assert len(weights) == 2 and weights[0].read_bytes() != weights[1].read_bytes()
