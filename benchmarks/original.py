"""A plain eager port of Wav2Lip's own order of work, the yardstick of the benchmarks; nothing of the package uses it.

Written from a description of the original (layer tables, sampling, order of a training step), not from its code:
one picture file a frame, the mel spectrogram computed anew for every item, no folding, no channels-last, NCHW float32.
"""

import random
from pathlib import Path

import cv2
import librosa
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

WINDOW, STEPS, SIZE = 5, 16, 96
Array = npt.NDArray[np.float32]


def mel_of_file(path: Path) -> Array:
    """(S, 80): load, pre-emphasis, STFT 800/200, 80 Slaney bands 55-7600 Hz, dB, clipped to [-4, 4]."""
    samples, _ = librosa.load(path, sr=16000)
    emphasised = np.append(samples[:1], samples[1:] - 0.97 * samples[:-1])
    spectrum = np.abs(librosa.stft(emphasised, n_fft=800, hop_length=200, win_length=800, pad_mode="reflect"))
    basis = librosa.filters.mel(sr=16000, n_fft=800, n_mels=80, fmin=55, fmax=7600)
    decibel = 20 * np.log10(np.maximum(1e-5, basis @ spectrum)) - 20
    scaled: Array = np.clip(8 * (decibel + 100) / 100 - 4, -4, 4).T.astype(np.float32)
    return scaled


