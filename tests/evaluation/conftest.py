"""A tiny corpus and tiny networks: evaluation runs whole on them in seconds."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from talkface.audio.mel import mel_spectrogram
from talkface.corpus import ClipRow, corpus_text, manifest_text
from talkface.errors import InputError
from talkface.evaluation.clips import Clip, Scene, Sound
from talkface.media import VideoWriter, write_wav

FRAMES, SIDE = 30, 128


def moving_face(seed: int, frames: int = FRAMES, side: int = SIDE) -> np.ndarray:
    """(T, side, side, 3) uint8: a coloured disc on a flat ground whose dark mouth opens and closes."""
    rng = np.random.default_rng(seed)
    ground, skin = rng.integers(40, 90, 3), rng.integers(140, 220, 3)
    row, column = np.mgrid[:side, :side]
    pictures = np.empty((frames, side, side, 3), np.uint8)
    for frame in range(frames):
        pictures[frame] = ground
        pictures[frame][(row - 64) ** 2 + (column - 64) ** 2 < 48**2] = skin
        opening = 3 + 9 * abs(np.sin(0.5 * frame + seed))
        pictures[frame][((row - 88) / opening) ** 2 + ((column - 64) / 18) ** 2 < 1] = 20
    return pictures


def write_corpus(folder: Path, clips: int, *, frames: int = FRAMES) -> Path:
    """A corpus of `clips` test clips by two speakers, in the format of corpus.py."""
    rows = []
    for index in range(clips):
        name = f"clip{index}"
        where = folder / "clips" / name
        where.mkdir(parents=True)
        samples = np.random.default_rng(index).normal(0, 0.1, frames * 640).astype(np.float32)
        with VideoWriter(where / "video.mp4", width=SIDE, height=SIDE, fps=25) as video:
            for picture in moving_face(index, frames):
                video.write(picture)
        write_wav(where / "audio.wav", samples, 16000)
        np.save(where / "mel.npy", mel_spectrogram(samples))
        np.save(where / "boxes.npy", np.tile(np.float32([16, 16, 112, 112]), (frames, 1)))
        np.save(where / "points.npy", np.zeros((frames, 5, 2), np.float32))
        row = ClipRow(name, "test", f"s{index % 2}", f"{name}.mp4", "0" * 64, frames, frames / 25, SIDE, SIDE, 1.0)
        rows.append(row)
    (folder / "manifest.jsonl").write_text(manifest_text(rows), encoding="utf-8")
    (folder / "corpus.json").write_text(corpus_text({"name": folder.name}), encoding="utf-8")
    (folder / "failures.jsonl").write_text("", encoding="utf-8")
    return folder


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


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_corpus(tmp_path_factory.mktemp("data") / "drawn", 4)


@pytest.fixture
def clip() -> Clip:
    samples = np.random.default_rng(7).normal(0, 0.1, FRAMES * 640).astype(np.float32)
    frames, boxes = moving_face(1), np.tile(np.float32([16, 16, 112, 112]), (FRAMES, 1))
    sound, scene = Sound(mel_spectrogram(samples), samples), Scene(lambda: iter(frames), boxes)
    return Clip("c/x", "c", "s0", frames[:, 16:112, 16:112], sound, scene)


@pytest.fixture
def settings(corpus: Path, tmp_path: Path) -> dict[str, object]:
    """What configs/evaluate.yaml gives, at toy size."""
    return {
        "checkpoint": "generator",
        "expert": None,
        "syncnet_view": "frame",
        "split": "test",
        "out": str(tmp_path / "report"),
        "name": "toy",
        "rows": ["generated", "real", "copy_reference", "unsynced", "generated_unsynced", "cross_audio"],
        "landmarks": {"detector": "none", "every": 5},
        "shifts": 15,
        "groups": {"zero": ["s0"]},
        "limit": None,
        "interval": {"resamples": 200, "level": 0.95, "seed": 0},
        "batch": 16,
        "device": "cpu",
        "threads": 1,
        "videos": None,
        "reference": None,
        "compare": None,
        "row": "generated",
        "data": {"corpus": str(corpus)},
    }


@pytest.fixture
def open_tiny() -> Callable[[Path | None, str], nn.Module]:
    """Stands for models.load: the path `generator` is a generator, everything else an expert."""

    def open_network(path: Path | None, kind: str) -> nn.Module:
        found = "wav2lip_generator" if path is not None and path.name == "generator" else "wav2lip_expert"
        if found != kind:
            raise InputError(f"weights are of another kind ({found})", path, f"give weights of a {kind}")
        return (MeanGenerator() if kind == "wav2lip_generator" else TinyExpert()).eval()

    return open_network
