"""PC-AVS for inference: four networks as one object; a clip's identity is encoded once, pose codes once a source.

Source: the forward pass of PC-AVS's demo without what it computes twice (the reference for every frame, the generator
also for the reference's own pose).
"""

import copy
import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from talkface.errors import InputError
from talkface.models.load import load_model
from talkface.models.network import Network
from talkface.models.pcavs.generator import PcavsGenerator
from talkface.models.pcavs.identity_encoder import IdentityEncoder
from talkface.models.pcavs.motion_encoder import MotionCodes, MotionEncoder
from talkface.models.pcavs.serving import ServedGenerator
from talkface.models.pcavs.sizes import PICTURE_SIZE
from talkface.models.pcavs.speech_encoder import SpeechEncoder
from talkface.models.pcavs.warping import Portrait
from talkface.models.precision import has_bfloat16
from talkface.models.winograd import replace_convolutions

_LOGGER = logging.getLogger(__name__)

# kind → label in the names of the official files.
LABELS = {"pcavs_generator": "G", "pcavs_identity": "V", "pcavs_motion": "E", "pcavs_speech": "A_sync"}
CONTENT_SCALE = 1.2  # the original's gain on the content code, at inference only
REMEDY = "put the files of PC-AVS's authors (github.com/Hangz-nju-cuhk/Talking-Face_PC-AVS) there, or weights of yours"


@dataclass(frozen=True)
class Identity:
    """What a clip keeps of its person. Sizes at width 1.

    code: (1, 2048). map: (1, 512, 7, 7). styles: (1, …), the code's share in the styles of all layers. portrait:
    what a generator with `warp` moves (of several pictures the first); else None.
    """

    code: Tensor
    map: Tensor
    styles: Tensor
    portrait: Portrait | None


class Pcavs(Network):
    """The four networks in eval mode. Tensors are moved to their device; pictures are RGB float32 in [-1, 1].

    fast: the generator computes in bfloat16 (a visible difference of about one grey level), where the machine does so
    natively; elsewhere that would be slow, so it stays exact and a warning says so. The networks given are left as
    they are. Networks of smaller pictures are shown reduced ones, and what they make is enlarged to 224. InputError:
    networks of different widths or picture sizes.
    """

    def __init__(
        self,
        identity: IdentityEncoder,
        motion: MotionEncoder,
        speech: SpeechEncoder,
        generator: PcavsGenerator,
        *,
        fast: bool = False,
    ) -> None:
        super().__init__()
        widths = {type(network).__name__: network.width for network in (identity, motion, speech, generator)}
        if len(set(widths.values())) > 1:
            raise InputError("networks of different widths", widths, "give four networks that belong together")
        picture_sizes = {network.size for network in (identity, motion, generator)}
        if len(picture_sizes) > 1:
            raise InputError(
                "networks of different picture sizes", picture_sizes, "give four networks that belong together"
            )
        self.size = picture_sizes.pop()
        if fast and not has_bfloat16():
            _LOGGER.warning("this machine has no bfloat16 arithmetic: fast has no effect")
            fast = False
        self.identity, self.speech = identity, speech
        self.motion = copy.deepcopy(motion).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        replace_convolutions(self.motion)
        self.generator = ServedGenerator(generator, torch.bfloat16 if fast else torch.float32)
        self.requires_grad_(False).eval()

    @property
    def device(self) -> torch.device:
        """Where the networks are."""
        return next(self.parameters()).device

    @torch.inference_mode()
    def encode_identity(self, image: Tensor) -> Identity:
        """Who it is. image: (3, 224, 224), or (K, 3, 224, 224): K pictures of one person, averaged."""
        images = (image[None] if image.ndim == 3 else image).to(self.device)
        code, identity_map = self.identity(self._to_size(images)[None])
        portrait = Portrait(images[:1], self.encode_pose(images[:1])) if self.generator.flow is not None else None
        return Identity(code, identity_map, self.generator.identity_styles(code), portrait)

    @torch.inference_mode()
    def encode_pose(self, images: Tensor) -> Tensor:
        """How the head is held. images: (N, 3, 224, 224) → (N, 12)."""
        return self.motion.encode_pose(self._small(images))  # type: ignore[no-any-return]

    @torch.inference_mode()
    def encode_mouth(self, images: Tensor) -> Tensor:
        """What is said, seen. images: (N, 3, 224, 224) → content codes (N, 512)."""
        codes: MotionCodes = self.motion(self._small(images))
        return codes.content_code

    @torch.inference_mode()
    def encode_codes(self, images: Tensor) -> dict[str, Tensor]:
        """All that one picture gives, each by itself: (N, 3, 224, 224) → `identity` (N, 2048), `content`, `pose`."""
        code, _map = self.identity(self._to_size(images.to(self.device)))
        return {"identity": code, "content": self.encode_mouth(images), "pose": self.encode_pose(images)}

    @torch.inference_mode()
    def encode_content(self, mels: Tensor) -> Tensor:
        """What is said, heard. mels: (N, 1, 80, 20) in [0, 1] → content codes (N, 512)."""
        return self.speech(mels.to(self.device))  # type: ignore[no-any-return]

    @torch.inference_mode()
    def generate(
        self, identity: Identity, content_code: Tensor, pose_code: Tensor, content_scale: float = CONTENT_SCALE
    ) -> Tensor:
        """Pictures (N, 3, 224, 224) in (-1, 1). content_code: (N, 512). pose_code: (N, 12).

        content_scale: gain on the content code: 1.2 as the original for sound, 1 as it was trained.
        """
        embedding = self.motion.embed_content(content_scale * content_code.to(self.device))
        frame_code = torch.cat([embedding, pose_code.to(self.device)], 1)
        # One picture at a time on a CPU: its maps stay in the cache, and memory does not grow with the batch.
        parts = torch.split(frame_code, 1) if self.device.type == "cpu" else (frame_code,)
        made = torch.cat([self.generator(identity.styles, part, identity.map, identity.portrait) for part in parts])
        if made.shape[-1] == PICTURE_SIZE:
            return made
        return interpolate(made, PICTURE_SIZE, mode="bicubic").clamp(-1, 1)

    def _small(self, images: Tensor) -> Tensor:
        """Pictures as the motion encoder takes them."""
        return self._to_size(images.to(self.device)).contiguous(memory_format=torch.channels_last)

    def _to_size(self, images: Tensor) -> Tensor:
        """(N, 3, 224, 224) → (N, 3, size, size), averaged as the training data are."""
        return images if self.size == images.shape[-1] else interpolate(images, self.size, mode="area")


