"""Builds tiny packed corpora whose frames carry their own number and whose sound carries the same signal."""

import io
import json
import tarfile
import wave
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from talkface.audio.mel import mel_spectrogram
from talkface.audio.pcavs_mel import pcavs_mel_spectrogram


def level_of(frame: int, clip: int) -> int:
    """Gray level of a frame: a known function of clip and frame."""
    return 40 + (frame * 37 + clip * 11) % 170


def sound_of(frames: int, clip: int) -> np.ndarray:
    """A tone whose loudness follows the frames' gray level: picture and sound belong together."""
    levels = np.repeat([level_of(frame, clip) for frame in range(frames)], 640) / 255.0
    tone = np.sin(2 * np.pi * 440.0 * np.arange(frames * 640) / 16000.0)
    return (levels**3 * tone * 0.8).astype(np.float32)


def make_pack(
    folder: Path,
    *,
    clips: int = 6,
    frames: int = 24,
    splits: tuple[str, ...] = ("train", "val"),
    side: int = 120,
    mel: Callable[[np.ndarray], np.ndarray] = mel_spectrogram,
    redrawn: bool = False,
) -> Path:
    """A pack of `clips` clips; splits go round; speakers are pairs of clips. Pictures are of one gray level.

    redrawn: a second time with "another mouth", the levels of the clip five further on.
    """
    folder.mkdir(parents=True)
    rows = []
    with (folder / "000000.tar").open("wb") as stream, tarfile.open(fileobj=stream, mode="w") as shard:
        for clip in range(clips):
            samples = sound_of(frames, clip)
            members = {"mel": _npy(mel(samples)), "sound": _wav(samples)}
            spans = {name: _add(shard, stream, f"{clip}.{name}", content) for name, content in members.items()}
            pictures = [_add(shard, stream, f"{clip}.{i:06d}.jpg", _picture(i, clip, side)) for i in range(frames)]
            others = [
                _add(shard, stream, f"{clip}.other.{i:06d}.jpg", _picture(i, clip + 5, side))
                for i in range(frames * redrawn)
            ]
            rows.append(
                {
                    "id": f"clip{clip}",
                    "split": splits[clip % len(splits)],
                    "speaker": f"speaker{clip // 2}",
                    "shard": "000000.tar",
                    "pictures": pictures,
                    "others": others,
                    "av_offset": None,
                    "av_confidence": None,
                    "flags": [],
                    **spans,
                }
            )
    (folder / "index.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    context = 1.25 if side == 120 else 1.0
    (folder / "pack.json").write_text(
        json.dumps({"format_version": 1, "size": round(side / context), "context": context})
    )
    return folder


def make_aligned_pack(folder: Path, **options: object) -> Path:
    """The same as PC-AVS trains on it: pictures of 224, its own mel."""
    return make_pack(folder, side=224, mel=pcavs_mel_spectrogram, **options)  # type: ignore[arg-type]


def _picture(frame: int, clip: int, side: int) -> bytes:
    image = np.full((side, side, 3), level_of(frame, clip), np.uint8)
    return bytes(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes())


def _npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def _wav(samples: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as sound:
        sound.setparams((1, 2, 16000, 0, "NONE", ""))
        sound.writeframes((samples * 32767).astype("<i2").tobytes())
    return buffer.getvalue()


def _add(shard: tarfile.TarFile, stream: io.BufferedWriter, name: str, content: bytes) -> tuple[int, int]:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    start = stream.tell() + 512
    shard.addfile(member, io.BytesIO(content))
    return start, len(content)
