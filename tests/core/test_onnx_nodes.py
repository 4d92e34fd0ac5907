"""ONNX's own node cases (onnx.backend.test) for every operator that VisualNet has a layer, loss or optimizer for."""

from collections import Counter
from importlib import import_module

import numpy as np
import onnx.backend.test.case.node as onnx_cases
import pytest
from onnx.reference.ops import op_pool_common
from onnx.reference.ops.op_pool_common import pool

from tests.core import onnx_adapter as adapter
from visualnet.core.errors import VisualNetError

RUNNERS = {
    **dict.fromkeys(("Gemm", "Conv", "MaxPool", "AveragePool", "GlobalAveragePool"), adapter.run_layer),
    **dict.fromkeys(("Relu", "LeakyRelu", "Elu", "Gelu", "Swish"), adapter.run_layer),
    **dict.fromkeys(("Tanh", "Sigmoid", "Softplus", "Sin", "Identity"), adapter.run_layer),
    **dict.fromkeys(("LayerNormalization", "Flatten"), adapter.run_layer),
    "BatchNormalization": adapter.run_batch_norm,
    "Dropout": adapter.run_dropout,
    "Softmax": adapter.run_softmax,
    "LogSoftmax": adapter.run_log_softmax,
    "SoftmaxCrossEntropyLoss": adapter.run_cross_entropy,
    "NegativeLogLikelihoodLoss": adapter.run_negative_log_likelihood,
    "Momentum": adapter.run_momentum,
    "Adam": adapter.run_adam,
    "Adagrad": adapter.run_adagrad,
}

MODULES = {
    "BatchNormalization": "batch_normalization",
    "SoftmaxCrossEntropyLoss": "softmax_cross_entropy_loss",
}
"""Where an operator's cases lie, where its name in small letters does not say it."""


def is_pool(case):
    return case.operator in ("MaxPool", "AveragePool")


def reaches_beyond(case):
    """Whether one more window of a pool, rounded up, begins in the image and ends behind it."""
    shape, sizes, strides = case.inputs[0].shape[2:], case.get("kernel_shape"), case.get("strides")
    return any(
        (length - size) % stride and ((length - size) // stride + 1) * stride < length
        for length, size, stride in zip(shape, sizes, strides, strict=True)
    )


EXCLUDED = {
    "written out in simpler operators: those cases prove ONNX's own definitions": lambda case: (
        case.operator is None
    ),
    "not an array: sequences and optional values are nothing that a layer takes": lambda case: (
        not isinstance(case.inputs[0], np.ndarray)
    ),
    "integers: a network here computes in float32 or float64": lambda case: (
        case.operator in ("MaxPool", "Identity") and case.inputs[0].dtype.kind in "iu"
    ),
    "transA: the batch is the first axis of what a layer is given": lambda case: case.get("transA"),
    "a bias of its own for each example: a layer's parameters are the same for all": lambda case: (
        case.operator == "Gemm" and len(case.inputs) > 2 and case.inputs[2].ndim == 2 and len(case.inputs[2]) > 1
    ),
    "1-D and 3-D: images have two axes": lambda case: is_pool(case) and len(case.get("kernel_shape")) != 2,
    "dilation: windows have no gaps": lambda case: max(case.get("dilations") or [1]) > 1,
    "padding of a pool: its windows lie inside the image": lambda case: (
        is_pool(case) and (any(case.get("pads") or []) or case.get("auto_pad", "NOTSET") != "NOTSET")
    ),
    "ceil_mode: numbers at the end that fill no window are left out, as in PyTorch by default": lambda case: (
        case.get("ceil_mode") and reaches_beyond(case)
    ),
    "other padding for rows than for columns": lambda case: case.operator == "Conv" and case.get("pads") == [1, 0, 1, 0],
    "GELU's approximation by tanh: ours is the exact one": lambda case: case.get("approximate") == "tanh",
    "what is dropped: numbers are drawn from a stream of our own": lambda case: (
        case.operator == "Dropout" and len(case.inputs) > 2 and case.inputs[2].item() and case.inputs[1].item() > 0
    ),
    "class weights: all classes count alike": lambda case: case.operator in LOSSES and len(case.inputs) > 2,
    "ignore_index: every example counts": lambda case: "ignore_index" in case.attributes,
}  # fmt: skip
"""Each feature that some case needs and VisualNet does not have, with the reason."""

LOSSES = ("SoftmaxCrossEntropyLoss", "NegativeLogLikelihoodLoss")

NOT_OURS = {
    "MaxPool": "places of the largest numbers",
    "LayerNormalization": "means and scales, which the layer keeps to itself",
    "Dropout": "the mask",
}
"""Operators whose outputs after the first are not compared, and what those are."""


def pool_of_image(padded, shape, kernel, strides, pooled, *others, **options):
    """What a case of a pool expects; nan in 3-D, which is left out below and takes ONNX eight seconds."""
    if len(pooled) == 3:
        return np.full((*shape[:2], *pooled), np.nan, padded.dtype)
    return pool(padded, shape, kernel, strides, pooled, *others, **options)


def load_cases():
    """All cases of our operators. Only their modules are loaded: the other thousand cases take seconds."""
    with pytest.MonkeyPatch.context() as patch:
        # Each process that runs tests loads the cases, since they name the tests.
        patch.setattr(op_pool_common, "pool", pool_of_image)
        for operator in RUNNERS:
            import_module(f"{onnx_cases.__name__}.{MODULES.get(operator, operator.lower())}")
    return [adapter.Case(case) for case in onnx_cases._NodeTestCases]


CASES = load_cases()
REASONS = {case.name: next((why for why, needs in EXCLUDED.items() if needs(case)), None) for case in CASES}
INCLUDED = [case for case in CASES if REASONS[case.name] is None]


def by_name(case):
    return case.name


@pytest.mark.parametrize("case", INCLUDED, ids=by_name)
def test_node(case):
    outputs = RUNNERS[case.operator](case)
    compared = 1 if case.operator in NOT_OURS else len(case.outputs)
    assert sorted(outputs) == list(range(compared))
    for index, ours in outputs.items():
        assert ours.shape == case.outputs[index].shape
        np.testing.assert_allclose(ours, case.outputs[index], rtol=case.rtol, atol=case.atol)


LAYERS_LEFT_OUT = [
    case
    for case in CASES
    if RUNNERS.get(case.operator) is adapter.run_layer and REASONS[case.name] and isinstance(case.inputs[0], np.ndarray)
]  # fmt: skip


@pytest.mark.parametrize("case", LAYERS_LEFT_OUT, ids=by_name)
def test_a_layer_s_case_that_is_left_out_is_refused_not_computed_wrongly(case):
    with pytest.raises(VisualNetError, match=rf"has a {case.operator}|takes something else than numbers"):
        adapter.run_layer(case)


def test_every_case_runs_or_is_left_out_for_a_reason_that_is_needed():
    """A new case of ONNX's is run by itself; a reason that no case needs any more goes."""
    used = Counter(REASONS.values())
    assert used[None] >= 100
    assert set(used) == {None, *EXCLUDED}
    assert {case.operator for case in INCLUDED} == set(RUNNERS)
