"""PC-AVS's networks equal the original's outputs with seeded weights, within the tolerances of the oracle's README.

Errors are relative to the reference's largest value: 1e-5, behind the motion encoder 5e-5.
"""

import numpy as np
import pytest
import torch

from talkface.models.kinds import build_model
from talkface.models.pcavs.modulation import ModulatedConv, StyledConv, ToRGB, fir_kernel, upsample
from talkface.models.pcavs.network import Pcavs
from talkface.models.perceptual import VggFeatures, load_vgg
from talkface.models.strict import load_strictly
from talkface.models.upstream import load_upstream


def error(found: torch.Tensor, expected: np.ndarray) -> float:
    assert tuple(found.shape) == expected.shape
    return float(np.abs(found.numpy() - expected).max() / np.abs(expected).max())


@pytest.fixture(scope="module")
def net(pcavs_oracle):
    """Official networks by kind, each built once."""
    built = {}

    def get(kind):
        if kind not in built:
            built[kind] = load_upstream(kind, pcavs_oracle.state(kind))
        return built[kind]

    return get


def test_identity_encoder(pcavs_oracle, net):
    stored, faces = pcavs_oracle.expected("encoder_v.npz"), pcavs_oracle.faces("id", 0, 1)
    code, identity_map = net("pcavs_identity")(faces)
    assert error(code, stored["pooled"]) <= 1e-5 and error(identity_map, stored["map"]) <= 1e-5
    code, identity_map = net("pcavs_identity")(faces[None])
    assert error(code, stored["pooled_two_inputs"]) <= 1e-5
    probe = torch.from_numpy(pcavs_oracle.inputs.probe(identity_map))
    assert error(probe, stored["probe/map_two_inputs"]) <= 1e-5


def test_motion_encoder(pcavs_oracle, net):
    stored = pcavs_oracle.expected("encoder_e.npz")
    codes = net("pcavs_motion")(pcavs_oracle.faces("pose", 0, 1))
    for code, name in zip(codes, ("feature", "to_mouth", "mouth_embed", "headpose_embed"), strict=True):
        assert error(code, stored[name]) <= 5e-5
    assert torch.equal(net("pcavs_motion").embed_content(codes.content_code), codes.content_embedding)


def test_speech_encoder(pcavs_oracle, net):
    stored, mel = pcavs_oracle.expected("encoder_a_sync.npz"), pcavs_oracle.array("pcavs.mel", (3, 1, 80, 20))
    assert error(net("pcavs_speech")(mel), stored["feature"]) <= 1e-5
    assert error(net("pcavs_speech")(mel[:, None]), stored["feature"]) <= 1e-5


def test_training_heads(pcavs_oracle):
    """Only training has them: built at the size of the file, their scores are the original's."""
    cases = {
        "pcavs_identity": ("encoder_v.npz", {"fc": ("pooled", "scores")}),
        "pcavs_speech": ("encoder_a_sync.npz", {"fc": ("feature", "scores")}),
        "pcavs_motion": ("encoder_e.npz", {"classifier": ("feature", "classifier")}),
    }
    for kind, (file, heads) in cases.items():
        network, stored = build_model(kind, {"speakers": 5830}), pcavs_oracle.expected(file)
        state = pcavs_oracle.state(kind)
        load_strictly(network, {key: state[key] for key in network.state_dict()}, kind)
        for head, (code, name) in heads.items():
            scores = getattr(network, head)(torch.from_numpy(stored[code]))
            probe = torch.from_numpy(pcavs_oracle.inputs.probe(scores))
            assert error(probe, stored[f"probe/{name}"]) <= 5e-5


def test_generator(pcavs_oracle, net):
    stored, state = pcavs_oracle.expected("generator.npz"), pcavs_oracle.state("pcavs_generator")
    style = pcavs_oracle.array("pcavs.style", (2, 2560), -1.7, 1.7)
    identity_map = pcavs_oracle.array("pcavs.idmap", (2, 512, 7, 7), -1.7, 1.7)
    noise = [torch.from_numpy(n) for n in pcavs_oracle.inputs.noise(2)]
    buffers = [state[f"noises.noise_{i}"] for i in range(11)]
    constant = state["input.input"].expand(2, -1, -1, -1)
    crop = slice(80, 144)
    generator = net("pcavs_generator")
    for given, start, name in [(noise, identity_map, "noise"), (None, constant, "constant_input")]:
        picture = generator(style, start, given)
        assert error(picture[..., crop, crop], stored[f"{name}/image_crop"]) <= 1e-5
    picture = generator(style, identity_map)
    assert error(picture[..., crop, crop], stored["zero_noise/image_crop"]) <= 1e-5
    probe = torch.from_numpy(pcavs_oracle.inputs.probe(generator(style, identity_map, buffers)))
    assert error(probe, stored["probe/buffer_noise/image"]) <= 1e-5
    styles = [layer.conv.modulation(style) for layer in generator.layers() if isinstance(layer, ToRGB)]
    for number, found in enumerate(styles):
        assert error(found, stored[f"noise/style_rgb_{number}"]) <= 1e-5


@pytest.mark.parametrize(("name", "options"), [("plain", {}), ("up", {"up": True}), ("nodemod", {"demodulate": False})])
def test_modulated_convolution(pcavs_oracle, name, options):
    stored, conv = pcavs_oracle.expected("generator_ops.npz"), ModulatedConv(8, 6, 3, 10, **options)
    fill(pcavs_oracle, conv, f"ops.{name}.")
    x, code = (pcavs_oracle.array(f"ops.{n}", s, -1.7, 1.7) for n, s in (("x", (2, 8, 5, 5)), ("style", (2, 10))))
    style = conv.modulation(code)
    assert error(style[:, None, :, None, None], stored[f"modconv_{name}_style"]) <= 1e-5
    assert error(conv(x, style), stored[f"modconv_{name}"]) <= 1e-5


