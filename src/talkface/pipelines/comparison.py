"""Pictures side by side under their names: input and result, or any number of clips with the sound that drives them."""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from talkface.errors import InputError
from talkface.media import Frame, VideoWriter, decode_video, probe, resample_frames

Image = npt.NDArray[np.uint8]
_LABEL_HEIGHT = 28  # pixels of the strip above each panel
_TALLEST = 720  # pixels: panels are never made taller
_GAP = 4  # pixels between two panels
_GROUND = 24  # grey level of strip and gaps


@dataclass(frozen=True)
class Panel:
    """One clip of a comparison: its file and the words above it."""

    label: str
    path: Path


@lru_cache(maxsize=32)
def label_strip(text: str, width: int) -> Image:
    """(28, width, 3) uint8: the text, light on dark, centred; cut where it does not fit."""
    from PIL import Image as Pillow
    from PIL import ImageDraw, ImageFont

    strip = Pillow.new("RGB", (width, _LABEL_HEIGHT), (_GROUND,) * 3)
    draw = ImageDraw.Draw(strip)
    font = ImageFont.load_default(16)
    shown = "".join(text.encode("utf-8", "replace").decode().splitlines()[:1])  # a font has no letter for lone bytes
    draw.text((width / 2, _LABEL_HEIGHT / 2), shown, (235,) * 3, font, anchor="mm")
    return np.asarray(strip, np.uint8)


def panel_width(width: int, height: int, target: int) -> int:
    """Width of a picture brought to the height `target`, its shape kept."""
    return max(2, round(width * target / height))


def side_by_side(images: Sequence[Image], labels: Sequence[str], height: int) -> Image:
    """One picture: each image brought to `height`, its label above it, a dark gap between neighbours.

    images: (h, w, 3) uint8 of any sizes. Returns (height + 28, W, 3) uint8; an image of that height keeps its pixels.
    """
    columns: list[Image] = []
    for image, label in zip(images, labels, strict=True):
        if columns:
            columns.append(np.full((height + _LABEL_HEIGHT, _GAP, 3), _GROUND, np.uint8))
        columns.append(np.concatenate([label_strip(label, _width(image, height)), _fitted(image, height)]))
    return np.concatenate(columns, axis=1)


def _width(image: Image, height: int) -> int:
    return panel_width(image.shape[1], image.shape[0], height)


def _fitted(image: Image, height: int) -> Image:
    if image.shape[0] == height:
        return image
    method = cv2.INTER_AREA if image.shape[0] > height else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (_width(image, height), height), interpolation=method), np.uint8)


def panel_height(heights: Sequence[int]) -> int:
    """Common height of panels: that of the tallest, 720 at most."""
    return min(_TALLEST, max(heights))


def joined_size(sizes: Sequence[tuple[int, int]], height: int) -> tuple[int, int]:
    """(width, height) of `side_by_side` for panels of these (width, height)."""
    widths = [panel_width(width, tall, height) for width, tall in sizes]
    return sum(widths) + _GAP * (len(widths) - 1), height + _LABEL_HEIGHT


def write_comparison(
    panels: Sequence[Panel],
    output: Path | str,
    *,
    audio: Path | str | None = None,
    fps: Fraction | None = None,
    crf: int = 18,
    advance: Callable[[], None] = lambda: None,
) -> Path:
    """A video of N clips side by side, from their first frames on, as long as the longest; others hold their last.

    audio: the sound, from the first frame on. fps: default the rate of the last panel. advance: called after each
    frame. Streams: memory is that of N frames. InputError: no panel, a bad file.
    """
    if not panels:
        raise InputError("nothing to compare", output, "give at least one clip")
    infos = [probe(panel.path) for panel in panels]
    rate = fps or infos[-1].fps or Fraction(25)
    height = panel_height([info.height for info in infos])
    width, tall = joined_size([(info.width, info.height) for info in infos], height)
    begin = Fraction(0) if audio is None else probe(audio).audio_start or Fraction(0)
    with ExitStack() as stack:
        streams = [stack.enter_context(closing(_clip(panel, rate))) for panel in panels]
        writer = stack.enter_context(VideoWriter(output, width=width, height=tall, fps=rate, audio_path=audio, crf=crf))
        for number, images in enumerate(together(streams)):
            writer.write(side_by_side(images, [panel.label for panel in panels], height), begin + number / rate)
            advance()
    return Path(output)


def _clip(panel: Panel, fps: Fraction) -> Generator[Image]:
    frames: Iterator[Frame] = resample_frames(decode_video(panel.path), fps)
    for frame in frames:
        yield frame.image


def together(streams: Sequence[Iterator[Image]]) -> Iterator[list[Image]]:
    """Pictures of all streams in step until the last one ends; an ended stream goes on with its last picture.

    A stream without any picture ends everything.
    """
    held: list[Image | None] = [None] * len(streams)
    while True:
        fresh = [next(stream, None) for stream in streams]
        if all(image is None for image in fresh):
            return
        held = [new if new is not None else old for new, old in zip(fresh, held, strict=True)]
        if any(image is None for image in held):
            return
        yield [image for image in held if image is not None]
