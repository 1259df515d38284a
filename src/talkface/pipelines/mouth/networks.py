"""The three networks of the mouth model, loaded together."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from talkface.errors import InputError
from talkface.face.mouth_shape import MouthBasis
from talkface.models.load import default_weights, load_model
from talkface.models.mouth.audio import MouthAudioNetwork
from talkface.models.mouth.landmarks import MouthLandmarkNetwork
from talkface.models.mouth.renderer import MouthRenderer
from talkface.models.optimise import optimise

KINDS = ("mouth_audio", "mouth_renderer", "mouth_landmarks")


@dataclass(frozen=True, eq=False)
class MouthNetworks:
    """audio: mel → coefficients of `basis`. renderer, landmarks: as their classes say. All ready to serve.

    weights_sha256: of the three files' hashes, in the order of `KINDS`.
    """

    audio: MouthAudioNetwork
    renderer: MouthRenderer
    landmarks: MouthLandmarkNetwork
    basis: MouthBasis
    weights_sha256: str


def load_mouth(folder: Path | None = None, *, device: str = "cpu") -> MouthNetworks:
    """The mouth model from a folder of `KINDS`' files; what it lacks is taken from the shipped weights.

    folder: None for the shipped weights. InputError: a folder without any of them, damaged or foreign files.
    """
    own = [] if folder is None else [folder / f"{kind}.safetensors" for kind in KINDS]
    if folder is not None and not any(path.is_file() for path in own):
        names = ", ".join(f"{kind}.safetensors" for kind in KINDS)
        raise InputError("no weights of a mouth model", folder, f"give a folder with {names}, or some of them")
    given = {path.stem: path for path in own if path.is_file()}
    loaded = {kind: load_model(given.get(kind) or default_weights(kind), kind) for kind in KINDS}
    audio, renderer, landmarks = (optimise(loaded[kind], device=device) for kind in KINDS)
    assert isinstance(audio, MouthAudioNetwork)
    assert isinstance(renderer, MouthRenderer)
    assert isinstance(landmarks, MouthLandmarkNetwork)
    basis = MouthBasis(*(part.cpu().numpy() for part in (audio.mean, audio.slope, audio.directions)))
    names = "".join(loaded[kind].weights_sha256 for kind in KINDS)
    return MouthNetworks(audio, renderer, landmarks, basis, hashlib.sha256(names.encode()).hexdigest())
