"""Official files: every wrapper accepted, nothing unsafe run, every misfit named in one line."""

import pickle
import zipfile

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from talkface.errors import InputError
from talkface.models.quality_discriminator import QualityDiscriminator
from talkface.models.syncnet_v2 import SyncNetV2
from talkface.models.upstream import load_upstream
from talkface.models.upstream.reading import plain_state, read_pickle

KIND = "wav2lip_discriminator"


@pytest.fixture(scope="module")
def state():
    return QualityDiscriminator().state_dict()


def refused(function, *arguments) -> str:
    with pytest.raises(InputError) as caught:
        function(*arguments)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize("prefix", ["", "module."])
def test_every_official_form_of_a_state_dict(state, prefix, wrapped):
    content = {prefix + key: value for key, value in state.items()}
    if wrapped:
        content = {"state_dict": content, "optimizer": None, "global_step": 7, "global_epoch": 1}
    net = load_upstream(KIND, content)
    assert all(torch.equal(net.state_dict()[key], value) for key, value in state.items())
    assert not net.training
    assert net.metadata["channel_order"] == "bgr"


def test_half_precision_and_numpy_become_float32(state):
    net = load_upstream(KIND, {key: value.half() for key, value in state.items()})
    assert {value.dtype for value in net.state_dict().values()} == {torch.float32}
    again = load_upstream(KIND, {key: value.numpy() for key, value in state.items()})
    assert torch.equal(again.state_dict()["binary_pred.0.weight"], state["binary_pred.0.weight"])


@pytest.mark.parametrize("zipped", [True, False])
def test_files_of_both_torch_formats(tmp_path, zipped):
    small = {"a.weight": torch.arange(6.0).reshape(2, 3)}
    torch.save({"state_dict": small}, tmp_path / "w.pth", _use_new_zipfile_serialization=zipped)
    assert torch.equal(plain_state(read_pickle(tmp_path / "w.pth"), "w")["a.weight"], small["a.weight"])


def test_counters_of_batch_norm_may_be_absent():
    state = {key: value for key, value in SyncNetV2().state_dict().items() if "num_batches_tracked" not in key}
    assert len(load_upstream("syncnet_v2", state).state_dict()) == len(state) + 14


def test_misfits_are_counted_and_named(state):
    wrong = dict(state)
    del wrong["binary_pred.0.bias"]
    wrong["extra.weight"] = torch.zeros(1)
    wrong["binary_pred.0.weight"] = torch.zeros(1, 4, 1, 1)
    message = refused(load_upstream, KIND, wrong)
    assert "1 missing: binary_pred.0.bias" in message
    assert "1 unexpected: extra.weight" in message
    assert "binary_pred.0.weight is 1×4×1×1, not 1×512×1×1" in message


def test_another_networks_weights_stay_one_readable_line(state):
    message = refused(load_upstream, "wav2lip_expert", state)
    assert "…" in message and len(message) < 700


def test_nan_weights_are_refused(state):
    broken = {**state, "binary_pred.0.bias": torch.tensor([float("nan")])}
    assert "NaN" in refused(load_upstream, KIND, broken)


def test_unknown_kind_lists_the_known_ones():
    assert "wav2lip_generator" in refused(load_upstream, "wav2lib", {})


@pytest.mark.parametrize("content", [{}, [], None, {"state_dict": {}}, {"weights": "text"}, 3])
def test_content_that_is_no_state_dict(content):
    refused(load_upstream, KIND, content)


class Evil:
    """A pickle that would create a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (exec, (f"open({str(self.path)!r}, 'w').close()",))


@pytest.mark.parametrize("form", ["zip", "legacy", "bare", "bare, newer protocol"])
def test_code_in_a_pickle_is_refused_and_not_run(tmp_path, form):
    file, trace = tmp_path / "evil.pth", tmp_path / "trace"
    content = {"state_dict": {"a": torch.zeros(1)}, "extra": Evil(trace)}
    if form.startswith("bare"):
        file.write_bytes(pickle.dumps(Evil(trace), protocol=2 if form == "bare" else 4))
    else:
        torch.save(content, file, _use_new_zipfile_serialization=form == "zip")
    message = refused(load_upstream, KIND, file)
    assert "refused" in message
    assert "exec" in message or form == "bare, newer protocol"  # torch gives up on the protocol before the name
    assert not trace.exists()


def test_whole_pickled_module_is_refused(tmp_path):
    torch.save(QualityDiscriminator(0.05), tmp_path / "module.pth")
    assert "refused" in refused(load_upstream, KIND, tmp_path / "module.pth")


def test_torchscript_archive_says_how_to_get_the_state_dict(tmp_path):
    with zipfile.ZipFile(tmp_path / "script.pth", "w") as archive:
        archive.writestr("script/code/__torch__.py", "")
        archive.writestr("script/constants.pkl", b"")
    assert "TorchScript" in refused(load_upstream, KIND, tmp_path / "script.pth")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*torch.jit.*")
def test_real_torchscript_archive(tmp_path):
    torch.jit.trace(torch.nn.Linear(2, 2), torch.zeros(1, 2)).save(str(tmp_path / "script.pt"))
    assert "state_dict()" in refused(load_upstream, KIND, tmp_path / "script.pt")


def test_missing_folder_and_empty_files(tmp_path):
    assert "not found" in refused(load_upstream, KIND, tmp_path / "nothing.pth")
    refused(load_upstream, KIND, tmp_path)
    (tmp_path / "empty.pth").touch()
    assert "empty" in refused(load_upstream, KIND, tmp_path / "empty.pth")
    (tmp_path / "text.pth").write_text("<html>Not found</html>")
    assert "no checkpoint" in refused(load_upstream, KIND, tmp_path / "text.pth")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    zipped=st.booleans(),
    cut=st.floats(0, 1),
    flips=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=8),
)
def test_damaged_files_never_raise_anything_else(tmp_path, zipped, cut, flips):
    file = tmp_path / "damaged.pth"
    torch.save({"state_dict": {"a": torch.zeros(5)}}, file, _use_new_zipfile_serialization=zipped)
    data = bytearray(file.read_bytes())
    for where, value in flips:
        data[int(where * (len(data) - 1))] = value
    file.write_bytes(data[: int(cut * len(data))])
    try:
        read_pickle(file)
    except InputError as error:
        assert "\n" not in str(error)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200), st.sampled_from([b"", b"\x80\x02", b"PK\x03\x04"]))
def test_arbitrary_bytes_never_raise_anything_else(tmp_path, data, start):
    (tmp_path / "bytes.pth").write_bytes(start + data)
    try:
        plain_state(read_pickle(tmp_path / "bytes.pth"), "bytes.pth")
    except InputError as error:
        assert "\n" not in str(error)
