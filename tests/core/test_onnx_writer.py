"""Networks as ONNX files: sound for onnx.checker, and the same in onnxruntime as here."""

import numpy as np
import onnx
import onnxruntime
import pytest

from visualnet.core.errors import VisualNetError
from visualnet.core.formats.onnx_writer import export_onnx
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
)
from visualnet.core.nn.losses.probabilities import softmax
from visualnet.core.nn.network import Network

NETWORKS = {
    "dense": (lambda: [Dense(20), ReLU(), Dense(10)], (28, 28)),
    "activations": (
        lambda: [LeakyReLU(0.2), ELU(1.5), Softplus(), Sine(), Tanh(), GELU(), SiLU(), Sigmoid(), Identity()],
        (6,),
    ),
    "convolutions": (
        lambda: [
            *(Conv2D(4, 5, padding="same"), ReLU(), MaxPool2D(2), Conv2D(6, 3, stride=2, padding="same"), Tanh()),
            *(Conv2D(5, 3, padding=1), AvgPool2D(3, 2), Flatten(), Dense(3)),
        ],
        (28, 28),
    ),
    "normalisation": (
        lambda: [BatchNorm(), Conv2D(4, 3), BatchNorm(0.3, 1e-3), LayerNorm(), Dropout(0.3), Dense(7), BatchNorm(), LayerNorm()],
        (3, 8, 9),
    ),
    "a gray image normalised": (lambda: [BatchNorm(), LayerNorm(), Dense(3)], (5, 6)),
    "blocks": (
        lambda: [
            *(Conv2D(4, 3), Residual([Conv2D(4, 3, padding="same"), Residual([Residual([SiLU()]), ReLU()])])),
            *(GlobalAvgPool2D(), Residual([Dense(4)])),
        ],
        (2, 7, 7),
    ),
}  # fmt: skip
"""Layers, new ones each time, and the shape of an example."""


def example_network(name, dtype=np.float32):
    """The network of this name in NETWORKS."""
    make_layers, shape = NETWORKS[name]
    return network_of(make_layers(), shape, dtype)


def network_of(layers, input_shape, dtype=np.float32):
    network = Network(layers, input_shape, dtype)
    generator = np.random.default_rng(1)
    network.parameters[...] = generator.normal(0, 0.3, network.parameters.shape)
    network.buffers[...] = generator.uniform(0.5, 2, network.buffers.shape)
    return network


def run(path, inputs):
    return onnxruntime.InferenceSession(path).run(None, {"input": inputs})[0]


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("batch", [1, 5])
def test_onnxruntime_computes_the_same(name, batch, tmp_path):
    network = example_network(name)
    export_onnx(network, tmp_path / "net.onnx")
    inputs = np.random.default_rng(2).normal(size=(batch, *network.input_shape)).astype(np.float32)
    ours, theirs = network.predict(inputs), run(tmp_path / "net.onnx", inputs)
    assert ours.shape == theirs.shape
    # Both add up in float32, each in an order of its own.
    np.testing.assert_allclose(theirs, ours, rtol=1e-5, atol=1e-5 * np.abs(ours).max())


def test_float64_stays_float64(tmp_path):
    network = network_of([Dense(5), Tanh(), Dense(3)], (4,), np.float64)
    export_onnx(network, tmp_path / "net.onnx")
    inputs = np.random.default_rng(2).normal(size=(6, 4))
    np.testing.assert_allclose(
        run(tmp_path / "net.onnx", inputs), network.predict(inputs), rtol=0, atol=1e-14
    )


def test_softmax_only_when_asked(tmp_path):
    network = network_of([Dense(3)], (4,))
    inputs = np.random.default_rng(2).normal(size=(6, 4)).astype(np.float32)
    export_onnx(network, tmp_path / "net.onnx", with_softmax=True)
    np.testing.assert_allclose(
        run(tmp_path / "net.onnx", inputs), softmax(network.predict(inputs), axis=1), rtol=1e-5
    )


def test_the_file_s_names_are_pytorch_s_and_its_batch_is_open(tmp_path):
    export_onnx(network_of([Dense(3), BatchNorm()], (2, 2)), tmp_path / "net.onnx")
    graph = onnx.load(tmp_path / "net.onnx").graph
    names = {"1.weight", "1.bias", "2.weight", "2.bias", "2.running_mean", "2.running_var"}
    assert {tensor.name for tensor in graph.initializer} == names
    batch, *others = graph.input[0].type.tensor_type.shape.dim
    assert (batch.dim_param, [axis.dim_value for axis in others]) == ("batch", [2, 2])


def test_an_activation_of_the_user_s_own_is_refused_by_name(tmp_path):
    class Square(Activation):
        kind = "square"

    layer = Square(np.square, lambda x: 2 * x)
    with pytest.raises(VisualNetError, match="cannot hold a layer called square"):
        export_onnx(network_of([layer], (3,)), tmp_path / "net.onnx")
    assert not list(tmp_path.iterdir())
