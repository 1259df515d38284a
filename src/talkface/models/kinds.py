"""Which network a `kind` names, and how it is built from its config."""

from collections.abc import Callable, Mapping
from typing import Any

from talkface.errors import InputError
from talkface.models.face_detector import FaceDetectorNetwork
from talkface.models.face_landmarks import FaceLandmarkNetwork
from talkface.models.mouth.audio import MouthAudioNetwork
from talkface.models.mouth.landmarks import MouthLandmarkNetwork
from talkface.models.mouth.renderer import MouthRenderer
from talkface.models.mouth_reader import MouthReader
from talkface.models.multiscale_discriminator import MultiscaleDiscriminator
from talkface.models.network import Network
from talkface.models.pcavs.generator import PcavsGenerator
from talkface.models.pcavs.identity_encoder import IdentityEncoder
from talkface.models.pcavs.motion_encoder import MotionEncoder
from talkface.models.pcavs.speech_encoder import SpeechEncoder
from talkface.models.quality_discriminator import QualityDiscriminator
from talkface.models.syncnet import SyncNetExpert
from talkface.models.syncnet_v2 import SyncNetV2
from talkface.models.wav2lip import Wav2LipGenerator

KINDS: dict[str, Callable[..., Network]] = {
    "wav2lip_generator": Wav2LipGenerator,
    "wav2lip_expert": SyncNetExpert,
    "wav2lip_discriminator": QualityDiscriminator,
    "syncnet_v2": SyncNetV2,
    "pcavs_identity": IdentityEncoder,
    "pcavs_motion": MotionEncoder,
    "pcavs_speech": SpeechEncoder,
    "pcavs_generator": PcavsGenerator,
    "pcavs_discriminator": MultiscaleDiscriminator,
    "mouth_audio": MouthAudioNetwork,
    "mouth_renderer": MouthRenderer,
    "mouth_landmarks": MouthLandmarkNetwork,
    "face_detector": FaceDetectorNetwork,
    "mouth_reader": MouthReader,
    "face_landmarks": FaceLandmarkNetwork,
}


def check_kind(kind: str) -> str:
    """`kind` itself if it is known; InputError otherwise."""
    if kind not in KINDS:
        raise InputError("unknown kind of network", kind, f"use one of {', '.join(KINDS)}")
    return kind


def build_model(kind: str, config: Mapping[str, Any] | None = None) -> Network:
    """A network with fresh weights, in train mode. config: its constructor arguments (none: the official size)."""
    constructor, arguments = KINDS[check_kind(kind)], dict(config or {})
    try:
        return constructor(**arguments)
    except TypeError as error:
        raise InputError(
            "network config does not fit", f"{kind} {arguments}", f"correct the config ({error})"
        ) from error
