"""The error function against Python's own, number by number."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from visualnet.core.nn.erf import CODY_BORDER, ErrorFunction

NUMBERS = np.concatenate(
    [
        np.linspace(-7, 7, 20_001),
        np.nextafter(CODY_BORDER, [0, 1]),
        10.0 ** np.arange(-300.0, 301, 10),
        [0.0, -0.0, np.inf, -np.inf, CODY_BORDER],
    ]
)


def erf(values, dtype=np.float64):
    values = np.asarray(values, dtype)
    function = ErrorFunction(values.shape, np.dtype(dtype))
    return function(values), function.exponential


def test_float64_is_exact_to_1e_15():
    found, _ = erf(NUMBERS)
    expected = [math.erf(number) for number in NUMBERS]
    np.testing.assert_allclose(found, expected, rtol=1e-15, atol=0)
    assert found.dtype == np.float64


def test_float32_is_exact_to_its_own_precision():
    numbers = NUMBERS[np.abs(NUMBERS) < 1e30]
    found, _ = erf(numbers, np.float32)
    np.testing.assert_allclose(found, [math.erf(number) for number in numbers], rtol=0, atol=1e-6)
    assert found.dtype == np.float32


@given(st.lists(st.floats(-1e300, 1e300), min_size=1, max_size=20))
def test_it_is_odd_and_bounded(numbers):
    found, _ = erf(numbers)
    np.testing.assert_array_equal(erf(np.negative(numbers))[0], -found)
    assert (np.abs(found) <= 1).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_exponential_of_the_square_comes_with_it(dtype):
    numbers = np.array([0, 0.3, -2.0, 5.0, 1e4, -np.inf])
    _, exponential = erf(numbers, dtype)
    np.testing.assert_allclose(
        exponential, np.exp(-np.square(numbers)), rtol=1e-5 if dtype == np.float32 else 1e-14
    )


def test_what_is_no_number_stays_so():
    assert np.isnan(erf([np.nan])[0]).all()
