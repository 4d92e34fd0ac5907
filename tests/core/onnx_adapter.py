"""ONNX's node cases through layers, losses and optimizers of VisualNet.

Nothing is computed here: arrays are only turned and named. An operator that is a layer is read by the same
importer as a file. Axes that an operator treats alike in front are the batch.
"""

from math import log, prod
from pathlib import Path

import numpy as np
from onnx import helper, numpy_helper

from visualnet.core.formats.onnx_reader import network_from
from visualnet.core.nn.blocks import Block
from visualnet.core.nn.losses import CrossEntropy
from visualnet.core.nn.losses.probabilities import softmax
from visualnet.core.nn.optimizers import Adagrad, Adam, Momentum, Nesterov
from visualnet.core.nn.regularizers.penalties import L2


class Case:
    """One node with inputs and expected outputs.

    Attributes:
        operator: what it is called; None for several nodes.
        attributes: of the node.
        inputs: arrays, None where the node leaves one out.
        outputs: the expected arrays.
    """

    def __init__(self, case):
        self.name, self.model = case.name, case.model
        self.rtol, self.atol = case.rtol, case.atol
        ((given, self.outputs),) = case.data_sets
        nodes = case.model.graph.node
        self.operator = nodes[0].op_type if len(nodes) == 1 else None
        self.node = nodes[0]
        self.attributes = {each.name: helper.get_attribute_value(each) for each in self.node.attribute}
        named = dict(zip((value.name for value in case.model.graph.input), given, strict=True))
        self.inputs = [named.get(name) for name in self.node.input]

    def get(self, name, default=None):
        value = self.attributes.get(name, default)
        return value.decode() if isinstance(value, bytes) else value


def run_layer(case):
    """The layer that the importer makes of the operator, with the case's parameters."""
    network, inputs = _network(case)
    outputs = network.predict(inputs)
    return {0: outputs.reshape(case.outputs[0].shape)}


def run_training(case):
    """The same layer in a training step."""
    network, inputs = _network(case)
    turned = np.moveaxis(inputs, 0, -1)
    outputs = network.forward(turned, step=0).copy()
    network.backward(np.zeros_like(outputs))
    return network, np.moveaxis(outputs, -1, 0).reshape(case.outputs[0].shape)


def run_dropout(case):
    is_training = len(case.inputs) > 2 and case.inputs[2].item()
    return {0: run_training(case)[1]} if is_training else run_layer(case)


def run_batch_norm(case):
    """ONNX's running variance follows the batch's divided by n, PyTorch's and ours that divided by n - 1."""
    if not case.get("training_mode", 0):
        return run_layer(case)
    network, outputs = run_training(case)
    (layer,) = network.layers
    numbers, kept = case.inputs[0].size // len(layer.running_var), case.inputs[4] * (1 - layer.momentum)
    variance = kept + (layer.running_var - kept) * (numbers - 1) / numbers
    return {0: outputs, 1: layer.running_mean, 2: variance}


def _network(case):
    """The network of this one layer, and the examples for it."""
    inputs, attributes = np.asarray(case.inputs[0]), dict(case.attributes)
    if case.operator in ("Flatten", "LayerNormalization"):
        first = attributes.get("axis", 1 if case.operator == "Flatten" else -1) % inputs.ndim
        inputs = inputs.reshape(prod(inputs.shape[:first]), *inputs.shape[first:])
        attributes["axis"] = 1
    elif inputs.ndim == 1:
        inputs = inputs[np.newaxis]
    attributes.pop("training_mode", None)
    others = case.inputs[1:2] if case.operator == "Dropout" else case.inputs[1:]
    named = {f"input{index}": array for index, array in enumerate(others, 1) if array is not None}
    names = [f"input{index}" if array is not None else "" for index, array in enumerate(others, 1)]
    node = helper.make_node(case.operator, ["input0", *names], ["output"], **attributes)
    element = helper.np_dtype_to_tensor_dtype(inputs.dtype)
    graph = helper.make_graph(
        [node],
        case.name,
        [helper.make_tensor_value_info("input0", element, ["batch", *inputs.shape[1:]])],
        [helper.make_tensor_value_info("output", element, [None] * case.outputs[0].ndim)],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in named.items()],
    )
    model = helper.make_model(graph, opset_imports=case.model.opset_import, ir_version=case.model.ir_version)
    return network_from(model, Path(case.name)).network, inputs


