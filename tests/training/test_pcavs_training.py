"""PC-AVS's three stages: who learns from which loss, two steps of each, resume, one stage feeding the next."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from packs import make_aligned_pack
from third_stage import ADAM, PICTURES, SMALL, SPEAKERS, WEIGHTS, module, random_batch

from talkface.data.datasets import Sampling
from talkface.data.pcavs import View
from talkface.data.pcavs_module import PoseDataModule, SpeakerDataModule, SpeechDataModule
from talkface.errors import InputError
from talkface.losses import flow_loss, known_difference
from talkface.metrics.functional.verification import equal_error_rate
from talkface.models.pcavs.network import load_pcavs
from talkface.models.pcavs.warping import Portrait
from talkface.training.adversarial_step import AdversarialStep, frozen
from talkface.training.fit import Plan, fit
from talkface.training.pcavs import DetailPerceptual, PcavsModule, VggPerceptual, perceptual_by
from talkface.training.pcavs_identity import IdentityModule
from talkface.training.pcavs_speech import SpeechModule, pairs_won, retrieval
from talkface.training.pcavs_stage import started


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_aligned_pack(tmp_path_factory.mktemp("stages") / "corpus" / "aligned", clips=8, frames=16).parent


def data(kind, corpus, **changes):
    options = {"batch": 2, "workers": 0, "validation_items": 2, "view": View(112), "sampling": Sampling(2, 3)}
    made = kind(corpus, **{**options, **changes})
    made.setup()
    return made


def run(made, data_module, folder, updates=2, **options):
    fit(made, data_module, Plan(updates, validate_every=updates, save_every=1, log_every=1), folder=folder, **options)
    return torch.cat([p.detach().flatten() for p in made.parameters()])


def history(folder: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]


PARTS = {  # name → prefix of its parameters
    **{f"identity.{part}": f"networks.identity.{part}." for part in ("model", "conv1x1", "fc")},
    **{f"motion.{part}": f"networks.motion.{part}." for part in ("model", "to_mouth", "mouth_embed")},
    **{f"motion.{part}": f"networks.motion.{part}." for part in ("to_headpose", "headpose_embed")},
    "speech": "networks.speech.",
    "generator": "networks.generator.",
    "discriminator": "discriminator.",
}
CONTENT = {"motion.model", "motion.to_mouth", "motion.mouth_embed"}
MAKING = {"identity.model", "identity.conv1x1", "motion.to_headpose", "motion.headpose_embed", "generator"} | CONTENT
REACHED = {
    **dict.fromkeys(PICTURES, MAKING | {"speech"}),
    "crossmodal": {"speech"},
    "contrastive": {"speech", "motion.model", "motion.to_mouth"},
    "identity": {"identity.model", "identity.fc"},
}


def reached(made: PcavsModule, loss: torch.Tensor) -> set[str]:
    """Parts of the networks that get a gradient from `loss`."""
    made.zero_grad()
    loss.backward(retain_graph=True)
    moved = {name for name, p in made.named_parameters() if p.grad is not None and bool(p.grad.abs().max() > 0)}
    return {part for part, prefix in PARTS.items() if any(name.startswith(prefix) for name in moved)}


def test_each_loss_reaches_the_networks_it_should_and_no_other():
    made, batch = module(), random_batch()
    with frozen(made.discriminator):
        losses = made.losses(made.generate(batch, made.networks), batch)
        assert set(losses) == set(REACHED) == set(WEIGHTS)
        for name, parts in REACHED.items():
            assert reached(made, losses[name]) == parts, name


def test_known_turns_reach_the_pose_code_alone():
    batch = replace(random_batch(), turns=torch.tensor([[[20.0, -5.0, 0.0], [torch.nan] * 3]] * 2))
    made = module()
    generated = made.generate(batch, made.networks)
    losses = made.losses(generated, batch)
    assert reached(made, losses["turns"]) == {"motion.model", "motion.to_headpose", "motion.headpose_embed"}
    known = made.turning(generated["pose"])[[0, 2]] - torch.tensor([20.0, -5.0, 0.0]) / 30
    assert losses["turns"].item() == pytest.approx(known.abs().mean().item(), rel=1e-5)


def test_known_landmarks_reach_the_poses_and_the_flow_alone():
    places = torch.rand(2, 3, 68, 2) - 0.5
    made, batch = module(warp=True), replace(random_batch(), places=places)
    torch.nn.init.normal_(made.networks["generator"].flow.out.weight)
    generated = made.generate(batch, made.networks)
    losses = made.losses(generated, batch)
    pose = {"motion.model", "motion.to_headpose", "motion.headpose_embed"}
    assert reached(made, losses["flow"]) == pose | {"generator"}
    moved = [name for name, p in made.networks["generator"].named_parameters() if p.grad is not None and p.grad.any()]
    assert moved and all(name.startswith("flow.") for name in moved)
    assert losses["flow"] == flow_loss(generated["flow"], places[[0, 0, 1, 1], 0], places[:, 1:].flatten(0, 1))
    with pytest.raises(InputError, match="no flow for this loss"):
        module(loss={**WEIGHTS, "flow": 1.0})
    assert "flow" not in module().losses(module().generate(batch, module().networks), batch)


def test_a_generator_that_moves_starts_from_one_that_does_not(tmp_path):
    from talkface.checkpoint import save_weights

    plain = started("pcavs_generator", **SMALL).eval()
    notes = {"kind": "pcavs_generator", "config": SMALL}
    save_weights(tmp_path / "pcavs_generator.safetensors", plain.state_dict(), notes)
    moving = started("pcavs_generator", tmp_path, warp=True, **SMALL).eval()
    style, start, picture = torch.randn(2, 80), torch.randn(2, 16, 7, 7), torch.rand(2, 3, 112, 112) * 2 - 1
    with torch.no_grad():
        found = moving(style, start, portrait=Portrait(picture, torch.randn(2, 12)))
        torch.testing.assert_close(found, (plain(style, start) + picture) / 2)  # flow and mask at rest
    with pytest.raises(InputError, match="another size"):
        started("pcavs_generator", tmp_path, warp=True, width=1 / 16, size=112)


def test_a_seen_branch_alone_does_not_teach_the_sound():
    made, batch = module(branches=["visual"]), random_batch()
    with frozen(made.discriminator):
        losses = made.losses(made.generate(batch, made.networks), batch)
        assert reached(made, losses["matching"]) == MAKING
    heard = module(branches=["audio"])
    with frozen(heard.discriminator):
        found = reached(heard, heard.losses(heard.generate(batch, heard.networks), batch)["matching"])
    assert found == (MAKING | {"speech"}) - {"motion.to_mouth"}


class Noting(AdversarialStep):
    """Notes the loss instead of going backward."""

    def backward(self, made, loss):
        made.kept = loss


def test_the_discriminators_losses_reach_it_alone():
    made, batch = module(update=Noting()), random_batch()
    with torch.no_grad():
        fakes = [made.generate(batch, made.networks)[branch] for branch in made.branches]
    made.judge(fakes, batch)
    assert reached(made, made.kept) == {"discriminator"}


def test_without_a_discriminator_the_pictures_are_still_learnt(corpus, tmp_path):
    weights = {**WEIGHTS, "adversarial": 0.0, "matching": 0.0}
    made = module(discriminator=None, loss=weights)
    before = torch.cat([p.detach().flatten() for p in made.parameters()])
    assert not run(made, data(PoseDataModule, corpus), tmp_path, 1).equal(before)
    logged = history(tmp_path)[-1]
    assert {name.partition("/")[2] for name in logged} & {"adversarial", "matching", "discriminator_real"} == set()
    with pytest.raises(InputError, match="no discriminator for these losses"):
        module(discriminator=None, loss={**weights, "matching": 1.0})


def test_codes_begin_larger_by_their_gain():
    plain, larger = module().networks["motion"].eval(), module(code_gain=8.0).networks["motion"].eval()
    picture = torch.rand(2, 3, 112, 112)
    with torch.no_grad():
        one, other = plain(picture), larger(picture)
    torch.testing.assert_close(other.pose_code, 8 * one.pose_code)
    torch.testing.assert_close(other.content_embedding, 8 * one.content_embedding)
    torch.testing.assert_close(other.content_code, one.content_code)


def test_a_network_can_have_a_learning_rate_of_its_own():
    made = module(rates={"generator": 0.25}, frozen=("speech",))
    groups = made.configure_optimizers()[0]["optimizer"].param_groups
    rate_of = {id(p): group["initial_lr"] for group in groups for p in group["params"]}
    assert len(rate_of) == sum(len(group["params"]) for group in groups)
    trained = [(name, p) for name, p in made.named_parameters() if p.requires_grad and "discriminator" not in name]
    assert {id(p) for _, p in trained} == set(rate_of)
    rates = {
        part: {rate_of[id(p)] for name, p in trained if part in name} for part in ("generator", "motion", "turning")
    }
    assert rates == {"generator": {0.25}, "motion": {1e-3}, "turning": {1e-3}}
    with pytest.raises(InputError, match=r"no such network: model\.rates: judge"):
        module(rates={"judge": 0.1})


def test_parts_of_networks_can_be_frozen():
    made = module(frozen=("motion.model", "speech"))
    moving = {name.split(".")[0] for name, p in made.networks["motion"].named_parameters() if p.requires_grad}
    assert moving == {"to_mouth", "mouth_embed", "to_headpose", "headpose_embed"}
    assert not made.networks["motion"].model.training and made.networks["motion"].to_mouth.training
    assert not any(p.requires_grad for p in made.networks["speech"].parameters())


def test_frozen_networks_do_not_change(corpus, tmp_path):
    made = module(frozen=("identity", "speech"))
    before = {name: value.clone() for name, value in made.networks.state_dict().items()}
    run(made, data(PoseDataModule, corpus), tmp_path, 1)
    changed = {
        name.split(".")[0] for name, value in made.networks.state_dict().items() if not value.equal(before[name])
    }
    assert changed == {"motion", "generator"}


@pytest.mark.slow
def test_the_three_stages_follow_each_other(corpus, tmp_path):
    one = IdentityModule(
        started("pcavs_identity", speakers=SPEAKERS, **SMALL), optimizer=ADAM, loss={"identity": 1.0}, ema=0.9
    )
    run(one, data(SpeakerDataModule, corpus), tmp_path / "one")
    assert "val/eer" in history(tmp_path / "one")[-1]
    two = SpeechModule(
        started("pcavs_motion", **SMALL),
        started("pcavs_speech", width=SMALL["width"]),
        optimizer=ADAM,
        loss={"contrastive": 1.0, "crossmodal": 0.0},
        cross_clip=0.2,
        ema=0.9,
    )
    run(two, data(SpeechDataModule, corpus, frames=2), tmp_path / "two")
    assert 0 <= history(tmp_path / "two")[-1]["val/retrieval"] <= 1
    for name in ("pcavs_identity",):
        (tmp_path / "two" / f"{name}.safetensors").write_bytes((tmp_path / "one" / f"{name}.safetensors").read_bytes())
    three = module(tmp_path / "two", ema=0.9)
    for name, trained in (("motion", two.average.module["motion"]), ("identity", one.average.module)):
        own = three.networks[name].state_dict()
        assert all(torch.allclose(own[key], value, atol=1e-2) for key, value in trained.state_dict().items())
    run(three, data(PoseDataModule, corpus), tmp_path / "three")
    last = history(tmp_path / "three")[-1]
    assert {"val/reconstruction", "val/copied", "val/perceptual"} <= set(last) and "val/identity" not in last
    served = load_pcavs(tmp_path / "three")  # what was trained is what infer.py loads
    picture = torch.rand(1, 3, 224, 224)
    identity = served.encode_identity(picture[0])
    shown = served.generate(identity, served.encode_mouth(picture), served.encode_pose(picture), 1.0)
    assert shown.shape == (1, 3, 224, 224) and shown.isfinite().all()


@pytest.mark.slow
def test_a_resumed_run_equals_an_uninterrupted_one(corpus, tmp_path):
    """To the bit, with accumulation, average and the hourglass' dropout."""
    options = {"update": AdversarialStep(accumulation=2), "ema": 0.9, "branches": ["audio"]}
    whole = run(module(**options), data(PoseDataModule, corpus, accumulation=2), tmp_path / "whole", 2)
    run(module(**options), data(PoseDataModule, corpus, accumulation=2), tmp_path / "parts", 1)
    resumed = run(module(**options), data(PoseDataModule, corpus, accumulation=2), tmp_path / "parts", 2, resume="auto")
    assert torch.equal(whole, resumed)


