"""Tiny networks for evaluation: functions of a module, so that worker processes find them too."""

import signal
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep

import torch
from torch import Tensor, nn

from talkface.errors import InputError


class TinyExpert(nn.Module):
    """Embeds both sides at random but fixed directions; has what a loaded network has."""

    def __init__(self) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.video = nn.Parameter(torch.randn(15 * 8 * 16, 16, generator=generator))
        self.audio = nn.Parameter(torch.randn(80 * 16, 16, generator=generator))
        self.metadata: dict[str, object] = {"kind": "wav2lip_expert"}
        self.weights_sha256 = "e" * 64

    def embed_video(self, face: Tensor) -> Tensor:
        small = nn.functional.adaptive_avg_pool2d(face, (8, 16)).flatten(1)
        return nn.functional.normalize((small @ self.video).relu() + 1e-3)

    def embed_audio(self, mel: Tensor) -> Tensor:
        return nn.functional.normalize((mel.flatten(1) @ self.audio).relu() + 1e-3)


class MeanGenerator(nn.Module):
    """Returns the mean of its two pictures, brightened by the sound: depends on each of its inputs."""

    def __init__(self) -> None:
        super().__init__()
        self.metadata: dict[str, object] = {"kind": "wav2lip_generator"}
        self.weights_sha256 = "a" * 64

    def forward(self, mel: Tensor, face: Tensor) -> Tensor:
        level = (mel.flatten(1).mean(1) + 4).view(-1, 1, 1, 1) / 80
        return ((face[:, :3] + face[:, 3:]) / 2 + level).clamp(0, 1)


def open_network(path: Path | None, kind: str) -> nn.Module:
    """Stands for models.load: the path `generator` is a generator, everything else an expert."""
    found = "wav2lip_generator" if path is not None and path.name == "generator" else "wav2lip_expert"
    if found != kind:
        raise InputError(f"weights are of another kind ({found})", path, f"give weights of a {kind}")
    return (MeanGenerator() if kind == "wav2lip_generator" else TinyExpert()).eval()


class Counting(MeanGenerator):
    """Does something else than generating from the third call on; a clip takes one call and the batch is 32."""

    def __init__(self, from_third: Callable[[], object]) -> None:
        super().__init__()
        self.from_third, self.calls = from_third, 0

    def forward(self, mel: Tensor, face: Tensor) -> Tensor:
        self.calls += 1
        if self.calls > 2:
            self.from_third()
        return super().forward(mel, face)


def interrupt() -> None:
    raise KeyboardInterrupt


def open_stalling(path: Path | None, kind: str) -> nn.Module:
    """As `open_network`; in its third clip the generator sleeps until it is killed."""
    return Counting(signal.pause) if kind == "wav2lip_generator" else open_network(path, kind)


def open_interrupted(path: Path | None, kind: str) -> nn.Module:
    """As `open_network`; in its third clip the generator meets Ctrl-C."""
    return Counting(interrupt) if kind == "wav2lip_generator" else open_network(path, kind)


def open_useless(path: Path | None, kind: str) -> nn.Module:
    """As `open_network`, with networks that cannot compute."""
    network = open_network(path, kind)
    for parameter in network.parameters():
        parameter.data = torch.empty(0)
    network.forward = None  # type: ignore[assignment]
    return network


def wait_for(condition: Callable[[], bool], *, seconds: float = 240.0) -> None:
    """Returns when the condition holds. TimeoutError when it does not in time."""
    ended = monotonic() + seconds
    while not condition():
        if monotonic() > ended:
            raise TimeoutError
        sleep(0.05)
