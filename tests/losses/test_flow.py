"""The flow's loss at known points: zero where it leads to them, and nothing where they are unknown."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from talkface.losses import flow_loss

PARTS = st.floats(-0.5, 0.5)


@given(right=PARTS, down=PARTS, wrong=PARTS)
def test_a_shift_is_known_at_every_point(right, down, wrong):
    flow = torch.tensor([right, down])[None, :, None, None].expand(1, 2, 8, 8)
    target = torch.rand(1, 20, 2, generator=torch.Generator().manual_seed(1)) - 0.5
    source = target + torch.tensor([right, down])
    inside = (source.abs() < 1).all()
    assert inside and float(flow_loss(flow, source, target)) == pytest.approx(0, abs=1e-6)
    assert float(flow_loss(flow + wrong, source, target)) == pytest.approx(abs(wrong), abs=1e-5)


def test_points_are_found_where_they_lie_in_the_target():
    ramp = torch.linspace(-1 + 1 / 8, 1 - 1 / 8, 8)  # centres of eight pixels
    flow = torch.stack([ramp.expand(8, 8), ramp[:, None].expand(8, 8)])[None]
    target = torch.tensor([[[0.3, -0.2], [-0.4, 0.1]]])
    assert float(flow_loss(flow / 2, target * 1.5, target)) == pytest.approx(0, abs=1e-6)


def test_unknown_and_outer_points_do_not_count():
    flow = torch.zeros(2, 2, 8, 8, requires_grad=True)
    source, target = torch.zeros(2, 3, 2), torch.full((2, 3, 2), 0.25)
    source[:, 0], target[:, 1] = torch.nan, 1.2
    assert float(flow_loss(flow, source, target)) == pytest.approx(0.25)
    nothing = flow_loss(flow, torch.full((2, 3, 2), torch.nan), target)
    nothing.backward()
    assert float(nothing) == 0 and (flow.grad == 0).all()
