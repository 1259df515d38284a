"""Official checkpoints of the originals: read safely, loaded strictly, in the original's layout."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from talkface.checkpoint import file_sha256
from talkface.models.kinds import build_model
from talkface.models.network import Network
from talkface.models.strict import load_strictly
from talkface.models.upstream.pcavs import adapt
from talkface.models.upstream.reading import plain_state, read_pickle
from talkface.models.upstream.rgb import COLOUR_AXES

__all__ = ["load_content", "load_upstream"]


def load_upstream(kind: str, state_or_path: Mapping[str, Tensor] | Path | str) -> Network:
    """The official network of `kind` with these weights, in eval mode, taking and giving the original's layout.

    state_or_path: a `.pth`/`.model` file, what it holds (`{"state_dict": …}`), or a bare state dict; a `module.` prefix
    is dropped. Pictures are as the original has them: BGR in [0, 1] (`syncnet_v2`: [0, 255]), PC-AVS's RGB in [-1, 1].
    Of PC-AVS, what only training used may have any size or be absent; `.metadata["ignored"]` lists it.
    InputError: unknown kind, unreadable or unsafe file, or a difference in keys or shapes, which it names.
    """
    if not isinstance(state_or_path, str | Path):
        return load_content(kind, state_or_path, "the given state dict")
    path = Path(state_or_path)
    network = load_content(kind, read_pickle(path), path)
    network.weights_sha256 = file_sha256(path)
    return network


def load_content(kind: str, content: Any, where: object) -> Network:
    """`load_upstream` for what a file held; `where` names the file in errors."""
    network = build_model(kind)
    state, ignored = adapt(kind, plain_state(content, where), where)
    load_strictly(network, state, where)
    order = "bgr" if kind in COLOUR_AXES else "rgb"
    network.metadata = {"kind": kind, "config": {}, "origin": "upstream", "channel_order": order, "ignored": ignored}
    return network.eval()
