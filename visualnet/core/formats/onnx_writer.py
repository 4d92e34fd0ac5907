"""Writing a network as an ONNX file, for any program that runs such files.

Written for operator set 20, the first that knows Gelu. What the operators mean: ONNX, Operator Schemas.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, checker, helper, numpy_helper

from visualnet.core.errors import DataError
from visualnet.core.files import replace_file
from visualnet.core.formats.onnx_activations import ACTIVATION_OPERATORS
from visualnet.core.formats.parameters_file import SETUP_KEY
from visualnet.core.formats.tensor_names import module_indices
from visualnet.core.nn.layers import (
    Array,
    AvgPool2D,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAvgPool2D,
    Layer,
    LayerNorm,
    MaxPool2D,
    Residual,
    SiLU,
)
from visualnet.core.nn.layers.windows import Windows
from visualnet.core.nn.network import Network
from visualnet.core.setup.setup import Setup

OPERATOR_SET = 20
IR_VERSION = 9
"""The file format's version that came with operator set 20; newer ones would shut out older readers."""


def export_onnx(network: Network, path: Path, setup: Setup | None = None, with_softmax: bool = False) -> None:
    """Write the network as it answers outside training; an existing file is replaced only when all went well.

    Its input is ``input``, (batch, *input_shape), its output ``output``, both of the network's dtype; the batch
    is as long as one likes. Parameters have the names of ``named_tensors``.

    Args:
        network: what to write.
        path: of the file.
        setup: travels with it, so that ``import_onnx`` can give it back.
        with_softmax: end with probabilities in the place of the network's outputs.

    Raises:
        DataError: for a layer that ONNX has no operator for, or when the file cannot be written.
    """
    try:
        model = _model_of(network, setup, with_softmax)
    except KeyError as error:
        raise DataError(
            path, f"cannot hold a layer called {error.args[0]}; ONNX has no such operator"
        ) from None
    checker.check_model(model, full_check=True)
    replace_file(path, model.SerializeToString(deterministic=True))


class _Graph:
    """Operators one after the other; ``value`` is the name of what the last one gave."""

    def __init__(self) -> None:
        self.value = "input"
        self.nodes: list[NodeProto] = []
        self.tensors: list[TensorProto] = []

    def add(self, operator: str, *inputs: str, **attributes: Any) -> None:
        """Apply an operator to the value and to other inputs."""
        output = f"{operator}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, [self.value, *inputs], [output], output, **attributes))
        self.value = output

    def tensor(self, name: str, values: Array) -> str:
        """Put numbers into the file; return their name."""
        self.tensors.append(numpy_helper.from_array(np.asarray(values, order="C"), name))
        return name


def _model_of(network: Network, setup: Setup | None, with_softmax: bool) -> ModelProto:
    graph = _Graph()
    if _needs_channel(network):
        graph.add("Unsqueeze", graph.tensor("channel_axis", np.array([1], np.int64)))
    for index, layer in zip(module_indices(network.layers), network.layers, strict=True):
        _add(graph, layer, f"{index}.")
    if with_softmax:
        graph.add("Softmax", axis=1)
    graph.nodes[-1].output[0] = "output"
    element = helper.np_dtype_to_tensor_dtype(network.dtype)
    ends = [
        helper.make_tensor_value_info(name, element, ["batch", *shape])
        for name, shape in (("input", network.input_shape), ("output", network.output_shape))
    ]
    model = helper.make_model(
        helper.make_graph(graph.nodes, "visualnet", ends[:1], ends[1:], graph.tensors),
        producer_name="visualnet",
        ir_version=IR_VERSION,
        opset_imports=[helper.make_opsetid("", OPERATOR_SET)],
    )
    if setup is not None:
        helper.set_model_props(model, {SETUP_KEY: json.dumps(setup.to_dict())})
    return model


def _needs_channel(network: Network) -> bool:
    """Whether a layer reads (height, width) as an image of one channel, which ONNX does not."""
    return len(network.input_shape) == 2 and any(
        len(layer.input_shape) == 2 and not isinstance(layer, (Dense, Flatten)) for layer in network.layers
    )


