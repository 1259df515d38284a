"""What can be asked of lip-sync serving, checked once. Light: no torch."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path

from talkface.errors import InputError
from talkface.pipelines.playlist import EXTENDS

ENGINES, PRECISIONS = ("torch", "openvino"), ("f32", "bf16", "int8")
SILENCES = ("close", "keep", "model")
HOLDS = (1, 2, 3, "source")
COLOURS = ("sdr", "keep")

_FASTEST = 1000
CONVENTIONS = ("exact", "wav2lip")
OFF_EDGE = -1  # in `crop`: up to the edge, as in the original
WHOLE = (0, OFF_EDGE, 0, OFF_EDGE)  # top, bottom, left, right of a picture that is not cut
Four = tuple[int, int, int, int]
Sides = tuple[float, float, float, float]
"""(left, top, right, bottom), pixels."""


@dataclass(frozen=True)
class LipSyncOptions:
    """How a clip is made to speak. Sides are (top, bottom, left, right) in pixels; a box is (left, top, right, bottom).

    engine, precision: what runs the network and how exactly, see `check_engine`. convention: exact (ours) or
    wav2lip (the original's inference, its quirks included). extend: what the picture does when the sound is longer.
    silence: the mouth while nobody speaks: close (shut), keep (the source's own), model (whatever the network makes
    of it; always so with convention wav2lip). amplitude: factor on the mouth's movement (mouth model). hold: pictures
    that show one drawing of a mouth (1, 2, 3), or `source`: as long as the face itself stays as drawn, see `hold.Hold`.
    listen_ahead: seconds of sound beyond a picture that count for the level by which speech is told. faces: largest,
    all, a person's number (0: the first to appear, the largest of them), or a point (x, y) inside the face. speakers:
    the people who speak the sounds, in the order of the sounds; None: from left to right as they appear. box: fixed box
    instead of a detector, or several, each a person, who speak the sounds in their order. follow: no detector; the one
    box, or the face at the point `faces`, is of the first picture, and its content is followed through the shot. pads:
    pixels around a found face instead of the trained margin (wav2lip: default 0, 10, 0, 0). crop, rotate,
    resize_factor: applied to every picture first, as the original does. static: only the first picture. fps: rate of a
    still. nosmooth: boxes as detected. detect_every: frames between two key frames of the detector, which looks at
    detector_batch_size of them at a time (fewer if the pictures are large). look_ahead: later frames that a box is
    smoothed over; None: all that matter.
    colour: what an HDR or wide-gamut source becomes: sdr (BT.709), or keep (its own colours and tags).
    engine_cache: whether the openvino engine keeps its converted models in the user's cache folder.
    device: a torch device, or `auto` in a request, which `serve` settles.
    restore: package.module.function that sharpens each pasted face, if any.
    """

    convention: str = "exact"
    extend: str = "pingpong"
    silence: str = "close"
    amplitude: float = 1.0
    hold: int | str = 1
    listen_ahead: Fraction = Fraction(4)
    faces: str | int | tuple[float, float] = "largest"
    speakers: tuple[int, ...] | None = None
    box: Sides | tuple[Sides, ...] | None = None
    follow: bool = False
    pads: Four | None = None
    crop: Four = WHOLE
    rotate: bool = False
    resize_factor: int = 1
    static: bool = False
    fps: Fraction = Fraction(25)
    nosmooth: bool = False
    detect_every: int = 5
    detector_batch_size: int = 4
    look_ahead: int | None = None
    batch_size: int = 12
    device: str = "cpu"
    restore: str | None = None
    colour: str = "sdr"
    engine: str = "torch"
    precision: str = "f32"
    engine_cache: bool = True

    def __post_init__(self) -> None:
        _choice("convention", self.convention, CONVENTIONS)
        _choice("extend", self.extend, EXTENDS)
        _choice("silence", self.silence, SILENCES)
        _choice("colour", self.colour, COLOURS)
        if self.hold not in HOLDS:
            raise InputError("unknown hold", f"animation.hold={self.hold}", "use 1, 2, 3 or source")
        for name in ("resize_factor", "fps", "amplitude", "detect_every", "batch_size", "detector_batch_size"):
            if getattr(self, name) <= 0:
                raise InputError("a value must be positive", f"{name}={getattr(self, name)}", "give a number above 0")
        check_rate(self.fps)
        check_engine(self.engine, self.precision, self.device)
        if isinstance(self.faces, str):
            _choice("faces", self.faces, ("largest", "all"))
        for box in self.boxes:
            if not (box[0] < box[2] and box[1] < box[3]):
                raise InputError("the box is empty", f"box={list(box)}", "give left, top, right, bottom in pixels")
        if self.convention == "wav2lip" and len(self.boxes) > 1:
            raise InputError("the original knows one box", f"box={list(self.boxes)}", "use convention=exact")
        if self.follow and self.convention == "wav2lip":
            raise InputError("the original follows nothing", "follow=true", "use convention=exact")
        if self.follow and len(self.boxes) != 1 and (self.boxes or not isinstance(self.faces, tuple)):
            where = f"follow=true with {len(self.boxes)} boxes"
            remedy = "give box=[left,top,right,bottom] or a point of the face, faces=[x,y], in the first picture"
            raise InputError("one box or point is followed", where, remedy)

    @property
    def boxes(self) -> tuple[Sides, ...]:
        """The given boxes; empty where a detector finds the faces."""
        several = [] if self.box is None else [each for each in self.box if isinstance(each, tuple)]
        return tuple(several) if self.box is None or several else (self.box,)  # type: ignore[return-value]

    @property
    def by_hand(self) -> bool:
        """Whether it is told where the faces are, so that no detector is needed."""
        return self.follow or bool(self.boxes)


def check_rate(fps: Fraction) -> None:
    """InputError: more pictures a second than any file should have."""
    if fps > _FASTEST:
        raise InputError("too many frames a second", f"fps={float(fps):g}", f"give at most {_FASTEST}")


def check_engine(engine: str, precision: str, device: str) -> None:
    """InputError: an unknown engine or precision, two that do not go together, or an engine that is not installed.

    torch: f32 (exact), bf16. openvino (CPU only): f32, bf16, int8. Source of the choice: benchmarks/inference.py.
    """
    _choice("engine", engine, ENGINES)
    _choice("precision", precision, PRECISIONS)
    if engine == "torch" and precision == "int8":
        raise InputError("torch has no 8-bit form of this network", "precision=int8", "add engine=openvino")
    if engine == "openvino" and device not in ("cpu", "auto"):
        raise InputError("openvino runs on the CPU here", f"device={device}", "use engine=torch on a GPU")
    needed = {"openvino": ["openvino"], "torch": []}[engine] + (["nncf"] if precision == "int8" else [])
    for package in needed:
        if find_spec(package) is None:
            where = f"engine={engine} precision={precision}"
            raise InputError(f"{package} is not installed", where, "install the extra: pip install talkface[openvino]")


def _choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise InputError(f"unknown {name}", value, f"use one of {', '.join(choices)}")


def check_sounds(paths: Sequence[Path], options: LipSyncOptions) -> None:
    """InputError: no sound, or several where only one can be spoken."""
    if not paths:
        raise InputError("no sound", "audio=[]", "give audio=FILE")
    several = len(options.boxes) == len(paths) if options.boxes else options.faces == "all"
    if len(paths) > 1 and not (several and options.convention == "exact"):
        where = f"faces={options.faces} convention={options.convention} and {len(options.boxes)} given boxes"
        remedy = "use convention=exact, and faces=all or box=[[…],[…]] with a box for each sound"
        raise InputError(f"{len(paths)} sounds are for as many faces", where, remedy)
