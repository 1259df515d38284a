"""Strict loading: every key and shape must fit, and what does not is said readably."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from talkface.errors import InputError
from talkface.models.network import Network

SHOWN = 3  # examples named of each sort of difference
COUNTER = "num_batches_tracked"  # BatchNorm's step counter: unused with a fixed momentum, absent from old files


def load_strictly(network: Network, state: Mapping[str, Tensor], where: object) -> None:
    """Copy `state` into `network`; InputError names the keys or shapes that do not fit, or values not finite.

    Only BatchNorm's counters may be absent. where: the file, named in errors.
    """
    problem = describe_difference({key: tensor.shape for key, tensor in network.state_dict().items()}, state)
    if problem:
        raise InputError("weights do not fit the network", where, problem)
    broken = [key for key, tensor in state.items() if not bool(torch.isfinite(tensor).all())]
    if broken:
        raise InputError("weights hold NaN or infinity", where, f"get another file ({_examples(broken)})")
    network.load_state_dict(dict(state), strict=False)


def describe_difference(expected: Mapping[str, torch.Size], state: Mapping[str, Tensor]) -> str:
    """What keeps `state` from filling tensors of the `expected` shapes; empty when it fits."""
    missing = [key for key in expected if key not in state and not key.endswith(COUNTER)]
    unexpected = [key for key in state if key not in expected]
    mismatched = [
        f"{key} is {_shape(state[key].shape)}, not {_shape(shape)}"
        for key, shape in expected.items()
        if key in state and state[key].shape != shape
    ]
    sorts = {"missing": missing, "unexpected": unexpected, "of another shape": mismatched}
    return "; ".join(f"{len(found)} {sort}: {_examples(found)}" for sort, found in sorts.items() if found)


def _examples(found: Sequence[str]) -> str:
    return ", ".join(found[:SHOWN]) + (", …" if len(found) > SHOWN else "")


def _shape(shape: torch.Size) -> str:
    return "×".join(str(size) for size in shape) or "scalar"
