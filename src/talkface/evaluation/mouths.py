"""Columns of drawn pictures: their mouths against the truth, the strength of lines, what happened beside the mouth."""

import cv2
import numpy as np
import torch

from talkface.drawn import FIVE_MOUTHS
from talkface.evaluation.beside import Found
from talkface.evaluation.clips import ByteArray, Clip
from talkface.evaluation.generation import to_tensor
from talkface.evaluation.timing import timed
from talkface.evaluation.tools import Tools
from talkface.metrics.functional import mouth

UNDRAWN = "no truth is known of this clip"
UNSEEN = "the mouth is never seen whole"
DRAWN_ONCE = "the clip was not drawn again with another mouth"
ALL_MOVES = "with another mouth the whole lower half is another"

_NOISE, _AROUND = 8, 7  # grey levels of grain and compression; pixels about a change that count to it
_SHAPE_COLUMNS = ("mouth_error", "viseme_accuracy", "spoken_error", "spoken_visemes")


@timed("drawn mouths")
def drawn_values(pictures: ByteArray, clip: Clip, tools: Tools, reason: str | None) -> Found:
    """All columns of the family. pictures: (T, 96, 96, 3) uint8. reason: why there is no true picture, or None."""
    shapes, lines = mouth_values(pictures, clip, tools, reason), line_values(pictures, clip.crops, reason)
    return shapes | lines | outside_values(pictures, clip, reason)


def mouth_values(pictures: ByteArray, clip: Clip, tools: Tools, reason: str | None) -> Found:
    """What the mouths say against what they were drawn with, and against what the sound asked for."""
    if reason is not None or clip.mouths is None or clip.spoken is None:
        return dict.fromkeys(_SHAPE_COLUMNS, reason or UNDRAWN)
    assert tools.read_mouths is not None
    drawn, spoken = (torch.from_numpy(shapes[: len(pictures)]) for shapes in (clip.mouths, clip.spoken))
    known = ~drawn.isnan().any(1)
    if not known.any():
        return dict.fromkeys(_SHAPE_COLUMNS, UNSEEN)
    found = torch.from_numpy(tools.read_mouths(pictures[:, pictures.shape[1] // 2 :]))[known]
    five = torch.tensor(list(FIVE_MOUTHS.values()))
    values: list[float] = []
    for true in (drawn[known], spoken[known]):
        values += [float(mouth.shape_error(found, true).mean()), float(mouth.same_drawing(found, true, five).mean())]
    return dict(zip(_SHAPE_COLUMNS, values, strict=True))


def line_values(pictures: ByteArray, real: ByteArray, reason: str | None) -> Found:
    """How strong the lines of the lower half are beside the real ones."""
    if reason is not None:
        return {"line_strength": reason}
    made, true = (mouth.line_strength(to_tensor(each[:, each.shape[1] // 2 :])) for each in (pictures, real))
    return {"line_strength": float((made / true.clamp(min=1e-6)).mean())}


def outside_values(pictures: ByteArray, clip: Clip, reason: str | None) -> Found:
    """How far the pictures are from the true ones where another mouth changes nothing."""
    if reason is not None or clip.mouths is None or clip.reference is None:
        return {"outside_error": reason or (UNDRAWN if clip.mouths is None else DRAWN_ONCE)}
    half = clip.crops.shape[1] // 2
    made, true, other = (
        each[: len(pictures), half:].astype(np.int16) for each in (pictures, clip.crops, clip.references)
    )
    moved = (np.abs(true - other).max(axis=3) > _NOISE).astype(np.uint8)
    around = np.ones((_AROUND, _AROUND), np.uint8)
    still = np.stack([cv2.dilate(frame, around) for frame in moved]) == 0
    return {"outside_error": float(np.abs(made - true)[still].mean()) if still.any() else ALL_MOVES}
