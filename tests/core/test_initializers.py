"""First values: their range, their spread, their biases."""

from math import sqrt

import numpy as np
import pytest

from visualnet.core.nn.initializers import INITIALIZERS

OUTPUTS, INPUTS = 300, 200


def drawn(name, scale=1.0, seed=0):
    weight, bias = np.full((OUTPUTS, INPUTS), np.nan), np.full(OUTPUTS, np.nan)
    INITIALIZERS[name](weight, bias, scale, np.random.default_rng(seed))
    return weight, bias


@pytest.mark.parametrize("scale", [0.5, 2.0])
def test_uniform_fills_weights_and_biases_up_to_the_scale(scale):
    for values in drawn("uniform", scale):
        assert np.abs(values).max() <= scale
        assert np.abs(values).max() > 0.95 * scale
        assert abs(values.mean()) < 0.1 * scale


@pytest.mark.parametrize("scale", [1.0, 3.0])
def test_xavier_is_uniform_within_glorots_limit(scale):
    weight, bias = drawn("xavier", scale)
    limit = scale * sqrt(6 / (INPUTS + OUTPUTS))
    assert 0.999 * limit < np.abs(weight).max() <= limit
    assert weight.std() == pytest.approx(limit / sqrt(3), rel=0.01)
    assert not bias.any()


@pytest.mark.parametrize("scale", [1.0, 3.0])
def test_he_is_normal_with_the_paper_s_deviation(scale):
    weight, bias = drawn("he", scale)
    assert weight.std() == pytest.approx(scale * sqrt(2 / INPUTS), rel=0.01)
    assert np.mean(np.abs(weight) < weight.std()) == pytest.approx(0.6827, abs=0.01)
    assert not bias.any()


@pytest.mark.parametrize("name", INITIALIZERS)
def test_the_generator_decides(name):
    np.testing.assert_array_equal(drawn(name, seed=1)[0], drawn(name, seed=1)[0])
    assert (drawn(name, seed=1)[0] != drawn(name, seed=2)[0]).any()
