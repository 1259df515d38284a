"""Runs that go on: damaged and foreign checkpoints, a changed configuration, a folder that cannot be written."""

import errno
import json
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from conftest import weights_of

from talkface.checkpoint import save_weights
from talkface.errors import InputError
from talkface.models.load import load_model
from talkface.training.checkpoints import read_checkpoint
from talkface.training.fit import Plan, fit
from talkface.training.schedules import LearningRate

Build = Callable[..., object]
RECIPE = {"seed": 1, "loss": {"contrastive": 1.0}, "model": {"optimizer": {"lr": 2e-3}}, "trainer": {"max_steps": 2}}


@pytest.fixture
def run(expert_module: Build, expert_data: Build) -> Callable[..., object]:
    """Function (folder, updates, module options, **of fit) -> the trained module; saves after every update."""

    def train(folder: Path, updates: int, options: dict[str, object] | None = None, **more: object) -> object:
        module, data = expert_module(**(options or {})), expert_data()
        data.setup()
        plan = Plan(updates, validate_every=100, save_every=1, log_every=1)
        fit(module, data, plan, folder=folder, **{"resume": "auto", **more})
        return module

    return train


def step_of(path: Path) -> int:
    return int(read_checkpoint(path)["talkface"]["step"])


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-2000])


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 255
    path.write_bytes(bytes(data))


def empty(path: Path) -> None:
    path.write_bytes(b"")


def html(path: Path) -> None:
    path.write_text("<!DOCTYPE html><html><body>404</body></html>")


def safetensors(path: Path) -> None:
    save_weights(path, {"a": torch.zeros(3)}, {"kind": "wav2lip_expert"})


def plain_weights(path: Path) -> None:
    torch.save({"state_dict": {"a": torch.zeros(3)}}, path)


