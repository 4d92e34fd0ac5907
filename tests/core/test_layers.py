"""Every layer against central differences in float64, in all the ways in which a network uses it."""

import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from visualnet.core.nn import layers
from visualnet.core.nn.layers import (
    ELU,
    GELU,
    Activation,
    AvgPool2D,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAvgPool2D,
    Identity,
    LayerNorm,
    LeakyReLU,
    MaxPool2D,
    ReLU,
    Residual,
    Sigmoid,
    SiLU,
    Sine,
    Softplus,
    Tanh,
    activation_kinds,
    layer_kinds,
    make_layer,
    register_activation,
)
from visualnet.core.nn.layers.activations import ACTIVATIONS as ALL_ACTIVATIONS
from visualnet.core.nn.network import Network

STEP = 1e-6


def own():
    return Activation(lambda x: np.log1p(np.exp(x)), lambda x: 1 / (1 + np.exp(-x)))


MAKERS = {
    "dense": lambda: Dense(4),
    "identity": Identity,
    "relu": ReLU,
    "tanh": Tanh,
    "sigmoid": Sigmoid,
    "leaky-relu": LeakyReLU,
    "leaky-relu of 0.3": lambda: LeakyReLU(0.3),
    "elu": ELU,
    "elu of 2": lambda: ELU(2.0),
    "gelu": GELU,
    "silu": SiLU,
    "softplus": Softplus,
    "sine": Sine,
    "own": own,
    "conv2d": lambda: Conv2D(2, 3),
    "conv2d same": lambda: Conv2D(2, 2, padding="same"),
    "conv2d strided": lambda: Conv2D(2, 3, stride=2, padding=1),
    "max-pool2d": MaxPool2D,
    "max-pool2d overlapping": lambda: MaxPool2D(3, stride=1),
    "avg-pool2d": AvgPool2D,
    "avg-pool2d overlapping": lambda: AvgPool2D(3, stride=2),
    "global-avg-pool2d": GlobalAvgPool2D,
    "flatten": Flatten,
    "dropout": lambda: Dropout(0.4),
    # With so large an epsilon no variance is too small for a difference quotient.
    "batch-norm": lambda: BatchNorm(epsilon=0.1),
    "layer-norm": lambda: LayerNorm(epsilon=0.1),
    "residual": lambda: Residual([Tanh(), Dropout(0.3), Residual([BatchNorm(epsilon=0.1)])]),
}
ANY_SHAPES = [(5,), (2, 3), (2, 1, 2)]
IMAGE_SHAPES = [(3, 4), (1, 4, 4), (2, 5, 4)]
LAYERS = [(kind, mode) for kind in MAKERS for mode in ("training", "use")]


def shapes_for(kind):
    return IMAGE_SHAPES if "2d" in kind else ANY_SHAPES


ACTIVATIONS = {
    "identity": (lambda x: x),
    "relu": (lambda x: np.where(x > 0, x, 0)),
    "tanh": np.tanh,
    "sigmoid": (lambda x: 1 / (1 + np.exp(-x))),
    "leaky-relu": (lambda x: np.where(x > 0, x, 0.01 * x)),
    "leaky-relu of 0.3": (lambda x: np.where(x > 0, x, 0.3 * x)),
    "elu": (lambda x: np.where(x > 0, x, np.expm1(x))),
    "elu of 2": (lambda x: np.where(x > 0, x, 2 * np.expm1(x))),
    "gelu": (lambda x: x * (1 + np.vectorize(math.erf)(x / np.sqrt(2))) / 2),
    "silu": (lambda x: x / (1 + np.exp(-x))),
    "softplus": (lambda x: np.log(1 + np.exp(x))),
    "sine": np.sin,
    "own": (lambda x: np.log(1 + np.exp(x))),
}
LIMITS = {
    "relu": (0, np.inf),
    "tanh": (-1, 1),
    "sigmoid": (0, 1),
    "leaky-relu": (-np.inf, np.inf),
    "elu": (-1, np.inf),
    "elu of 2": (-2, np.inf),
    "gelu": (0, np.inf),
    "silu": (0, np.inf),
    "softplus": (0, np.inf),
    "identity": (-np.inf, np.inf),
}
"""What each becomes at minus and plus infinity, where it becomes anything."""


