"""PC-AVS's files: every form in circulation is taken, what only training used may be absent, the rest is strict."""

import pytest
import torch

from talkface.checkpoint import save_weights
from talkface.errors import InputError
from talkface.models.kinds import build_model
from talkface.models.load import load_model
from talkface.models.pcavs.modulation import fir_kernel
from talkface.models.upstream import load_upstream
from talkface.models.upstream.pcavs import OLDER_HEADS, adapt

EXTRAS = {
    "pcavs_identity": {"fc.weight": (9, 2048), "fc.bias": (9,), "model.fc.weight": (1000, 2048), "model.fc.bias": (3,)},
    "pcavs_motion": {"classifier.0.weight": (512, 512), "mouth_fc.1.weight": (9, 2048), "headpose_fc.1.bias": (9,)},
    "pcavs_speech": {"fc.weight": (5994, 512), "fc.bias": (5994,)},
    "pcavs_generator": {"style.1.weight": (4, 4), "noises.noise_3": (1, 1, 28, 28), "input.input": (1, 512, 7, 7)},
    "pcavs_discriminator": {},
}


@pytest.fixture(scope="module")
def states():
    torch.manual_seed(0)
    return {kind: build_model(kind).state_dict() for kind in EXTRAS}


def refused(function, *arguments) -> str:
    with pytest.raises(InputError) as caught:
        function(*arguments)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("kind", list(EXTRAS))
def test_training_members_of_any_size_or_absent(states, kind):
    extras = {key: torch.zeros(shape) for key, shape in EXTRAS[kind].items()}
    for content in (states[kind], {**states[kind], **extras}):
        net = load_upstream(kind, {f"module.{key}": value for key, value in content.items()})
        assert all(torch.equal(value, states[kind][key]) for key, value in net.state_dict().items())
        assert net.metadata["ignored"] == [key for key in content if key in extras]
        assert net.metadata["channel_order"] == "rgb" and not net.training


def test_older_names_of_the_heads(states):
    older = dict(states["pcavs_motion"])
    for old, new in OLDER_HEADS.items():
        older = {old + key.removeprefix(new) if key.startswith(new) else key: value for key, value in older.items()}
    assert "pure_pose.0.weight" in older and "mapper2small.1.bias" in older
    net = load_upstream("pcavs_motion", older)
    assert all(torch.equal(value, states["pcavs_motion"][key]) for key, value in net.state_dict().items())
    both = {**states["pcavs_motion"], "mapper.0.weight": torch.zeros(512, 512)}
    assert "heads occur twice" in refused(load_upstream, "pcavs_motion", both)


def test_filters_may_be_in_the_file_and_must_be_the_known_ones(states):
    key = "convs.0.conv.blur.kernel"
    assert load_upstream("pcavs_generator", {**states["pcavs_generator"], key: fir_kernel()}).metadata["ignored"] == [
        key
    ]
    for wrong in (torch.eye(4), torch.ones(3, 3)):
        assert key in refused(load_upstream, "pcavs_generator", {**states["pcavs_generator"], key: wrong})


def test_what_inference_needs_is_strict(states):
    broken = dict(states["pcavs_motion"])
    del broken["to_headpose.2.bias"]
    broken["surplus.weight"] = torch.zeros(1)
    broken["headpose_embed.1.weight"] = torch.zeros(16, 512)
    message = refused(load_upstream, "pcavs_motion", broken)
    for part in ("1 missing: to_headpose.2.bias", "1 unexpected: surplus.weight", "16×512, not 12×512"):
        assert part in message


def test_another_network_of_the_family_is_refused(states):
    assert "do not fit" in refused(load_upstream, "pcavs_speech", states["pcavs_motion"])


def test_counters_may_be_absent(states):
    state = {key: value for key, value in states["pcavs_speech"].items() if not key.endswith("num_batches_tracked")}
    assert len(state) < len(load_upstream("pcavs_speech", state).state_dict())


def test_other_kinds_are_not_adapted():
    state = {"style.1.weight": torch.zeros(1)}
    assert adapt("wav2lip_generator", state, "here").state == state


def test_one_loader_for_official_files_and_ours(tmp_path, states):
    torch.save(states["pcavs_speech"], tmp_path / "latest_net_A_sync.pth")
    small = build_model("pcavs_speech", {"width": 1 / 16}).eval()
    notes = {"kind": "pcavs_speech", "config": {"width": 1 / 16}}
    save_weights(tmp_path / "small.safetensors", small.state_dict(), notes)
    official, ours = (
        load_model(tmp_path / name, "pcavs_speech") for name in ("latest_net_A_sync.pth", "small.safetensors")
    )
    mel = torch.rand(1, 1, 80, 20)
    assert official(mel).shape == (1, 512) and official.weights_sha256
    assert torch.equal(ours(mel), small(mel))
