"""A network over one flat vector."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from visualnet.core.nn import products
from visualnet.core.nn.layers import Dense, Identity, ReLU, Sigmoid, Tanh
from visualnet.core.nn.losses import LOSSES
from visualnet.core.nn.network import Network


def make(sizes=(5, 4, 3), activation=Tanh, dtype=np.float64, seed=0):
    layers = [layer for units in sizes[1:] for layer in (Dense(units), activation())]
    network = Network(layers, (sizes[0],), dtype)
    network.initialize("uniform", 0.8, seed)
    return network


def test_layers_hold_views_of_the_flat_vectors():
    network = make()
    assert network.parameters.shape == network.gradients.shape == (5 * 4 + 4 + 4 * 3 + 3,)
    for index in (0, 2):
        dense = network.layers[index]
        for array, flat in (
            (dense.weight, network.parameters),
            (dense.bias, network.parameters),
            (dense.weight_gradient, network.gradients),
            (dense.bias_gradient, network.gradients),
        ):
            assert np.shares_memory(array, flat)
    network.parameters[...] = np.arange(39)
    np.testing.assert_array_equal(network.layers[0].weight, np.arange(20).reshape(4, 5))
    np.testing.assert_array_equal(network.layers[2].bias, [36, 37, 38])


def test_split_names_each_parameter_once_and_in_order():
    network = make()
    views = network.split(np.arange(39.0))
    assert [list(named) for named in views] == [["weight", "bias"], [], ["weight", "bias"], []]
    joined = np.concatenate([view.ravel() for named in views for view in named.values()])
    np.testing.assert_array_equal(joined, np.arange(39))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_vectors_lie_on_a_cache_line(dtype):
    network = make(dtype=dtype)
    assert network.parameters.dtype == network.gradients.dtype == dtype
    assert network.parameters.ctypes.data % 64 == network.gradients.ctypes.data % 64 == 0


def test_a_layer_without_weights_shifts_nobody_s_draws_behind_it():
    plain = Network([Dense(4), Dense(3)], (5,))
    longer = Network([Dense(4), Dense(3), Identity(), Dense(2)], (5,))
    for network in (plain, longer):
        network.initialize("he", 1.0, seed=6)
    count = len(plain.parameters)
    np.testing.assert_array_equal(plain.parameters, longer.parameters[:count])


def test_another_size_of_one_layer_leaves_the_draws_of_layers_far_behind_alone():
    first, second = make((5, 4, 3, 2)), make((6, 4, 3, 2))
    np.testing.assert_array_equal(first.layers[4].weight, second.layers[4].weight)
    assert first.layers[0].weight.shape != second.layers[0].weight.shape


def test_each_layer_and_each_seed_draws_its_own():
    network, other = make((4, 4, 4), seed=1), make((4, 4, 4), seed=2)
    assert (network.layers[0].weight != network.layers[2].weight).any()
    assert (network.parameters != other.parameters).any()
    np.testing.assert_array_equal(network.parameters, make((4, 4, 4), seed=1).parameters)


@given(
    sizes=st.lists(st.integers(1, 4), min_size=2, max_size=4).map(tuple),
    activation=st.sampled_from([Tanh, Sigmoid, Identity]),
    loss_kind=st.sampled_from(sorted(LOSSES)),
    batch=st.integers(1, 4),
)
def test_gradient_of_a_whole_network_equals_central_differences(sizes, activation, loss_kind, batch):
    network, loss = make(sizes, activation), LOSSES[loss_kind]()
    generator = np.random.default_rng(3)
    inputs = generator.normal(size=(sizes[0], batch))
    targets = (
        generator.integers(0, sizes[-1], batch)
        if loss.wants_labels
        else generator.normal(size=(sizes[-1], batch))
    )

    def value():
        return loss.forward(network.forward(inputs), targets)

    value()
    network.backward(loss.backward())
    gradients, parameters = network.gradients.copy(), network.parameters
    for index in range(len(parameters)):
        kept = parameters[index]
        parameters[index] = kept + 1e-6
        above = value()
        parameters[index] = kept - 1e-6
        below = value()
        parameters[index] = kept
        assert gradients[index] == pytest.approx((above - below) / 2e-6, rel=1e-5, abs=1e-8)


def test_a_relu_network_learns_by_its_gradient():
    network, loss = make((5, 16, 3), ReLU), LOSSES["mse"]()
    generator = np.random.default_rng(2)
    inputs, targets = generator.normal(size=(5, 20)), generator.uniform(0, 1, (3, 20))
    losses = []
    for _ in range(200):
        losses.append(loss.forward(network.forward(inputs), targets))
        network.backward(loss.backward())
        network.parameters -= 0.2 * network.gradients
    assert losses[-1] < losses[0] / 4


def test_predict_is_batch_first_and_a_copy():
    network = make()
    inputs = np.random.default_rng(0).normal(size=(7, 5))
    outputs = network.predict(inputs)
    assert outputs.shape == (7, 3)
    np.testing.assert_allclose(outputs, network.forward(inputs.T).T)
    kept = outputs.copy()
    network.predict(inputs + 1)
    np.testing.assert_array_equal(outputs, kept)


def test_predict_takes_images_rows_of_pixels_and_any_number_type():
    network = Network([Dense(3)], (2, 4))
    network.initialize("he", 1.0, 0)
    images = np.random.default_rng(0).integers(0, 255, (6, 2, 4), dtype=np.uint8)
    from_images, from_rows = network.predict(images), network.predict(images.reshape(6, 8))
    np.testing.assert_array_equal(from_images, from_rows)
    assert from_images.dtype == np.float32
    np.testing.assert_allclose(network.predict(images[:1]), from_images[:1], rtol=1e-5)


def test_predict_takes_no_example_at_all():
    assert make().predict(np.empty((0, 5))).shape == (0, 3)


def test_a_network_without_layers_is_refused():
    with pytest.raises(ValueError, match="at least one layer"):
        Network([], (3,))


@pytest.mark.parametrize("batch", [1, 31, 64, 130, 300])
def test_products_cut_in_parts_give_the_same_numbers(batch, monkeypatch):
    generator = np.random.default_rng(2)
    rows, output_gradient = generator.random((batch, 784)), generator.standard_normal((50, batch))
    outputs, gradients = [], []
    for is_liked in (False, True):
        monkeypatch.setattr(products, "likes_small_products", lambda answer=is_liked: answer)
        network = Network([Dense(150), Tanh(), Dense(50)], (784,), np.float64)
        network.initialize("he", 1.0, 3)
        assert network.likes_rows(batch) == (is_liked and batch >= 31)
        outputs.append(network.forward(rows.T).copy())
        network.backward(output_gradient)
        gradients.append(network.gradients)
    np.testing.assert_allclose(outputs[1], outputs[0], rtol=1e-11)
    np.testing.assert_allclose(gradients[1], gradients[0], rtol=1e-9, atol=1e-12)
