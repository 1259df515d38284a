"""Networks that only measure, from local files: features for FID and FVD, embeddings of who is seen.

Three sorts of files are told apart by content: a TorchScript archive (anybody's network; its code runs, so take it from
where you trust), torchvision's state dicts, and those of torch-fidelity and facenet-pytorch. Nothing is downloaded.
"""

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from talkface.checkpoint import file_sha256
from talkface.errors import InputError
from talkface.models.lpips import load_lpips
from talkface.models.network import Network
from talkface.models.strict import describe_difference
from talkface.models.upstream.reading import DAMAGE, plain_state, read_pickle
from talkface.torchvision_shim import prepare_torchvision

Prepare = Callable[[Tensor], Tensor]
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
KINETICS = ((0.43216, 0.394666, 0.37645), (0.22803, 0.22145, 0.216989))
VIDEO_FRAMES, VIDEO_SIDE = 16, 224
INCEPTION_SIDE, SCRIPT_FACE_SIDE, FACENET_SIDE = 299, 112, 160


class MeasuringNetwork(Network):
    """Pictures (N, 3, H, W) or clips (N, 3, 16, H, W), float32 RGB in [0, 1] → (N, D) float32."""

    def __init__(self, inner: nn.Module, prepare: Prepare, arguments: Mapping[str, Any] | None = None) -> None:
        super().__init__()
        self.inner, self.prepare, self.arguments = inner, prepare, dict(arguments or {})

    def forward(self, pictures: Tensor) -> Tensor:
        """One row of features a picture or clip. ValueError: the network gives something else."""
        found = self.inner(self.prepare(pictures), **self.arguments)
        found = found[0] if isinstance(found, tuple | list) else found
        if found.ndim < 2 or len(found) != len(pictures):
            raise ValueError(f"features must be (N, D), got {tuple(found.shape)}")
        features: Tensor = found.flatten(1).float()
        return features


def load_measuring(path: Path, kind: str) -> Network:
    """The frozen network of `kind` (lpips, fid, fvd, identity) in eval mode; `metadata["form"]` says which it is.

    path: of lpips also two, BACKBONE,HEADS. InputError: a missing or unsafe file, or a network this kind does not know.
    """
    if kind == "lpips":
        return load_lpips([Path(part) for part in str(path).split(",")])
    prepare_torchvision()
    sha256 = file_sha256(path)
    form, network = _from_script(path, kind) if _is_script(path) else _from_state(path, kind)
    network.metadata, network.weights_sha256 = {"kind": kind, "form": form}, sha256
    return network.requires_grad_(False).eval()


def _is_script(path: Path) -> bool:
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return any("/code/" in name for name in archive.namelist())


def _from_script(path: Path, kind: str) -> tuple[str, MeasuringNetwork]:
    try:
        inner = torch.jit.load(str(path), map_location="cpu")  # type: ignore[no-untyped-call]
    except DAMAGE as error:
        raise InputError("TorchScript file is damaged", path, "get the file again") from error
    taken = {argument.name for argument in inner.forward.schema.arguments}
    wanted = {"return_features": True} | ({"rescale": False, "resize": False} if kind == "fvd" else {})
    forms: dict[str, Prepare] = {"fid": _bytes, "fvd": _ToVideo(None), "identity": _ToSigned(SCRIPT_FACE_SIDE)}
    given = {key: value for key, value in wanted.items() if key in taken}
    return "TorchScript", MeasuringNetwork(inner, forms[kind], given)


def _from_state(path: Path, kind: str) -> tuple[str, MeasuringNetwork]:
    state = plain_state(read_pickle(path), path)
    if kind == "fid" and state.get("fc.weight", torch.empty(0)).shape == (1008, 2048):
        return "torch-fidelity inception v3", MeasuringNetwork(_fidelity(path), _bytes)
    if kind == "fid":
        return "torchvision inception_v3", MeasuringNetwork(_filled(_inception(), state, path), _still)
    if kind == "fvd":
        return "torchvision r3d_18", MeasuringNetwork(_filled(_resnet_3d(), state, path), _ToVideo(KINETICS))
    return "facenet-pytorch InceptionResnetV1", MeasuringNetwork(
        _filled(_facenet(), state, path), _ToSigned(FACENET_SIDE)
    )


def _filled(network: nn.Module, state: dict[str, Tensor], path: Path) -> nn.Module:
    """`network` with the state's tensors; heads that the features do not need may be there and are left out."""
    wanted = network.state_dict()
    problem = describe_difference(
        {key: tensor.shape for key, tensor in wanted.items()},
        {key: tensor for key, tensor in state.items() if key in wanted},
    )
    if problem:
        raise InputError(f"not weights of a {type(network).__name__}", path, problem)
    network.load_state_dict({key: state.get(key, tensor) for key, tensor in wanted.items()})
    return network


def _inception() -> nn.Module:
    from torchvision.models import inception_v3

    network = inception_v3(weights=None, aux_logits=False, init_weights=False)
    network.fc, network.dropout = nn.Identity(), nn.Identity()
    return network  # type: ignore[no-any-return]


def _resnet_3d() -> nn.Module:
    from torchvision.models.video import r3d_18

    network = r3d_18(weights=None)
    network.fc = nn.Identity()
    return network  # type: ignore[no-any-return]


def _facenet() -> nn.Module:
    from facenet_pytorch import InceptionResnetV1

    return InceptionResnetV1(pretrained=None, classify=False)  # type: ignore[no-any-return]


def _fidelity(path: Path) -> nn.Module:
    try:
        from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3
    except ImportError as error:
        raise InputError("this FID network needs torch-fidelity", path, "install the extra: talkface[eval]") from error
    return FeatureExtractorInceptionV3("measuring", ["2048"], str(path))  # type: ignore[no-any-return]


def _bytes(pictures: Tensor) -> Tensor:
    """[0, 1] → uint8: the networks that bring their own resizing take whole grey levels."""
    return (pictures * 255).round().clamp(0, 255).to(torch.uint8)


def _still(pictures: Tensor) -> Tensor:
    return _normal(_resized(pictures, INCEPTION_SIDE), *IMAGENET)


class _ToSigned(nn.Module):
    """Square pictures in [-1, 1]."""

    def __init__(self, side: int) -> None:
        super().__init__()
        self.side = side

    def forward(self, pictures: Tensor) -> Tensor:
        return 2 * _resized(pictures, self.side) - 1


class _ToVideo(nn.Module):
    """Clips of square pictures, in [-1, 1] or normalised."""

    def __init__(self, normal: tuple[tuple[float, ...], tuple[float, ...]] | None) -> None:
        super().__init__()
        self.normal = normal

    def forward(self, clips: Tensor) -> Tensor:
        flat = _resized(clips.transpose(1, 2).flatten(0, 1), VIDEO_SIDE)
        flat = 2 * flat - 1 if self.normal is None else _normal(flat, *self.normal)
        return flat.reshape(len(clips), -1, *flat.shape[1:]).transpose(1, 2)


def _resized(pictures: Tensor, side: int) -> Tensor:
    return interpolate(pictures, (side, side), mode="bilinear", align_corners=False, antialias=True)


def _normal(pictures: Tensor, mean: tuple[float, ...], deviation: tuple[float, ...]) -> Tensor:
    shape = (3, 1, 1)
    return (pictures - pictures.new_tensor(mean).reshape(shape)) / pictures.new_tensor(deviation).reshape(shape)