def _add(graph: _Graph, layer: Layer, prefix: str) -> None:
    """The operators of one layer; its parameters' names begin with the prefix."""
    if layer.kind in ACTIVATION_OPERATORS:
        operator, attributes = ACTIVATION_OPERATORS[layer.kind]
        graph.add(operator, **{name: getattr(layer, option) for option, name in attributes.items()})
    else:
        _WRITERS[layer.kind](graph, layer, prefix)


def _weights(graph: _Graph, layer: Any, prefix: str) -> tuple[str, str]:
    return graph.tensor(f"{prefix}weight", layer.weight), graph.tensor(f"{prefix}bias", layer.bias)


def _add_dense(graph: _Graph, layer: Dense, prefix: str) -> None:
    if len(layer.input_shape) > 1:
        graph.add("Flatten", axis=1)
    graph.add("Gemm", *_weights(graph, layer, prefix), transB=1)


def _add_conv(graph: _Graph, layer: Conv2D, prefix: str) -> None:
    sides = [
        Windows.along(length, layer.kernel, layer.stride, layer.padding) for length in layer.input_shape[-2:]
    ]
    graph.add(
        "Conv",
        *_weights(graph, layer, prefix),
        kernel_shape=[layer.kernel] * 2,
        strides=[layer.stride] * 2,
        pads=[side.before for side in sides] + [side.after for side in sides],
    )


def _add_pool(operator: str) -> Callable[[_Graph, Any, str], None]:
    def add(graph: _Graph, layer: MaxPool2D | AvgPool2D, prefix: str) -> None:
        graph.add(operator, kernel_shape=[layer.size] * 2, strides=[layer.stride] * 2)

    return add


def _add_global_pool(graph: _Graph, layer: GlobalAvgPool2D, prefix: str) -> None:
    graph.add("GlobalAveragePool")
    graph.add("Flatten", axis=1)


def _add_flatten(graph: _Graph, layer: Flatten, prefix: str) -> None:
    graph.add("Flatten", axis=1)


def _add_dropout(graph: _Graph, layer: Dropout, prefix: str) -> None:
    graph.add("Dropout", graph.tensor(f"{prefix}ratio", np.array(layer.rate, layer.dtype)))


def _add_batch_norm(graph: _Graph, layer: BatchNorm, prefix: str) -> None:
    """ONNX's momentum is the share that stays, ours the share that is new."""
    buffers = {"running_mean": layer.running_mean, "running_var": layer.running_var}
    running = [graph.tensor(prefix + name, values) for name, values in buffers.items()]
    inputs = *_weights(graph, layer, prefix), *running
    graph.add("BatchNormalization", *inputs, epsilon=layer.epsilon, momentum=1 - layer.momentum)


def _add_layer_norm(graph: _Graph, layer: LayerNorm, prefix: str) -> None:
    graph.add("LayerNormalization", *_weights(graph, layer, prefix), axis=1, epsilon=layer.epsilon)


def _add_silu(graph: _Graph, layer: SiLU, prefix: str) -> None:
    value = graph.value
    graph.add("Sigmoid")
    graph.add("Mul", value)


def _add_residual(graph: _Graph, layer: Residual, prefix: str) -> None:
    value = graph.value
    for index, inner in enumerate(layer.layers):
        _add(graph, inner, f"{prefix}{index}.")
    graph.add("Add", value)


_WRITERS: dict[str, Callable[[_Graph, Any, str], None]] = {
    Dense.kind: _add_dense,
    Conv2D.kind: _add_conv,
    MaxPool2D.kind: _add_pool("MaxPool"),
    AvgPool2D.kind: _add_pool("AveragePool"),
    GlobalAvgPool2D.kind: _add_global_pool,
    Flatten.kind: _add_flatten,
    Dropout.kind: _add_dropout,
    BatchNorm.kind: _add_batch_norm,
    LayerNorm.kind: _add_layer_norm,
    SiLU.kind: _add_silu,
    Residual.kind: _add_residual,
}
