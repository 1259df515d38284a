"""What a clip gives to the probes: the codes of its pictures and sounds, and what is known of head and mouth."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from talkface.corpus import SOUND_FILE
from talkface.drawn_truth import head_turns, seen_mouths
from talkface.errors import InputError
from talkface.evaluation.cache import FeatureCache
from talkface.evaluation.clips import ByteArray, ClipEntry
from talkface.evaluation.posed import aligned_pictures, alignment_of
from talkface.evaluation.probes.crossed import ProbeClip
from talkface.face import picture_alignment
from talkface.metrics.functional.pose import head_angles
from talkface.pipelines.pose_controlled.codes import in_batches, to_tensor
from talkface.pipelines.pose_controlled.sound import SpeechWindows
from talkface.pipelines.progress import progress

FloatArray = npt.NDArray[np.float32]
RAW_SIDE = 16
"""Side of the grey picture that stands for the raw features."""
SEEN = ("identity", "content", "pose")
HEARD = "content_heard"
RAW = "picture"
CODES: dict[str, str] = {
    "pose": "pose code of the picture",
    "content": "content code of the picture (mouth seen)",
    HEARD: "content code of the sound",
    "identity": "identity code of the picture",
    RAW: f"no network: the aligned picture itself, grey, {RAW_SIDE}x{RAW_SIDE}",
}
"""Rows of the report."""


class CodeNetwork(Protocol):
    """The networks that are probed, as `models.pcavs.network.Pcavs`; weights_sha256 names them."""

    weights_sha256: str

    def encode_codes(self, images: Tensor) -> Mapping[str, Tensor]:
        """(N, 3, 224, 224) in [-1, 1] → codes by the names of `SEEN`, (N, D) each."""
        ...

    def encode_content(self, mels: Tensor) -> Tensor:
        """(N, 1, 80, 20) → (N, D)."""
        ...


def read_probe(entry: ClipEntry, network: CodeNetwork, kept: FeatureCache, *, every: int, batch: int) -> ProbeClip:
    """Every `every`th frame of a clip, in PC-AVS's aligned crop. InputError: no points of the face."""
    picked = np.arange(0, entry.row.frames, every)
    content = (network.weights_sha256, entry.content, str(every))
    pictures = cache(lambda: list(aligned_pictures(entry, every)))
    seen = cache(lambda: _seen(pictures(), network, batch))
    codes = {name: kept.array(f"probe_{name}", content, lambda name=name: seen()[name]) for name in SEEN}  # type: ignore[misc]
    codes[HEARD] = kept.array(f"probe_{HEARD}", content, lambda: _heard(entry, network, picked, batch))
    codes[RAW] = kept.array("probe_picture", (entry.content, str(every)), lambda: _raw(pictures()))
    return ProbeClip(entry.key, f"{entry.name}/{entry.row.speaker}", codes, known_of(entry, picked))


def read_all(
    entries: Sequence[ClipEntry], network: CodeNetwork, kept: FeatureCache, *, every: int, batch: int
) -> tuple[list[ProbeClip], list[dict[str, str]]]:
    """All clips that can be read, and {key, reason} of those that cannot. InputError: none can."""
    clips, failures = [], []
    with progress("probing", len(entries), unit="clips") as advance:
        for entry in entries:
            try:
                clips.append(read_probe(entry, network, kept, every=every, batch=batch))
            except InputError as error:
                failures.append({"key": entry.key, "reason": str(error)})
            advance()
    if not clips:
        raise InputError("no clip can be probed", failures[0]["key"], failures[0]["reason"])
    return clips, failures


@torch.inference_mode()
def _seen(pictures: Sequence[ByteArray], network: CodeNetwork, batch: int) -> dict[str, FloatArray]:
    parts = [network.encode_codes(to_tensor(each)) for each in in_batches(pictures, batch)]
    return {name: torch.cat([part[name].float().cpu() for part in parts]).numpy() for name in SEEN}


@torch.inference_mode()
def _heard(entry: ClipEntry, network: CodeNetwork, picked: npt.NDArray[np.int64], batch: int) -> FloatArray:
    windows = list(SpeechWindows(entry.corpus.clip_folder(entry.row) / SOUND_FILE, "exact"))
    places = np.clip(picked - (entry.row.av_offset or 0), 0, len(windows) - 1)
    shown = [windows[place] for place in places]
    parts = [network.encode_content(torch.from_numpy(np.stack(each))[:, None]) for each in in_batches(shown, batch)]
    found: FloatArray = torch.cat(parts).float().cpu().numpy()
    return found


def _raw(pictures: Sequence[ByteArray]) -> FloatArray:
    side = (RAW_SIDE, RAW_SIDE)
    small = [cv2.resize(image, side, interpolation=cv2.INTER_AREA).mean(2) for image in pictures]
    return np.stack(small).reshape(len(small), -1).astype(np.float32)


def known_of(entry: ClipEntry, picked: npt.NDArray[np.int64]) -> dict[str, FloatArray]:
    """What is known of the frames `picked`, by name: of a drawn clip its truth, of another what its five points say."""
    turns = np.array([_turn(matrix) for matrix in alignment_of(entry)[picked]])
    drawn = entry.corpus.has_truth(entry.row)
    found = _drawn(entry, picked) if drawn else _by_points(entry.corpus.points(entry.row)[picked])
    found["roll"] = found["roll"] + turns  # as the aligned picture shows it
    return {name: np.asarray(values, np.float32) for name, values in found.items()}


def same_kind(entries: Sequence[ClipEntry]) -> bool:
    """Whether all clips are drawn. InputError: some are and some are not, whose angles and mouths are not alike."""
    drawn = {entry.corpus.has_truth(entry.row) for entry in entries}
    if len(drawn) > 1:
        raise InputError("drawn and filmed clips together", "data.corpus", "probe them in two runs")
    return drawn.pop()


def _drawn(entry: ClipEntry, picked: npt.NDArray[np.int64]) -> dict[str, npt.NDArray[np.float64]]:
    truth = entry.corpus.truth(entry.row)
    pose, mouth = (known(truth)[picked].astype(np.float64) for known in (head_turns, seen_mouths))
    named = {"yaw": pose[:, 0], "pitch": pose[:, 1], "roll": pose[:, 2]}
    return {**named, "opening": mouth[:, 0], "width": mouth[:, 1]}


def _by_points(points: FloatArray) -> dict[str, npt.NDArray[np.float64]]:
    """Five points say nothing of the opening; the width is that of the mouth over the distance of the eyes."""
    yaw, pitch, roll = head_angles(torch.from_numpy(points)).numpy().T
    eyes, mouth = (np.linalg.norm(points[:, a] - points[:, b], axis=1) for a, b in ((0, 1), (3, 4)))
    return {"yaw": yaw, "pitch": pitch, "roll": roll, "width": mouth / np.maximum(eyes, 1.0)}


def _turn(matrix: npt.NDArray[np.float64]) -> float:
    """Degrees by which the alignment turns a frame, clockwise."""
    whole = picture_alignment(matrix)
    return float(np.rad2deg(np.arctan2(whole[1, 0], whole[0, 0])))
