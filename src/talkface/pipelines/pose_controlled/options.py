"""What can be asked of PC-AVS serving, checked once. Light: no torch."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from talkface.device import resolve_device
from talkface.errors import InputError

CONVENTIONS = ("exact", "pcavs")
DRIVES = ("audio", "mouth")
ALIGNS = ("auto", "true", "false")
LAYOUTS = ("file", "original")


@dataclass(frozen=True)
class FaceOptions:
    """How a source's face is brought to the template.

    align: auto takes pictures that are all 224x224 as they are and aligns all others; true, false: always, never.
    detector, threshold: who finds the face (threshold None: the detector's own). detect_every: frames from one look to
    the next. landmarks: small, mesh or face-alignment (68 points in every frame), or five (the detector's points).
    detector_weights, landmark_weights: files of face-alignment's networks; None: where torch.hub keeps them.
    """

    align: str = "auto"
    detector: str = "mtcnn"
    threshold: float | None = None
    detect_every: int = 2
    landmarks: str = "small"
    detector_weights: Path | None = None
    landmark_weights: Path | None = None
    device: str = "cpu"

    def __post_init__(self) -> None:
        check_choice("align", self.align, ALIGNS)
        check_positive("detect_every", self.detect_every)


@dataclass(frozen=True)
class PoseOptions:
    """How a result is made.

    convention: exact (picture and sound together, as long as the sound; eyes and mouth alike near the template) or
    pcavs (the original's: 80 ms ahead of the sound, and shorter; the mouth on the template, the eyes where they fall).
    drive: what moves the mouth. content_scale: gain on the content code; None: 1.2 for sound as in the original, 1 for
    a mouth that is seen. pose_scale: the head's movement around its mean. pose_freeze: hold the pose of that picture.
    identity_frames: pictures of the person whose codes are averaged. paste: put the result back
    into the identity's pictures. batch_size: pictures a call of the networks. fast: the generator in bfloat16.
    """

    convention: str = "exact"
    drive: str = "audio"
    content_scale: float | None = None
    pose_scale: float = 1.0
    pose_freeze: int | None = None
    identity_frames: int = 1
    paste: bool = False
    batch_size: int = 4
    fast: bool = False
    device: str = "cpu"
    face: FaceOptions = field(default_factory=FaceOptions)

    def __post_init__(self) -> None:
        check_choice("convention", self.convention, CONVENTIONS)
        check_choice("drive", self.drive, DRIVES)
        check_positive("batch_size", self.batch_size)
        check_positive("identity_frames", self.identity_frames)

    def placed(self) -> "PoseOptions":
        """The same on a device of this machine. InputError: it does not have the one that is asked for."""
        device = resolve_device(self.device)
        return replace(self, device=device, face=replace(self.face, device=device))

    @property
    def gain(self) -> float:
        """`content_scale` as it is meant."""
        if self.content_scale is not None:
            return self.content_scale
        return 1.2 if self.drive == "audio" else 1.0


@dataclass(frozen=True)
class PoseRequest:
    """Files of one run. output: a file, or with layout `original` the folder that the original would make. pose: a
    clip, or a .npy of pose codes; None: the identity's own pose.

    mouth: pictures in step with the sound. checkpoint: folder of the networks; None: those that ship. mel: a stored
    spectrogram of the sound. pose_frames: take only so many of the pose source. compare, save_pose: extra outputs.
    """

    identity: Path
    pose: Path | None
    audio: Path
    mouth: Path | None
    output: Path
    checkpoint: Path | None
    options: PoseOptions = field(default_factory=PoseOptions)
    mel: Path | None = None
    pose_frames: int | None = None
    compare: Path | None = None
    save_pose: Path | None = None
    crf: int = 18
    layout: str = "file"


def check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    """InputError unless `value` is one of `choices`."""
    if value not in choices:
        raise InputError(f"unknown {name}", value, f"use one of {', '.join(choices)}")


def check_positive(name: str, value: int) -> None:
    """InputError unless `value` is above 0."""
    if value <= 0:
        raise InputError("a value must be positive", f"{name}={value}", "give a number above 0")
