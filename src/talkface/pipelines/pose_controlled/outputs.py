"""The files of one PC-AVS run: the result, alone or back in the identity's pictures, and the comparison."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from talkface.face import (
    ALIGNED_SIDE,
    feather_mask,
    mask_ring,
    match_color,
    paste_aligned,
    picture_alignment,
)
from talkface.media import VideoWriter
from talkface.pipelines.comparison import joined_size, panel_height, side_by_side
from talkface.pipelines.pose_controlled.clip import AlignedClip, Image
from talkface.pipelines.pose_controlled.sound import SpeechWindows
from talkface.pipelines.pose_controlled.stream import MadePicture, mouth_crops
from talkface.timeline import TRAINING_FPS

_CROP = (ALIGNED_SIDE, ALIGNED_SIDE)


@dataclass(frozen=True)
class Stream:
    """Pictures shown beside the result, one for each of it. size: (width, height)."""

    label: str
    size: tuple[int, int]
    images: Iterator[Image]


class Paster:
    """Puts results back into the identity's pictures. Result n meets picture `loop_index(lead + n)` of the clip."""

    def __init__(self, clip: AlignedClip, lead: int) -> None:
        self._clip, self._frames = clip, clip.source.looping(lead)
        self._mask = feather_mask(*_CROP)
        self._ring = mask_ring(self._mask)

    def __call__(self, made: Image) -> Image:
        """(H, W, 3): the identity's next picture with the result in its place, colours matched at the seam."""
        frame = next(self._frames)
        matched = match_color(made, self._clip.crop(frame), self._ring)
        return paste_aligned(frame.image, matched, picture_alignment(self._clip.matrices[frame.index]), self._mask)


def shown_beside(
    reference: Image, pose: AlignedClip | None, mouth: AlignedClip | None, windows: SpeechWindows
) -> list[Stream]:
    """Identity, pose source and mouth source as the networks see them, as far as there are clips of them."""
    streams = [Stream("identity", _CROP, _still(reference, windows.count))]
    if pose is not None:
        streams.append(Stream("pose source", _CROP, pose.looping_crops(windows.lead)))
    if mouth is not None:
        streams.append(Stream("mouth source", _CROP, mouth_crops(mouth, windows)))
    return streams


def _still(image: Image, count: int) -> Iterator[Image]:
    return (image for _ in range(count))


class Outputs:
    """Context manager that writes the result and, if asked, the comparison; both appear complete or not at all."""

    def __init__(
        self,
        output: Path,
        *,
        audio: Path,
        crf: int,
        paster: Paster | None = None,
        size: tuple[int, int] = _CROP,
        comparison: Path | None = None,
        beside: list[Stream] | None = None,
    ) -> None:
        """size: (width, height) of the written result. beside: what the comparison shows left of it."""
        self._paster, self._beside = paster, beside or []
        sizes = [*(stream.size for stream in self._beside), size]
        self._height = panel_height([height for _, height in sizes])
        self._video = _writer(output, size, audio, crf)
        self._comparison = None
        if comparison is not None:
            self._comparison = _writer(comparison, joined_size(sizes, self._height), audio, crf)
        self._stack = ExitStack()

    def __enter__(self) -> "Outputs":
        with self._stack as stack:
            stack.enter_context(self._video)
            if self._comparison is not None:
                stack.enter_context(self._comparison)
            self._stack = stack.pop_all()
        return self

    def write(self, made: MadePicture) -> None:
        """One picture into every file."""
        image = made.image if self._paster is None else self._paster(made.image)
        self._video.write(np.ascontiguousarray(image), made.time)
        if self._comparison is not None:
            images = [next(stream.images) for stream in self._beside]
            labels = [*(stream.label for stream in self._beside), "result"]
            self._comparison.write(side_by_side([*images, image], labels, self._height), made.time)

    def __exit__(self, *error: Any) -> None:
        self._stack.__exit__(*error)


def _writer(path: Path, size: tuple[int, int], audio: Path, crf: int) -> VideoWriter:
    return VideoWriter(path, width=size[0], height=size[1], fps=TRAINING_FPS, audio_path=audio, crf=crf)
