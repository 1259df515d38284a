"""Products by oneDNN and transposed convolutions made of them equal torch's own."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from talkface.models.products import TransposedByProduct, product


def noise(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("backend", [True, False])
@pytest.mark.parametrize(("rows", "inner", "columns"), [(1, 1, 1), (3, 36, 50), (72, 128, 40)])
def test_product_in_any_strides(monkeypatch, backend, rows, inner, columns):
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: backend)
    x, weight = noise(rows, inner), noise(columns, inner, seed=1)
    expected = (x.double() @ weight.double().T).float()
    for first in (x, x.T.contiguous().T):
        for second in (weight, weight.T.contiguous().T):
            torch.testing.assert_close(product(first, second), expected, rtol=1e-5, atol=1e-5 * inner**0.5)


LAYERS = st.fixed_dictionaries(
    {"stride": st.sampled_from([1, 2, (2, 1)]), "padding": st.integers(0, 1), "bias": st.booleans()}
)


@settings(deadline=None, max_examples=40)
@given(LAYERS, st.integers(1, 3), st.integers(1, 6), st.integers(1, 6), st.sampled_from([3, (1, 3)]))
@torch.no_grad()
def test_transposed_by_product_equals_the_layer(options, rows, height, width, kernel):
    torch.manual_seed(0)
    more = 0 if options["stride"] != 2 else 1
    padding = options["padding"] if kernel == 3 and min(height, width) > 1 else 0
    layer = nn.ConvTranspose2d(5, 4, kernel, output_padding=more, **{**options, "padding": padding})
    x = noise(rows, 5, height, width)
    torch.testing.assert_close(TransposedByProduct(layer)(x), layer(x), rtol=1e-5, atol=1e-5)
