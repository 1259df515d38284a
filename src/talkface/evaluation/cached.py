"""Judges and functions of arrays (finders, generators) that compute the same thing once, and give what they give."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from talkface.evaluation.cache import Array, FeatureCache, content_of
from talkface.evaluation.clips import ByteArray, FloatArray, Scene
from talkface.evaluation.judge import Judge
from talkface.evaluation.published import PublishedJudge, PublishedNetwork
from talkface.evaluation.timing import timed


@dataclass(frozen=True)
class CachedJudge:
    """`judge` with weights of the SHA-256 `weights`."""

    judge: Judge
    weights: str
    cache: FeatureCache

    @timed("expert, pictures")
    def embed_video(self, crops: ByteArray) -> Tensor:
        """As `Judge.embed_video`."""
        of = (self.weights, content_of(crops))
        return _tensor(self.cache.array("expert_video", of, lambda: self.judge.embed_video(crops).numpy()))

    @timed("expert, sound")
    def embed_audio(self, mel: FloatArray, windows: int) -> Tensor:
        """As `Judge.embed_audio`."""
        of = (self.weights, content_of(mel), windows)
        return _tensor(self.cache.array("expert_audio", of, lambda: self.judge.embed_audio(mel, windows).numpy()))


class CachedPublished(PublishedJudge):
    """A `PublishedJudge` with weights of the SHA-256 `weights`. A scene without a digest is embedded each time."""

    def __init__(
        self,
        network: PublishedNetwork,
        weights: str,
        cache: FeatureCache,
        *,
        view: str = "frame",
        batch: int = 16,
        device: str = "cpu",
    ) -> None:
        """InputError: an unknown view."""
        super().__init__(network, view=view, batch=batch, device=device)
        self.weights, self.cache = weights, cache

    @timed("SyncNet v2")
    def embed_video(self, scene: Scene) -> Tensor:
        """As `PublishedJudge.embed_video`."""
        if scene.content is None:
            return super().embed_video(scene)
        of = (self.weights, self.view, scene.content)
        compute = super().embed_video
        return _tensor(self.cache.array("syncnet_v2_video", of, lambda: compute(scene).numpy()))

    @timed("SyncNet v2")
    def embed_audio(self, samples: FloatArray, windows: int) -> Tensor:
        """As `PublishedJudge.embed_audio`."""
        of = (self.weights, content_of(samples), windows)
        compute = super().embed_audio
        return _tensor(self.cache.array("syncnet_v2_audio", of, lambda: compute(samples, windows).numpy()))


def once(name: str, function: Callable[..., Array], weights: str, cache: FeatureCache) -> Callable[..., Array]:
    """`function` of arrays to an array, computed once for the same arrays. weights: digest or name of what it uses."""

    @timed(name)
    def cached(*arrays: Array) -> Array:
        return cache.array(name, (weights, *map(content_of, arrays)), lambda: function(*arrays))

    return cached


def feature_cache(folder: str | None, *, threads: int, batch: int, device: str) -> FeatureCache:
    """A cache in `folder` (None: none on disk) for features computed so; torch's version counts too."""
    settings = {"threads": threads, "batch": batch, "device": device, "torch": torch.__version__}
    return FeatureCache(Path(folder) if folder else None, settings)


def _tensor(array: FloatArray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array))
