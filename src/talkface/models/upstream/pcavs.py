"""PC-AVS's checkpoints: older key names, heads that only its training knew, members that its inference never used."""

import re
from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from talkface.errors import InputError
from talkface.models.pcavs.modulation import fir_kernel

# Names that the motion encoder's heads had in older files → names of the published code.
OLDER_HEADS = {
    "mapper.": "to_mouth.",
    "mapper2small.": "mouth_embed.",
    "mapper_fc.": "mouth_fc.",
    "pure_pose.": "to_headpose.",
    "pure_pose2small.": "headpose_embed.",
    "pure_pose_fc.": "headpose_fc.",
}
# kind → keys that inference never reads, whose sizes follow the training data and which may be absent.
UNUSED: dict[str, re.Pattern[str]] = {
    "pcavs_identity": re.compile(r"^(fc|model\.fc)\."),
    "pcavs_motion": re.compile(r"^(classifier|mouth_fc|headpose_fc)\."),
    "pcavs_speech": re.compile(r"^fc\."),
    # The mapping network is bypassed, noise is given, the identity map takes the place of the constant.
    "pcavs_generator": re.compile(r"^(style|noises|input)\."),
    "pcavs_discriminator": re.compile(r"(?!)"),  # matches nothing: all of it is used
}
KERNEL = re.compile(r"\.(blur|upsample)\.kernel$")


class Adapted(NamedTuple):
    """A state dict in our names. ignored: keys of the file that no network of ours has."""

    state: dict[str, Tensor]
    ignored: list[str]


def adapt(kind: str, state: Mapping[str, Tensor], where: object) -> Adapted:
    """`state` of an official file of `kind`, without what inference does not use. InputError: another FIR filter."""
    if kind not in UNUSED:
        return Adapted(dict(state), [])
    renamed = {current_name(key) if kind == "pcavs_motion" else key: value for key, value in state.items()}
    if len(renamed) != len(state):
        raise InputError("heads occur twice, under older and newer names", where, "give one network's state dict")
    check_kernels(renamed, where)
    ignored = [key for key in renamed if UNUSED[kind].search(key) or KERNEL.search(key)]
    return Adapted({key: value for key, value in renamed.items() if key not in ignored}, ignored)


def current_name(key: str) -> str:
    """`key` of a motion encoder as the published code names it."""
    for older, newer in OLDER_HEADS.items():
        if key.startswith(older):
            return newer + key.removeprefix(older)
    return key


def check_kernels(state: Mapping[str, Tensor], where: object) -> None:
    """The filters that a generator's file may hold are constants; InputError when one is not the known constant."""
    for key, value in state.items():
        if KERNEL.search(key) and not (value.shape == (4, 4) and torch.allclose(value, fir_kernel(), atol=1e-3)):
            raise InputError(f"{key} is another filter", where, "give the checkpoint of an official generator")
