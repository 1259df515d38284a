"""What PC-AVS's three stages share: starting from the stage before, several networks shipped together."""

import logging
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from talkface.batch import pictures
from talkface.errors import InputError
from talkface.losses import contrastive_both_ways, known_difference
from talkface.models.kinds import build_model
from talkface.models.load import load_model
from talkface.models.network import Network
from talkface.models.pcavs.network import find_weights
from talkface.models.pcavs.sizes import POSE_SIZE
from talkface.models.pcavs.warping import MASK_CHANNELS
from talkface.training.base import TrainingModule

log = logging.getLogger(__name__)
_LARGE_TURN = 30.0  # degrees, the unit of a head's angles in losses
_FRESH = ("fc.", "flow.")  # softmax over the speakers of one corpus; what moves pictures, if the start had none


def started(kind: str, folder: Path | str | None = None, **config: Any) -> Network:
    """A network of `kind` for training, fresh or, with `folder`, from a run of the stage before (or official files).

    config: constructor arguments. What a start cannot give, a head for other speakers, the flow and the mask of `warp`,
    starts anew, which is logged. InputError: no such weights there, or of another size.
    """
    network = build_model(kind, config)
    if folder is None:
        return network
    path = find_weights(Path(folder), kind, "latest")
    if path is None:
        raise InputError(f"no weights of {kind}", folder, "give the folder of a finished run of the stage before")
    own = network.state_dict()
    found = {key: with_mask(value, own.get(key)) for key, value in load_model(path, kind).state_dict().items()}
    fits = {key: value for key, value in found.items() if key in own and own[key].shape == value.shape}
    missing = [key for key in own if key not in fits]
    if any(not key.startswith(_FRESH) for key in missing):
        raise InputError(
            f"weights of another size ({missing[0]})", path, "set networks.width and networks.size to theirs"
        )
    if missing:
        log.info("%s: starts anew: %s", path, ", ".join(missing))
    network.load_state_dict({**own, **fits})
    return network


def with_mask(found: Tensor, own: Tensor | None) -> Tensor:
    """Weights (1, 3, …) of a `ToRGB` of colours alone with zeros for the mask of `own` (1, 4, …)."""
    if own is None or own.ndim < 2 or own[:, :-MASK_CHANNELS].shape != found.shape:
        return found
    return torch.cat([found, torch.zeros_like(own[:, -MASK_CHANNELS:])], 1)


def config_of(network: nn.Module) -> dict[str, Any]:
    """Constructor arguments of one of PC-AVS's networks."""
    config: dict[str, Any] = {"width": network.width}
    if hasattr(network, "size"):
        config["size"] = network.size
    config |= {name: True for name in ("warp", "cover_mouth") if getattr(network, name, False)}
    if isinstance(head := getattr(network, "fc", None), nn.Linear):
        config["speakers"] = head.out_features
    return config


def symmetric(frames: Tensor) -> Tensor:
    """uint8 0..255 → float32 [-1, 1], any shape."""
    return pictures(frames) * 2 - 1


class TurnReader(nn.Linear):
    """Reads yaw, pitch and roll from a pose code, in 30 degrees; only training knows it."""

    def __init__(self) -> None:
        super().__init__(POSE_SIZE, 3)

    def loss(self, pose_code: Tensor, turns: Tensor) -> Tensor:
        """L1 of what is read from codes (..., 12) and of `turns` (..., 3) in degrees, where they are not NaN."""
        return known_difference(self(pose_code), turns / _LARGE_TURN)


class JointModule(TrainingModule):
    """Several networks that are trained, averaged and written together.

    frozen: names of those that do not change, or of parts of them (`motion.model`). cross_clip: how much windows of
    other clips count as negatives in `contrast` beside those of the same clip, 0 to 1. temperature: of the cosines that
    stand there for the original's 1 / distance; None: the original's.
    """

    kind = "pcavs"

    def __init__(
        self,
        networks: Mapping[str, nn.Module],
        *,
        frozen: tuple[str, ...] = (),
        cross_clip: float = 1.0,
        temperature: float | None = None,
        **options: Any,
    ) -> None:
        """networks: by the last word of their kind (identity, motion, speech, generator)."""
        super().__init__(**options)
        self.networks = nn.ModuleDict(networks)
        self.contrast = partial(contrastive_both_ways, cross_clip=cross_clip, temperature=temperature)
        self.frozen = tuple(frozen)
        for name in self.frozen:
            self.networks.get_submodule(name).requires_grad_(False)
        self.train()

    @property
    def shipped(self) -> nn.Module:
        return self.networks

    @property
    def shipped_config(self) -> dict[str, Any]:
        return {name: config_of(network) for name, network in self.networks.items()}

    def exports(self) -> dict[str, tuple[nn.Module, dict[str, Any]]]:
        served: nn.ModuleDict = self.served  # type: ignore[assignment]
        return {f"pcavs_{name}": (network, config_of(network)) for name, network in served.items()}

    def train(self, mode: bool = True) -> "JointModule":
        """Frozen networks stay in evaluation mode, so that their statistics do not change either."""
        super().train(mode)
        for name in self.frozen:
            self.networks.get_submodule(name).eval()
        return self
