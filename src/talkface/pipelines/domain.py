"""Filmed or drawn: what a clip is decides which weights, which detector and which timing serve it."""

import logging
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from talkface.face import Box, FaceDetector, build_detector
from talkface.media import decode_video

Image = npt.NDArray[np.uint8]

logger = logging.getLogger(__name__)
DOMAINS = ("auto", "human", "animation")

_SIDE = 256  # pixels of the longer side at which colours are counted
_LOOKING_SIDE = 400  # and at which a face is looked for and looked at
_COLOURS = 20  # most common ones of 16 x 16 x 16
_COLOUR_WEIGHT, _COLOUR_BIAS = 11.6, -0.85 * 6.0 - 2.1
"""Log odds of a drawing where no face is found: of the common colours' share, and of 1. Source: our logistic regression
on three frames each of 85 filmed clips, 27 cuts of drawn series and 40 drawn clips.
"""
_TEXTURE_SIDE, _TEXTURE_PART = 64, 0.9  # pixels of the face whose steps are counted, and how much of its box is shown
_SOFT = (3.0, 15.0)  # grey levels per pixel: steps of skin; paint has none, and lines have larger ones
_CONFIDENCE_WEIGHT, _USUAL_ODDS, _MOST_ODDS = 0.05, 6.0, 8.0
_FILMED = 0.35
"""Texture of a face, and a little confidence of a detector of human ones, above which it is filmed. Source: halfway
between the closest of 131 filmed and 17 drawn train clips (0.41 and 0.29).
"""
_DOUBT = 1e-4  # by which the detector's confidence stays away from 1
_SURE = 0.5  # probability of a drawing
_LOOKED_AT = range(0, 13, 6)  # pictures of the clip


@dataclass(frozen=True)
class Manner:
    """How clips of a domain are served where the user says nothing else.

    The shipped weights of a domain have its name. detector, threshold: as in `face.build_detector`. held: whether
    mouths are held as `animation.hold` says.
    """

    detector: str
    threshold: float | None
    held: bool


MANNERS = {
    "human": Manner("mtcnn", None, held=False),
    "animation": Manner("small:0.6+mtcnn:0.8", None, held=True),
}


def domain_of(path: Path) -> str:
    """`human` or `animation`, from the first half second of a clip or an image. InputError: not media."""
    detector = build_detector("mtcnn", threshold=0.5)
    frames = islice(decode_video(path), max(_LOOKED_AT) + 1)
    shown = [frame.image for number, frame in enumerate(frames) if number in _LOOKED_AT]
    faces = [score for image in shown if (score := filmed_score(image, detector)) is not None]
    if faces:
        drawn = float(np.mean(faces)) < 0
    else:
        drawn = bool(shown) and float(np.mean([drawn_odds(colour_share(image)) for image in shown])) > _SURE
    if drawn:
        logger.info("%s: taken for a drawing (domain=human if it is filmed)", path.name)
    return "animation" if drawn else "human"


def filmed_score(image: Image, detector: FaceDetector) -> float | None:
    """Above 0 for the face of a person in (H, W, 3) uint8 RGB, below 0 for a drawn one, None without a face."""
    image = _shrunk(image, _LOOKING_SIDE)
    faces = detector.detect([image])[0]
    return face_score(face_texture(image, faces[0].box), faces[0].confidence) if faces else None


def face_score(texture: float, confidence: float) -> float:
    """Above 0: filmed. texture: as `face_texture`. confidence: of a detector of human faces, [0, 1]."""
    odds = min(_MOST_ODDS, float(np.log(confidence / (1 - confidence + _DOUBT))))
    return texture + _CONFIDENCE_WEIGHT * (odds - _USUAL_ODDS) - _FILMED


def face_texture(image: Image, box: Box) -> float:
    """Part of a face in (H, W, 3) uint8 RGB, [0, 1], that is shaded softly, as skin is: neither paint nor line."""
    middle, half = (box[:2] + box[2:]) / 2, _TEXTURE_PART * (box[2:] - box[:2]) / 2
    limits = np.array(image.shape[1::-1])
    low = np.clip(np.round(middle - half), 0, limits - 1).astype(int)
    high = np.clip(np.round(middle + half), low + 1, limits).astype(int)
    face = cv2.cvtColor(image[low[1] : high[1], low[0] : high[0]], cv2.COLOR_RGB2GRAY)
    gray = cv2.resize(face, (_TEXTURE_SIDE, _TEXTURE_SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    steps = np.hypot(np.diff(gray, axis=1)[:-1], np.diff(gray, axis=0)[:, :-1])
    return float(((steps > _SOFT[0]) & (steps < _SOFT[1])).mean())


def drawn_odds(colours: float) -> float:
    """How likely an image without a found face is a drawing, [0, 1]. colours: as `colour_share`."""
    return float(1 / (1 + np.exp(-_COLOUR_WEIGHT * colours - _COLOUR_BIAS)))


def colour_share(image: Image) -> float:
    """Part of (H, W, 3) uint8 that has one of its twenty most common colours."""
    colours = (_shrunk(image, _SIDE).astype(np.int64) >> 4) @ np.array([256, 16, 1])
    counts = np.sort(np.bincount(colours.ravel(), minlength=4096))[::-1]
    return float(counts[:_COLOURS].sum() / counts.sum())


def _shrunk(image: Image, side: int) -> Image:
    """Brought to `side` pixels on the longer side, smaller pictures as they are."""
    height, width = image.shape[:2]
    scale = min(1.0, side / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
