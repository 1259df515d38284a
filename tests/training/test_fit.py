"""Trainings of a few steps: losses fall, resume equals an uninterrupted run, accumulation equals the larger batch."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import weights_of

from talkface.checkpoint import save_weights
from talkface.errors import InputError
from talkface.media import decode_audio, decode_video
from talkface.models.load import load_model
from talkface.training.fit import Plan, find_resume, fit, seeded_module, warn_of_slow_precision
from talkface.training.schedules import SyncWeight

Build = Callable[..., object]


def run(module, data, folder: Path, updates: int, **options):
    data.setup()
    plan = Plan(updates, validate_every=updates, save_every=1, log_every=1)
    fit(module, data, plan, folder=folder, **options)
    return weights_of(module)


def history(folder: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("loss", [{"contrastive": 1.0, "bce": 0.0}, {"contrastive": 0.0, "bce": 1.0}])
def test_expert_learns_and_leaves_its_files(
    tmp_path: Path, expert_module: Build, expert_data: Build, loss, capfd
) -> None:
    module = expert_module(loss)
    run(module, expert_data(), tmp_path, 12)
    assert "Epoch" not in capfd.readouterr().out  # a run is counted in updates
    rows = [row for row in history(tmp_path) if "train/bce" in row]
    name = "train/contrastive" if loss["contrastive"] else "train/bce"
    first, last = np.mean([r[name] for r in rows[:3]]), np.mean([r[name] for r in rows[-3:]])
    assert last < first
    assert {"val/pair_accuracy", "val/offset_within_1"} <= set(history(tmp_path)[-1])
    exported = load_model(tmp_path / "wav2lip_expert.safetensors", "wav2lip_expert")
    trained = module.network.state_dict()
    for key, tensor in exported.state_dict().items():
        torch.testing.assert_close(tensor.float(), trained[key].float(), atol=1e-2, rtol=1e-3)
    assert (tmp_path / "learning_curve.png").stat().st_size > 1000


def test_resumed_run_equals_an_uninterrupted_one(tmp_path: Path, expert_module: Build, expert_data: Build) -> None:
    whole = run(expert_module(), expert_data(), tmp_path / "whole", 4)
    run(expert_module(), expert_data(), tmp_path / "parts", 2)
    resumed = run(expert_module(), expert_data(), tmp_path / "parts", 4, resume="auto")
    # The cosine schedule is not in play here (constant rate), so two runs of 2 and 4 updates share their first half.
    assert torch.equal(whole, resumed)
    steps = [row["step"] for row in history(tmp_path / "parts") if "train/bce" in row]
    assert steps == [1, 2, 3, 4]


@pytest.mark.parametrize("judged", [False, True])
def test_generator_resumes_exactly(
    tmp_path: Path, generator_module: Build, generator_data: Build, judged: bool
) -> None:
    whole = run(generator_module(judged=judged), generator_data(), tmp_path / "whole", 3)
    run(generator_module(judged=judged), generator_data(), tmp_path / "parts", 1)
    resumed = run(generator_module(judged=judged), generator_data(), tmp_path / "parts", 3, resume="auto")
    assert torch.equal(whole, resumed)


def test_generator_learns_and_shows_a_clip_with_sound(
    tmp_path: Path, generator_module: Build, generator_data: Build
) -> None:
    module, data = generator_module(), generator_data()
    data.setup()
    batch = next(iter(data.val_dataloader()))
    before = float(module.losses(module.generate(batch), batch)["reconstruction"].detach())
    run(module, data, tmp_path, 12)
    after = float(module.train().losses(module.generate(batch), batch)["reconstruction"].detach())
    assert after < 0.9 * before
    video = next((tmp_path / "samples").glob("*.mp4"))
    frames = list(decode_video(video))
    assert len(frames) == 24 and frames[0].image.shape == (192, 96, 3)
    assert np.abs(decode_audio(video).samples).max() > 0.05


def test_sync_switch_is_saved(tmp_path: Path, generator_module: Build, generator_data: Build) -> None:
    first = generator_module(sync=SyncWeight(0.03, threshold=100.0))
    run(first, generator_data(), tmp_path, 2)
    assert first.sync.value == 0.03
    again = generator_module(sync=SyncWeight(0.03, threshold=0.0))
    run(again, generator_data(), tmp_path, 3, resume="auto")
    assert again.sync.value == 0.03


def test_frozen_expert_does_not_move(tmp_path: Path, generator_module: Build, generator_data: Build) -> None:
    module = generator_module(judged=True)
    before = {key: value.clone() for key, value in module.expert.state_dict().items()}
    judge = {key: value.clone() for key, value in module.discriminator.state_dict().items()}
    run(module, generator_data(), tmp_path, 2)
    assert all(torch.equal(before[key], value) for key, value in module.expert.state_dict().items())
    assert any(not torch.equal(judge[key], value) for key, value in module.discriminator.state_dict().items())


def test_accumulation_counts_updates(tmp_path: Path, generator_module: Build, generator_data: Build) -> None:
    module = generator_module(accumulation=2)
    run(module, generator_data(accumulation=2), tmp_path, 3)
    assert (module.step, module.batches_done) == (3, 6)


def test_batch_that_cannot_be_divided(generator_data: Build) -> None:
    with pytest.raises(InputError, match="a batch of 2 cannot be divided: 3 device"):
        generator_data().device_batch(3)


def test_missing_checkpoint_is_named(tmp_path: Path) -> None:
    assert find_resume("auto", tmp_path) is None
    with pytest.raises(InputError, match=r"no checkpoint to resume from: .*nothing\.ckpt"):
        find_resume(str(tmp_path / "nothing.ckpt"), tmp_path)


def test_start_from_weights(tmp_path: Path, expert_module: Build, expert_data: Build) -> None:
    trained = run(expert_module(), expert_data(), tmp_path, 1)
    started = seeded_module(expert_module, seed=5, init=str(tmp_path / "wav2lip_expert.safetensors"))
    torch.testing.assert_close(weights_of(started), trained, atol=1e-2, rtol=1e-3)


def test_start_of_a_blending_generator_from_plain_weights(tmp_path: Path, generator_module: Build) -> None:
    plain = seeded_module(generator_module, seed=1)
    path = tmp_path / "plain.safetensors"
    save_weights(path, plain.shipped.state_dict(), {"kind": plain.kind, "config": plain.shipped.config})
    started = seeded_module(lambda: generator_module(blend=True), seed=5, init=str(path))
    was, now = plain.shipped.state_dict(), started.shipped.state_dict()
    assert all(torch.equal(now[key][:3] if "output_block.1" in key else now[key], was[key]) for key in was)
    with pytest.raises(InputError, match="weights of another size"):
        seeded_module(lambda: generator_module(blend=True, width=0.2), seed=5, init=str(path))


def test_empty_split_is_one_clear_line(tmp_path: Path, expert_data: Build) -> None:
    from packs import make_pack

    data = expert_data()
    data.corpora = make_pack(tmp_path / "p", splits=("train",))
    with pytest.raises(InputError, match="no usable clip in split 'val'"):
        data.setup()


def test_last_updates_are_exported_without_a_validation(
    tmp_path: Path, expert_module: Build, expert_data: Build
) -> None:
    module, data = expert_module(), expert_data()
    data.setup()
    fit(module, data, Plan(3, validate_every=2, save_every=1, log_every=1), folder=tmp_path)
    exported = load_model(tmp_path / "wav2lip_expert.safetensors", "wav2lip_expert")
    assert exported.metadata["step"] == 3 and exported.metadata["metrics"] == {}
    served = module.served.state_dict()
    for key, tensor in exported.state_dict().items():
        torch.testing.assert_close(tensor.float(), served[key].float(), atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("native", [True, False])
def test_emulated_bfloat16_is_told(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, native: bool):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx2": True, "avx512_bf16": native})
    warn_of_slow_precision("cpu", "bf16-mixed")
    assert ("emulates" in caplog.text) is not native
    warn_of_slow_precision("cpu", "32-true")
    assert caplog.text.count("emulates") == int(not native)