DAMAGES = [cut, flip, empty, html, safetensors, plain_weights]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_the_newest_intact_checkpoint_is_used_and_said(run, tmp_path: Path, damage, caplog) -> None:
    run(tmp_path, 3)
    last, previous = tmp_path / "checkpoints" / "last.ckpt", tmp_path / "checkpoints" / "previous.ckpt"
    assert (step_of(last), step_of(previous)) == (3, 2)
    damage(last)
    harmed = last.read_bytes()
    module = run(tmp_path, 4)
    assert f"{last} - going on from {previous}, step 2" in caplog.text
    whole = run(tmp_path / "whole", 4)
    assert torch.equal(weights_of(module), weights_of(whole))
    assert (step_of(last), step_of(previous)) == (4, 3)
    assert (last.parent / "last.ckpt.old").read_bytes() == harmed  # nothing is lost


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_without_an_intact_one_a_run_stops_and_leaves_all_as_it_was(run, tmp_path: Path, damage) -> None:
    run(tmp_path, 1)
    last = tmp_path / "checkpoints" / "last.ckpt"
    damage(last)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    for resume in ("auto", str(last)):
        with pytest.raises(InputError) as caught:
            run(tmp_path, 4, resume=resume)
        assert str(last) in str(caught.value)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_folder_is_no_checkpoint(run, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no checkpoint to resume from"):
        run(tmp_path / "run", 1, resume=str(tmp_path))


def test_checkpoints_of_other_runs_are_refused(run, tmp_path: Path, generator_module, generator_data) -> None:
    run(tmp_path, 1)
    last = str(tmp_path / "checkpoints" / "last.ckpt")
    data = generator_data()
    data.setup()
    with pytest.raises(InputError, match=r"of another experiment .it trains a wav2lip_expert"):
        fit(generator_module(), data, Plan(2), folder=tmp_path / "other", resume=last)
    with pytest.raises(InputError, match=r"of another experiment .*only in one of them"):
        run(tmp_path, 2, {"ema": 0.9})
    plain, judged = generator_module(), generator_module(judged=True)
    fit(plain, data, Plan(1, save_every=1), folder=tmp_path / "plain")
    with pytest.raises(InputError, match=r"of another experiment .discriminator.*only in one of them"):
        fit(judged, data, Plan(2), folder=tmp_path / "plain", resume="auto")
    with pytest.raises(InputError, match=r"of another size .*there, .*here.*give the model its width back"):
        fit(generator_module(width=0.25), data, Plan(2), folder=tmp_path / "plain", resume="auto")


def test_the_dataloader_is_not_called_unable_to_resume(run, tmp_path: Path) -> None:
    run(tmp_path, 1)
    with warnings.catch_warnings():
        warnings.filterwarnings("error", ".*not resumable")
        run(tmp_path, 3)


def test_a_run_is_saved_at_its_end(tmp_path: Path, expert_module: Build, expert_data: Build) -> None:
    results = []
    for folder, lengths in ((tmp_path / "whole", [4]), (tmp_path / "parts", [3, 4])):
        for length in lengths:
            module, data = expert_module(), expert_data()
            data.setup()
            fit(module, data, Plan(length, validate_every=2, save_every=50), folder=folder, resume="auto")
            assert step_of(folder / "checkpoints" / "last.ckpt") == length
        results.append(weights_of(module))
    assert torch.equal(*results)


@pytest.mark.parametrize("rest", ["", '{"step": 2, "train/contr', "\x00\x00", "[1]\n"])
def test_a_half_written_line_of_the_history(run, tmp_path: Path, rest: str) -> None:
    run(tmp_path, 2)
    history = tmp_path / "history.jsonl"
    history.write_text(history.read_text() + rest)
    run(tmp_path, 4)
    steps = [json.loads(line)["step"] for line in history.read_text().splitlines()]
    assert steps == [1, 2, 3, 4]


def test_a_fresh_start_keeps_the_history_and_checkpoints_of_the_run_before(run, tmp_path: Path) -> None:
    run(tmp_path, 3)
    history, last = tmp_path / "history.jsonl", tmp_path / "checkpoints" / "last.ckpt"
    before = history.read_text()
    run(tmp_path, 1, resume="never")
    assert (tmp_path / "history.jsonl.old").read_text() == before and len(history.read_text().splitlines()) == 1
    assert (step_of(last), step_of(last.with_name("last.ckpt.old"))) == (1, 3)
    assert not last.with_name("previous.ckpt").exists()  # of the run before: nobody may go on from it


def test_a_changed_configuration_is_refused_or_recorded(run, tmp_path: Path) -> None:
    facts = {"recipe": RECIPE, "corpora": {"a": "1"}}
    run(tmp_path, 2, facts=facts)
    longer = {**facts, "recipe": {**RECIPE, "name": "new", "trainer": {"max_steps": 9}}, "corpora": {"moved": "1"}}
    run(tmp_path, 3, facts=longer)
    for recipe, message in (
        ({**RECIPE, "seed": 2}, "seed was 1, now 2"),
        ({**RECIPE, "loss": {"contrastive": 1.0, "bce": 1.0}}, "loss.bce was None, now 1.0"),
        ({**RECIPE, "model": {"optimizer": {"lr": 1e-4}}}, "model.optimizer.lr was 0.002, now 0.0001"),
    ):
        with pytest.raises(InputError, match=f"started with other settings .{message}.*resume=changed"):
            run(tmp_path, 4, facts={**facts, "recipe": recipe})
    with pytest.raises(InputError, match="corpora was"):
        run(tmp_path, 4, facts={**facts, "corpora": {"a": "2"}})
    run(tmp_path, 4, facts={**facts, "recipe": {**RECIPE, "seed": 2}}, resume="changed")
    run(tmp_path, 5, facts={**facts, "recipe": {**RECIPE, "seed": 2}})  # now that is the configuration
    weights = load_model(tmp_path / "wav2lip_expert.safetensors", "wav2lip_expert")
    assert weights.metadata["changes"] == [{"step": 3, "key": "seed", "was": 1, "now": 2}]
    assert weights.metadata["recipe"]["seed"] == 2


def test_what_counts_updates_never_changes(run, tmp_path: Path) -> None:
    def facts(accumulation: int) -> dict[str, object]:
        return {"recipe": {"model": {"update": {"accumulation": accumulation}}}}

    run(tmp_path, 1, facts=facts(1))
    with pytest.raises(InputError, match=r"model\.update\.accumulation cannot change"):
        run(tmp_path, 2, facts=facts(2), resume="changed")


def test_a_changed_rate_counts_after_a_resume(tmp_path: Path, run, expert_module: Build, expert_data: Build) -> None:
    def facts(rate: float) -> dict[str, object]:
        return {"recipe": {"model": {"optimizer": {"lr": rate}}}}

    halving = {"learning_rate": LearningRate(warmup=0, final=0.5)}
    run(tmp_path, 2, halving, facts=facts(2e-3))
    data = expert_data()
    data.setup()
    module = expert_module(rate=1e-4, **halving)
    trainer = fit(module, data, Plan(3, log_every=1), folder=tmp_path, resume="changed", facts=facts(1e-4))
    # After the third of three updates the factor is .5, of the rate that was asked for.
    assert trainer.optimizers[0].param_groups[0]["lr"] == pytest.approx(0.5e-4)
    assert trainer.optimizers[0].param_groups[0]["initial_lr"] == 1e-4


def test_a_full_disk_is_one_line_and_the_last_checkpoint_stays(run, tmp_path: Path, monkeypatch) -> None:
    from pytorch_lightning import Trainer

    run(tmp_path, 2)
    last = tmp_path / "checkpoints" / "last.ckpt"
    before = last.read_bytes()

    def full(trainer: Trainer, path: Path, *_: object) -> None:
        Path(path).write_bytes(b"half a checkpoint")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Trainer, "save_checkpoint", full)
    with pytest.raises(InputError, match=r"cannot write the run's files .No space left on device.*make room"):
        run(tmp_path, 4)
    assert last.read_bytes() == before and not list(tmp_path.rglob("*.part"))


def test_a_run_folder_that_cannot_be_made(run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write here"):
        run(tmp_path / "file" / "run", 1)
    assert (tmp_path / "file").read_text() == ""