def test_a_stage_starts_from_weights_that_fit(tmp_path):
    with pytest.raises(InputError, match="no weights of pcavs_motion"):
        started("pcavs_motion", tmp_path, **SMALL)
    from talkface.checkpoint import save_weights

    speech = started("pcavs_speech", width=1 / 16)
    notes = {"kind": "pcavs_speech", "config": {"width": 1 / 16}}
    save_weights(tmp_path / "pcavs_speech.safetensors", speech.state_dict(), notes)
    with pytest.raises(InputError, match=r"another size .*networks\.width"):
        started("pcavs_speech", tmp_path, width=1 / 32)


def test_another_number_of_speakers_starts_a_new_head(tmp_path, caplog):
    from talkface.checkpoint import save_weights

    caplog.set_level("INFO")
    first = started("pcavs_identity", speakers=5, **SMALL)
    save_weights(
        tmp_path / "pcavs_identity.safetensors",
        first.state_dict(),
        {"kind": "pcavs_identity", "config": {**SMALL, "speakers": 5}},
    )
    again = started("pcavs_identity", tmp_path, speakers=3, **SMALL)
    assert again.fc.out_features == 3 and torch.equal(again.conv1x1.weight, first.conv1x1.weight)
    assert "starts anew: fc.weight, fc.bias" in caplog.text