def network_of(layer, shape, dtype=np.float64, mode="use"):
    """The layer alone, with random parameters; of a training step, or in use."""
    network = Network([layer], shape, dtype, seed=2)
    network.parameters[...] = np.random.default_rng(1).normal(size=network.parameters.shape)
    layer.mode.step = 3 if mode == "training" else None
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


@pytest.mark.parametrize(("kind", "mode"), LAYERS)
@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("number", range(3))
def test_full_jacobian_equals_central_differences(kind, mode, batch, number):
    layer, shape = MAKERS[kind](), shapes_for(kind)[number]
    check_gradients(layer, network_of(layer, shape, mode=mode), some_inputs(shape, batch))


@pytest.mark.parametrize("kind", [kind for kind in MAKERS if "2d" not in kind])
def test_a_large_layer_s_gradient_holds_in_a_random_direction(kind):
    layer = MAKERS[kind]()
    network = network_of(layer, (300,))
    inputs = some_inputs((300,), 40)
    generator = np.random.default_rng(7)
    seen = generator.normal(size=layer.forward(inputs).shape)
    parameters = network.parameters.copy()
    to_inputs, to_parameters = (generator.normal(size=at.shape) for at in (inputs, parameters))

    def loss(distance):
        network.parameters[...] = parameters + distance * to_parameters
        return np.vdot(seen, layer.forward(inputs + distance * to_inputs))

    layer.forward(inputs)
    slope = np.vdot(layer.backward(seen), to_inputs) + np.vdot(network.gradients, to_parameters)
    assert slope == pytest.approx((loss(STEP) - loss(-STEP)) / (2 * STEP), rel=1e-6)


@given(
    kind_and_mode=st.sampled_from(LAYERS),
    image=st.tuples(st.integers(1, 2), st.integers(3, 5), st.integers(3, 5)),
    shape=st.lists(st.integers(1, 3), min_size=1, max_size=3).map(tuple),
    batch=st.integers(1, 3),
    seed=st.integers(0, 1000),
)
def test_gradients_hold_for_any_shape(kind_and_mode, image, shape, batch, seed):
    kind, mode = kind_and_mode
    layer, shape = MAKERS[kind](), image if "2d" in kind else shape
    check_gradients(layer, network_of(layer, shape, mode=mode), some_inputs(shape, batch, seed))


@pytest.mark.parametrize(("kind", "mode"), LAYERS)
def test_batch_sizes_in_turn_give_what_a_fresh_layer_gives(kind, mode):
    layer, shape = MAKERS[kind](), shapes_for(kind)[0]
    network = network_of(layer, shape, mode=mode)
    for batch in (3, 1, 3, 7, 2, 8, 9, 10, 11, 3, 1):
        inputs = some_inputs(shape, batch, seed=batch)
        fresh = MAKERS[kind]()
        fresh_network = network_of(fresh, shape, mode=mode)
        fresh_network.buffers[...] = network.buffers
        outputs = layer.forward(inputs)
        np.testing.assert_array_equal(outputs, fresh.forward(inputs))
        gradient = some_inputs(outputs.shape[:-1], batch, seed=100 + batch)
        np.testing.assert_array_equal(layer.backward(gradient), fresh.backward(gradient))
        np.testing.assert_array_equal(network.gradients, fresh_network.gradients)
        np.testing.assert_array_equal(network.buffers, fresh_network.buffers)


