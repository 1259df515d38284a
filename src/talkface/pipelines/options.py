"""What can be asked of lip-sync serving, checked once. Light: no torch."""

from dataclasses import dataclass
from fractions import Fraction

from talkface.errors import InputError
from talkface.pipelines.playlist import EXTENDS

SILENCES = ("close", "keep", "model")

CONVENTIONS = ("exact", "wav2lip")
OFF_EDGE = -1  # in `crop`: up to the edge, as in the original
Four = tuple[int, int, int, int]


@dataclass(frozen=True)
class LipSyncOptions:
    """How a clip is made to speak. Sides are (top, bottom, left, right) in pixels; a box is (left, top, right, bottom).

    convention: exact (ours) or wav2lip (the original's inference, its quirks included). extend: what the picture does
    when the sound is longer. silence: the mouth while nobody speaks: close (shut), keep (the source's own), model
    (whatever the network makes of it; always so with convention wav2lip). listen_ahead: seconds of sound beyond a
    picture that count for the level by which speech is told. faces: largest, all, a person's number (0: the first to
    appear, the largest of them), or a point (x, y) inside the face. speakers: the people who speak the sounds, in the
    order of the sounds; None: from left to right as they appear. box: fixed box instead of a detector. pads: pixels
    around a found face instead of the trained margin (wav2lip: default 0, 10, 0, 0). crop, rotate, resize_factor:
    applied to every picture first, as the original does. static: only the first picture. fps: rate of a still.
    nosmooth: boxes as detected. detect_every: frames between two key frames of the detector, which looks at
    detector_batch_size of them at a time (fewer if the pictures are large).
    """

    convention: str = "exact"
    extend: str = "pingpong"
    silence: str = "close"
    listen_ahead: Fraction = Fraction(4)
    faces: str | int | tuple[float, float] = "largest"
    speakers: tuple[int, ...] | None = None
    box: tuple[float, float, float, float] | None = None
    pads: Four | None = None
    crop: Four = (0, OFF_EDGE, 0, OFF_EDGE)
    rotate: bool = False
    resize_factor: int = 1
    static: bool = False
    fps: Fraction = Fraction(25)
    nosmooth: bool = False
    detect_every: int = 5
    detector_batch_size: int = 4
    batch_size: int = 8
    device: str = "cpu"

    def __post_init__(self) -> None:
        _choice("convention", self.convention, CONVENTIONS)
        _choice("extend", self.extend, EXTENDS)
        _choice("silence", self.silence, SILENCES)
        for name in ("resize_factor", "fps", "detect_every", "batch_size", "detector_batch_size"):
            if getattr(self, name) <= 0:
                raise InputError("a value must be positive", f"{name}={getattr(self, name)}", "give a number above 0")
        if isinstance(self.faces, str):
            _choice("faces", self.faces, ("largest", "all"))
        if self.box is not None and not (self.box[0] < self.box[2] and self.box[1] < self.box[3]):
            raise InputError("the box is empty", f"box={list(self.box)}", "give left, top, right, bottom in pixels")


def _choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise InputError(f"unknown {name}", value, f"use one of {', '.join(choices)}")