def load_pcavs(folder: Path | str, *, epoch: str = "latest", fast: bool = False) -> Pcavs:
    """The networks in `folder`: each as `<kind>.safetensors` of ours or, where absent, `<epoch>_net_<label>.pth`.

    Kinds and labels: `LABELS`. Other files do not matter. fast: see `Pcavs`. InputError: no such folder, files missing
    (all named), or not fitting.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError("no folder of PC-AVS weights", folder, "give checkpoint=FOLDER; " + REMEDY)
    paths = {kind: find_weights(folder, kind, epoch) for kind in LABELS}
    missing = [f"{epoch}_net_{LABELS[kind]}.pth" for kind, path in paths.items() if path is None]
    if missing:
        raise InputError(f"missing {', '.join(missing)}", folder, REMEDY)
    found = {kind: load_model(path, kind) for kind, path in paths.items() if path}
    for path, network in zip(paths.values(), found.values(), strict=True):
        if path and path.suffix != ".safetensors" and (keys := network.metadata.get("ignored")):
            _LOGGER.info("%s", ignored_line(path.name, keys))
    networks: Any = {kind.removeprefix("pcavs_"): network for kind, network in found.items()}
    pcavs = Pcavs(**networks, fast=fast)
    digests = {kind: network.weights_sha256 for kind, network in found.items()}
    pcavs.metadata = {kind: {"sha256": digests[kind], **network.metadata} for kind, network in found.items()}
    pcavs.weights_sha256 = hashlib.sha256("".join(digests[kind] for kind in LABELS).encode()).hexdigest()
    return pcavs


def ignored_line(name: str, keys: Sequence[str]) -> str:
    """What an official file holds beyond what is served, said by the first parts of the names."""
    parts = sorted({key.split(".")[0] for key in keys})
    return f"{name}: {len(keys)} tensors are not used in serving ({', '.join(parts)})"


def find_weights(folder: Path, kind: str, epoch: str) -> Path | None:
    """The file that holds the network of `kind`, or None."""
    names = (f"{kind}.safetensors", f"{epoch}_net_{LABELS[kind]}.pth")
    return next((folder / name for name in names if (folder / name).is_file()), None)
