"""Optimizers against plain transcriptions of the papers' recurrences in float64."""

import tracemalloc

import numpy as np
import pytest

from visualnet.core.nn.blocks import Block, weight_blocks
from visualnet.core.nn.layers import Dense, ReLU
from visualnet.core.nn.network import Network
from visualnet.core.nn.optimizers import (
    OPTIMIZERS,
    SGD,
    Adagrad,
    Adam,
    AdamW,
    Lion,
    Momentum,
    Muon,
    Nesterov,
    RMSProp,
)

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


def reference_nesterov(rates, momenta):
    """Sutskever et al. 2013 in PyTorch's convention."""
    w, v = start(), np.zeros(SIZE)
    for g, rate, momentum in zip(gradients(), rates, momenta, strict=True):
        v = momentum * v + g
        w = w - rate * (g + momentum * v)
        yield w


def reference_adagrad(rates, epsilon=1e-10):
    """Duchi, Hazan, Singer 2011, figure 1, diagonal."""
    w, s = start(), np.zeros(SIZE)
    for g, rate in zip(gradients(), rates, strict=True):
        s = s + g**2
        w = w - rate * g / (np.sqrt(s) + epsilon)
        yield w


def reference_rmsprop(rates, alpha=0.99, epsilon=1e-8):
    """Tieleman, Hinton 2012, lecture 6.5, with PyTorch's epsilon."""
    w, s = start(), np.zeros(SIZE)
    for g, rate in zip(gradients(), rates, strict=True):
        s = alpha * s + (1 - alpha) * g**2
        w = w - rate * g / (np.sqrt(s) + epsilon)
        yield w


def adamw_from(w, gradients, rates, betas, decay, epsilon=1e-8):
    """Loshchilov, Hutter 2019, algorithm 2, with PyTorch's rate on the decay."""
    m, v = np.zeros_like(w), np.zeros_like(w)
    product1 = product2 = 1.0
    for g, rate, (beta1, beta2) in zip(gradients, rates, betas, strict=True):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        product1, product2 = product1 * beta1, product2 * beta2
        w = w - rate * decay * w
        w = w - rate * (m / (1 - product1)) / (np.sqrt(v / (1 - product2)) + epsilon)
        yield w


def reference_lion(rates, betas, decay):
    """Chen et al. 2023, algorithm 2."""
    w, m = start(), np.zeros(SIZE)
    for g, rate, (beta1, beta2) in zip(gradients(), rates, betas, strict=True):
        c = beta1 * m + (1 - beta1) * g
        w = w - rate * (np.sign(c) + decay * w)
        m = beta2 * m + (1 - beta2) * g
        yield w


def newton_schulz(g):
    """Jordan 2024: the quintic iteration."""
    x = g / (np.linalg.norm(g) + 1e-7)
    x = x.T if len(g) > len(g.T) else x
    for _ in range(5):
        a = x @ x.T
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
    return x.T if len(g) > len(g.T) else x


BLOCKS = (Block(2, (2, 3)), Block(9, (4, 2)), Block(17, (2, 1, 2)))
"""A wide matrix, a tall one and filters, with one to two numbers that are no matrix around them."""


def reference_muon(rates, momenta, betas, decay):
    """Jordan 2024 with the step size of Liu et al. 2025, and AdamW for the rest."""
    w, v = start(), np.zeros(SIZE)
    rest = np.ones(SIZE, bool)
    for block in BLOCKS:
        rest[block.place] = False
    others = adamw_from(w[rest], gradients()[:, rest], rates, betas, decay)
    for g, rate, momentum, other in zip(gradients(), rates, momenta, others, strict=True):
        v = momentum * v + g
        u = g + momentum * v
        w = w.copy()
        for block in BLOCKS:
            matrix = u[block.place].reshape(block.shape[0], -1)
            o = 0.2 * np.sqrt(max(matrix.shape)) * newton_schulz(matrix)
            w[block.place] -= rate * (o.ravel() + decay * w[block.place])
        w[rest] = other
        yield w


def test_nesterov_looks_ahead_also_after_a_change():
    optimizer = Nesterov(0.1, 0.9)

    def change(step):
        if step == STEPS // 2:
            optimizer.learning_rate, optimizer.momentum = 0.02, 0.5

    compare(optimizer, reference_nesterov(halves(0.1, 0.02), halves(0.9, 0.5)), change)


def halving(optimizer, rate):
    def change(step):
        if step == STEPS // 2:
            optimizer.learning_rate = rate

    return change


@pytest.mark.parametrize("epsilon", [1e-10, 0.1])
def test_adagrad_is_the_recurrence(epsilon):
    optimizer = Adagrad(0.1, epsilon)
    compare(optimizer, reference_adagrad(halves(0.1, 0.3), epsilon), halving(optimizer, 0.3))


@pytest.mark.parametrize(("alpha", "epsilon"), [(0.99, 1e-8), (0.5, 0.1), (0.0, 1e-8)])
def test_rmsprop_is_the_recurrence(alpha, epsilon):
    optimizer = RMSProp(0.01, alpha, epsilon)
    compare(optimizer, reference_rmsprop(halves(0.01, 0.03), alpha, epsilon), halving(optimizer, 0.03))