class OriginalItems(Dataset[tuple[Tensor, ...]]):
    """Items as the original draws them: the index is ignored, a clip and two windows are drawn at random.

    folders: each with 0.jpg, 1.jpg, … (face crops of any size) and audio.wav. expert: items for the expert
    (mouths of one window, mel, label) instead of the generator's (faces, five mels, mel, target).
    """

    def __init__(self, folders: list[Path], *, length: int, expert: bool) -> None:
        self.folders, self.length, self.expert = folders, length, expert

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, _: int) -> tuple[Tensor, ...]:
        while True:
            folder = random.choice(self.folders)
            names = list(folder.glob("*.jpg"))
            if len(names) <= 3 * WINDOW:
                continue
            right, wrong = (int(path.stem) for path in random.sample(names, 2))
            item = self.expert_item(folder, right, wrong) if self.expert else self.generator_item(folder, right, wrong)
            if item is not None:
                return item

    def expert_item(self, folder: Path, right: int, wrong: int) -> tuple[Tensor, ...] | None:
        genuine = random.random() < 0.5
        frames = read_window(folder, right if genuine else wrong)
        if frames is None:
            return None
        mel = mel_window(mel_of_file(folder / "audio.wav"), right)
        if mel is None:
            return None
        mouths = np.concatenate(frames, axis=2).transpose(2, 0, 1)[:, SIZE // 2 :]
        return torch.FloatTensor(mouths.copy()), torch.FloatTensor(mel)[None], torch.tensor([float(genuine)])

    def generator_item(self, folder: Path, right: int, wrong: int) -> tuple[Tensor, ...] | None:
        frames, others = read_window(folder, right), read_window(folder, wrong)
        if frames is None or others is None:
            return None
        mel = mel_of_file(folder / "audio.wav")
        windows = [mel_window(mel, right + offset - 1) for offset in range(WINDOW)]
        whole = mel_window(mel, right)
        if whole is None or any(window is None for window in windows):
            return None
        target = np.stack(frames).transpose(3, 0, 1, 2)
        masked = target.copy()
        masked[:, :, SIZE // 2 :] = 0
        faces = np.concatenate([masked, np.stack(others).transpose(3, 0, 1, 2)])
        mels = torch.FloatTensor(np.stack([window for window in windows if window is not None]))[:, None]
        return torch.FloatTensor(faces), mels, torch.FloatTensor(whole)[None], torch.FloatTensor(target)


def read_window(folder: Path, start: int) -> list[npt.NDArray[np.float64]] | None:
    """Five pictures (96, 96, 3) float64 BGR in [0, 1], or None where one is missing."""
    paths = [folder / f"{number}.jpg" for number in range(start, start + WINDOW)]
    if not all(path.is_file() for path in paths):
        return None
    pictures = [cv2.imread(str(path)) for path in paths]
    return [cv2.resize(picture, (SIZE, SIZE)) / 255.0 for picture in pictures if picture is not None]


def mel_window(mel: Array, frame: int) -> Array | None:
    """(80, 16) of the frame at 25 fps, or None where it is not complete."""
    start = int(80 * frame / 25)
    window = mel[start : start + STEPS] if start >= 0 else mel[:0]
    return window.T if len(window) == STEPS else None


class Block(nn.Module):
    """Convolution (transposed where `grow`), batch norm, optional sum with the input, ReLU."""

    def __init__(
        self, inside: int, outside: int, *geometry: int | tuple[int, int], grow: bool = False, residual: bool = False
    ) -> None:
        super().__init__()
        layer = (nn.ConvTranspose2d if grow else nn.Conv2d)(inside, outside, *geometry)
        self.body, self.residual = nn.Sequential(layer, nn.BatchNorm2d(outside)), residual

    def forward(self, x: Tensor) -> Tensor:
        y = self.body(x)
        return torch.relu(y + x if self.residual else y)


class Chain(nn.Sequential):
    """Blocks in a row; `out` is the number of channels of the last."""

    def __init__(self, inside: int) -> None:
        super().__init__()
        self.out = inside

    def to(self, outside: int, *geometry: int | tuple[int, int], grow: bool = False) -> "Chain":  # type: ignore[override]
        self.append(Block(self.out, outside, *geometry, grow=grow))
        self.out = outside
        return self

    def same(self, count: int) -> "Chain":
        for _ in range(count):
            self.append(Block(self.out, self.out, 3, 1, 1, residual=True))
        return self


def sound_encoder(scale: float, *, residuals: int) -> Chain:
    """(N, 1, 80, 16) → (N, 512, 1, 1); `residuals`: blocks at 256 channels (generator 1, expert 2)."""
    c = lambda channels: max(4, round(scale * channels))  # noqa: E731
    chain = Chain(1).to(c(32), 3, 1, 1).same(2).to(c(64), 3, (3, 1), 1).same(2).to(c(128), 3, 3, 1).same(2)
    return chain.to(c(256), 3, (3, 2), 1).same(residuals).to(c(512), 3, 1, 0).to(c(512), 1, 1, 0)


class Generator(nn.Module):
    """Masked and reference face + mel window → face, U-Net with the sound at its bottom."""

    def __init__(self, scale: float = 1.0) -> None:
        super().__init__()
        c = lambda channels: max(4, round(scale * channels))  # noqa: E731
        self.sound = sound_encoder(scale, residuals=1)
        down = [
            (16, 7, 1, 3, 0),
            (32, 3, 2, 1, 2),
            (64, 3, 2, 1, 3),
            (128, 3, 2, 1, 2),
            (256, 3, 2, 1, 2),
            (512, 3, 2, 1, 1),
        ]
        self.down, inside = nn.ModuleList(), 6
        for channels, kernel, stride, padding, count in down:
            self.down.append(chain := Chain(inside).to(c(channels), kernel, stride, padding).same(count))
            inside = chain.out
        self.down.append(Chain(inside).to(c(512), 3, 1, 0).to(c(512), 1, 1, 0))
        skips = [stage.out for stage in self.down]
        self.up = nn.ModuleList([Chain(c(512)).to(c(512), 1, 1, 0)])
        grown = [
            (512, 1, 0, 0, 1),
            (512, 2, 1, 1, 2),
            (384, 2, 1, 1, 2),
            (256, 2, 1, 1, 2),
            (128, 2, 1, 1, 2),
            (64, 2, 1, 1, 2),
        ]
        for channels, stride, padding, extra, count in grown:
            inside = self.up[-1].out + skips.pop()
            self.up.append(Chain(inside).to(c(channels), 3, stride, padding, extra, grow=True).same(count))
        self.last = nn.Sequential(
            Block(self.up[-1].out + skips.pop(), c(32), 3, 1, 1), nn.Conv2d(c(32), 3, 1), nn.Sigmoid()
        )

    def forward(self, mels: Tensor, faces: Tensor) -> Tensor:
        """mels (B, T, 1, 80, 16), faces (B, 6, T, 96, 96) → (B, 3, T, 96, 96); time is folded into the batch."""
        batch = len(faces)
        mels = torch.cat([mels[:, t] for t in range(mels.shape[1])])
        x = torch.cat([faces[:, :, t] for t in range(faces.shape[2])])
        kept = []
        for stage in self.down:
            x = stage(x)
            kept.append(x)
        x = self.sound(mels)
        for stage in self.up:
            x = torch.cat([stage(x), kept.pop()], dim=1)
        return torch.stack(torch.split(self.last(x), batch), dim=2)


class Expert(nn.Module):
    """Mel window and five lower halves → two unit-length embeddings."""

    def __init__(self, scale: float = 1.0) -> None:
        super().__init__()
        c = lambda channels: max(4, round(scale * channels))  # noqa: E731
        self.sound = sound_encoder(scale, residuals=2)
        face = Chain(15).to(c(32), 7, 1, 3).to(c(64), 5, (1, 2), 1).same(2).to(c(128), 3, 2, 1).same(3)
        face = face.to(c(256), 3, 2, 1).same(2).to(c(512), 3, 2, 1).same(2).to(c(512), 3, 2, 1)
        self.face = face.to(c(512), 3, 1, 0).to(c(512), 1, 1, 0)

    def forward(self, mel: Tensor, mouths: Tensor) -> tuple[Tensor, Tensor]:
        sound, face = self.sound(mel).flatten(1), self.face(mouths).flatten(1)
        return nn.functional.normalize(sound), nn.functional.normalize(face)


def generator_step(
    networks: tuple[Generator, Expert], optimizer: torch.optim.Optimizer, batch: tuple[Tensor, ...], weight: float
) -> float:
    """One update in the original's order: forward, sync loss, L1, backward, step. Returns the total."""
    generator, expert = networks
    faces, mels, mel, target = batch
    generator.train()
    optimizer.zero_grad()
    made = generator(mels, faces)
    lower = torch.cat([made[:, :, t, made.shape[3] // 2 :] for t in range(made.shape[2])], dim=1)
    sound, face = expert(mel, lower)
    probability = nn.functional.cosine_similarity(sound, face)
    sync = nn.functional.binary_cross_entropy(probability.clamp(0, 1)[:, None], torch.ones(len(mel), 1))
    total = weight * sync + (1 - weight) * nn.functional.l1_loss(made, target)
    total.backward()
    optimizer.step()
    return float(total.detach())
