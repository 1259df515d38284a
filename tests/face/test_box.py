"""Boxes: margins, clipping, overlap."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from talkface.errors import InputError
from talkface.face import Margin, as_box, box_area, box_center, box_iou, clip_box, expand_box, scale_box

COORDINATES = st.floats(-200, 200, width=32)
SIDES = st.floats(1, 300, width=32)
MARGINS = st.builds(Margin, *(st.floats(-0.4, 2) for _ in range(4)))


@st.composite
def boxes(draw):
    left, top, width, height = draw(COORDINATES), draw(COORDINATES), draw(SIDES), draw(SIDES)
    return np.array([left, top, left + width, top + height], np.float32)


def test_margin_is_a_fraction_of_each_side():
    grown = expand_box(np.array([10, 20, 110, 70], np.float32), Margin(top=0.2, bottom=0.1, left=0.05, right=0.5))
    assert grown.dtype == np.float32
    np.testing.assert_allclose(grown, [5, 10, 160, 75])


@given(boxes(), MARGINS)
@settings(deadline=None)
def test_margin_is_undone_by_its_inverse(box, margin):
    grown = expand_box(box, margin)
    height, width = 1 + margin.top + margin.bottom, 1 + margin.left + margin.right
    back = Margin(-margin.top / height, -margin.bottom / height, -margin.left / width, -margin.right / width)
    np.testing.assert_allclose(expand_box(grown, back), box, atol=2e-2)


@given(boxes(), MARGINS)
@settings(deadline=None)
def test_bounds_hold_the_box_inside_the_picture(box, margin):
    clipped = expand_box(box, margin, (100, 150))
    assert (clipped >= 0).all() and (clipped[[0, 2]] <= 150).all() and (clipped[[1, 3]] <= 100).all()
    assert (clipped[2:] >= clipped[:2]).all()


@given(boxes(), boxes())
@settings(deadline=None)
def test_overlap_is_symmetric_and_one_only_for_the_same_box(box, other):
    forth, back = box_iou(box[None], other[None]), box_iou(other[None], box[None])
    np.testing.assert_allclose(forth, back.T)
    assert 0 <= forth[0, 0] <= 1 + 1e-5
    np.testing.assert_allclose(box_iou(box[None], box[None]), 1, rtol=1e-4)


def test_overlap_of_halves_is_a_third():
    assert box_iou(np.array([[0, 0, 2, 2.0]], np.float32), np.array([[1, 0, 3, 2.0]], np.float32))[0, 0] == np.float32(
        1 / 3
    )


def test_many_boxes_at_once_equal_one_by_one():
    many = np.array([[0, 0, 10, 20], [5, -5, 25, 15]], np.float32)
    margin = Margin(bottom=0.1)
    np.testing.assert_array_equal(expand_box(many, margin), np.stack([expand_box(box, margin) for box in many]))
    np.testing.assert_array_equal(box_area(many), [200, 400])
    np.testing.assert_array_equal(box_center(many), [[5, 10], [15, 5]])
    np.testing.assert_array_equal(scale_box(many, (2, 0.5)), [[0, 0, 20, 10], [10, -2.5, 50, 7.5]])
    np.testing.assert_array_equal(clip_box(many, (12, 9))[1], [5, 0, 9, 12])


@pytest.mark.parametrize("values", [(1, 2, 3), (5, 0, 5, 4), (0, 4, 3, 2), (0, 0, np.nan, 3), (0, 0, np.inf, 3)])
def test_what_is_no_box_is_refused(values):
    with pytest.raises(InputError) as caught:
        as_box(values)
    assert caught.value.what == "not a box" and "left < right" in caught.value.remedy


def test_a_margin_that_leaves_nothing_is_refused():
    with pytest.raises(InputError, match="leaves nothing"):
        Margin(top=-0.5, bottom=-0.5)
