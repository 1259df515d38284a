"""Pictures of at most 256 colours for GIF."""

import numpy as np
from PIL import Image as Pillow

from talkface.media.source import Image

_TRANSPARENT = 255


def to_palette(image: Image) -> tuple[Image, Image]:
    """Reduce (H, W, 3 or 4) uint8 to indices (H, W) uint8 and a palette (256, 4) uint8, ARGB as PyAV's pal8 takes it.

    Colours by median cut, one palette a picture. With alpha, pixels under 50 % become fully transparent (GIF knows no
    more).
    """
    colours = 255 if image.shape[2] == 4 else 256
    reduced = Pillow.fromarray(np.ascontiguousarray(image[:, :, :3])).quantize(
        colours, method=Pillow.Quantize.MEDIANCUT
    )
    indices = np.array(reduced, dtype=np.uint8)
    values = np.array(reduced.getpalette("RGB"), dtype=np.uint8).reshape(-1, 3)
    palette = np.zeros((256, 4), dtype=np.uint8)
    palette[: len(values), 1:] = values
    palette[:, 0] = 255
    if image.shape[2] == 4:
        palette[_TRANSPARENT] = 0
        indices[image[:, :, 3] < 128] = _TRANSPARENT
    return indices, palette
