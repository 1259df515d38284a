"""Networks with weights, from any of the three files there are: ours to serve, ours to resume, the originals'.

Whatever the file, the network that comes out takes and gives RGB ([0, 1]; PC-AVS: [-1, 1]) and is in eval mode.
"""

from pathlib import Path
from typing import Any

from torch import Tensor

from talkface.checkpoint import file_sha256, load_weights, read_file, save_weights
from talkface.errors import InputError
from talkface.models.kinds import build_model, check_kind
from talkface.models.network import Network
from talkface.models.strict import load_strictly
from talkface.models.upstream import load_content
from talkface.models.upstream.reading import read_pickle
from talkface.models.upstream.rgb import to_rgb

__all__ = ["build_model", "convert", "default_weights", "load_model"]

WEIGHTS_FOLDER = Path(__file__).parents[3] / "weights"  # of the repository that holds this package


def load_model(path: Path | str, kind: str) -> Network:
    """The network of `kind` in `path`, in eval mode on the CPU; `.metadata` and `.weights_sha256` say what it is.

    path: weights (`.safetensors` of ours), a training checkpoint (`.ckpt` of ours), or an official `.pth`/`.model`;
    told apart by content. InputError: missing, damaged or unsafe file, another kind of network, keys or shapes that do
    not fit.
    """
    check_kind(kind)
    path = Path(path)
    if read_file(path)[8:9] == b"{":  # a safetensors file: eight bytes of length, then JSON
        state, metadata = load_weights(path)
        network = _ours(state, metadata, kind, path)
    else:
        content = read_pickle(path)
        if isinstance(content, dict) and "talkface" in content:
            network = _ours(_trained_state(content), content["talkface"], kind, path)
        else:
            network = to_rgb(load_content(kind, content, path), kind)
    network.weights_sha256 = file_sha256(path)
    return network.eval()


def convert(source: Path | str, kind: str, target: Path | str, *, half: bool = False) -> None:
    """Write what `load_model` reads from `source` (an official `.pth`, a `.ckpt`) as `.safetensors` weights of ours."""
    network = load_model(source, kind)
    metadata = {**network.metadata, "converted_from_sha256": network.weights_sha256}
    save_weights(Path(target), network.state_dict(), metadata, half)


def default_weights(kind: str, domain: str = "human") -> Path:
    """The weights of `kind` for human or animation faces that the repository ships; InputError when there are none."""
    name = check_kind(kind) if domain == "human" else f"{check_kind(kind)}_{domain}"
    path = WEIGHTS_FOLDER / f"{name}.safetensors"
    if not path.is_file():
        raise InputError("no shipped weights", path, "give a checkpoint, or run from a clone of the repository")
    return path


def _trained_state(content: dict[str, Any]) -> dict[str, Tensor]:
    """The shipped network's part of a training checkpoint."""
    prefix = str(content["talkface"].get("prefix", ""))
    state = content.get("state_dict", {})
    return {key.removeprefix(prefix): tensor for key, tensor in state.items() if key.startswith(prefix)}


def _ours(state: dict[str, Tensor], metadata: dict[str, Any], kind: str, path: Path) -> Network:
    if "kind" not in metadata:
        raise InputError("weights without talkface's metadata", path, "give weights saved by talkface")
    if metadata["kind"] != kind:
        remedy = f"give weights of a {kind}"
        raise InputError(f"weights are of another kind ({metadata['kind']})", path, remedy)
    network = build_model(kind, metadata.get("config"))
    load_strictly(network, state, path)
    network.metadata = dict(metadata)
    return network
