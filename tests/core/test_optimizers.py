"""Optimizers against plain transcriptions of the papers' recurrences in float64."""

import numpy as np
import pytest

from visualnet.core.nn.optimizers import SGD, Adam, Momentum

SIZE, STEPS = 23, 50


def gradients():
    return np.random.default_rng(4).normal(size=(STEPS, SIZE))


def start():
    return np.random.default_rng(8).normal(size=SIZE)


def reference_sgd(rates):
    w = start()
    for g, rate in zip(gradients(), rates, strict=True):
        w = w - rate * g
        yield w


def reference_momentum(rates, momenta):
    """Polyak 1964 in PyTorch's convention."""
    w, v = start(), np.zeros(SIZE)
    for g, rate, momentum in zip(gradients(), rates, momenta, strict=True):
        v = momentum * v + g
        w = w - rate * v
        yield w


def reference_adam(rates, betas, epsilon=1e-8):
    """Kingma, Ba 2015, algorithm 1; with betas that change, each average is divided by its own weight."""
    w, m, v = start(), np.zeros(SIZE), np.zeros(SIZE)
    product1 = product2 = 1.0
    for g, rate, (beta1, beta2) in zip(gradients(), rates, betas, strict=True):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        product1, product2 = product1 * beta1, product2 * beta2
        w = w - rate * (m / (1 - product1)) / (np.sqrt(v / (1 - product2)) + epsilon)
        yield w


def compare(optimizer, reference, change=lambda step: None):
    w = start()
    for step, (g, expected) in enumerate(zip(gradients(), reference, strict=True)):
        change(step)
        optimizer.step(w, g * optimizer.gradient_scale)
        np.testing.assert_allclose(w, expected, rtol=1e-11, atol=1e-13)


def halves(first, second):
    return [first] * (STEPS // 2) + [second] * (STEPS - STEPS // 2)


def test_sgd_is_the_recurrence_and_follows_a_new_rate():
    optimizer = SGD(0.1)

    def change(step):
        optimizer.learning_rate = 0.1 if step < STEPS // 2 else 0.03

    compare(optimizer, reference_sgd(halves(0.1, 0.03)), change)
    assert not optimizer.vectors


def test_momentum_is_the_recurrence():
    compare(Momentum(0.1, 0.9), reference_momentum([0.1] * STEPS, [0.9] * STEPS))


def test_a_new_rate_and_momentum_keep_the_velocity():
    optimizer = Momentum(0.1, 0.9)

    def change(step):
        if step == STEPS // 2:
            optimizer.learning_rate, optimizer.momentum = 0.02, 0.5

    compare(optimizer, reference_momentum(halves(0.1, 0.02), halves(0.9, 0.5)), change)


@pytest.mark.parametrize("betas", [(0.9, 0.999), (0.0, 0.0), (0.99, 0.5)])
def test_adam_is_the_algorithm(betas):
    compare(Adam(0.01, *betas), reference_adam([0.01] * STEPS, [betas] * STEPS))


def test_adam_with_a_large_epsilon():
    compare(Adam(0.01, epsilon=0.1), reference_adam([0.01] * STEPS, [(0.9, 0.999)] * STEPS, 0.1))


def test_new_betas_and_a_new_rate_keep_both_averages():
    optimizer = Adam(0.01, 0.9, 0.999)
    betas = [(0.9, 0.999)] * 10 + [(0.5, 0.9)] * 20 + [(0.99, 0.9999)] * 20

    def change(step):
        if step in (0, 10, 30):
            optimizer.set_betas(*betas[step])
        if step == STEPS // 2:
            optimizer.learning_rate = 0.05

    compare(optimizer, reference_adam(halves(0.01, 0.05), betas), change)


MAKERS = {
    "sgd": lambda: SGD(0.1),
    "momentum": lambda: Momentum(0.1, 0.8),
    "adam": lambda: Adam(0.01, 0.8, 0.99),
}


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("moment", [0, 20])
def test_a_restored_memory_goes_on_with_the_same_bits(kind, dtype, moment):
    optimizer, w = MAKERS[kind](), start().astype(dtype)
    for g in gradients()[:moment]:
        optimizer.step(w, g.astype(dtype))
    kept_w = w.copy()
    kept = {name: vector.copy() for name, vector in optimizer.vectors.items()}, dict(optimizer.products)
    for g in gradients()[moment:]:
        optimizer.step(w, g.astype(dtype))

    fresh = MAKERS[kind]()
    for restored in (optimizer, fresh):
        again = kept_w.copy()
        restored.restore(*kept)
        for g in gradients()[moment:]:
            restored.step(again, g.astype(dtype))
        assert again.tobytes() == w.tobytes()


def test_restore_copies():
    optimizer = Momentum(0.1)
    velocity = np.ones(SIZE)
    optimizer.restore({"velocity": velocity}, {})
    optimizer.step(start(), gradients()[0])
    np.testing.assert_array_equal(velocity, np.ones(SIZE))


@pytest.mark.parametrize("kind", MAKERS)
def test_gradients_and_the_learning_rate_are_left_alone(kind):
    optimizer, g = MAKERS[kind](), gradients()[0]
    rate = optimizer.learning_rate
    for _ in range(3):
        optimizer.step(start(), g)
    np.testing.assert_array_equal(g, gradients()[0])
    assert optimizer.learning_rate == rate


@pytest.mark.parametrize("kind", MAKERS)
def test_steps_go_downhill(kind):
    optimizer, w = MAKERS[kind](), start()
    for _ in range(400):
        optimizer.step(w, w.copy())
    assert np.abs(w).max() < 0.1
