"""One training step of the original on the oracle's batch: losses and gradient norms."""

import copy
from dataclasses import dataclass

import numpy as np
import pytest
import torch

from talkface.losses import (
    adversarial_loss,
    cosine_bce,
    discriminator_loss,
    lower_halves,
    reconstruction_loss,
    sync_loss,
)
from talkface.models.upstream import load_upstream

CASES = ["plain_no_sync/expert_train", *(f"{c}/expert_{mode}" for c in ("plain", "gan") for mode in ("train", "eval"))]


@pytest.fixture(scope="module")
def cases(oracle):
    return oracle.json("train_step.json")


@dataclass
class Step:
    """Networks in the state before the step, the batch, and the generator's output on it."""

    networks: dict
    batch: dict
    generated: torch.Tensor

    def losses(self, expert_mode: str) -> dict[str, torch.Tensor]:
        expert = copy.deepcopy(self.networks["expert"]).train(expert_mode == "expert_train")
        audio, video = expert(self.batch["mel"], lower_halves(self.generated.transpose(1, 2)))
        before, after = dict(self.networks["expert"].named_buffers()), dict(expert.named_buffers())
        self.buffers_changed = any(not torch.equal(before[key], value) for key, value in after.items())
        return {
            "l1": reconstruction_loss(self.generated, self.batch["y"]),
            "sync": sync_loss(audio, video),
            "perceptual": adversarial_loss(self.networks["discriminator"](self.generated)),
        }


def start(oracle) -> Step:
    stored = oracle.expected("batch.npz")
    batch = {k: torch.from_numpy(v if v.dtype != np.uint8 else (v / 255).astype(np.float32)) for k, v in stored.items()}
    kinds = ("generator", "expert", "discriminator")
    networks = {name: load_upstream(f"wav2lip_{name}", oracle.state(f"wav2lip_{name}")).train() for name in kinds}
    networks["expert"].requires_grad_(False)
    with torch.enable_grad():
        return Step(networks, batch, networks["generator"](batch["indiv_mels"], batch["x"]))


@pytest.fixture(scope="module")
def step(oracle) -> Step:
    return start(oracle)


def total(case, losses):
    sync, judge = case["syncnet_wt"], case["disc_wt"]
    return sync * losses["sync"] + judge * losses["perceptual"] + (1 - sync - judge) * losses["l1"]


def norm(tensors):
    return float(torch.linalg.vector_norm(torch.stack([tensor.norm() for tensor in tensors])))


@pytest.mark.parametrize("name", CASES)
def test_losses_before_the_step(cases, step, name):
    case = cases[name]["float32"]
    losses = step.losses(name.split("/")[1])
    assert float(losses["l1"]) == pytest.approx(case["l1"], rel=1e-4)
    assert float(total(case, losses)) == pytest.approx(case["total"], rel=1e-4)
    if case["syncnet_wt"]:
        assert step.buffers_changed == case["expert_buffers_changed"]
        assert float(losses["sync"]) == pytest.approx(case["sync"], rel=1e-4)
    if case["disc_wt"]:
        assert float(losses["perceptual"]) == pytest.approx(case["perceptual"], rel=1e-4)


def test_generated_pictures(oracle, step):
    expected = oracle.expected("train_step.npz")["generated"]
    assert np.abs(step.generated[0].detach().numpy() - expected).max() <= 1e-4


def assert_gradients(case, step, mode):
    """Backward of the case's total through the generator, against the stored norms."""
    generator = step.networks["generator"]
    with torch.enable_grad():
        value = total(case, step.losses(mode))
        gradients = torch.autograd.grad(value, list(generator.parameters()), retain_graph=True)
    assert norm(gradients) == pytest.approx(case["generator_grad_norm"], rel=1e-2)
    named = dict(zip((name for name, _ in generator.named_parameters()), gradients, strict=True))
    for key, expected in case["generator_grad_norms"].items():
        assert float(named[key].norm()) == pytest.approx(expected, rel=3e-2), key


def test_generator_gradients_with_everything_on(cases, step):
    assert_gradients(cases["gan/expert_eval"]["float32"], step, "expert_eval")


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_generator_gradients(cases, step, name):
    assert_gradients(cases[name]["float32"], step, name.split("/")[1])


def test_discriminator_losses_and_gradients(cases, step):
    case, judge = cases["gan/expert_eval"]["float32"], step.networks["discriminator"]
    with torch.enable_grad():
        real = discriminator_loss(judge(step.batch["y"]), real=True)
        fake = discriminator_loss(judge(step.generated.detach()), real=False)
        gradients = torch.autograd.grad(real + fake, list(judge.parameters()))
    assert float(real) == pytest.approx(case["disc_real"], rel=1e-4)
    assert float(fake) == pytest.approx(case["disc_fake"], rel=1e-4)
    assert norm(gradients) == pytest.approx(case["discriminator_grad_norm"], rel=1e-2)


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_losses_after_the_step(oracle, cases, name):
    case, step = cases[name]["float32"], start(oracle)
    generator, judge = step.networks["generator"], step.networks["discriminator"]
    options = {"lr": case["lr"], "betas": tuple(case["betas"])}
    mode = name.split("/")[1]
    step_expert = step.networks["expert"].train(mode == "expert_train")
    with torch.enable_grad():
        audio, video = step_expert(step.batch["mel"], lower_halves(step.generated.transpose(1, 2)))
        losses = {
            "l1": reconstruction_loss(step.generated, step.batch["y"]),
            "sync": sync_loss(audio, video),
            "perceptual": adversarial_loss(judge(step.generated)),
        }
        optimise(generator, total(case, losses), options)
        if case["disc_wt"]:
            real = discriminator_loss(judge(step.batch["y"]), real=True)
            optimise(judge, real + discriminator_loss(judge(step.generated.detach()), real=False), options)
    step.generated = generator(step.batch["indiv_mels"], step.batch["x"])
    after, expected = step.losses(mode), case["after_step"]
    assert float(after["l1"]) == pytest.approx(expected["l1"], rel=1e-3)
    if expected.get("sync"):
        assert float(after["sync"]) == pytest.approx(expected["sync"], rel=5e-2 if mode == "expert_train" else 1e-3)
    if "disc_real" in expected:
        real = discriminator_loss(judge(step.batch["y"]), real=True)
        assert float(real) == pytest.approx(expected["disc_real"], rel=1e-2)


def optimise(network, loss, options):
    optimizer = torch.optim.Adam(network.parameters(), **options)
    optimizer.zero_grad()
    loss.backward(retain_graph=True)
    optimizer.step()


def test_expert_step(oracle, cases):
    case = cases["expert"]["float32"]
    expert = load_upstream("wav2lip_expert", oracle.state("wav2lip_expert")).train()
    stored = oracle.expected("batch.npz")
    face, mel = (stored["sync_x"] / 255).astype(np.float32), stored["sync_mel"]
    face, mel, labels = (torch.from_numpy(array) for array in (face, mel, stored["sync_y"]))

    def loss():
        audio, video = expert(mel, face)
        return cosine_bce(audio, video, labels), (audio * video).sum(1)

    with torch.enable_grad():
        before, cosine = loss()
        optimise(expert, before, {"lr": case["lr"], "betas": tuple(case["betas"])})
    assert cosine.tolist() == pytest.approx(case["cosine"], rel=1e-4)
    assert float(before) == pytest.approx(case["loss"], rel=1e-4)
    assert norm([p.grad for p in expert.parameters()]) == pytest.approx(case["grad_norm"], rel=1e-2)
    assert float(loss()[0]) == pytest.approx(case["after_step"]["loss"], rel=1e-3)
