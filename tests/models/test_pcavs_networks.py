"""PC-AVS's networks without any oracle: official sizes, any width, what each code changes, sound initial values."""

import pytest
import torch

from talkface.models.kinds import build_model
from talkface.models.multiscale_discriminator import MultiscaleDiscriminator, SpectralConv
from talkface.models.pcavs.generator import PcavsGenerator
from talkface.models.pcavs.identity_encoder import IdentityEncoder
from talkface.models.pcavs.modulation import INITIAL_COLOUR, StyledConv, blur, upsample
from talkface.models.pcavs.motion_encoder import MotionEncoder
from talkface.models.pcavs.sizes import POSE_SIZE, CodeSizes
from talkface.models.pcavs.speech_encoder import SpeechEncoder

SMALL = 1 / 16


def noise(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        ("pcavs_identity", 24_028_992),
        ("pcavs_motion", 7_965_617),
        ("pcavs_speech", 7_373_644),
        ("pcavs_generator", 37_095_837),
        ("pcavs_discriminator", 5_527_682),
    ],
)
def test_official_size(kind, parameters):
    with torch.device("meta"):
        network = build_model(kind)
    assert sum(p.numel() for p in network.parameters()) == parameters


def test_code_sizes_at_official_and_other_widths():
    official = CodeSizes()
    assert (official.identity, official.content_embedding, official.style) == (2048, 500, 2560)
    for width in (1 / 32, 0.1, 0.5, 2):
        sizes = CodeSizes(width)
        assert sizes.style == sizes.identity + sizes.motion
        assert sizes.content_embedding + POSE_SIZE == sizes.motion


@pytest.mark.parametrize("width", [1 / 32, 0.1])
def test_the_networks_fit_together_at_any_width(width):
    sizes, face = CodeSizes(width), noise(2, 3, 224, 224)
    code, identity_map = IdentityEncoder(width).eval()(face)
    motion, speech = MotionEncoder(width).eval(), SpeechEncoder(width).eval()
    codes, heard = motion(face), speech(noise(2, 1, 80, 20))
    assert code.shape == (2, sizes.identity) and identity_map.shape == (2, sizes.identity_map, 7, 7)
    assert codes.content_code.shape == heard.shape == (2, sizes.motion) and codes.pose_code.shape == (2, POSE_SIZE)
    style = torch.cat([code, motion.embed_content(heard), codes.pose_code], 1)
    picture = PcavsGenerator(width).eval()(style, identity_map)
    assert picture.shape == (2, 3, 224, 224) and picture.abs().max() < 1


def test_several_pictures_of_a_person_are_averaged():
    net, faces = IdentityEncoder(SMALL).eval(), noise(1, 3, 3, 224, 224)
    each_code, each_map = net(faces[0])
    code, identity_map = net(faces)
    assert torch.allclose(code, each_code.mean(0, keepdim=True), atol=1e-6)
    assert torch.allclose(identity_map, each_map.mean(0, keepdim=True), atol=1e-6)


def test_speech_windows_of_a_clip_are_merged_in_order():
    net, mel = SpeechEncoder(SMALL).eval(), noise(2, 3, 1, 80, 20)
    assert torch.equal(net(mel), net(mel.flatten(0, 1)))


def test_training_heads_follow_the_speakers_and_the_clip():
    net = MotionEncoder(SMALL, speakers=7, clip_frames=4)
    assert net.classifier(noise(1, 32)).shape == net.mouth_fc(noise(1, 128)).shape == (1, 7)
    assert net.headpose_fc(noise(1, 48)).shape == (1, 7)
    assert not hasattr(MotionEncoder(SMALL), "classifier") and not hasattr(SpeechEncoder(SMALL), "fc")
    assert IdentityEncoder(SMALL, speakers=7).fc(noise(2, 128)).shape == (2, 7)


def test_dropout_of_the_hourglass_acts_in_training_only():
    net, face = MotionEncoder(SMALL), noise(2, 3, 224, 224)
    torch.manual_seed(0)
    assert not torch.equal(net(face).motion_code, net(face).motion_code)
    net.eval()
    assert torch.equal(net(face).motion_code, net(face).motion_code)


@pytest.fixture(scope="module")
def generator():
    torch.manual_seed(0)
    return PcavsGenerator(SMALL).eval()


def test_noise_is_an_argument_and_starts_without_effect(generator):
    style, start = noise(1, 160), noise(1, 32, 7, 7)
    maps = [noise(1, 1, side, side) for side in generator.noise_sizes]
    assert generator.noise_sizes == [7, 14, 14, 28, 28, 56, 56, 112, 112, 224, 224]
    plain = generator(style, start)
    assert torch.equal(plain, generator(style, start, maps))
    generator.convs[8].noise.weight.fill_(0.5)
    assert not torch.allclose(plain, generator(style, start, maps), atol=1e-3)
    generator.convs[8].noise.weight.zero_()
    with pytest.raises(ValueError, match="10 noise maps, not 11"):
        generator(style, start, maps[:-1])


