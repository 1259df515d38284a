"""Filmed or drawn: what a clip is decides which weights, which detector and which timing serve it."""

import logging
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from talkface.face import FaceDetector, build_detector
from talkface.media import decode_video

Image = npt.NDArray[np.uint8]

logger = logging.getLogger(__name__)
DOMAINS = ("auto", "human", "animation")

_SIDE = 256  # pixels of the longer side at which colours are counted
_LOOKING_SIDE = 400  # and at which a face is looked for
_COLOURS = 20  # most common ones of 16 x 16 x 16
_WEIGHTS = (11.6, -0.85, -2.1)
"""Of the common colours' share, of the log odds of a human face, and of 1. Source: our logistic regression on three
frames each of 85 filmed clips, 27 cuts of drawn series and 40 drawn clips; in ten parts, each judged by the rest, it
finds 97 % of the drawn ones and takes no filmed one for drawn; tests/pipelines/test_domain.py asks it of others."""
_UNSEEN = 6.0  # log odds where no face is found, which says little
_DOUBT = 1e-4  # by which the detector's confidence stays away from 1
_SURE = 0.5
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
    """`human` or `animation`, from the first half second of a clip or a picture. InputError: not media."""
    detector = build_detector("mtcnn", threshold=0.5)
    pictures = islice(decode_video(path), max(_LOOKED_AT) + 1)
    shown = [frame.image for number, frame in enumerate(pictures) if number in _LOOKED_AT]
    odds = [drawn_odds(colour_share(image), human_confidence(image, detector)) for image in shown]
    domain = "animation" if odds and float(np.mean(odds)) > _SURE else "human"
    if domain == "animation":
        logger.info("%s: taken for a drawing (domain=human if it is filmed)", path.name)
    return domain


def drawn_odds(colours: float, confidence: float | None) -> float:
    """How likely a picture is a drawing, [0, 1]: few colours, and a face that a detector of human ones doubts.

    colours: as `colour_share`. confidence: of the surest face, None where there is none.
    """
    human = _UNSEEN if confidence is None else np.log(confidence / (1 - confidence + _DOUBT))
    return float(1 / (1 + np.exp(-np.dot(_WEIGHTS, (colours, human, 1.0)))))


def colour_share(image: Image) -> float:
    """Part of (H, W, 3) uint8 that has one of its twenty most common colours."""
    colours = (_shrunk(image, _SIDE).astype(np.int64) >> 4) @ np.array([256, 16, 1])
    counts = np.sort(np.bincount(colours.ravel(), minlength=4096))[::-1]
    return float(counts[:_COLOURS].sum() / counts.sum())


def human_confidence(image: Image, detector: FaceDetector) -> float | None:
    """Confidence of the largest face of (H, W, 3) uint8 RGB, None without one."""
    faces = detector.detect([_shrunk(image, _LOOKING_SIDE)])[0]
    return faces[0].confidence if faces else None


def _shrunk(image: Image, side: int) -> Image:
    """Brought to `side` pixels on the longer side, smaller pictures as they are."""
    height, width = image.shape[:2]
    scale = min(1.0, side / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
