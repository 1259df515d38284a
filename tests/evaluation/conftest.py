"""A tiny corpus and tiny networks: evaluation runs whole on them in seconds."""

from pathlib import Path

import numpy as np
import pytest
from tiny_networks import open_network

from talkface.audio.mel import mel_spectrogram
from talkface.corpus import ClipRow, corpus_text, manifest_text
from talkface.evaluation.clips import Clip, Scene, Sound
from talkface.evaluation.networks import OpenNetwork
from talkface.media import VideoWriter, write_wav

FRAMES, SIDE = 30, 128
POINTS = np.float32([[44, 52], [84, 52], [64, 68], [48, 88], [80, 88]])
"""Eyes, nose and corners of the mouth of the discs below, pixels."""


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
        np.save(where / "points.npy", np.tile(POINTS, (frames, 1, 1)))
        row = ClipRow(name, "test", f"s{index % 2}", f"{name}.mp4", "0" * 64, frames, frames / 25, SIDE, SIDE, 1.0)
        rows.append(row)
    (folder / "manifest.jsonl").write_text(manifest_text(rows), encoding="utf-8")
    (folder / "corpus.json").write_text(corpus_text({"name": folder.name}), encoding="utf-8")
    (folder / "failures.jsonl").write_text("", encoding="utf-8")
    return folder


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
def settings(toy_settings: dict[str, object], tmp_path: Path) -> dict[str, object]:
    """`toy_settings` of one test."""
    return {**toy_settings, "out": str(tmp_path / "report")}


@pytest.fixture(scope="session")
def toy_settings(corpus: Path) -> dict[str, object]:
    """What configs/evaluate.yaml gives, at toy size; `out` is missing."""
    return {
        "action": "evaluate",
        "probe": False,
        "protocol": {
            "name": "self",
            "note": "each clip with itself",
            "source": "none",
            "generator": "wav2lip_generator",
            "sound": "half_list",
            "pose": None,
            "count": None,
            "missing": "refuse",
            "published": None,
        },
        "pairs": None,
        "seed": 0,
        "workers": 0,
        "cache": None,
        "checkpoint": "generator",
        "expert": None,
        "syncnet_view": "frame",
        "split": "test",
        "name": "toy",
        "rows": ["generated", "real", "copy_reference", "unsynced", "generated_unsynced", "cross_audio"],
        "metrics": "quick",
        "lpips": None,
        "identity": None,
        "fid": None,
        "fvd": None,
        "sampled": 5,
        "detector": "mtcnn",
        "landmarks": {"detector": "none", "every": 5},
        "shifts": 15,
        "groups": {"zero": ["s0"]},
        "limit": None,
        "interval": {"resamples": 200, "level": 0.95, "seed": 0},
        "batch": 32,
        "device": "cpu",
        "threads": 1,
        "videos": None,
        "reference": None,
        "compare": None,
        "row": None,
        "sort": None,
        "data": {"corpus": str(corpus)},
    }


@pytest.fixture
def open_tiny() -> OpenNetwork:
    """Stands for models.load: the path `generator` is a generator, everything else an expert."""
    return open_network
