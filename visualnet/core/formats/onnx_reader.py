"""Reading a network from an ONNX file, if each of its operators is a layer of ours.

Every operator, attribute and input that is not known is refused by name. All numbers come from the file itself, so
no array is larger than the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from google.protobuf.message import DecodeError
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto, checker, helper, numpy_helper

from visualnet.core.errors import DataError, SetupError, reason_of
from visualnet.core.files import open_file
from visualnet.core.formats.onnx_layers import Reading, read_layer
from visualnet.core.formats.onnx_operator import Operator
from visualnet.core.formats.parameters_file import MAXIMUM_BYTES, SETUP_KEY
from visualnet.core.nn.layers import Array, GlobalAvgPool2D, Residual, Shape, SiLU
from visualnet.core.nn.network import Network
from visualnet.core.setup.layers import MAXIMUM_DEPTH, LayerSetup
from visualnet.core.setup.setup import Setup

MAXIMUM_LENGTH = 1 << 16
"""Of an axis of the input: a file states it in a few bytes, and work arrays follow it."""
MAXIMUM_OPERATORS = 1024


@dataclass(frozen=True, slots=True)
class ImportedNetwork:
    """The content of an ONNX file.

    Attributes:
        network: with the parameters and buffers of the file.
        layers: its layers as a Setup describes them.
        setup: the Setup that travelled with the file, with these layers; None where there was none.
    """

    network: Network
    layers: tuple[LayerSetup, ...]
    setup: Setup | None


def import_onnx(path: Path) -> ImportedNetwork:
    """Read an ONNX file.

    Raises:
        DataError: when the file is missing, damaged or too large, or holds something that is no layer here.
        SetupError: when the Setup in it is not valid.
    """
    try:
        if path.stat().st_size > MAXIMUM_BYTES:
            raise DataError(path, "is larger than 1 GiB, which no network of VisualNet's needs")
        with open_file(path) as file:
            model = ModelProto.FromString(file.read())
    except OSError as error:
        raise DataError(path, f"cannot be read: {reason_of(error)}") from None
    except (DecodeError, ValueError):
        raise DataError(path, "is not a sound ONNX file") from None
    return network_from(model, path)


def network_from(model: ModelProto, path: Path) -> ImportedNetwork:
    """The network that a model describes.

    Args:
        model: any, sound or not.
        path: where it comes from, for the messages.

    Raises:
        DataError: names what is wrong with it, or not known here.
        SetupError: when the Setup in it is not valid.
    """
    try:
        _require_sound(model)
        network, layers = _Graph(model.graph).network()
    except (ValueError, SetupError) as error:
        raise DataError(path, str(error)) from None
    text = {entry.key: entry.value for entry in model.metadata_props}.get(SETUP_KEY)
    setup = None if text is None else replace(Setup.from_json(text), layers=layers, dtype=network.dtype.name)
    return ImportedNetwork(network, layers, setup)


def _require_sound(model: ModelProto) -> None:
    graph = model.graph
    if len(graph.node) > MAXIMUM_OPERATORS:
        raise ValueError(f"has {len(graph.node):,} operators; at most {MAXIMUM_OPERATORS:,} are read")
    if not all(isinstance(text, str) for text in _names(graph)):
        raise ValueError("is not a sound ONNX file (a name in it is not text)")
    if graph.sparse_initializer or model.functions:
        raise ValueError("has sparse numbers or functions of its own, which are not known here")
    for tensor in _tensors(graph):
        if tensor.data_location != TensorProto.DEFAULT or tensor.external_data:
            raise ValueError(f"keeps {tensor.name:.60} in another file; save it in one file")
    for node in graph.node:
        if node.domain not in ("", "ai.onnx"):
            raise ValueError(f"has the operator {node.domain:.60}.{node.op_type:.60}, which is no layer here")
    try:
        checker.check_model(model)
    except (checker.ValidationError, UnicodeError) as error:
        raise ValueError(f"is not a sound ONNX file ({str(error).strip().splitlines()[0]:.200})") from None


def _names(graph: GraphProto) -> Iterator[object]:
    """What is used as a name; bytes where it is not text."""
    for node in graph.node:
        yield from (node.op_type, node.domain, *node.input, *node.output)
        yield from (attribute.name for attribute in node.attribute)
    yield from (tensor.name for tensor in _tensors(graph))
    yield from (value.name for value in (*graph.input, *graph.output))


def _tensors(graph: GraphProto) -> Iterator[TensorProto]:
    """Every array in the file."""
    yield from graph.initializer
    for node in graph.node:
        for attribute in node.attribute:
            yield attribute.t
            yield from attribute.tensors


class _Graph:
    """The operators from the input to the output: a chain, except around residual blocks."""

    def __init__(self, graph: GraphProto) -> None:
        self._constants = {tensor.name: _array(tensor) for tensor in graph.initializer}
        self._nodes: list[NodeProto] = []
        for node in graph.node:
            if node.op_type == "Constant":
                self._constants[node.output[0]] = _constant(node)
            else:
                self._nodes.append(node)
        inputs = [value for value in graph.input if value.name not in self._constants]
        if len(inputs) != 1 or len(graph.output) != 1:
            raise ValueError(
                f"has {len(inputs)} inputs and {len(graph.output)} outputs; a network here has one of each"
            )
        self._input, self._output = inputs[0].name, graph.output[0].name
        self._example_shape, self._dtype = _example(inputs[0])
        self._readers: dict[str, list[NodeProto]] = {}
        for node in self._nodes:
            for name in dict.fromkeys(node.input):
                self._readers.setdefault(name, []).append(node)
        self._passed: set[str] = set()

    def network(self) -> tuple[Network, tuple[LayerSetup, ...]]:
        value, shape = self._input, self._example_shape
        if len(shape) == 2 and self._channel_follows():
            value, shape = self._pass(self._nodes[0]), (1, *shape)
        readings = self._chain(value, self._output, shape, 0)
        for node in self._nodes:
            if node.output[0] not in self._passed:
                raise ValueError(f"has a {node.op_type} that is not on the way from the input to the output")
        layers = tuple(layer for layer, _ in readings)
        network = Network([layer.make() for layer in layers], self._example_shape, self._dtype)
        _fill(network, [tensors for _, tensors in readings])
        return network, layers

    def _channel_follows(self) -> bool:
        """Whether the graph begins by giving (height, width) an axis for its one channel."""
        node = self._nodes[0] if self._nodes else NodeProto()
        axes = self._constants.get(node.input[1]) if len(node.input) == 2 else None
        is_axis = axes is not None and axes.tolist() == [1]
        return is_axis and node.op_type == "Unsqueeze" and self._readers.get(self._input) == [node]

    def _pass(self, node: NodeProto) -> str:
        output: str = node.output[0]
        self._passed.add(output)
        return output

    def _chain(self, value: str, end: str, shape: Shape, depth: int) -> list[Reading]:
        """The layers between two values."""
        readings: list[Reading] = []
        while value != end:
            nodes = [node for node in self._readers.get(value, []) if node.output[0] not in self._passed]
            kinds = [node.op_type for node in nodes]
            if "Add" in kinds:
                reading, value = self._read_block(
                    nodes[len(kinds) - 1 - kinds[::-1].index("Add")], value, shape, depth
                )
            elif sorted(kinds) == ["Mul", "Sigmoid"]:
                reading, value = self._read_silu(nodes, value)
            elif len(nodes) == 1:
                reading = read_layer(Operator(nodes[0], self._constants), shape)
                value = self._pass(nodes[0])
            else:
                raise ValueError(
                    f"uses {value:.60} in {len(nodes)} places; only one, or a skip, is known here"
                )
            shape = _built(reading, shape, self._dtype)
            if reading[0].kind == GlobalAvgPool2D.kind:
                value = self._without_axes(value, end)
            readings.append(reading)
        return readings

    def _read_block(self, add: NodeProto, value: str, shape: Shape, depth: int) -> tuple[Reading, str]:
        """Layers whose output is added to their input."""
        if depth == MAXIMUM_DEPTH or len(add.input) != 2:
            raise ValueError(f"has skips over skips, more than {MAXIMUM_DEPTH} deep")
        output = self._pass(add)
        others = [name for name in add.input if name != value]
        if not others:
            raise ValueError("has an Add of one value to itself")
        inner = self._chain(value, others[0], shape, depth + 1)
        layer = LayerSetup(Residual.kind, layers=[layer for layer, _ in inner])
        tensors = {
            f"{index}.{name}": array
            for index, (_, named) in enumerate(inner)
            for name, array in named.items()
        }
        return (layer, tensors), output

    def _read_silu(self, nodes: list[NodeProto], value: str) -> tuple[Reading, str]:
        """x · Sigmoid(x)."""
        sigmoid, product = sorted(nodes, key=lambda node: node.op_type == "Mul")
        if sorted(product.input) != sorted([value, self._pass(sigmoid)]):
            raise ValueError("has a Mul that is not x · Sigmoid(x)")
        return (LayerSetup(SiLU.kind), {}), self._pass(product)

    def _without_axes(self, value: str, end: str) -> str:
        """Past the Flatten that takes away the two axes of length 1 that a global pool leaves in ONNX."""
        if value == end:
            return value
        nodes = self._readers.get(value, [])
        if [node.op_type for node in nodes] != ["Flatten"]:
            raise ValueError("has a GlobalAveragePool without a Flatten after it")
        read_layer(Operator(nodes[0], self._constants), (1, 1, 1))
        return self._pass(nodes[0])


def _array(tensor: TensorProto) -> Array:
    if tensor.data_type not in (TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.INT64, TensorProto.BOOL):
        raise ValueError(
            f"holds {tensor.name:.60} in a type that is not known here; parameters are float or double"
        )
    try:
        return numpy_helper.to_array(tensor)
    except ValueError:
        raise ValueError(f"holds {tensor.name:.60} with more or fewer numbers than its shape has") from None


def _constant(node: NodeProto) -> Array:
    if [attribute.name for attribute in node.attribute] != ["value"]:
        raise ValueError("has a Constant that is not an array, which is not known here")
    return _array(node.attribute[0].t)


def _example(value: ValueInfoProto) -> tuple[Shape, np.dtype[Any]]:
    """Shape of one example and type of the numbers."""
    tensor = value.type.tensor_type
    if tensor.elem_type not in (TensorProto.FLOAT, TensorProto.DOUBLE):
        raise ValueError("takes something else than numbers in float or double")
    shape = tuple(axis.dim_value for axis in tensor.shape.dim[1:])
    if not shape or not all(0 < length <= MAXIMUM_LENGTH for length in shape):
        raise ValueError(
            f"takes inputs of shape {list(shape)}; after the batch each axis needs a length from 1 to {MAXIMUM_LENGTH:,}"
        )
    return shape, np.dtype(helper.tensor_dtype_to_np_dtype(tensor.elem_type))


def _built(reading: Reading, shape: Shape, dtype: np.dtype[Any]) -> Shape:
    """Shape of the layer's output, after a check that the numbers are those that it needs."""
    layer_setup, tensors = reading
    layer = layer_setup.make()
    output = layer.build(shape, dtype)
    needed = {**layer.parameter_shapes(), **layer.buffer_shapes()}
    for name, needs in needed.items():
        found = tensors[name]
        if found.shape != needs or found.dtype != dtype:
            raise ValueError(
                f"has a {layer.kind} layer whose {name} is {found.dtype} {found.shape}, not {dtype} {needs}"
            )
    return output


def _fill(network: Network, tensors: list[dict[str, Array]]) -> None:
    views = zip(network.split(network.parameters), network.split_buffers(network.buffers), strict=True)
    for (parameters, buffers), arrays in zip(views, tensors, strict=True):
        for name, view in {**parameters, **buffers}.items():
            # An image without a channel axis has one in the file.
            view[...] = arrays[name].reshape(view.shape)
