"""Products in small parts: the same numbers, whatever the sizes are and however the operands lie."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from visualnet.core.nn import products
from visualnet.core.nn.buffers import aligned_empty
from visualnet.core.nn.products import columns_at_once, product_into, rows_at_once
from visualnet.core.training.threads import blas_description, use_threads

SIZES = st.integers(1, 90)

with_lower_limits = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
"""The limits are the same for all examples, so nothing need be set anew for each."""


@pytest.fixture
def liked(monkeypatch):
    """The BLAS has kernels for small products, and products are large sooner than they are."""
    monkeypatch.setattr(products, "likes_small_products", lambda: True)
    limits = {
        "SMALL_PRODUCT": 4000, "SMALL_OUTPUT": 200, "WORTH_CUTTING": 500, "LONG_ENOUGH": 3, "LARGE_OUTER_PRODUCT": 300,
    }  # fmt: skip
    for name, value in limits.items():
        monkeypatch.setattr(products, name, value)


def operand(generator, shape, is_turned):
    values = generator.standard_normal(shape)
    return np.asfortranarray(values) if is_turned else values


@with_lower_limits
@given(SIZES, SIZES, SIZES, st.booleans(), st.booleans(), st.integers(0, 9))
def test_a_cut_product_is_the_product(liked, rows, inner, columns, left_turned, right_turned, seed):
    generator = np.random.default_rng(seed)
    left = operand(generator, (rows, inner), left_turned)
    right = operand(generator, (inner, columns), right_turned)
    out = aligned_empty((rows, columns), np.float64)
    multiply = product_into(out, inner)
    for factor in (1.0, -2.0):
        assert multiply(factor * left, right) is out
        np.testing.assert_allclose(out, factor * np.einsum("ik,kj->ij", left, right), rtol=1e-10, atol=1e-11)


@with_lower_limits
@given(SIZES, SIZES, SIZES)
def test_the_parts_are_as_small_as_the_kernels_want_them(liked, rows, inner, columns):
    some_rows, some_columns = rows_at_once(rows, inner, columns), columns_at_once(rows, inner, columns)
    width = products._width(inner, columns)
    assert some_rows < rows and some_rows * inner * width <= 4000 and some_rows * width <= 200
    assert some_columns < columns and some_columns * rows * inner <= 4000


def test_what_is_small_already_is_not_cut(liked):
    assert rows_at_once(10, 20, 20) == columns_at_once(10, 20, 20) == 0
    assert rows_at_once(40, 20, 20) and columns_at_once(10, 20, 40)


def test_parts_are_for_kernels_that_like_them_and_for_one_thread(monkeypatch):
    architecture = blas_description()[0]["architecture"]
    answers = {}
    try:
        for kernels in ((), (architecture,)):
            monkeypatch.setattr(products, "KERNELS_FOR_SMALL_PRODUCTS", kernels)
            for threads in (1, 2):
                use_threads(threads)
                answers[bool(kernels), threads] = products.likes_small_products()
    finally:
        use_threads(1)
    assert answers == {(False, 1): False, (False, 2): False, (True, 1): True, (True, 2): False}


def test_an_outer_product_has_the_same_bits(liked):
    generator = np.random.default_rng(0)
    column, row = generator.standard_normal((40, 1)), generator.standard_normal((1, 30))
    out = aligned_empty((40, 30), np.float64)
    np.testing.assert_array_equal(product_into(out, 1)(column, row), column * row)