def test_the_perceptual_stand_in_is_said(tmp_path, caplog):
    assert isinstance(perceptual_by(None), DetailPerceptual) and "no VGG weights (vgg=FILE)" in caplog.text
    with pytest.raises(InputError, match=r"vgg\.pth"):
        perceptual_by(tmp_path / "vgg.pth")
    assert not VggPerceptual.train(VggPerceptual(torch.nn.Identity())).features.training


def test_no_loss_at_all_is_refused():
    made, batch = module(loss=dict.fromkeys(WEIGHTS, 0.0)), random_batch()
    with pytest.raises(InputError, match="every loss is switched off"):
        made.training_step(batch, 0)


def test_retrieval_asks_within_the_clip():
    codes = torch.eye(4)[:, None]
    clip = torch.tensor([0, 0, 1, 1])
    assert retrieval(codes, codes, clip) == 1
    assert retrieval(codes, codes.flip(0), clip) == 0.5  # nothing of the own clip is near: the first of it is taken


def test_pairs_are_won_within_the_clip():
    codes, clip = torch.eye(4)[:, None], torch.tensor([0, 0, 1, 1])
    swapped = codes[[1, 0, 2, 3]]
    assert pairs_won(codes, codes, clip) == 1 and pairs_won(codes, swapped, clip) == 0.5
    one_way = torch.stack([codes[0], codes[0], codes[2], codes[3]])  # the second's own is no nearer than the first's
    assert pairs_won(one_way, codes, clip) == 0.75


