"""Weights files: exact round trip, atomic, and damage is noticed."""

import hashlib

import pytest
import safetensors.torch
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from talkface import checkpoint
from talkface.checkpoint import file_sha256, load_weights, save_weights
from talkface.errors import InputError

STATE = {
    "a.weight": torch.linspace(-2, 2, 24).reshape(2, 3, 4),
    "a.bias": torch.tensor([1e-9, 1e9]),
    "a.num_batches_tracked": torch.tensor(7),
}


def test_round_trip_of_tensors_and_metadata(tmp_path):
    notes = {"kind": "x", "config": {"width": 0.5}, "steps": 3, "note": 'line\n"quoted" é', "nothing": None}
    save_weights(tmp_path / "w.safetensors", STATE, notes)
    state, metadata = load_weights(tmp_path / "w.safetensors")
    assert all(torch.equal(state[key], value) and state[key].dtype == value.dtype for key, value in STATE.items())
    assert {key: metadata[key] for key in notes} == notes


def test_half_rounds_matrices_only_and_reads_back_as_float32(tmp_path):
    large = {**STATE, "huge.weight": torch.full((2, 2), 1e6)}
    save_weights(tmp_path / "w.safetensors", large, {}, half=True)
    state, _ = load_weights(tmp_path / "w.safetensors")
    assert torch.equal(state["a.weight"], STATE["a.weight"].half().float())
    assert torch.equal(state["a.bias"], STATE["a.bias"])
    assert torch.equal(state["huge.weight"], large["huge.weight"])
    assert {value.dtype for value in state.values()} == {torch.float32, torch.int64}


def test_half_halves_the_file(tmp_path):
    state = {"w": torch.zeros(100, 1000)}
    for half in (False, True):
        save_weights(tmp_path / f"{half}.safetensors", state, {}, half=half)
    full, small = ((tmp_path / f"{half}.safetensors").stat().st_size for half in (False, True))
    assert full - small == 2 * 100 * 1000


def test_shared_and_strided_tensors_are_saved_as_they_look(tmp_path):
    whole = torch.arange(12.0).reshape(3, 4)
    image = torch.rand(1, 3, 4, 4).to(memory_format=torch.channels_last)
    save_weights(tmp_path / "w.safetensors", {"a": whole, "b": whole.T, "c": image}, {})
    state, _ = load_weights(tmp_path / "w.safetensors")
    assert torch.equal(state["b"], whole.T) and torch.equal(state["c"], image)


def test_same_content_same_bytes(tmp_path):
    for name in ("one", "two"):
        save_weights(tmp_path / name, STATE, {"kind": "x"})
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert file_sha256(tmp_path / "one") == hashlib.sha256((tmp_path / "one").read_bytes()).hexdigest()


def test_interrupted_writing_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    target = tmp_path / "w.safetensors"
    save_weights(target, STATE, {"steps": 1})

    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint.os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        save_weights(target, STATE, {"steps": 2})
    assert [path.name for path in tmp_path.iterdir()] == ["w.safetensors"]
    assert load_weights(target)[1]["steps"] == 1


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(where=st.floats(0, 1), value=st.integers(1, 255), cut=st.booleans())
def test_any_damage_is_noticed(tmp_path, where, value, cut):
    path = tmp_path / "w.safetensors"
    save_weights(path, STATE, {})
    data = bytearray(path.read_bytes())
    place = int(where * (len(data) - 1))
    data[place] ^= value
    path.write_bytes(data[:place] if cut else data)
    try:
        state, _ = load_weights(path)
    except InputError as error:
        assert "\n" not in str(error)
    else:  # only blanks of the header, or the checksum's own name, may change without consequence
        assert all(torch.equal(state[key], value) for key, value in STATE.items())


@pytest.mark.parametrize("name", ["missing.safetensors", "."])
def test_files_that_cannot_be_read(tmp_path, name):
    with pytest.raises(InputError) as caught:
        load_weights(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_text_is_no_weights_file(tmp_path):
    (tmp_path / "w").write_text("<html>not found, sorry</html>")
    with pytest.raises(InputError, match="not a safetensors"):
        load_weights(tmp_path / "w")


def test_files_of_others_keep_their_notes_as_they_are(tmp_path):
    safetensors.torch.save_file({"a": torch.ones(2)}, tmp_path / "w", {"format": "pt"})
    state, metadata = load_weights(tmp_path / "w")
    assert metadata == {"format": "pt"} and torch.equal(state["a"], torch.ones(2))
