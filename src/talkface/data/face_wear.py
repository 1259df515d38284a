"""What may happen to a picture of a face before a network sees it: moved, recoloured, worn."""

import cv2
import numpy as np
from numpy.typing import NDArray

from talkface.drawn.draw import Draw

Picture = NDArray[np.uint8]
Matrix = NDArray[np.float64]


def similarity(
    scale: float, angle: float, mirror: bool, middle: NDArray[np.floating], goal: NDArray[np.floating]
) -> Matrix:
    """(2, 3) that turns (degrees) and scales about `middle`, mirrors if wanted, and puts it at `goal`."""
    turn = np.radians(angle)
    matrix = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix[:, 0] *= -1 if mirror else 1
    return np.column_stack([matrix, goal - matrix @ middle])


def place(image: Picture, matrix: Matrix, scale: float, ground: Picture) -> Picture:
    """The picture moved by the matrix onto `ground`; made smaller by areas first, so that lines do not break up."""
    scale = min(scale, 1.0)
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    grown = matrix.copy()
    grown[:, :2] @= np.diag([image.shape[1] / size[0], image.shape[0] / size[1]])
    target = (ground.shape[1], ground.shape[0])
    cv2.warpAffine(small, grown, target, dst=ground, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_TRANSPARENT)
    return ground


def wear(draw: Draw, image: Picture) -> Picture:
    """Other colours, light, sharpness and grain: (H, W, 3) uint8 → the same."""
    hues = cv2.cvtColor(image, cv2.COLOR_RGB2HSV).astype(np.int16)
    hues[..., 0] = (hues[..., 0] + round(draw.between(-20, 20))) % 180
    hues[..., 1] = np.clip(hues[..., 1] * draw.one_of((0.0, draw.between(0.3, 1.5), 1.0, 1.0)), 0, 255)
    seen = cv2.cvtColor(hues.astype(np.uint8), cv2.COLOR_HSV2RGB)
    level = 255 * (np.arange(256) / 255) ** draw.between(0.5, 1.9)
    table = np.clip((level - 128) * draw.between(0.6, 1.3) + 128 + draw.between(-35, 35), 0, 255)
    seen = cv2.LUT(seen, table.astype(np.uint8))
    if draw.chance(0.35):
        size = image.shape[1::-1]
        small = tuple(max(1, round(side * draw.between(0.3, 0.8))) for side in size)
        seen = cv2.resize(cv2.resize(seen, small, interpolation=cv2.INTER_AREA), size)
    if draw.chance(0.25):
        seen = cv2.GaussianBlur(seen, (0, 0), draw.between(0.4, 1.6))
    if draw.chance(0.3):
        noise = np.random.default_rng(draw.number()).normal(0, draw.between(2, 14), seen.shape)
        seen = np.clip(seen + noise, 0, 255).astype(np.uint8)
    return np.asarray(seen, np.uint8)