def test_equal_error_rate_of_known_cases():
    person = torch.tensor([0, 0, 1, 1])
    apart = torch.tensor([[1.0, 0.1], [1.0, -0.1], [0.1, 1.0], [-0.1, 1.0]])
    assert equal_error_rate(apart, person) == 0
    assert equal_error_rate(apart, torch.tensor([0, 1, 0, 1])) > 0.4
    near = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 0.1]])
    one_clip = torch.tensor([0, 0, 1, 2])  # what only a clip's own pictures show does not count
    assert equal_error_rate(near, torch.tensor([0, 0, 0, 1]), one_clip) > equal_error_rate(
        near, torch.tensor([0, 0, 0, 1])
    )
    generator = torch.Generator().manual_seed(0)
    blind = equal_error_rate(torch.randn(80, 8, generator=generator), torch.arange(80) % 8)
    assert abs(blind - 0.5) < 0.05
    assert equal_error_rate(apart, torch.zeros(4)) != equal_error_rate(apart, torch.zeros(4))  # NaN


def test_the_shape_of_drawn_mouths_reaches_both_encoders_where_it_is_known() -> None:
    module = SpeechModule(
        started("pcavs_motion", **SMALL), started("pcavs_speech", width=SMALL["width"]), optimizer=ADAM, loss={}
    )
    heard = torch.rand(3, 2, 16, requires_grad=True)
    seen = torch.rand(3, 2, 16, requires_grad=True)
    shape = torch.rand(3, 2, 6)
    shape[1] = float("nan")
    found = module.reading(torch.stack([heard, seen]))
    loss = known_difference(found, shape)
    assert torch.isclose(loss, (found - shape)[:, [0, 2]].abs().mean())
    loss.backward()
    for codes in (heard, seen):
        assert codes.grad is not None and codes.grad[0].any() and not codes.grad[1].any()
    assert known_difference(found, torch.full_like(shape, float("nan"))) == 0
