"""How a Wav2Lip generator is asked for a test clip: masked frame + reference frame + the frame's mel window."""

import numpy as np
import torch
from torch import Tensor, nn

from talkface.audio.mel import mel_windows
from talkface.evaluation.clips import ByteArray, FloatArray
from talkface.timeline import Timeline

PROTOCOL = (
    "picture t is made from frame t with its lower half set to zero, a reference frame of the same clip (the last "
    "frame for the first half of the clip, the first frame for the second half: never the same frame, always half the "
    "clip away or more; of a clip that was drawn twice the same frame with another mouth; where the sound is another "
    "clip's the frame itself, as in serving) and the 16 mel steps of Timeline.generator_window_start(t); float32, eval "
    "mode, then 8 bits"
)


def to_tensor(pictures: ByteArray) -> Tensor:
    """(T, H, W, 3) uint8 -> (T, 3, H, W) float32 in [0, 1]."""
    return torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2).float() / 255


def to_bytes(pictures: Tensor) -> ByteArray:
    """(T, 3, H, W) float in [0, 1] -> (T, H, W, 3) uint8, rounded."""
    scaled = (pictures.clamp(0, 1) * 255).round().to(torch.uint8)
    return scaled.permute(0, 2, 3, 1).contiguous().cpu().numpy()


def generator_input(crops: ByteArray, references: ByteArray) -> Tensor:
    """Masked frames and their references: (n, H, W, 3) uint8 twice -> (n, 6, H, W) float32."""
    masked = to_tensor(crops)
    masked[:, :, masked.shape[2] // 2 :] = 0
    return torch.cat([masked, to_tensor(references)], dim=1)


@torch.inference_mode()
def generate(
    generator: nn.Module,
    crops: ByteArray,
    references: ByteArray,
    mel: FloatArray,
    *,
    batch: int,
    device: str = "cpu",
) -> ByteArray:
    """Pictures of a whole clip. crops, references: (T, 96, 96, 3) uint8. mel: (80, S), column 0 at the time of frame 0.

    Returns (T, 96, 96, 3) uint8. Sound that ends early is continued with silence. See PROTOCOL.
    """
    timeline, made = Timeline(), []
    for first in range(0, len(crops), batch):
        last = min(first + batch, len(crops))
        starts = [timeline.generator_window_start(frame) for frame in range(first, last)]
        sound = torch.from_numpy(mel_windows(mel, starts))
        face = generator_input(crops[first:last], references[first:last])
        made.append(to_bytes(generator(sound.to(device), face.to(device))))
    return np.concatenate(made)
