"""One generator step of PC-AVS's original with full networks: every loss, and gradient norms through all of them.

Minutes of arithmetic, hence slow. Losses 1e-4, gradient norms 1e-3, both relative.
"""

from functools import partial

import numpy as np
import pytest
import torch

from talkface import losses
from talkface.batch import PoseBatch
from talkface.models.kinds import build_model
from talkface.models.perceptual import PCAVS_WEIGHTS, VGGFACE_WEIGHTS, VggFeatures, load_vgg
from talkface.models.strict import load_strictly
from talkface.training.adversarial_step import AdversarialStep
from talkface.training.pcavs import PcavsModule, VggPerceptual
from talkface.training.pcavs_stage import weighted_total

pytestmark = pytest.mark.slow
CONFIGS = {"pcavs_identity": {"speakers": 5830}}
PREFIXES = {
    "netG": "pcavs_generator",
    "netE": "pcavs_motion",
    "netV": "pcavs_identity",
    "netA_sync": "pcavs_speech",
    "netD": "pcavs_discriminator",
}


def full_networks(oracle) -> dict:
    made = {}
    for kind in PREFIXES.values():
        network, state = build_model(kind, CONFIGS.get(kind)), oracle.state(kind)
        load_strictly(network, {key: state[key] for key in network.state_dict()}, kind)
        made[kind] = network.eval()  # also while gradients are taken, as the oracle was made
    return made


def vgg(oracle, form, name) -> VggFeatures:
    shapes = {key: tuple(value.shape) for key, value in VggFeatures(form).state_dict().items()}
    return load_vgg(oracle.drawn(shapes, name), form)


def test_perceptual_losses(pcavs_oracle):
    stored = pcavs_oracle.expected("losses.npz")
    made, target = pcavs_oracle.faces("id", 0, 1), pcavs_oracle.faces("mouth", 0, 1)
    cases = (("pcavs", "vgg19", PCAVS_WEIGHTS, "loss"), ("vggface", "vggface19", VGGFACE_WEIGHTS, "loss_layer2"))
    for form, name, weights, stored_name in cases:
        found = losses.perceptual_loss(made, target, vgg(pcavs_oracle, form, name), map_weights=weights)
        assert float(found) == pytest.approx(stored[f"{name.replace('face19', 'face')}/{stored_name}"], rel=1e-4)


def joint_module(oracle, nets, branches) -> PcavsModule:
    """The stage's training module around these networks, all in evaluation mode as the oracle was made."""
    names = {kind.removeprefix("pcavs_"): net for kind, net in nets.items() if kind != "pcavs_discriminator"}
    weights = {"adversarial": 1, "matching": 10, "perceptual": 10, "crossmodal": 1, "contrastive": 100, "identity": 1}
    adam = partial(torch.optim.Adam, lr=5e-4)
    made = PcavsModule(
        names,
        nets["pcavs_discriminator"],
        optimizer=adam,
        discriminator_optimizer=adam,
        loss=weights,
        perceptual=VggPerceptual(vgg(oracle, "pcavs", "vgg19")),
        branches=branches,
    )
    made.eval()
    made.training = True  # the speakers' loss belongs to training
    return made


def oracle_batch(oracle) -> PoseBatch:
    """The oracle's pictures and sounds, one frame a clip."""

    def faces(kind):
        stacked = np.stack([oracle.inputs.face(kind, number) for number in (0, 1)])
        return torch.from_numpy(stacked.transpose(0, 3, 1, 2).copy())

    mel = oracle.array("pcavs.mel_train", (2, 1, 80, 20))[:, None]
    return PoseBatch(faces("id"), faces("mouth")[:, None], faces("pose")[:, None], mel, torch.tensor([3, 1234]))


@torch.enable_grad()
@pytest.mark.parametrize("case", ["audio_only", "both"])
def test_losses_and_gradients(pcavs_oracle, case):
    """Of the training module itself. Stored values are weighted, by branch: `a` and `_audio` from the sound."""
    stored, nets = pcavs_oracle.expected("losses.npz"), full_networks(pcavs_oracle)
    module = joint_module(pcavs_oracle, nets, ["audio"] if case == "audio_only" else ["audio", "visual"])
    batch = oracle_batch(pcavs_oracle)
    made = module.generate(batch, module.networks)
    losses = module.losses(made, batch)
    parts = {
        "adversarial": ["GANa", "GANv"],
        "matching": ["GAN_Feat_audio", "GAN_Feat"],
        "perceptual": ["VGGa", "VGGv"],
        "crossmodal": ["CrossModal"],
        "contrastive": ["SoftmaxContrastive", "SoftmaxContrastive_v2a"],
        "identity": ["loss_cls"],
    }
    prefix = f"{case}/G/"
    present = {name.removeprefix(prefix) for name in stored if name.startswith(prefix)}
    assert present <= {name for names in parts.values() for name in names}
    for name, names in parts.items():
        expected = sum(float(stored[prefix + each]) for each in names if each in present)
        assert module.loss[name] * losses[name].item() == pytest.approx(expected, rel=1e-4), name
    check_gradients(
        weighted_total(module.loss, losses),
        nets,
        {k: v for k, v in stored.items() if k.startswith(f"{case}/G_grad_norm/")},
    )
    module.update = Noting()
    judged = module.judge([made[branch].detach() for branch in module.branches], batch)
    for name, value in (("D_Fake", judged["discriminator_fake"]), ("D_real", judged["discriminator_real"])):
        assert value.item() == pytest.approx(float(stored[f"{case}/D/{name}"]), rel=1e-4)


class Noting(AdversarialStep):
    """Goes nowhere: only the values are compared."""

    def backward(self, module, loss):
        pass


def check_gradients(total, nets, stored):
    total.backward()
    assert len(stored) == 19
    for name, norm in stored.items():
        net, parameter = name.split("/")[-1].split(".", 1)
        gradient = nets[PREFIXES[net]].get_parameter(parameter).grad
        assert float(gradient.norm()) == pytest.approx(float(norm), rel=1e-3), name
