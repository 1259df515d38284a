"""One generator step of PC-AVS's original with full networks: every loss, and gradient norms through all of them.

Minutes of arithmetic, hence slow. Losses 1e-4, gradient norms 1e-3, both relative.
"""

import pytest
import torch
from torch.nn.functional import cross_entropy

from talkface import losses
from talkface.models.kinds import build_model
from talkface.models.perceptual import PCAVS_WEIGHTS, VGGFACE_WEIGHTS, VggFeatures, load_vgg
from talkface.models.strict import load_strictly

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


@torch.enable_grad()
@pytest.mark.parametrize("case", ["audio_only", "both"])
def test_losses_and_gradients(pcavs_oracle, case):
    stored, nets = pcavs_oracle.expected("losses.npz"), full_networks(pcavs_oracle)
    judge, target = nets["pcavs_discriminator"], pcavs_oracle.faces("mouth", 0, 1)
    code, identity_map = nets["pcavs_identity"](pcavs_oracle.faces("id", 0, 1))
    motion = nets["pcavs_motion"](pcavs_oracle.faces("pose", 0, 1))
    heard = nets["pcavs_speech"](pcavs_oracle.array("pcavs.mel_train", (2, 1, 80, 20)))
    seen = motion.content_code
    found = {
        "CrossModal": losses.crossmodal_loss(heard, seen),
        "SoftmaxContrastive": 100 * losses.distance_contrastive_loss(seen, heard),
        "SoftmaxContrastive_v2a": 100 * losses.distance_contrastive_loss(heard, seen),
        "loss_cls": cross_entropy(nets["pcavs_identity"].fc(code), torch.tensor([3, 1234])),
    }
    features, real, fakes = vgg(pcavs_oracle, "pcavs", "vgg19"), judge(target), []
    branches = {("a", "_audio"): nets["pcavs_motion"].embed_content(heard), ("v", ""): motion.content_embedding}
    for (letter, suffix), content in list(branches.items())[: 1 if case == "audio_only" else 2]:
        fake = nets["pcavs_generator"](torch.cat([code, content, motion.pose_code], 1), identity_map)
        judged = judge(fake)
        fakes.append(fake.detach())
        found[f"GAN{letter}"] = losses.multiscale_adversarial_loss(judged)
        found[f"GAN_Feat{suffix}"] = 10 * losses.feature_matching_loss(judged, real)
        found[f"VGG{letter}"] = 10 * losses.perceptual_loss(fake, target, features, map_weights=PCAVS_WEIGHTS)
    prefix = f"{case}/G/"
    assert {f"{prefix}{name}" for name in found} == {name for name in stored if name.startswith(prefix)}
    for name, value in found.items():
        assert value.item() == pytest.approx(stored[f"{prefix}{name}"], rel=1e-4), name
    check_gradients(
        sum(found.values()), nets, {k: v for k, v in stored.items() if k.startswith(f"{case}/G_grad_norm/")}
    )
    with torch.no_grad():
        for real_side, pictures, name in ((False, torch.cat(fakes), "D_Fake"), (True, target, "D_real")):
            loss = losses.multiscale_discriminator_loss(judge(pictures), real=real_side)
            assert float(loss) == pytest.approx(stored[f"{case}/D/{name}"], rel=1e-4)


def check_gradients(total, nets, stored, looser=()):
    """looser: names of parameters whose norm may be twice as far off."""
    total.backward()
    assert len(stored) == 19
    for name, norm in stored.items():
        net, parameter = name.split("/")[-1].split(".", 1)
        gradient = nets[PREFIXES[net]].get_parameter(parameter).grad
        tolerance = 2e-3 if f"{net}.{parameter}" in looser else 1e-3
        assert float(gradient.norm()) == pytest.approx(float(norm), rel=tolerance), name
