"""Random access to packed corpora (`talkface.preparation.pack`): frames and mels by byte range, no video decoder."""

import io
import json
import mmap
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from talkface.errors import InputError

Pictures = npt.NDArray[np.uint8]
REMEDIES = {
    "packed": "make one: python preprocess.py data=... source=... out=FOLDER",
    "aligned": "make one: python preprocess.py action=pack_aligned corpus=FOLDER",
}


@dataclass(frozen=True)
class PackedClip:
    """One clip of a pack. `pictures`, `others`, `mel`, `sound`: (offset, length) in bytes within the shard.

    others: the pictures drawn with another mouth, empty for most clips.
    """

    id: str
    split: str
    speaker: str
    shard: Path
    mel: tuple[int, int]
    sound: tuple[int, int]
    pictures: tuple[tuple[int, int], ...]
    others: tuple[tuple[int, int], ...]
    av_offset: int | None
    av_confidence: float | None
    flags: frozenset[str]

    @property
    def frames(self) -> int:
        """Number of frames, 25 a second."""
        return len(self.pictures)


def _clip(folder: Path, row: dict[str, Any]) -> PackedClip:
    return PackedClip(
        id=row["id"],
        split=row["split"],
        speaker=row["speaker"],
        shard=folder / row["shard"],
        mel=tuple(row["mel"]),
        sound=tuple(row["sound"]),
        pictures=tuple(tuple(pair) for pair in row["pictures"]),
        others=tuple(tuple(pair) for pair in row.get("others", ())),
        av_offset=row["av_offset"],
        av_confidence=row["av_confidence"],
        flags=frozenset(row["flags"]),
    )


class Pack:
    """Reader of one packed corpus. Files are mapped lazily, once in each process."""

    def __init__(self, folder: Path, name: str = "packed") -> None:
        """folder: a packed corpus, or a corpus with one in its folder `name`. Raises InputError when there is none."""
        self.folder = folder if (folder / "index.jsonl").is_file() else folder / name
        if not (self.folder / "index.jsonl").is_file():
            raise InputError(f"no {name} corpus", folder, REMEDIES[name])
        info = json.loads((self.folder / "pack.json").read_text())
        self.size: int = info["size"]
        self.context: float = info["context"]
        self.raw = info.get("pictures", "jpeg") == "raw"
        rows = (self.folder / "index.jsonl").read_text().splitlines()
        self.clips = [_clip(self.folder, json.loads(row)) for row in rows]
        self._maps: dict[Path, mmap.mmap] = {}

    def __getstate__(self) -> dict[str, Any]:
        """Worker processes map the shards for themselves."""
        return {**self.__dict__, "_maps": {}}

    def _map(self, shard: Path) -> mmap.mmap:
        if shard not in self._maps:
            with shard.open("rb") as stream:
                self._maps[shard] = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        return self._maps[shard]

    def _bytes(self, shard: Path, span: tuple[int, int]) -> bytes:
        return self._map(shard)[span[0] : span[0] + span[1]]

    def picture(self, clip: PackedClip, frame: int, *, other: bool = False) -> Pictures:
        """(S, S, 3) uint8 RGB, S = size * context: the face crop of one frame with its surroundings.

        other: the one with another mouth.
        """
        start, length = (clip.others if other else clip.pictures)[frame]
        coded = np.frombuffer(self._map(clip.shard), np.uint8, count=length, offset=start)  # no copy
        if self.raw:
            side = round(self.size * self.context)
            return coded.reshape(side, side, 3)
        decoded = cv2.imdecode(coded, cv2.IMREAD_COLOR_RGB)
        if decoded is None:
            raise InputError("damaged picture in a pack", clip.shard, "pack it again: preprocess.py action=pack")
        return np.asarray(decoded, dtype=np.uint8)

    def mel(self, clip: PackedClip) -> npt.NDArray[np.float32]:
        """(80, S) float32: Wav2Lip's in [-4, 4], in an aligned pack PC-AVS's in [0, 1]."""
        loaded: npt.NDArray[np.float32] = np.load(io.BytesIO(self._bytes(clip.shard, clip.mel)))
        return loaded

    def samples(self, clip: PackedClip) -> npt.NDArray[np.float32]:
        """(N,) float32 mono 16 kHz in [-1, 1]."""
        with wave.open(io.BytesIO(self._bytes(clip.shard, clip.sound))) as sound:
            return np.frombuffer(sound.readframes(sound.getnframes()), dtype="<i2").astype(np.float32) / 32768.0


def open_packs(corpora: Path | str | Sequence[Path | str], name: str = "packed") -> list[Pack]:
    """Open one folder or several, of each the pack `name`. All must hold crops of one size; InputError otherwise."""
    folders = [corpora] if isinstance(corpora, str | Path) else list(corpora)
    packs = [Pack(Path(folder), name) for folder in folders]
    if len({(pack.size, pack.context) for pack in packs}) > 1:
        raise InputError("packed corpora of different crop sizes", folders, "pack them again with one size and context")
    return packs
