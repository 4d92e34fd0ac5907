"""Every layer against central differences in float64, in all the ways in which a network uses it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from visualnet.core.nn.layers import (
    Activation,
    Dense,
    Identity,
    ReLU,
    Sigmoid,
    Tanh,
    activation_kinds,
    layer_kinds,
    make_layer,
    register_activation,
)
from visualnet.core.nn.network import Network

STEP = 1e-6


def softplus():
    return Activation(lambda x: np.log1p(np.exp(x)), lambda x: 1 / (1 + np.exp(-x)))


MAKERS = {
    "dense": lambda: Dense(4),
    "identity": Identity,
    "relu": ReLU,
    "tanh": Tanh,
    "sigmoid": Sigmoid,
    "own": softplus,
}
ACTIVATIONS = {
    "identity": (lambda x: x),
    "relu": (lambda x: np.where(x > 0, x, 0)),
    "tanh": np.tanh,
    "sigmoid": (lambda x: 1 / (1 + np.exp(-x))),
    "own": (lambda x: np.log(1 + np.exp(x))),
}


def network_of(layer, shape, dtype=np.float64):
    """The layer alone, with random parameters."""
    network = Network([layer], shape, dtype)
    network.parameters[...] = np.random.default_rng(1).normal(size=network.parameters.shape)
    return network


def some_inputs(shape, batch, seed=0):
    """Normal numbers, all of them far enough from ReLU's kink for a difference quotient."""
    values = np.random.default_rng(seed).normal(size=(*shape, batch))
    return np.where(np.abs(values) < 0.01, 0.5, values)


def jacobian(function, at):
    """(outputs, inputs) by central differences; ``function`` reads ``at``, which is changed in place."""
    columns = []
    for place in np.ndindex(at.shape):
        kept = at[place]
        at[place] = kept + STEP
        above = function().copy()
        at[place] = kept - STEP
        below = function().copy()
        at[place] = kept
        columns.append(((above - below) / (2 * STEP)).ravel())
    return np.stack(columns, axis=1)


def backward_jacobians(layer, network, inputs):
    """The same matrices from backward, one row for each output: to the inputs, to the parameters."""
    outputs = layer.forward(inputs)
    to_inputs, to_parameters = [], []
    for place in np.ndindex(outputs.shape):
        layer.forward(inputs)
        one = np.zeros(outputs.shape)
        one[place] = 1
        to_inputs.append(layer.backward(one).copy().ravel())
        to_parameters.append(network.gradients.copy())
    return np.array(to_inputs), np.array(to_parameters)


