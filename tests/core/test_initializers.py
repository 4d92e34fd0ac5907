"""First values: their range, their spread, their biases."""

from math import sqrt

import numpy as np
import pytest

from visualnet.core.nn.initializers import INITIALIZERS, fans

OUTPUTS, INPUTS = 300, 200


def drawn(name, scale=1.0, seed=0, shape=(OUTPUTS, INPUTS)):
    weight, bias = np.full(shape, np.nan), np.full(shape[0], np.nan)
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


@pytest.mark.parametrize(("name", "variance"), [("lecun", 1), ("he", 2), ("too-large", 200)])
def test_normal_ones_follow_the_inputs_of_dense_and_convolution_alike(name, variance):
    for shape, inputs in (((300, 200), 200), ((40, 8, 5, 5), 200)):
        weight, bias = drawn(name, 0.5, shape=shape)
        assert weight.std() == pytest.approx(0.5 * sqrt(variance / inputs), rel=0.02)
        assert not bias.any()


def test_normal_has_the_deviation_that_it_is_given():
    weight, bias = drawn("normal", 0.3)
    assert weight.std() == pytest.approx(0.3, rel=0.01)
    assert not bias.any()


def test_xavier_of_a_convolution_counts_its_kernel():
    weight, _ = drawn("xavier", shape=(40, 8, 5, 5))
    limit = sqrt(6 / (25 * 48))
    assert 0.999 * limit < np.abs(weight).max() <= limit


@pytest.mark.parametrize("shape", [(6, 20), (20, 6), (7, 7), (5, 3, 3, 2), (30, 2, 2, 3), (1, 4), (4, 1)])
@pytest.mark.parametrize("scale", [1.0, 1.5])
def test_orthogonal_rows_or_columns_stand_at_right_angles(shape, scale):
    weight, bias = drawn("orthogonal", scale, shape=shape)
    matrix = weight.reshape(len(weight), -1)
    square = matrix @ matrix.T if matrix.shape[0] <= matrix.shape[1] else matrix.T @ matrix
    np.testing.assert_allclose(square, scale**2 * np.eye(len(square)), atol=1e-14)
    assert not bias.any()


def test_orthogonal_ones_prefer_no_direction():
    weights = np.array([drawn("orthogonal", seed=seed, shape=(2, 2))[0] for seed in range(400)])
    assert np.abs(weights.mean(axis=0)).max() < 0.1
    assert np.linalg.det(weights).mean() == pytest.approx(0, abs=0.15)


def test_zeros_are_zero_whatever_the_scale():
    for values in drawn("zeros", 3.0):
        assert not values.any()


@pytest.mark.parametrize(
    ("shape", "expected"), [((7, 5), (5, 7)), ((7, 5, 3, 2), (30, 42)), ((1, 1), (1, 1))]
)
def test_fans_are_the_numbers_that_go_in_and_out(shape, expected):
    assert fans(shape) == expected


@pytest.mark.parametrize("name", INITIALIZERS)
def test_the_generator_decides(name):
    np.testing.assert_array_equal(drawn(name, seed=1)[0], drawn(name, seed=1)[0])
    if name != "zeros":
        assert (drawn(name, seed=1)[0] != drawn(name, seed=2)[0]).any()
