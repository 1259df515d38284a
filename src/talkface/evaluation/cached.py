"""Judges, point finders and generators that compute the same thing once. They give what those inside them give."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from talkface.evaluation.cache import FeatureCache, content_of
from talkface.evaluation.clips import ByteArray, FloatArray, Scene
from talkface.evaluation.judge import Judge
from talkface.evaluation.published import PublishedJudge, PublishedNetwork
from talkface.evaluation.timing import timed

FindPoints = Callable[[ByteArray], FloatArray]
Generate = Callable[[ByteArray, FloatArray], ByteArray]


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


def cached_points(find: FindPoints, detector: str, cache: FeatureCache) -> FindPoints:
    """`find` by the named detector."""

    @timed("landmarks")
    def cached(crops: ByteArray) -> FloatArray:
        return cache.array("points", (detector, content_of(crops)), lambda: find(crops))

    return cached


def cached_generate(generate: Generate, weights: str, cache: FeatureCache) -> Generate:
    """`generate` by a generator with weights of the SHA-256 `weights`."""

    @timed("generator")
    def cached(crops: ByteArray, mel: FloatArray) -> ByteArray:
        of = (weights, content_of(crops), content_of(mel))
        return np.asarray(cache.array("generated", of, lambda: generate(crops, mel)), np.uint8)

    return cached


def feature_cache(folder: str | None, *, threads: int, batch: int, device: str) -> FeatureCache:
    """A cache in `folder` (None: none on disk) for features computed so; torch's version counts too."""
    settings = {"threads": threads, "batch": batch, "device": device, "torch": torch.__version__}
    return FeatureCache(Path(folder) if folder else None, settings)


def _tensor(array: FloatArray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array))
