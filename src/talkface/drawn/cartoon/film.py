"""What film, tape and broadcasting do to a finished picture; boxes and landmarks stay where they are."""

from dataclasses import dataclass

import cv2
import numpy as np

from talkface.drawn.draw import Draw
from talkface.drawn.shapes import Colour, Image

_WORDS = "the wind may bring a boat home before noon but we must wait and keep our lamps bright".split()  # noqa: SIM905
_GRAIN_TILES = 4


@dataclass(frozen=True, eq=False)
class Film:
    """All effects of one clip. grain: standard deviation, grey levels. quality: of JPEG, 0 for none. bars: parts of the

    width and the height that are black on each side. tint, tint_share: a colour that all colours lean to. contrast:
    1 as drawn. vignette: darkness of the corners. blur: pixels. subtitle, mark: texts burnt in.
    """

    grain: float
    quality: int
    bars: tuple[float, float]
    tint: Colour
    tint_share: float
    contrast: float
    vignette: float
    blur: float
    subtitle: str
    mark: str
    seed: int


def choose_film(draw: Draw) -> Film:
    """Three of five clips have no effects of age."""
    worn = draw.chance(0.4)
    words = " ".join(draw.one_of(_WORDS) for _ in range(5))
    return Film(
        grain=draw.between(1, 9) if worn and draw.chance(0.6) else 0.0,
        quality=round(draw.between(18, 80)) if worn and draw.chance(0.6) else 0,
        bars=draw.one_of(((0.0, 0.0),) * 7 + ((0.11, 0.0), (0.06, 0.0), (0.0, 0.09))),
        tint=draw.one_of(((255, 190, 120), (110, 150, 255), (170, 200, 150), (90, 60, 120))),
        tint_share=draw.between(0.05, 0.25) if worn and draw.chance(0.5) else 0.0,
        contrast=draw.between(0.65, 1.15) if worn else 1.0,
        vignette=draw.between(0.1, 0.5) if worn and draw.chance(0.3) else 0.0,
        blur=draw.between(0.4, 1.1) if worn and draw.chance(0.3) else 0.0,
        subtitle=words if draw.chance(0.12) else "",
        mark=draw.one_of(("", "", "", "", "", "", "CH 5", "toon.tv")),
        seed=draw.number(),
    )


class Developing:
    """Applies one film to pictures of one size; what does not change from picture to picture is made once."""

    def __init__(self, film: Film, height: int, width: int) -> None:
        self._film = film
        self._rng = np.random.default_rng(film.seed)
        level = np.arange(256, dtype=np.float64)
        curved = (level - 128) * film.contrast + 128
        tint = np.array(film.tint)[:, None] / 255
        table = np.clip(curved * (1 - film.tint_share + film.tint_share * tint), 0, 255)
        self._table = np.round(table.T[None]).astype(np.uint8) if (film.contrast, film.tint_share) != (1, 0) else None
        self._corners = _vignette(film.vignette, height, width) if film.vignette else None
        noise = self._rng.normal(0, film.grain, (_GRAIN_TILES, height, width)) if film.grain else np.zeros((0, 1, 1))
        self._grain = [np.repeat(np.round(tile)[..., None], 3, axis=2).astype(np.int16) for tile in noise]

    def __call__(self, image: Image, frame: int) -> Image:
        """The picture as it is seen; `frame` chooses the grain."""
        film, seen = self._film, image
        if film.blur:
            seen = cv2.GaussianBlur(seen, (0, 0), film.blur)  # type: ignore[assignment]
        if self._table is not None:
            seen = cv2.LUT(seen, self._table)  # type: ignore[assignment]
        if self._corners is not None:
            seen = cv2.multiply(seen, self._corners, scale=1 / 255)  # type: ignore[assignment]
        if self._grain:
            tile = np.roll(self._grain[frame % _GRAIN_TILES], (frame * 37) % image.shape[1], axis=1)
            seen = cv2.add(seen, tile, dtype=cv2.CV_8U)  # type: ignore[assignment]
        seen = self._written(seen)
        if film.quality:
            seen = _compressed(seen, film.quality)
        return seen

    def _written(self, image: Image) -> Image:
        film = self._film
        if not (film.subtitle or film.mark or any(film.bars)):
            return image
        height, width = image.shape[:2]
        seen = image.copy()
        across, down = round(film.bars[0] * width), round(film.bars[1] * height)
        for strip in (seen[:, :across], seen[:, width - across :], seen[:down], seen[height - down :]):
            strip[:] = 0
        if film.subtitle:
            _write(seen, film.subtitle, (round(width * 0.12), round(height * 0.93)), width * 0.76)
        if film.mark:
            _write(seen, film.mark, (round(width * 0.04), round(height * 0.08)), width * 0.16)
        return seen


def _compressed(image: Image, quality: int) -> Image:
    """JPEG and back."""
    _, data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
    if decoded is None:
        raise RuntimeError("OpenCV cannot read its own JPEG")
    return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), np.uint8)


def _vignette(darkness: float, height: int, width: int) -> Image:
    y, x = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)[None]
    grey = 255 * (1 - darkness * np.clip((x * x + y * y) / 2, 0, 1))
    return np.repeat(np.round(grey).astype(np.uint8)[..., None], 3, axis=2)


def _write(image: Image, text: str, corner: tuple[int, int], width: float) -> None:
    """Text in white with a black edge, as wide as asked for."""
    font = cv2.FONT_HERSHEY_DUPLEX
    (wide, _), _ = cv2.getTextSize(text, font, 1.0, 1)
    for colour, thick in (((0, 0, 0), 2), ((255, 255, 255), 1)):
        cv2.putText(image, text, corner, font, width / wide, colour, thick, cv2.LINE_AA)
