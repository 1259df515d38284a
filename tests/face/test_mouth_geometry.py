"""The mouth model's frame of reference: laying is exact where it can be, maps and mask are where they should be."""

import numpy as np
import pytest
from mouth_folders import head, rotation

from talkface.face.mouth_geometry import (
    CORNER,
    HEIGHT,
    RIGID,
    WIDTH,
    cut,
    erased_mask,
    framed,
    geometry_maps,
    lay,
    scale_of,
    template,
    transformed,
    zoomed,
)


def on_the_template() -> np.ndarray:
    points = head()[:, :2] + [48, 10]
    points[list(RIGID)] = template()
    return points.astype(np.float32)


def test_a_face_on_the_template_stays():
    np.testing.assert_allclose(lay(on_the_template()), [[1, 0, 0], [0, 1, 0]], atol=1e-5)


@pytest.mark.parametrize(("scale", "angle", "shift"), [(0.4, 0, (3, 9)), (2.5, 33, (-40, 200)), (1, -170, (0, 0))])
def test_a_moved_template_comes_back_exactly(scale, angle, shift):
    points = on_the_template()
    moved = (scale * points @ rotation(0, 0, angle)[:2, :2].T + shift).astype(np.float32)
    matrix = lay(moved)
    np.testing.assert_allclose(transformed(moved, matrix), points, atol=2e-3)
    assert scale_of(matrix) == pytest.approx(1 / scale, rel=1e-5)


def test_a_mirrored_face_is_never_mirrored_back():
    mirrored = on_the_template() * [-1, 1]
    assert np.linalg.det(lay(mirrored.astype(np.float32))[:, :2]) > 0


def test_speech_does_not_move_the_crop():
    points = on_the_template()
    opened = points.copy()
    opened[list(range(17)) + list(range(48, 68)), 1] += 15
    np.testing.assert_array_equal(lay(opened), lay(points))


def test_zooming_keeps_pixel_centres():
    matrix = np.array([[0.5, 0, 3], [0, 0.5, 4]], np.float32)
    point = np.array([[10, 20]], np.float32)
    small, large = transformed(point, matrix), transformed(point, zoomed(matrix, 3))
    np.testing.assert_allclose((small + 0.5) * 3 - 0.5, large, atol=1e-5)
    np.testing.assert_allclose(transformed(point, framed(matrix)), small + np.array(CORNER), atol=1e-5)


def test_a_crop_shows_what_its_map_says():
    image = np.zeros((200, 300, 3), np.uint8)
    image[80:84, 140:144] = 255
    for scale in (0.25, 1.0, 2.0):
        matrix = np.array([[scale, 0, 40 - 141.5 * scale], [0, scale, 30 - 81.5 * scale]], np.float32)
        crop = cut(image, matrix, (HEIGHT, WIDTH)).astype(float).mean(2)
        ys, xs = np.mgrid[:HEIGHT, :WIDTH]
        middle = [(crop * axis).sum() / crop.sum() for axis in (xs, ys)]
        np.testing.assert_allclose(middle, [40, 30], atol=0.1)
        assert crop.sum() == pytest.approx(16 * 255 * scale**2, rel=0.2)


def test_the_erased_region_is_soft_and_leaves_eyes_and_rim():
    mask = erased_mask()
    assert mask.shape == (HEIGHT, WIDTH) and mask.min() >= 0 and mask.max() == pytest.approx(1, abs=1e-4)
    assert mask[0].max() == 0 and max(mask[-1].max(), mask[:, 0].max(), mask[:, -1].max()) < 0.02
    lips = on_the_template()[48:60].round().astype(int)
    assert mask[lips[:, 1], lips[:, 0]].min() > 0.9
    assert np.abs(np.diff(mask, axis=0)).max() < 0.35
    with pytest.raises(ValueError, match="read-only"):
        mask[0, 0] = 1


def test_maps_show_lips_inner_mouth_and_face():
    shut, opened = on_the_template(), on_the_template()
    opened[[55, 56, 57, 58, 59, 65, 66, 67], 1] += 10
    maps = [geometry_maps(points).astype(float) / 255 for points in (shut, opened)]
    assert maps[0].shape == (HEIGHT, WIDTH, 3)
    inner = [each[..., 1] for each in maps]
    assert (inner[0] > 0.9).sum() < 60 < (inner[1] > 0.9).sum()
    assert inner[0].max() > 0.4  # a shut mouth has a line
    middle = opened[[62, 66]].mean(0).round().astype(int)
    assert inner[1][middle[1], middle[0]] == 1 and maps[1][..., 0][middle[1], middle[0]] == 1
    chin = shut[8].round().astype(int)
    column = maps[0][:, chin[0], 2]
    assert column[: chin[1] - 2].min() == 1 and (column[chin[1] + 3 :] == 0).all()


def test_larger_maps_are_the_same_maps():
    small, large = geometry_maps(on_the_template()), geometry_maps(on_the_template(), 2.0)
    assert large.shape == (2 * HEIGHT, 2 * WIDTH, 3)
    assert np.abs(large[::2, ::2, 0].astype(float) - small[..., 0]).mean() < 6
