"""The hook on the pasted face: what it is given, where it may change the picture, and the seam of a paste in 1080p."""

import numpy as np
import pytest

from talkface.errors import InputError
from talkface.face import mouth_paste_mask, paste_weight
from talkface.pipelines.speaking import MouthCutter, restorer

BOX = np.array([700.3, 300.8, 1000.2, 660.4], np.float32)


def scene() -> np.ndarray:
    """A smooth picture of 1920 x 1080."""
    row, column = np.mgrid[:1080, :1920]
    shade = 120 + 60 * np.sin(row / 190) + 50 * np.cos(column / 240)
    return np.stack([shade, shade * 0.8, shade * 0.7], axis=2).clip(0, 255).astype(np.uint8)


def test_a_restored_face_changes_only_under_the_mask():
    image, given = scene(), []

    def brighter(face):
        given.append(face.shape)
        return (face.astype(int) + 20).clip(0, 255).astype(np.uint8)

    crop = MouthCutter().crop(image, BOX)
    plain, better = (MouthCutter(hook).paste(image, crop, BOX, 1.0) for hook in (None, brighter))
    weight = paste_weight(image.shape[:2], mouth_paste_mask(96, 96), BOX)
    change = better.astype(int) - plain
    assert given == [(359, 300, 3)] and (change[weight == 0] == 0).all() and (change[weight > 0.99] == 20).all()
    assert np.array_equal(image[weight == 0], plain[weight == 0])


def test_no_seam_and_no_colour_step_in_1080p():
    """A made face that is too red and too dark: matched at the border, it leaves no edge."""
    image = scene()
    cutter = MouthCutter()
    wrong = (cutter.crop(image, BOX) * np.array([0.95, 0.8, 0.85])).astype(np.uint8)
    pasted = cutter.paste(image, wrong, BOX, 1.0)
    steps = [np.abs(np.diff(picture.astype(float), axis=axis)).max() for picture in (image, pasted) for axis in (0, 1)]
    assert max(steps[2:]) <= max(steps[:2]) + 3  # grey levels between neighbours
    assert np.abs(pasted.astype(float) - image).mean(axis=2)[300:660, 700:1000].max() < 6


def test_what_a_painter_left_keeps_every_pixel():
    """The crop holds less than the picture does: only the mouth that was painted may be as coarse as it."""
    image = np.random.default_rng(1).integers(0, 256, (1080, 1920, 3), dtype=np.uint8)
    whole, painter = MouthCutter(), MouthCutter(painted=True)
    crop = painter.crop(image, BOX)
    assert np.array_equal(painter.paste(image, crop, BOX, 1.0), image)
    assert not np.array_equal(whole.paste(image, crop, BOX, 1.0), image)
    made = crop.copy()
    made[65:75, 40:60] = 0
    changed = np.flatnonzero((painter.paste(image, made, BOX, 1.0) != image).any(axis=(1, 2)))
    rows = (changed - BOX[1]) / (BOX[3] - BOX[1]) * 96
    assert 58 < rows.min() < 64 and 76 < rows.max() < 82
    assert painter.paste(image, made, BOX, 1.0)[560, 850].max() < 20


def test_a_painted_mouth_keeps_its_colours():
    """Also one that reaches into the soft edge, where a face that was drawn anew is matched to the picture."""
    image, lips = np.full((1080, 1920, 3), (150, 120, 110), np.uint8), np.array([140, 60, 70], np.uint8)
    painter = MouthCutter(painted=True)
    made = painter.crop(image, BOX)
    made[55:90, 12:84] = lips
    across, down = (int(BOX[side] + (BOX[side + 2] - BOX[side]) / 2) for side in (0, 1))
    middle = painter.paste(image, made, BOX, 1.0)[down + int(BOX[3] - BOX[1]) // 4, across]
    assert np.abs(middle.astype(int) - lips).max() <= 1


def test_the_hook_by_name():
    assert restorer(None) is None and restorer("numpy.flipud") is np.flipud
    for name in ("nowhere.at.all", "numpy.absent", "plain", "numpy.pi"):
        with pytest.raises(InputError, match="restore= names"):
            restorer(name)
    with pytest.raises(InputError, match="changes the shape"):
        MouthCutter(lambda face: face[:5]).paste(scene(), np.zeros((96, 96, 3), np.uint8), BOX, 1.0)