BETAS = [(0.9, 0.99)] * 10 + [(0.5, 0.9)] * 20 + [(0.95, 0.999)] * 20


def changing(optimizer, rate, momentum=None):
    """A new rate halfway, and the betas of BETAS."""

    def change(step):
        if step in (0, 10, 30):
            optimizer.set_betas(*BETAS[step])
        if step == STEPS // 2:
            optimizer.learning_rate = rate
            if momentum is not None:
                optimizer.momentum = momentum

    return change


def test_adamw_decays_apart_from_the_step():
    optimizer = AdamW(0.01, weight_decay=0.3)
    reference = adamw_from(start(), gradients(), halves(0.01, 0.05), BETAS, 0.3)
    compare(optimizer, reference, changing(optimizer, 0.05))


def test_lion_is_the_algorithm():
    optimizer = Lion(0.01, weight_decay=0.3)
    compare(optimizer, reference_lion(halves(0.01, 0.05), BETAS, 0.3), changing(optimizer, 0.05))


def test_lion_leaves_what_has_no_gradient():
    w = start()
    Lion(0.1, weight_decay=0).step(w, np.zeros(SIZE))
    np.testing.assert_array_equal(w, start())


def test_muon_is_the_algorithm_for_matrices_and_adamw_for_the_rest():
    optimizer = Muon(0.01, weight_decay=0.3)
    optimizer.use_blocks(BLOCKS)
    reference = reference_muon(halves(0.01, 0.05), halves(0.95, 0.5), BETAS, 0.3)
    compare(optimizer, reference, changing(optimizer, 0.05, 0.5))


def test_muon_without_matrices_is_adamw():
    w, other = start(), start()
    muon, adamw = Muon(0.01), AdamW(0.01)
    for g in gradients():
        muon.step(w, g)
        adamw.step(other, g)
    assert w.tobytes() == other.tobytes()


def test_muon_evens_out_the_singular_values():
    generator = np.random.default_rng(3)
    w = np.zeros(30 * 20)
    g = generator.normal(size=(30, 20)) @ np.diag(np.logspace(0, -1, 20))
    muon = Muon(1.0, weight_decay=0)
    muon.use_blocks((Block(0, (30, 20)),))
    muon.step(w, g.ravel())
    values = np.linalg.svd(w.reshape(30, 20) / (0.2 * np.sqrt(30)), compute_uv=False)
    assert values.min() > 0.6
    assert values.max() < 1.3


def test_blocks_are_the_weights_without_the_biases():
    network = Network([Dense(4), ReLU(), Dense(2)], (3,))
    assert weight_blocks(network) == (Block(0, (4, 3)), Block(16, (2, 4)))
    for block, layer in zip(weight_blocks(network), (0, 2), strict=True):
        network.parameters[block.place] = layer + 1
        np.testing.assert_array_equal(network.layers[layer].weight, layer + 1)


def test_a_schedule_s_factor_is_a_smaller_rate_and_leaves_the_rate():
    for kind, make in MAKERS.items():
        scheduled, plain = make(), make()
        scheduled.rate_factor, plain.learning_rate = 0.5, plain.learning_rate / 2
        w, other = start(), start()
        for g in gradients():
            scheduled.step(w, g * scheduled.gradient_scale)
            plain.step(other, g * plain.gradient_scale)
        assert w.tobytes() == other.tobytes(), kind
        assert scheduled.learning_rate == make().learning_rate


def muon():
    made = Muon(0.03, 0.8)
    made.use_blocks(BLOCKS)
    return made


MAKERS = {
    "sgd": lambda: SGD(0.1),
    "momentum": lambda: Momentum(0.1, 0.8),
    "nesterov": lambda: Nesterov(0.1, 0.8),
    "adagrad": lambda: Adagrad(0.5),
    "rmsprop": lambda: RMSProp(0.01, 0.9),
    "adam": lambda: Adam(0.01, 0.8, 0.99),
    "adamw": lambda: AdamW(0.01, 0.8, 0.99),
    "lion": lambda: Lion(0.01, 0.8),
    "muon": muon,
}


def test_every_optimizer_is_in_these_tests():
    assert MAKERS.keys() == OPTIMIZERS.keys()


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("moment", [0, 20])
def test_a_restored_memory_goes_on_with_the_same_bits(kind, dtype, moment):
    optimizer, w = MAKERS[kind](), start().astype(dtype)
    for g in gradients()[:moment]:
        optimizer.step(w, g.astype(dtype))
    kept_w = w.copy()
    kept = {name: vector.copy() for name, vector in optimizer.vectors.items()}, dict(optimizer.scalars)
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
def test_steps_allocate_nothing_after_the_first(kind):
    optimizer, w, g = MAKERS[kind](), np.ones(20_000), np.full(20_000, 0.1)
    optimizer.step(w, g)
    tracemalloc.start()
    try:
        for _ in range(3):
            optimizer.step(w, g)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 10_000


@pytest.mark.parametrize("kind", MAKERS)
def test_steps_go_downhill(kind):
    optimizer, w = MAKERS[kind](), start()
    for _ in range(400):
        optimizer.step(w, w.copy())
    assert np.abs(w).max() < 0.1
