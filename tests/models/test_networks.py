"""Shapes, widths and the promises of the networks, without any oracle."""

import pytest
import torch

from talkface.models.kinds import KINDS, build_model
from talkface.models.quality_discriminator import QualityDiscriminator
from talkface.models.syncnet import SyncNetExpert
from talkface.models.wav2lip import Wav2LipGenerator, blended

WIDTH = 0.125


def noise(*shape, seed=0):
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(
    ("kind", "parameters", "keys"),
    [
        ("wav2lip_generator", 36_298_035, 352),
        ("wav2lip_expert", 16_435_072, 217),
        ("wav2lip_discriminator", 14_113_793, 28),
        ("syncnet_v2", 13_631_616, 102),
    ],
)
def test_official_size(kind, parameters, keys):
    with torch.device("meta"):
        network = build_model(kind)
    assert sum(p.numel() for p in network.parameters()) == parameters
    assert len(network.state_dict()) == keys


@pytest.mark.parametrize("width", [0.05, 0.3])
def test_generator_at_any_width(width):
    net = Wav2LipGenerator(width).eval()
    picture = net(noise(2, 1, 80, 16), noise(2, 6, 96, 96))
    assert picture.shape == (2, 3, 96, 96)
    assert picture.min() > 0 and picture.max() < 1
    assert net.width == width


def test_generator_five_dimensional_form_is_the_four_dimensional_one_frame_by_frame():
    net = Wav2LipGenerator(0.05).eval()
    mel, face = noise(2, 5, 1, 80, 16) * 8 - 4, noise(2, 6, 5, 96, 96)
    whole = net(mel, face)
    assert whole.shape == (2, 3, 5, 96, 96)
    for step in range(5):
        assert torch.allclose(whole[:, :, step], net(mel[:, step], face[:, :, step]), atol=1e-6)


def test_generator_listens_and_looks():
    net = Wav2LipGenerator(0.1).eval()
    mel, face = noise(1, 1, 80, 16) * 8 - 4, noise(1, 6, 96, 96)
    assert not torch.equal(net(mel, face), net(mel * 0, face))
    assert not torch.equal(net(mel, face), net(mel, face * 0))


@torch.inference_mode()
def test_plain_weights_go_on_as_blending_ones():
    plain, blending = Wav2LipGenerator(0.1).eval(), Wav2LipGenerator(0.1, blend=True).eval()
    blending.load_state_dict(blending.adopted(plain.state_dict()))
    mel, face = noise(2, 1, 80, 16) * 8 - 4, noise(2, 6, 96, 96, seed=1)
    given = torch.cat((face[:, :3, :48], face[:, 3:, 48:]), dim=2)
    torch.testing.assert_close(blending(mel, face), 0.9 * plain(mel, face) + 0.1 * given)
    kept = blending.adopted(blending.state_dict())
    assert all(torch.equal(kept[key], value) for key, value in blending.state_dict().items())


@torch.inference_mode()
def test_blending_paints_over_the_given_face():
    torch.manual_seed(3)
    network = Wav2LipGenerator(WIDTH, blend=True).eval()
    mel, face = torch.rand(2, 1, 80, 16), torch.rand(2, 6, 96, 96)
    given = torch.cat([face[:, :3, :48], face[:, 3:, 48:]], 2)
    cover = network.output_block[-2].bias
    cover[3] = -40.0
    assert torch.allclose(network(mel, face), given, atol=1e-6)
    cover[3] = 40.0
    plain = Wav2LipGenerator(WIDTH).eval()
    state = network.state_dict()
    last = [key for key in state if key.startswith("output_block.1.")]
    plain.load_state_dict({**state, **{key: state[key][:3] for key in last}})
    assert torch.allclose(network(mel, face), plain(mel, face), atol=1e-5)
    assert network.config == {"width": WIDTH, "least": 4, "blend": True} and "blend" not in plain.config


@torch.inference_mode()
def test_a_generator_that_hears_shapes_draws_what_it_is_told():
    """The sound reaches the picture through six numbers alone."""
    torch.manual_seed(3)
    network = Wav2LipGenerator(WIDTH, shapes=True).eval()
    mel, face = torch.rand(2, 1, 80, 16), torch.rand(2, 6, 96, 96)
    heard = network.hear(mel)
    assert heard.shape == (2, 6) and 0 < float(heard.min()) <= float(heard.max()) < 1
    assert torch.equal(network(mel, face), network.draw(heard, face))
    assert not torch.allclose(network.draw(torch.ones(2, 6), face), network.draw(torch.zeros(2, 6), face), atol=1e-4)
    assert network.config == {"width": WIDTH, "least": 4, "shapes": True}
    again = Wav2LipGenerator(**network.config).eval()
    again.load_state_dict(network.state_dict())
    assert torch.equal(again(mel, face), network(mel, face))


def test_part_of_a_blended_picture_is_that_part():
    painted, face = torch.rand(2, 4, 96, 96), torch.rand(1, 6, 96, 96)
    whole = blended(painted, face)
    assert torch.equal(blended(painted[:, :, 36:], face, 36), whole[:, :, 36:])
    row, column = 70, 11
    share, own = painted[1, 3, row, column], painted[1, :3, row, column]
    assert torch.allclose(whole[1, :, row, column], share * own + (1 - share) * face[0, 3:, row, column])


@pytest.mark.parametrize("width", [0.01, 0.25])
def test_expert_gives_unit_length_non_negative_embeddings(width):
    net = SyncNetExpert(width).eval()
    audio, video = net(noise(3, 1, 80, 16), noise(3, 15, 48, 96))
    assert audio.shape == video.shape == (3, net.embedding_size)
    for embedding in (audio, video):
        assert embedding.min() >= 0
        assert torch.allclose(embedding.norm(dim=1), torch.ones(3), atol=1e-5)
    assert torch.equal(audio, net.embed_audio(noise(3, 1, 80, 16)))


def test_expert_dropout_acts_in_training_only_and_leaves_the_keys_alone():
    plain, dropped = SyncNetExpert(0.1), SyncNetExpert(0.1, dropout=0.5)
    assert list(plain.state_dict()) == list(dropped.state_dict())
    dropped.load_state_dict(plain.state_dict())
    mel = noise(4, 1, 80, 16)
    assert torch.equal(plain.eval().embed_audio(mel), dropped.eval().embed_audio(mel))
    torch.manual_seed(0)
    plain.train(), dropped.train()
    assert not torch.allclose(plain.embed_audio(mel), dropped.embed_audio(mel))


def test_discriminator_looks_at_the_lower_half_of_each_frame_alone():
    net = QualityDiscriminator(0.1).eval()
    frames = noise(2, 3, 4, 96, 96)
    judged = net(frames)
    assert judged.shape == (8, 1)
    hidden = frames.clone()
    hidden[..., :48, :] = 0
    assert torch.equal(net(hidden), judged)
    changed = frames.clone()
    changed[1, :, 2, 60:] = 1
    differs = (net(changed) != judged).flatten()
    assert differs.nonzero().flatten().tolist() == [2 * 2 + 1]  # row t·B + b


def test_every_kind_starts_without_provenance():
    for kind in KINDS:
        with torch.device("meta"):
            network = build_model(kind)
        assert network.metadata == {} and network.weights_sha256 == ""
