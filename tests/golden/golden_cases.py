"""Seeded weights and inputs, and the outputs that are kept: networks and losses must go on giving these numbers.

The numbers come from a raw PCG64 stream per name, with exact arithmetic: the same on every platform and torch version.
Networks compute in float64, so that the order in which a processor sums does not show, and outputs are kept as float32.
"""

import hashlib
from pathlib import Path

import numpy as np
import torch

from talkface import losses
from talkface.models.kinds import build_model
from talkface.models.network import Network

STORED = Path(__file__).with_name("golden.npz")
WIDTH = 0.125  # small networks, same tables: quick to run, small to store


def uniform(name: str, shape: tuple[int, ...], low: float, high: float) -> torch.Tensor:
    """Values of float32 in [low, high), as float64; a stream of its own for each name."""
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little")
    bits = np.random.PCG64(seed).random_raw(int(np.prod(shape)))
    unit = (np.asarray(bits, dtype=np.uint64) >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return torch.from_numpy((low + (high - low) * unit).astype(np.float32).astype(np.float64).reshape(shape))


def seeded_tensor(key: str, like: torch.Tensor) -> torch.Tensor:
    """A weight for `key`: scaled by fan-in, norms and biases near their neutral values but not on them."""
    shape = tuple(like.shape)
    if key.endswith("num_batches_tracked"):
        return torch.zeros_like(like)
    if key.endswith("running_var"):
        return uniform(key, shape, 0.6, 1.4)
    if like.ndim < 2:
        centre = 1.0 if key.endswith("weight") else 0.0
        return uniform(key, shape, centre - 0.1, centre + 0.1)
    bound = (6.0 / like[0].numel()) ** 0.5
    return uniform(key, shape, -bound, bound)


def seeded(kind: str, **config: float) -> Network:
    """The network of `kind` with seeded weights, in eval mode."""
    network = build_model(kind, config)
    network.load_state_dict({key: seeded_tensor(key, value) for key, value in network.state_dict().items()})
    return network.double().eval()


@torch.no_grad()
def network_outputs() -> dict[str, torch.Tensor]:
    """Outputs of every kind; pictures every fourth pixel."""
    generator = seeded("wav2lip_generator", width=WIDTH)
    mel, face = uniform("mel", (1, 2, 1, 80, 16), -4, 4), uniform("face", (1, 6, 2, 96, 96), 0, 1)
    expert = seeded("wav2lip_expert", width=WIDTH)
    audio, video = expert(mel[:, 0], uniform("mouth", (1, 15, 48, 96), 0, 1))
    judge = seeded("wav2lip_discriminator", width=WIDTH)
    metric = seeded("syncnet_v2")
    return {
        "generator": generator(mel, face)[..., ::4, ::4],
        "expert_audio": audio,
        "expert_video": video,
        "discriminator": judge(uniform("frames", (1, 3, 2, 96, 96), 0, 1)),
        "syncnet_v2_audio": metric.embed_audio(uniform("mfcc", (1, 1, 13, 20), -20, 20)),
        "syncnet_v2_video": metric.embed_video(uniform("clip", (1, 3, 5, 224, 224), 0, 255)) / 255,
    }


@torch.no_grad()
def pcavs_outputs() -> dict[str, torch.Tensor]:
    """Outputs of PC-AVS's networks, a chain from pictures and sound to a picture (every fourth pixel)."""
    face, frame = uniform("identity", (1, 3, 224, 224), -1, 1), uniform("pose", (1, 3, 224, 224), -1, 1)
    width = 1 / 16
    code, identity_map = seeded("pcavs_identity", width=width)(face)
    motion_encoder = seeded("pcavs_motion", width=width)
    motion = motion_encoder(frame)
    content = seeded("pcavs_speech", width=width)(uniform("speech", (1, 1, 80, 20), 0, 1))
    style = torch.cat([code, motion_encoder.embed_content(content), motion.pose_code], 1)
    style = style / style.std()  # seeded encoders give codes of any size
    generator = seeded("pcavs_generator", width=width)
    noise = [uniform(f"noise{side}", (1, 1, side, side), -1, 1) for side in generator.noise_sizes]
    picture = generator(style, identity_map / identity_map.std(), noise)
    judged = seeded("pcavs_discriminator", width=width)(face)
    return {
        "pcavs_identity_code": code,
        "pcavs_identity_map": identity_map,
        "pcavs_motion": motion.motion_code,
        "pcavs_pose": motion.pose_code,
        "pcavs_content": content,
        "pcavs_picture": picture[..., ::4, ::4],
        "pcavs_logits": judged[0][0],
        "pcavs_half_logits": judged[1][0],
    }


def loss_values() -> dict[str, torch.Tensor]:
    """Every loss on seeded embeddings and pictures."""
    audio, video = uniform("audio", (6, 32), 0, 1), uniform("video", (6, 32), 0, 1)
    one, other = uniform("one", (2, 3, 24, 24), 0, 1), uniform("other", (2, 3, 24, 24), 0, 1)
    judged = uniform("judged", (8, 1), 0.05, 0.95)
    labels, group = torch.tensor([1.0, 0.0] * 3), torch.tensor([0, 0, 0, 1, 1, 1])
    fake, real = [(judged, [one, other])], [(1 - judged, [other, one])]
    return {
        "loss_cosine_bce": losses.cosine_bce(audio, video, labels),
        "loss_sync": losses.sync_loss(audio, video),
        "loss_contrastive": losses.contrastive_loss(audio, video),
        "loss_contrastive_group": losses.contrastive_loss(audio, video, temperature=0.2, group=group),
        "loss_reconstruction": losses.reconstruction_loss(one, other, lower_weight=2.0),
        "loss_gradient": losses.gradient_loss(one, other),
        "loss_detail": losses.detail_loss(one, other),
        "loss_adversarial": losses.adversarial_loss(judged),
        "loss_distance_contrastive": losses.distance_contrastive_loss(audio, video),
        "loss_crossmodal": losses.crossmodal_loss(audio, video),
        "loss_multiscale_adversarial": losses.multiscale_adversarial_loss(fake),
        "loss_multiscale_discriminator": losses.multiscale_discriminator_loss(fake, real=True),
        "loss_feature_matching": losses.feature_matching_loss(fake, real, picture_weight=0.5),
        "loss_discriminator_hinge": losses.discriminator_loss(judged, real=False, form="hinge"),
    }


def outputs() -> dict[str, np.ndarray]:
    """All that is stored."""
    made = {**network_outputs(), **pcavs_outputs(), **loss_values()}
    return {name: value.numpy().astype(np.float32) for name, value in made.items()}
