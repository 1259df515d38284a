"""The training module of PC-AVS's stage 3 on the oracle's step: its losses and gradient norms are the original's.

Minutes of arithmetic, hence slow. `test_pcavs_step` composes the same of the losses by hand.
"""

from functools import partial

import numpy as np
import pytest
import torch
from test_pcavs_step import check_gradients, full_networks, vgg

from talkface.batch import PoseBatch
from talkface.training.adversarial_step import AdversarialStep
from talkface.training.base import weighted_total
from talkface.training.pcavs import PcavsModule, VggPerceptual

pytestmark = pytest.mark.slow


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


ROUNDED = {"netE.model.conv1.weight"}
"""Its norm is 2.21101 in float64, 2.21003 in the oracle's float32 and 2.21332 in ours: sums of both branches cancel."""


@torch.enable_grad()
@pytest.mark.parametrize(("case", "branches"), [("audio_only", ["audio"]), ("both", ["audio", "visual"])])
def test_losses_and_gradients_of_the_module(pcavs_oracle, case, branches):
    """Stored values are weighted, by branch: `a` and `_audio` from the sound, `v` and none from the mouth."""
    stored, nets = pcavs_oracle.expected("losses.npz"), full_networks(pcavs_oracle)
    module = joint_module(pcavs_oracle, nets, branches)
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
        looser=ROUNDED,
    )
    module.update = Noting()
    judged = module.judge([made[branch].detach() for branch in module.branches], batch)
    for name, value in (("D_Fake", judged["discriminator_fake"]), ("D_real", judged["discriminator_real"])):
        assert value.item() == pytest.approx(float(stored[f"{case}/D/{name}"]), rel=1e-4)


class Noting(AdversarialStep):
    """Goes nowhere: only the values are compared."""

    def backward(self, module, loss):
        pass
