"""What pictures are measured with, apart from the judges of sync: networks and finders as plain functions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from talkface.evaluation.clips import ByteArray, FloatArray, Scene
from talkface.evaluation.generation import to_tensor
from talkface.metrics.functional.lpips import lpips

FindPoints = Callable[[Scene, int, int], FloatArray]
"""Scene, how many of its pictures, every which one -> (n, 5 | 68, 2) float32 points in pixels of the 96x96 crops; NaN

where no face is found.
"""
FindFaces = Callable[[ByteArray], FloatArray]
"""(H, W, 3) uint8 -> (n, 4) float32 boxes in its pixels."""
Embed = Callable[[ByteArray], FloatArray]
"""(n, H, W, 3) uint8, or (n, T, H, W, 3) for clips -> (n, D) float32."""
Distance = Callable[[ByteArray, ByteArray], FloatArray]
"""(n, H, W, 3) uint8 twice -> (n,) float32."""


@dataclass(frozen=True)
class Tools:
    """families: what is computed. None: its family cannot be. every, sampled: as the settings have them."""

    families: frozenset[str] = frozenset(("face", "lmd", "leak"))
    find_points: FindPoints | None = None
    find_mesh: FindPoints | None = None
    find_faces: FindFaces | None = None
    read_mouths: Embed | None = None
    lpips: Distance | None = None
    identity: Embed | None = None
    fid: Embed | None = None
    fvd: Embed | None = None
    every: int = 5
    sampled: int = 5


def network_tools(networks: Mapping[str, Any], *, batch: int, device: str) -> dict[str, Any]:
    """Fields of `Tools` made of the networks that measure."""
    found: dict[str, Any] = {
        family: embedder(networks[family], batch=max(1, batch // (16 if family == "fvd" else 1)), device=device)
        for family in ("identity", "fid", "fvd")
        if family in networks
    }
    if "drawn" in networks:
        found["read_mouths"] = embedder(networks["drawn"], batch=batch, device=device)
    if "lpips" in networks:
        found["lpips"] = lpips_distance(networks["lpips"], device=device)
    return found


def embedder(network: Callable[[Tensor], Tensor], *, batch: int, device: str) -> Embed:
    """`network`, pictures (n, 3, H, W) or clips (n, 3, T, H, W) in [0, 1] to features, as a function of bytes."""

    @torch.inference_mode()
    def embed(pictures: ByteArray) -> FloatArray:
        parts = [network(_floats(pictures[i : i + batch]).to(device)).cpu() for i in range(0, len(pictures), batch)]
        features: FloatArray = torch.cat(parts).numpy()
        return features

    return embed


def lpips_distance(network: Any, *, device: str) -> Distance:
    """LPIPS of pictures one by one: whole pictures are large."""

    @torch.inference_mode()
    def distance(made: ByteArray, true: ByteArray) -> FloatArray:
        found = []
        for pair in zip(made, true, strict=True):
            maps, wanted = (network(to_tensor(each[None]).to(device)) for each in pair)
            found.append(lpips(maps, wanted, network.heads).cpu())
        values: FloatArray = torch.cat(found).numpy()
        return values

    return distance


def _floats(pictures: ByteArray) -> Tensor:
    if pictures.ndim == 4:
        return to_tensor(pictures)
    return torch.from_numpy(pictures).permute(0, 4, 1, 2, 3).float() / 255
