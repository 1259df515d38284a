"""From the original's pictures (BGR) to ours (RGB in [0, 1]) by re-ordering weights: nothing to pay at run time."""

import torch
from torch import Tensor

from talkface.models.network import Network

# kind → tensors whose axis holds colour triples: (key, axis). Five frames stacked are five triples.
COLOUR_AXES: dict[str, tuple[tuple[str, int], ...]] = {
    "wav2lip_generator": (
        ("face_encoder_blocks.0.0.conv_block.0.weight", 1),
        ("output_block.1.weight", 0),
        ("output_block.1.bias", 0),
    ),
    "wav2lip_expert": (("face_encoder.0.conv_block.0.weight", 1),),
    "wav2lip_discriminator": (("face_encoder_blocks.0.0.conv_block.0.weight", 1),),
    "syncnet_v2": (("netcnnlip.0.weight", 1),),
}
# kind → (key, factor) where the original's pictures are in [0, 255]: the first layer takes over the factor.
INPUT_SCALE = {"syncnet_v2": ("netcnnlip.0.weight", 255.0)}


def swap_colours(tensor: Tensor, axis: int) -> Tensor:
    """Reverse every triple along `axis` (its size is a multiple of 3); BGR ↔ RGB."""
    order = torch.arange(tensor.shape[axis], device=tensor.device).reshape(-1, 3).flip(1).flatten()
    return tensor.index_select(axis, order)


def to_rgb(network: Network, kind: str) -> Network:
    """Re-order, in place, a network from `load_upstream` so that it takes and gives RGB in [0, 1]. Returns it.

    PC-AVS's networks are returned as they are: the original has them RGB in [-1, 1] as we have.
    """
    if kind not in COLOUR_AXES:
        return network
    state = network.state_dict()
    for key, axis in COLOUR_AXES[kind]:
        state[key] = swap_colours(state[key], axis)
    if kind in INPUT_SCALE:
        key, factor = INPUT_SCALE[kind]
        state[key] = state[key] * factor
    network.load_state_dict(state)
    network.metadata = {**network.metadata, "channel_order": "rgb"}
    return network