def run_softmax(case):
    return {0: softmax(case.inputs[0], axis=case.get("axis", -1))}


def _columns(scores, axis=1):
    """(classes, examples) of an array whose classes lie along this axis."""
    turned = np.moveaxis(scores, axis, 0)
    return np.ascontiguousarray(turned.reshape(len(turned), -1))


def _losses(columns, labels):
    """The loss of each example by itself."""
    loss = CrossEntropy()
    return np.array([loss.forward(columns[:, [i]], labels[[i]]) for i in range(len(labels))])


def _log_probabilities(scores, axis=1):
    """What the loss would be for each class, with the other sign."""
    columns = _columns(scores, axis)
    every = [-_losses(columns, np.full(columns.shape[1], label)) for label in range(len(columns))]
    return np.moveaxis(np.reshape(every, np.moveaxis(scores, axis, 0).shape), 0, axis)


def run_log_softmax(case):
    return {0: _log_probabilities(case.inputs[0], case.get("axis", -1))}


def _reduced(case, columns, labels):
    reduction = case.get("reduction", "mean")
    if reduction == "none":
        return _losses(columns, labels.ravel()).reshape(labels.shape)
    mean = CrossEntropy().forward(columns, labels.ravel())
    return np.array(mean * labels.size if reduction == "sum" else mean)


def run_cross_entropy(case):
    scores, labels = case.inputs
    outputs = {0: _reduced(case, _columns(scores), labels)}
    if len(case.outputs) == 2:
        outputs[1] = _log_probabilities(scores)
    return outputs


def run_negative_log_likelihood(case):
    """Cross-entropy is that of log-probabilities where these say something of every class.

    So all are lowered by the same number, and one more class takes what is left of the probability.
    """
    scores, labels = case.inputs
    columns = _columns(scores.astype(np.float64))
    lowered_by = columns.max() + log(2 * len(columns))
    columns -= lowered_by
    columns = np.vstack([columns, np.log1p(-np.exp(columns).sum(0))])
    count = labels.size if case.get("reduction") == "sum" else 1
    return {0: _reduced(case, columns, labels) - count * lowered_by}


def _step(case, optimizer, memories):
    """One step from the case's memory; the outputs in the operator's order.

    Args:
        case: of an optimizer, at its step 0.
        optimizer: with the case's settings.
        memories: for each memory of the operator the name of ours, and what ours is divided by.
    """
    _, step, *arrays = case.inputs
    assert step == 0
    count = len(arrays) // (2 + len(memories))
    groups = [arrays[start : start + count] for start in range(0, len(arrays), count)]
    parameters, gradients, *values = (np.concatenate(group) for group in groups)
    vectors = {name: value / divisor for (name, divisor), value in zip(memories.items(), values, strict=True)}
    # ONNX corrects no bias at its step 0: so do we where the betas have been multiplied for long.
    optimizer.restore(vectors, dict.fromkeys(optimizer.scalars, 0.0))
    everything = Block(0, parameters.shape)
    L2(case.get("norm_coefficient"), [everything], np.empty_like(parameters)).apply(
        parameters, gradients, 1.0, optimizer.learning_rate
    )
    optimizer.step(parameters, gradients)
    after = [parameters, *(optimizer.vectors[name] * divisor for name, divisor in memories.items())]
    cuts = np.cumsum([len(array) for array in groups[0]])[:-1]
    return dict(enumerate(part for values in after for part in np.split(values, cuts)))


def run_momentum(case):
    kind = {"standard": Momentum, "nesterov": Nesterov}[case.get("mode")]
    return _step(case, kind(case.inputs[0].item(), case.get("alpha")), {"velocity": 1})


def run_adam(case):
    beta1, beta2 = case.get("alpha"), case.get("beta")
    optimizer = Adam(case.inputs[0].item(), beta1, beta2, case.get("epsilon"))
    return _step(case, optimizer, {"mean": 1 - beta1, "square": 1 - beta2})


def run_adagrad(case):
    return _step(case, Adagrad(case.inputs[0].item(), case.get("epsilon")), {"square": 1})