@pytest.mark.parametrize(("kind", "mode"), LAYERS)
def test_inputs_and_gradients_need_not_be_contiguous(kind, mode):
    layer, straight, shape = MAKERS[kind](), MAKERS[kind](), shapes_for(kind)[0]
    network, straight_network = network_of(layer, shape, mode=mode), network_of(straight, shape, mode=mode)
    inputs = some_inputs(shape, 4)
    outputs = layer.forward(np.ascontiguousarray(inputs.T).T)
    np.testing.assert_allclose(outputs, straight.forward(inputs), rtol=1e-14)
    gradient = some_inputs(outputs.shape[:-1], 4, seed=9)
    spread = np.zeros([2 * length for length in gradient.shape])[(slice(None, None, 2),) * gradient.ndim]
    spread[...] = gradient
    np.testing.assert_allclose(layer.backward(spread), straight.backward(gradient), rtol=1e-14, atol=1e-15)
    np.testing.assert_allclose(network.gradients, straight_network.gradients, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize(("kind", "mode"), LAYERS)
def test_neither_inputs_nor_gradients_are_changed(kind, mode):
    layer, shape = MAKERS[kind](), shapes_for(kind)[1]
    network_of(layer, shape, mode=mode)
    inputs = some_inputs(shape, 3)
    kept = inputs.copy()
    gradient = some_inputs(layer.forward(inputs).shape[:-1], 3, seed=9)
    kept_gradient = gradient.copy()
    layer.backward(gradient)
    np.testing.assert_array_equal(inputs, kept)
    np.testing.assert_array_equal(gradient, kept_gradient)


@pytest.mark.parametrize(("kind", "mode"), LAYERS)
def test_float32_gives_float32_and_the_same_numbers_to_its_precision(kind, mode):
    single, double, shape = MAKERS[kind](), MAKERS[kind](), shapes_for(kind)[0]
    single_network = network_of(single, shape, np.float32, mode)
    double_network = network_of(double, shape, mode=mode)
    inputs = some_inputs(shape, 4)
    outputs, expected = single.forward(inputs.astype(np.float32)), double.forward(inputs)
    assert outputs.dtype == np.float32
    np.testing.assert_allclose(outputs, expected, rtol=1e-4, atol=1e-5)
    gradient = single.backward(expected.astype(np.float32))
    assert gradient.dtype == np.float32
    np.testing.assert_allclose(gradient, double.backward(expected.copy()), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(single_network.gradients, double_network.gradients, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(single_network.buffers, double_network.buffers, rtol=1e-5)


LARGE = [
    (lambda: Dense(300), (20, 20)),
    (lambda: Conv2D(16, 5), (8, 12, 12)),
    (lambda: Conv2D(12, 3, stride=2, padding="same"), (4, 31, 26)),
    (lambda: MaxPool2D(3, stride=2), (8, 27, 24)),
    (lambda: AvgPool2D(2), (8, 24, 24)),
    (GlobalAvgPool2D, (16, 14, 14)),
    (BatchNorm, (8, 12, 12)),
    (LayerNorm, (8, 12, 12)),
    (lambda: Residual([Conv2D(8, 3, padding="same"), BatchNorm(), Tanh()]), (8, 12, 12)),
]


@pytest.mark.parametrize(("maker", "shape"), LARGE)
def test_a_step_in_a_random_direction_changes_the_outputs_as_the_gradient_says(maker, shape):
    layer, generator = maker(), np.random.default_rng(5)
    network = network_of(layer, shape, mode="training")
    way = generator.normal(size=(*shape, 40))
    # No two numbers are so near that the step could change which is the larger.
    inputs = (generator.permutation(way.size) * (4 / way.size) - 2).reshape(way.shape)
    parameters = network.parameters.copy()
    parameter_way = generator.normal(size=parameters.shape)
    weights = generator.normal(size=(*layer.output_shape, 40))

    def output_at(distance):
        network.parameters[...] = parameters + distance * parameter_way
        return float((weights * layer.forward(inputs + distance * way)).sum())

    slope = (output_at(1e-6) - output_at(-1e-6)) / 2e-6
    output_at(0)
    gradient = layer.backward(weights)
    along = (gradient * way).sum() + network.gradients @ parameter_way
    np.testing.assert_allclose(along, slope, rtol=1e-5)


def test_every_layer_of_the_table_is_tried_small_and_large():
    """Each test here goes over MAKERS; in a random direction, over images by LARGE and over vectors by MAKERS."""
    made = {name: maker().kind for name, maker in MAKERS.items()}
    known = {"activation", *layers._HOMES}
    assert known == {*made.values()}
    of_vectors = {kind for name, kind in made.items() if "2d" not in name}
    assert known == of_vectors | {maker().kind for maker, _ in LARGE}


@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_activations_are_their_textbook_functions(kind):
    layer = MAKERS[kind]()
    layer.build((6,), np.dtype(np.float64))
    inputs = some_inputs((6,), 5)
    np.testing.assert_allclose(layer.forward(inputs), ACTIVATIONS[kind](inputs), rtol=1e-14, atol=1e-15)


def test_every_activation_of_the_table_is_tried():
    assert {kind.kind for kind in ALL_ACTIVATIONS} == {MAKERS[name]().kind for name in ACTIVATIONS} - {
        "activation"
    }


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", [kind for kind in ACTIVATIONS if kind != "own"])
def test_no_sum_is_too_large_for_an_activation(kind, dtype):
    layer = MAKERS[kind]()
    layer.build((6,), np.dtype(dtype))
    outputs = layer.forward(np.array([[-1e30], [-1e4], [-89], [89], [1e4], [1e30]], dtype))
    assert np.isfinite(outputs).all()
    assert np.isfinite(layer.backward(np.ones((6, 1), dtype))).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", LIMITS)
def test_an_infinite_sum_gives_the_limit(kind, dtype):
    layer = MAKERS[kind]()
    layer.build((2,), np.dtype(dtype))
    outputs = layer.forward(np.array([[-np.inf], [np.inf]], dtype))
    np.testing.assert_array_equal(outputs.ravel(), LIMITS[kind])


@pytest.mark.parametrize("kind", [kind for kind in ACTIVATIONS if kind != "own"])
def test_an_activation_allocates_nothing_once_it_knows_the_batch_size(kind):
    layer = MAKERS[kind]()
    layer.build((100,), np.dtype(np.float32))
    inputs = some_inputs((100,), 64).astype(np.float32)
    layer.backward(layer.forward(inputs))
    tracemalloc.start()
    for _ in range(3):
        layer.backward(layer.forward(inputs))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4096


@pytest.mark.parametrize("kind", ["relu", "leaky-relu", "elu of 2"])
def test_a_kink_has_the_slope_of_its_left_side(kind):
    layer = MAKERS[kind]()
    layer.build((1,), np.dtype(np.float64))
    layer.forward(np.zeros((1, 1)))
    assert layer.backward(np.ones((1, 1)))[0, 0] == {"relu": 0, "leaky-relu": 0.01, "elu of 2": 2}[kind]


@pytest.mark.parametrize("slope", [0, -0.1, 1.1, float("nan")])
def test_a_slope_that_does_not_leak_is_refused(slope):
    with pytest.raises(ValueError, match="slope must be above 0 and at most 1"):
        LeakyReLU(slope)


@pytest.mark.parametrize("alpha", [0, -1, float("nan")])
def test_an_alpha_that_is_not_above_zero_is_refused(alpha):
    with pytest.raises(ValueError, match="alpha must be above 0"):
        ELU(alpha)


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


@pytest.mark.parametrize(
    ("function", "derivative", "fault"),
    [
        (np.sum, np.cos, r"activation needs a function .* \(3, 2\) became \(\)"),
        (np.sin, lambda x: x[:1], r"activation needs a derivative .* \(3, 2\) became \(1, 2\)"),
    ],
)
def test_a_pair_that_does_not_keep_the_shape_is_refused(function, derivative, fault):
    with pytest.raises(ValueError, match=fault):
        Network([Identity(), Activation(function, derivative)], (3,))


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
    with pytest.raises(
        ValueError, match="a conv2d layer needs channels, kernel, stride, padding, not channels"
    ):
        make_layer("conv2d", channels=3)


def test_options_with_a_default_may_be_left_out():
    assert make_layer("leaky-relu").slope == 0.01
    assert make_layer("leaky-relu", slope=0.2).slope == 0.2


@pytest.mark.parametrize(
    ("maker", "fault"),
    [
        (lambda: Conv2D(0, 3), "channels must be at least 1"),
        (lambda: Conv2D(3, 0), "kernel must be at least 1"),
        (lambda: Conv2D(3, 3, 0), "stride must be at least 1"),
        (lambda: Conv2D(3, 3, padding=3), "padding must be valid, same, or a number from 0 to 2"),
        (lambda: Conv2D(3, 3, padding="full"), "padding must be valid, same, or a number"),
        (lambda: MaxPool2D(0), "size must be at least 1"),
        (lambda: AvgPool2D(2, 0), "stride must be at least 1"),
        (lambda: Dropout(1), "rate must be at least 0 and below 1"),
        (lambda: Dropout(float("nan")), "rate must be at least 0 and below 1"),
        (lambda: BatchNorm(momentum=1.5), "momentum must be from 0 to 1"),
        (lambda: LayerNorm(epsilon=0), "epsilon must be above 0"),
        (lambda: Residual([]), "layers must be at least one"),
    ],
)
def test_options_that_cannot_be_are_a_sentence(maker, fault):
    with pytest.raises(ValueError, match=fault):
        maker()


TAKES_ANY_SHAPE = {
    "dense",
    "flatten",
    "dropout",
    "layer-norm",
    "activation",
    *layers.ACTIVATION_KINDS,
}
REFUSED_SHAPES = [
    (Conv2D(2, 3), (784,), r"Conv 1 needs inputs of \(channels, height, width\) .* not \(784,\)"),
    (Conv2D(2, 5), (1, 4, 9), r"Conv 1 needs at least 5 .* not 4; its inputs are \(1, 4, 9\)"),
    (
        MaxPool2D(3),
        (2, 7, 2),
        r"max pooling needs at least 3 .* not 2; its inputs are \(2, 7, 2\)",
    ),
    (MaxPool2D(3), (7,), r"max pooling needs inputs of"),
    (AvgPool2D(3), (2, 2, 7), r"average pooling needs at least 3 .* are \(2, 2, 7\)"),
    (GlobalAvgPool2D(), (2, 3, 4, 5), r"global average needs inputs of"),
    (BatchNorm(), (2, 3, 4, 5), r"batch norm needs inputs of"),
    (Residual([Dense(3)]), (4,), r"Block 1 needs layers whose output .* \(4,\), not \(3,\)"),
    (Residual([Tanh(), Conv2D(3, 1)]), (4,), r"Block 1 Conv 1 needs"),
]


@pytest.mark.parametrize(("layer", "shape", "fault"), REFUSED_SHAPES)
def test_an_input_that_a_layer_cannot_take_names_the_layer_and_what_it_needs(layer, shape, fault):
    with pytest.raises(ValueError, match=fault):
        Network([Identity(), layer], shape)


def test_the_table_of_names_knows_without_importing_them_what_the_classes_say():
    assert tuple(activation.kind for activation in ALL_ACTIVATIONS) == layers.ACTIVATION_KINDS
    for kind, (_, class_name) in layers._HOMES.items():
        assert getattr(layers, class_name).kind == kind


def test_every_layer_of_the_table_refuses_a_shape_or_takes_any():
    kinds = {maker().kind for maker in MAKERS.values()}
    assert kinds == TAKES_ANY_SHAPE | {layer.kind for layer, _, _ in REFUSED_SHAPES}
    for maker in MAKERS.values():
        for shape in [(3,), (2, 3), (2, 3, 1), (2, 1, 3, 2)] if maker().kind in TAKES_ANY_SHAPE else []:
            Network([maker()], shape)
