"""PC-AVS as a stream of finished pictures: the reference once, pose codes once a source, the generator once a picture.

Source of the order of work: the original's forward pass without what it does twice.
"""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from talkface.errors import InputError
from talkface.pipelines.pose_controlled.clip import AlignedClip, Image
from talkface.pipelines.pose_controlled.codes import encode, in_batches, to_tensor
from talkface.pipelines.pose_controlled.options import PoseOptions
from talkface.pipelines.pose_controlled.sound import SpeechWindows
from talkface.pipelines.pose_controlled.steady import loop_index
from talkface.pipelines.tensors import to_pictures
from talkface.timeline import TRAINING_FPS, Timeline

_HELD = 5  # pictures: sounds are padded by their codecs, so a mouth source may end so much earlier and is held
Advance = Callable[[], None]


class PoseNetwork(Protocol):
    """What serving needs of PC-AVS; `talkface.models.pcavs.network.Pcavs` is one."""

    def encode_identity(self, image: Tensor) -> Any:
        """(K, 3, 224, 224) in [-1, 1] → who it is."""
        ...

    def encode_pose(self, images: Tensor) -> Tensor:
        """(N, 3, 224, 224) → (N, 12)."""
        ...

    def encode_mouth(self, images: Tensor) -> Tensor:
        """(N, 3, 224, 224) → content codes (N, 512)."""
        ...

    def encode_content(self, mels: Tensor) -> Tensor:
        """(N, 1, 80, 20) → content codes (N, 512)."""
        ...

    def generate(self, identity: Any, content_code: Tensor, pose_code: Tensor, content_scale: float = ...) -> Tensor:
        """(N, 3, 224, 224) in [-1, 1]."""
        ...


@dataclass(frozen=True)
class MadePicture:
    """A finished picture. number: from 0. frame: index in time of the source frames that belong to it.

    time: on the sound's clock, seconds. image: (224, 224, 3) uint8 RGB.
    """

    number: int
    frame: int
    time: Fraction
    image: Image


def check_mouth(mouth: AlignedClip, windows: SpeechWindows) -> None:
    """InputError when the mouth source is shorter than the result by more than a codec's padding (0.2 s)."""
    wanted = _first_mouth_frame(mouth, windows) + windows.count
    if len(mouth) + _HELD < wanted:
        found = f"the mouth source has {len(mouth)} pictures, the sound needs {wanted}"
        raise InputError(found, mouth.source.path, "give all pictures of the sound, or a shorter sound")


def pose_codes(
    network: PoseNetwork,
    clip: AlignedClip,
    options: PoseOptions,
    count: int | None = None,
    advance: Advance = lambda: None,
) -> Tensor:
    """Pose codes (T, 12) of a clip's first `count` pictures (None: of all)."""
    crops = islice(clip.crops(), count)
    return encode(crops, network.encode_pose, batch_size=options.batch_size, advance=advance)


def pose_controlled(
    network: PoseNetwork,
    *,
    reference: list[Image],
    poses: Tensor,
    windows: SpeechWindows,
    options: PoseOptions,
    mouth: AlignedClip | None = None,
) -> Generator[MadePicture]:
    """Pictures as long as the sound. Memory: one batch.

    reference: (224, 224, 3) uint8 crops of the person. poses: (T, 12), gone through forwards and backwards. mouth: with
    drive=mouth, what moves the mouth (`check_mouth` first).
    """
    identity = network.encode_identity(to_tensor(reference))
    truncate = options.convention == "pcavs"
    numbers = iter(range(windows.count))
    for content in _content_codes(network, windows, options, mouth):
        chosen = list(islice(numbers, len(content)))
        frames = [windows.lead + number for number in chosen]
        pose = poses[[loop_index(frame, len(poses)) for frame in frames]]
        made = to_pictures(network.generate(identity, content, pose, options.gain), symmetric=True, truncate=truncate)
        for number, frame, image in zip(chosen, frames, made, strict=True):
            yield MadePicture(number, frame, windows.time(number), image)


def _content_codes(
    network: PoseNetwork, windows: SpeechWindows, options: PoseOptions, mouth: AlignedClip | None
) -> Iterator[Tensor]:
    """Content codes in batches, from the sound or from the mouth source's pictures."""
    if options.drive == "audio":
        for batch in in_batches(windows, options.batch_size):
            yield network.encode_content(torch.from_numpy(np.stack(batch)[:, None]))
        return
    if mouth is None:
        raise InputError("nothing drives the mouth", "drive=mouth", "give mouth=CLIP")
    for crops in in_batches(mouth_crops(mouth, windows), options.batch_size):
        yield network.encode_mouth(to_tensor(crops))


def mouth_crops(mouth: AlignedClip, windows: SpeechWindows) -> Iterator[Image]:
    """The mouth source's crop for each picture of the result.

    Its first picture meets the first sample; in a file that also holds the sound, pictures meet what sounds with them.
    Where there is none, its first or last one is held (`check_mouth` allows a codec's padding).
    """
    first = _first_mouth_frame(mouth, windows)
    crops = islice(mouth.crops(), max(0, min(first, len(mouth) - 1)), None)
    held = next(crops)
    for number in range(windows.count):
        if first + number > 0 and number:
            held = next(crops, held)
        yield held


def _first_mouth_frame(mouth: AlignedClip, windows: SpeechWindows) -> int:
    """The mouth source's picture that belongs to picture 0; below 0 before its first one."""
    if mouth.source.path.resolve() != windows.path.resolve():
        return windows.lead
    return windows.lead + Timeline(TRAINING_FPS).nearest_frame(windows.start - mouth.source.info.start)
