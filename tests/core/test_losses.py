"""Losses against their formulas and against central differences in float64."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from visualnet.core.nn.losses import LOSSES, MSE, CrossEntropy, softmax

STEP = 1e-6


def some_case(kind, outputs, batch, seed=0):
    """Outputs and targets for one loss."""
    generator = np.random.default_rng(seed)
    values = generator.normal(size=(outputs, batch))
    if LOSSES[kind].wants_labels:
        return values, generator.integers(0, outputs, batch)
    return values, generator.normal(size=(outputs, batch))


def check_gradient(kind, outputs, targets):
    loss = LOSSES[kind]()
    loss.forward(outputs, targets)
    gradient = loss.backward().copy()
    for place in np.ndindex(outputs.shape):
        kept = outputs[place]
        outputs[place] = kept + STEP
        above = loss.forward(outputs, targets)
        outputs[place] = kept - STEP
        below = loss.forward(outputs, targets)
        outputs[place] = kept
        assert gradient[place] == pytest.approx((above - below) / (2 * STEP), rel=1e-6, abs=1e-8)


@given(
    kind=st.sampled_from(sorted(LOSSES)),
    outputs=st.integers(1, 6),
    batch=st.integers(1, 6),
    seed=st.integers(0, 1000),
)
def test_gradient_equals_central_differences(kind, outputs, batch, seed):
    check_gradient(kind, *some_case(kind, outputs, batch, seed))


@pytest.mark.parametrize("kind", sorted(LOSSES))
def test_the_gradient_can_be_had_times_a_factor(kind):
    outputs, targets = some_case(kind, 4, 3)
    plain, scaled = LOSSES[kind](), LOSSES[kind]()
    plain.forward(outputs, targets)
    scaled.forward(outputs, targets)
    np.testing.assert_allclose(scaled.backward(0.25), 0.25 * plain.backward(), rtol=1e-14)


def test_mse_is_the_mean_over_outputs_and_batch():
    loss = MSE()
    assert loss.forward(np.array([[1.0, 2.0], [0.0, 4.0]]), np.array([[1.0, 0.0], [2.0, 4.0]])) == 2.0
    np.testing.assert_array_equal(loss.backward(), [[0, 1], [-1, 0]])


def test_cross_entropy_of_even_logits_is_the_logarithm_of_the_class_count():
    loss = CrossEntropy()
    assert loss.forward(np.zeros((4, 3)), np.array([0, 1, 3])) == pytest.approx(np.log(4), rel=1e-15)
    expected = np.full((4, 3), 1 / 4)
    expected[[0, 1, 3], [0, 1, 2]] -= 1
    np.testing.assert_allclose(loss.backward(), expected / 3, rtol=1e-15)


def test_cross_entropy_survives_large_logits():
    loss = CrossEntropy()
    assert loss.forward(np.array([[1e4, -1e4], [0.0, 0.0]]), np.array([0, 0])) == pytest.approx(5000)
    np.testing.assert_allclose(loss.backward(), [[0, -0.5], [0, 0.5]])


@pytest.mark.parametrize("kind", sorted(LOSSES))
def test_batch_sizes_and_dtypes_in_turn_give_what_a_fresh_loss_gives(kind):
    loss = LOSSES[kind]()
    for batch, dtype in ((3, np.float64), (1, np.float64), (3, np.float32), (7, np.float32), (3, np.float64)):
        outputs, targets = some_case(kind, 4, batch, seed=batch)
        outputs = outputs.astype(dtype)
        fresh = LOSSES[kind]()
        assert loss.forward(outputs, targets) == fresh.forward(outputs, targets)
        gradient = loss.backward()
        assert gradient.dtype == dtype
        np.testing.assert_array_equal(gradient, fresh.backward())


@pytest.mark.parametrize("kind", sorted(LOSSES))
def test_outputs_are_left_alone_and_need_not_be_contiguous(kind):
    outputs, targets = some_case(kind, 4, 5)
    turned = np.ascontiguousarray(outputs.T).T
    kept = outputs.copy()
    straight, other = LOSSES[kind](), LOSSES[kind]()
    assert straight.forward(outputs, targets) == pytest.approx(other.forward(turned, targets), rel=1e-14)
    np.testing.assert_allclose(straight.backward(), other.backward(), rtol=1e-14)
    np.testing.assert_array_equal(outputs, kept)


@pytest.mark.parametrize("axis", [0, 1])
def test_softmax_is_a_distribution_in_the_order_of_the_logits(axis):
    logits = np.array([[1.0, 1000.0, -3.0], [0.0, 999.0, 2.0]])
    probabilities = softmax(logits, axis=axis)
    np.testing.assert_allclose(probabilities.sum(axis=axis), 1)
    np.testing.assert_array_equal(probabilities.argmax(axis=axis), logits.argmax(axis=axis))


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int32])
def test_labels_may_be_of_any_whole_number_type(dtype):
    outputs = np.random.default_rng(4).normal(size=(10, 400))
    labels = np.random.default_rng(5).integers(0, 10, 400)
    wide, narrow = CrossEntropy(), CrossEntropy()
    assert wide.forward(outputs, labels) == narrow.forward(outputs, labels.astype(dtype))
    np.testing.assert_array_equal(wide.backward(), narrow.backward())
