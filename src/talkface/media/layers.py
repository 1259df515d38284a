"""Pictures with alpha: laid over a colour, or taken apart and put together again."""

import numpy as np

from talkface.media.source import Colour, Image


def laid(picture: Image, background: Colour | None) -> tuple[Image, Image | None]:
    """(image, alpha) of a picture (H, W, 3 or with straight alpha 4) uint8: contiguous (H, W, 3), and (H, W) or None.

    background: what the picture is laid over; alpha is None then. None: colours stay straight, black where nothing of
    them is seen.
    """
    if picture.shape[2] == 3:
        return np.ascontiguousarray(picture), None
    image, alpha = picture[:, :, :3], np.ascontiguousarray(picture[:, :, 3])
    if background is not None:
        return over(image, alpha, background), None
    return np.where(alpha[..., None] > 0, image, np.uint8(0)), alpha


def over(image: Image, alpha: Image | None, background: Colour) -> Image:
    """(H, W, 3) with straight alpha (H, W) over a plain colour -> (H, W, 3) uint8, rounded to the nearest."""
    if alpha is None:
        return image
    share, ground = alpha[..., None].astype(np.uint16), np.asarray(background, np.uint16)
    return ((image * share + ground * (255 - share) + 127) // 255).astype(np.uint8)


def with_alpha(image: Image, alpha: Image | None) -> Image:
    """(H, W, 4) of (H, W, 3) and (H, W); None: opaque."""
    return np.dstack([image, np.full(image.shape[:2], 255, np.uint8) if alpha is None else alpha])
