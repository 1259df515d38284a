"""`experiment=wav2lip_paper` and `wav2lip_hq_paper`: the training module they configure has the original's losses."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate

from talkface.batch import GeneratorBatch
from talkface.models.upstream import load_upstream
from talkface.models.upstream.rgb import to_rgb
from talkface.training.adversarial_step import frozen

CONFIGS = Path(__file__).parents[2] / "configs"


def recipe(name: str):
    with initialize_config_dir(str(CONFIGS), version_base="1.3"):
        return compose("train", [f"experiment={name}", "expert=unused.pth", "data.corpus=unused"])


def module_of(name: str, oracle, **changes):
    """The module as train.py instantiates it, with the oracle's networks (RGB) in place of fresh ones."""
    networks = {
        kind: to_rgb(load_upstream(f"wav2lip_{kind}", oracle.state(f"wav2lip_{kind}")), f"wav2lip_{kind}")
        for kind in ("generator", "expert", "discriminator")
    }
    config = recipe(name).model
    if config.discriminator is None:
        networks["discriminator"] = None
    return instantiate(config, **networks, **changes).train()


def batch_of(oracle) -> GeneratorBatch:
    """The oracle's batch: BGR, time behind colour -> RGB bytes, time before colour."""
    stored = oracle.expected("batch.npz")
    rgb = {"target": stored["y"], "reference": stored["x"][:, 3:]}
    frames = {key: np.ascontiguousarray(value[:, ::-1].swapaxes(1, 2)) for key, value in rgb.items()}
    sound = {"mels": stored["indiv_mels"], "expert_mel": stored["mel"]}
    return GeneratorBatch(**{key: torch.from_numpy(value) for key, value in (frames | sound).items()})


CASES = [("wav2lip_paper", "plain", True), ("wav2lip_paper", "plain", False), ("wav2lip_hq_paper", "gan", True)]


@pytest.mark.parametrize(("name", "case", "training"), CASES)
def test_losses_on_the_oracles_batch(oracle, name, case, training):
    module = module_of(name, oracle, expert_in_training_mode=training)
    module.log_losses = lambda *_: None
    batch = batch_of(oracle)
    expected = oracle.json("train_step.json")[f"{case}/expert_{'train' if training else 'eval'}"]["float32"]
    losses = module.losses(module.generate(batch), batch)
    assert float(losses["reconstruction"]) == pytest.approx(expected["l1"], rel=1e-4)
    assert float(losses["sync"]) == pytest.approx(expected["sync"], rel=1e-4)
    before = float(module.total(losses))
    adversarial = expected["disc_wt"] and float(losses["adversarial"])
    assert before == pytest.approx(
        expected["disc_wt"] * adversarial + (1 - expected["disc_wt"]) * expected["l1"], rel=1e-4
    )
    module.sync.observe(0.76)
    assert module.sync.value == 0.0
    module.sync.observe(0.74)  # a validation below 0.75 switches the sync loss on, for good
    assert module.sync.value == expected["syncnet_wt"]
    assert float(module.total(losses)) == pytest.approx(expected["total"], rel=1e-4)
    if expected["disc_wt"]:
        assert adversarial == pytest.approx(expected["perceptual"], rel=1e-4)


def norm(gradients) -> float:
    return float(torch.linalg.vector_norm(torch.stack([gradient.norm() for gradient in gradients])))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "case", "training"), CASES)
@torch.enable_grad()
def test_gradients_on_the_oracles_batch(oracle, name, case, training):
    """Through the module's own total and its discriminator's pass; tolerances as the oracle's page gives them."""
    module = module_of(name, oracle, expert_in_training_mode=training)
    module.log_losses, module.manual_backward = lambda *_: None, lambda loss: loss.backward()
    for network in (module.generator, module.discriminator):
        if network is not None:
            network.requires_grad_(True)  # loaded for inference
    module.sync.observe(0.74)
    batch = batch_of(oracle)
    expected = oracle.json("train_step.json")[f"{case}/expert_{'train' if training else 'eval'}"]["float32"]
    with frozen(module.discriminator):
        generated = module.generate(batch)
        module.update.backward(module, module.total(module.losses(generated, batch)))
    found = {key: parameter.grad for key, parameter in module.generator.named_parameters()}
    assert norm(found.values()) == pytest.approx(expected["generator_grad_norm"], rel=1e-2)
    for key, value in expected["generator_grad_norms"].items():
        assert float(found[key].norm()) == pytest.approx(value, rel=3e-2), key
    if module.discriminator is not None:
        assert all(parameter.grad is None for parameter in module.discriminator.parameters())
        module.judge(generated.detach(), batch)
        judged = norm([parameter.grad for parameter in module.discriminator.parameters()])
        assert judged == pytest.approx(expected["discriminator_grad_norm"], rel=1e-2)


@pytest.mark.parametrize(("name", "betas", "batches"), [("wav2lip_paper", None, 701), ("wav2lip_hq_paper", 0.5, 302)])
def test_schedules_and_sizes(name, betas, batches):
    config = recipe(name)
    assert (config.batch, config.validation_items) == (16, 16 * batches)
    assert config.trainer.validate_every == config.trainer.save_every == 3000
    assert config.model.ema is None and config.model["update"].clip is None and config.model.expert_in_training_mode
    parameter = torch.nn.Parameter(torch.zeros(2, 2))
    optimizer = instantiate(config.model.optimizer)([{"params": [parameter]}])
    assert type(optimizer) is torch.optim.Adam
    assert optimizer.defaults["lr"] == 1e-4 and optimizer.defaults["weight_decay"] == 0
    assert tuple(optimizer.defaults["betas"]) == (betas or 0.9, 0.999)
    rate = instantiate(config.model.learning_rate)
    assert {rate.factor(update, 10**6) for update in (0, 10, 10**5, 10**6)} == {1.0}
    assert config.model.generator.width == 1.0