def test_other_operators(pcavs_oracle):
    stored = pcavs_oracle.expected("generator_ops.npz")
    code, x, noise, skip, x10 = (
        pcavs_oracle.array(f"ops.{n}", s, -1.7, 1.7)
        for n, s in {
            "style": (2, 10),
            "x": (2, 8, 5, 5),
            "noise": (2, 1, 10, 10),
            "skip": (2, 3, 5, 5),
            "x10": (2, 8, 10, 10),
        }.items()
    )
    styled, colour = StyledConv(8, 6, 10, up=True), ToRGB(8, 10)
    fill(pcavs_oracle, styled, "ops.styled."), fill(pcavs_oracle, colour, "ops.torgb.")
    assert error(styled(x, styled.conv.modulation(code), noise), stored["styledconv_up"]) <= 1e-5
    assert error(colour(x10, colour.conv.modulation(code), skip), stored["torgb"]) <= 1e-5
    assert error(upsample(skip), stored["upsample"]) <= 1e-5
    assert np.array_equal(fir_kernel(), stored["kernel_up"])
    assert np.array_equal(fir_kernel(), stored["kernel_blur_in_up_conv"])


def fill(oracle, module, prefix):
    """Give a module the weights drawn for its keys behind `prefix`."""
    shapes = {prefix + key: tuple(value.shape) for key, value in module.state_dict().items()}
    state = oracle.drawn(shapes, "G")
    module.load_state_dict({key.removeprefix(prefix): value for key, value in state.items()})


def test_discriminator(pcavs_oracle, net):
    stored = pcavs_oracle.expected("discriminator.npz")
    judged = net("pcavs_discriminator")(pcavs_oracle.faces("id", 0, 1))
    for scale, (logits, maps) in enumerate(judged):
        assert error(logits, stored[f"scale{scale}/last"]) <= 1e-5
        assert len(maps) == 5
        for number, found in enumerate(maps):
            name = f"scale{scale}/feature{number}"
            assert list(found.shape) == stored[f"shape/{name}"].tolist()
            assert error(torch.from_numpy(pcavs_oracle.inputs.probe(found)), stored[f"probe/{name}"]) <= 1e-5


def test_inference_end_to_end(pcavs_oracle, net):
    """Two pictures of the original's demo path: identity once, 0.2 s of sound each, another clip's head pose."""
    stored, data = pcavs_oracle.expected("inference.npz"), pcavs_oracle.expected("data.npz")
    state = pcavs_oracle.state("pcavs_generator")
    state = {key: value * 0 if key.endswith("noise.weight") else value for key, value in state.items()}
    pcavs = Pcavs(
        net("pcavs_identity"), net("pcavs_motion"), net("pcavs_speech"), load_upstream("pcavs_generator", state)
    )
    identity = pcavs.encode_identity(demo_pictures(pcavs_oracle, "id", 0)[0])
    pose = pcavs.encode_pose(demo_pictures(pcavs_oracle, "pose", *data["target_frame_inds"][:2]))
    from talkface.audio.mel import mel_windows
    from talkface.audio.pcavs_mel import SILENCE, pcavs_mel_spectrogram

    mel = pcavs_mel_spectrogram(pcavs_oracle.inputs.wave().astype(np.float32) / 32768)
    content = pcavs.encode_content(torch.from_numpy(mel_windows(mel, [0, 4], 20, SILENCE)))
    picture = pcavs.generate(identity, content, pose)
    crop = slice(80, 144)
    assert error(picture[..., crop, crop], stored["driven_pose/image_crop"]) <= 5e-5
    assert np.abs(picture[0].numpy() - stored["driven_pose/image0_half"]).max() <= 1e-3
    probe = torch.from_numpy(pcavs_oracle.inputs.probe(pcavs.generate(identity, content, pose, content_scale=1.0)))
    assert error(probe, stored["probe/driven_pose_weight1/image"]) <= 5e-5


def demo_pictures(oracle, kind, *numbers):
    """Pictures as the original's data set makes them: rows 0..191, columns 16..207, resized."""
    import cv2

    pictures = [cv2.resize(oracle.inputs.face(kind, int(i))[:192, 16:208], (224, 224)) for i in numbers]
    return torch.from_numpy(oracle.inputs.to_float(np.stack(pictures)))


def test_vgg_features(pcavs_oracle):
    stored, face = pcavs_oracle.expected("losses.npz"), pcavs_oracle.faces("id", 0, 1)
    names = {
        "pcavs": [f"vgg19/feature{i}" for i in range(5)],
        "vggface": [f"vggface/feature_{n}" for n in ("relu4_1", "pool5")],
    }
    for form, drawn in (("pcavs", "vgg19"), ("vggface", "vggface19")):
        shapes = {key: tuple(value.shape) for key, value in VggFeatures(form).state_dict().items()}
        features = load_vgg(pcavs_oracle.drawn(shapes, drawn), form)
        for found, name in zip(features(face), names[form], strict=True):
            assert error(torch.from_numpy(pcavs_oracle.inputs.probe(found)), stored[f"probe/{name}"]) <= 1e-5