def test_every_part_of_the_style_and_the_map_steer_the_picture(generator):
    style, start = noise(1, 160), noise(1, 32, 7, 7)
    plain = generator(style, start)
    for part in (slice(0, 128), slice(128, 148), slice(148, 160)):
        changed = style.clone()
        changed[:, part] += 2
        assert (generator(changed, start) - plain).abs().mean() > 1e-3
    assert (generator(style, start.flip(3)) - plain).abs().mean() > 1e-2


def test_samples_of_a_batch_do_not_touch_each_other(generator):
    style, start = noise(3, 160), noise(3, 32, 7, 7)
    whole = generator(style, start)
    for row in range(3):
        assert torch.allclose(whole[row : row + 1], generator(style[row : row + 1], start[row : row + 1]), atol=1e-5)


def test_a_pose_code_cannot_know_a_covered_mouth():
    torch.manual_seed(0)
    plain, covering = (MotionEncoder(SMALL, cover_mouth=cover).eval() for cover in (False, True))
    covering.load_state_dict(plain.state_dict())
    picture, other = noise(2, 3, 224, 224), noise(2, 3, 224, 224)
    other[:, :, 130:, 60:160] += 1
    assert torch.equal(plain.encode_pose(picture), plain(picture).pose_code)
    assert not torch.equal(plain.encode_pose(picture), plain.encode_pose(other))
    assert torch.equal(covering.encode_pose(picture), covering.encode_pose(other))
    assert torch.equal(covering(other).content_code, plain(other).content_code)  # what is said is read from all of it
    other[:, :, :100] += 1
    assert not torch.equal(covering.encode_pose(picture), covering.encode_pose(other))


def test_filters_keep_a_constant():
    """Away from the border, a flat map stays flat: doubling neither darkens nor brightens."""
    assert torch.allclose(upsample(torch.ones(1, 2, 6, 6))[..., 2:-2, 2:-2], torch.ones(()))
    assert torch.allclose(blur(torch.ones(1, 2, 9, 9))[..., 2:-2, 2:-2], torch.tensor(4.0))


def test_initial_values_are_sound():
    """Styles start around 1, each layer keeps the variance, tanh is not saturated (the original starts near 0)."""
    torch.manual_seed(1)
    net, seen = PcavsGenerator(0.25).eval(), []
    for layer in net.layers():
        styled = isinstance(layer, StyledConv)
        assert (layer.conv.modulation.bias == 1).all()
        assert float(layer.conv.weight.std()) == pytest.approx(1.0 if styled else INITIAL_COLOUR, rel=0.2)
        if styled:
            layer.register_forward_hook(lambda _module, _given, made: seen.append(float(made.std())))
    picture = net(noise(2, 640), noise(2, 128, 7, 7))
    assert len(seen) == 11 and min(seen) > 0.3 and max(seen) < 2
    assert (picture.abs() > 0.99).float().mean() < 0.05 and picture.std() > 0.2
    for kind, given in (("pcavs_motion", (2, 3, 224, 224)), ("pcavs_identity", (2, 3, 224, 224))):
        code = build_model(kind, {"width": 0.25})(noise(*given))[0]
        assert 1e-2 < float(code.std()) < 10  # batch statistics, as training begins


def test_discriminator_judges_two_sizes_and_passes_the_picture_on():
    net, face = MultiscaleDiscriminator(SMALL).eval(), noise(2, 3, 224, 224)
    (logits, maps), (half_logits, half_maps) = net(face)
    assert logits.shape == (2, 1, 31, 31) and half_logits.shape == (2, 1, 17, 17)
    assert [m.shape[2] for m in maps] == [224, 113, 57, 29, 30] and [m.shape[2] for m in half_maps] == [
        112,
        57,
        29,
        15,
        16,
    ]
    assert maps[0] is face and torch.allclose(half_maps[0][..., 1:, 1:].mean(), face.mean(), atol=1e-2)


def test_spectral_norm_finds_the_largest_singular_value_in_training_only():
    torch.manual_seed(0)
    conv = SpectralConv(3, 8, 1)
    vectors = conv.weight_u.clone()
    conv.eval()(noise(1, 3, 8, 8))
    assert torch.equal(conv.weight_u, vectors)
    conv.train()
    for _ in range(100):
        conv(noise(1, 3, 8, 8))
    delta = torch.zeros(1, 3, 4, 4)
    delta[0, 1, 2, 3] = 1
    largest = torch.linalg.matrix_norm(conv.weight_orig.flatten(1), 2)
    made = conv.eval()(delta)[0, :, 2, 3]
    assert torch.allclose(made, conv.weight_orig[:, 1, 2, 2] / largest, rtol=1e-3)


@torch.enable_grad()
def test_gradients_reach_every_parameter_also_through_two_passes():
    torch.manual_seed(0)
    net = MultiscaleDiscriminator(SMALL)
    sum(
        logits.mean() for image in (noise(1, 3, 224, 224), noise(1, 3, 224, 224, seed=1)) for logits, _ in net(image)
    ).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in net.parameters())