def check_gradients(layer, network, inputs):
    to_inputs, to_parameters = backward_jacobians(layer, network, inputs)
    np.testing.assert_allclose(
        to_inputs, jacobian(lambda: layer.forward(inputs), inputs), rtol=1e-6, atol=1e-8
    )
    if network.parameters.size:
        expected = jacobian(lambda: layer.forward(inputs), network.parameters)
        np.testing.assert_allclose(to_parameters, expected, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("shape", [(5,), (2, 3), (2, 1, 2)])
def test_full_jacobian_equals_central_differences(kind, batch, shape):
    layer = MAKERS[kind]()
    check_gradients(layer, network_of(layer, shape), some_inputs(shape, batch))


@given(
    kind=st.sampled_from(sorted(MAKERS)),
    shape=st.lists(st.integers(1, 3), min_size=1, max_size=3).map(tuple),
    batch=st.integers(1, 4),
    seed=st.integers(0, 1000),
)
def test_gradients_hold_for_any_shape(kind, shape, batch, seed):
    layer = MAKERS[kind]()
    check_gradients(layer, network_of(layer, shape), some_inputs(shape, batch, seed))


@pytest.mark.parametrize("kind", MAKERS)
def test_batch_sizes_in_turn_give_what_a_fresh_layer_gives(kind):
    layer = MAKERS[kind]()
    network = network_of(layer, (5,))
    for batch in (3, 1, 3, 7, 2, 8, 9, 10, 11, 3, 1):
        inputs = some_inputs((5,), batch, seed=batch)
        fresh = MAKERS[kind]()
        fresh_network = network_of(fresh, (5,))
        outputs = layer.forward(inputs)
        np.testing.assert_array_equal(outputs, fresh.forward(inputs))
        gradient = some_inputs(outputs.shape[:-1], batch, seed=100 + batch)
        np.testing.assert_array_equal(layer.backward(gradient), fresh.backward(gradient))
        np.testing.assert_array_equal(network.gradients, fresh_network.gradients)


@pytest.mark.parametrize("kind", MAKERS)
def test_inputs_and_gradients_need_not_be_contiguous(kind):
    layer, straight = MAKERS[kind](), MAKERS[kind]()
    network, straight_network = network_of(layer, (5,)), network_of(straight, (5,))
    inputs = some_inputs((5,), 4)
    outputs = layer.forward(np.ascontiguousarray(inputs.T).T)
    np.testing.assert_allclose(outputs, straight.forward(inputs), rtol=1e-14)
    gradient = some_inputs(outputs.shape[:-1], 4, seed=9)
    spread = np.zeros((2 * len(gradient), 8))[::2, ::2]
    spread[...] = gradient
    np.testing.assert_allclose(layer.backward(spread), straight.backward(gradient), rtol=1e-14)
    np.testing.assert_allclose(network.gradients, straight_network.gradients, rtol=1e-14)


@pytest.mark.parametrize("kind", MAKERS)
def test_float32_gives_float32_and_the_same_numbers_to_its_precision(kind):
    single, double = MAKERS[kind](), MAKERS[kind]()
    single_network, double_network = network_of(single, (5,), np.float32), network_of(double, (5,))
    inputs = some_inputs((5,), 4)
    outputs, expected = single.forward(inputs.astype(np.float32)), double.forward(inputs)
    assert outputs.dtype == np.float32
    np.testing.assert_allclose(outputs, expected, rtol=1e-4, atol=1e-5)
    gradient = single.backward(expected.astype(np.float32))
    assert gradient.dtype == np.float32
    np.testing.assert_allclose(gradient, double.backward(expected.copy()), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(single_network.gradients, double_network.gradients, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_activations_are_their_textbook_functions(kind):
    layer = MAKERS[kind]()
    layer.build((6,), np.dtype(np.float64))
    inputs = some_inputs((6,), 5)
    np.testing.assert_allclose(layer.forward(inputs), ACTIVATIONS[kind](inputs), rtol=1e-14)


def test_relu_is_flat_at_zero():
    layer = ReLU()
    layer.build((3,), np.dtype(np.float64))
    layer.forward(np.array([[-1.0], [0.0], [1.0]]))
    np.testing.assert_array_equal(layer.backward(np.ones((3, 1))), [[0], [0], [1]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sigmoid_and_tanh_saturate_without_overflow(dtype):
    for layer, low in ((Sigmoid(), 0), (Tanh(), -1)):
        layer.build((2,), np.dtype(dtype))
        outputs = layer.forward(np.array([[-1e30], [1e30]], dtype))
        np.testing.assert_array_equal(outputs, [[low], [1]])


def test_dense_is_w_x_plus_b():
    layer = Dense(2)
    network = Network([layer], (3,), np.float64)
    network.parameters[...] = [1, 2, 3, 4, 5, 6, 10, 20]
    np.testing.assert_array_equal(layer.weight, [[1, 2, 3], [4, 5, 6]])
    np.testing.assert_array_equal(layer.forward(np.array([[1.0], [0.0], [-1.0]])), [[8], [18]])


def test_dense_reads_several_axes_as_one_row_by_row():
    flat, image = Dense(4), Dense(4)
    flat_network, image_network = network_of(flat, (6,)), network_of(image, (2, 3))
    inputs = some_inputs((6,), 5)
    np.testing.assert_array_equal(flat.forward(inputs), image.forward(inputs.reshape(2, 3, 5)))
    gradient = some_inputs((4,), 5)
    to_flat, to_image = flat.backward(gradient), image.backward(gradient)
    assert to_image.shape == (2, 3, 5)
    np.testing.assert_array_equal(to_flat.reshape(2, 3, 5), to_image)
    np.testing.assert_array_equal(flat_network.gradients, image_network.gradients)


def test_dense_skips_an_input_gradient_that_nobody_needs():
    layer = Dense(4)
    network = network_of(layer, (3,))
    layer.forward(some_inputs((3,), 2))
    assert layer.backward(np.ones((4, 2)), need_input_gradient=False) is None
    assert network.gradients.any()


def test_dense_refuses_no_units():
    with pytest.raises(ValueError, match="units must be at least 1, not 0"):
        Dense(0)


def test_a_registered_activation_can_be_named():
    register_activation("cube", lambda x: x**3, lambda x: 3 * x**2)
    layer = make_layer("cube")
    layer.build((2,), np.dtype(np.float64))
    np.testing.assert_array_equal(layer.forward(np.array([[2.0], [-1.0]])), [[8], [-1]])
    np.testing.assert_array_equal(layer.backward(np.ones((2, 1))), [[12], [3]])
    assert "cube" in layer_kinds()
    assert "cube" in activation_kinds()
    assert "dense" not in activation_kinds()


@pytest.mark.parametrize("name", ["relu", "dense", "", "Upper"])
def test_a_name_that_is_taken_empty_or_not_lower_case_is_refused(name):
    with pytest.raises(ValueError, match="cannot name an activation"):
        register_activation(name, np.sin, np.cos)


@pytest.mark.parametrize("name", ["swish", "os.system", "visualnet.core.nn.layers.Dense", "", "Dense"])
def test_an_unknown_layer_is_a_sentence_that_says_what_is_known(name):
    with pytest.raises(ValueError, match=r"no layer is called .*; known are dense, relu, tanh"):
        make_layer(name)


def test_options_that_do_not_fit_are_a_sentence():
    with pytest.raises(ValueError, match="a dense layer needs units, not none"):
        make_layer("dense")
    with pytest.raises(ValueError, match="a relu layer needs no options, not units"):
        make_layer("relu", units=3)
