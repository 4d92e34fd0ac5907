"""Layers with their parameters, made from ONNX operators."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import numpy as np

from visualnet.core.formats.onnx_activations import ACTIVATION_OPERATORS
from visualnet.core.formats.onnx_operator import Operator, as_written
from visualnet.core.nn.layers import (
    Array,
    AvgPool2D,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAvgPool2D,
    LayerNorm,
    MaxPool2D,
    Shape,
    SiLU,
)
from visualnet.core.nn.layers.windows import Windows
from visualnet.core.setup.layers import LayerSetup

Reading = tuple[LayerSetup, dict[str, Array]]
"""A layer, and its parameters and buffers by name."""


def read_layer(operator: Operator, shape: Shape) -> Reading:
    """The layer that does what the operator does to one example of this shape.

    Raises:
        ValueError: when there is none; a clause that names the operator and what is not known.
        SetupError: when one of its options is beyond the bounds of a Setup.
    """
    if operator.kind not in _READERS:
        known = ", ".join(_READERS)
        raise ValueError(f"has the operator {operator.kind:.60}, which is no layer here; known are {known}")
    reading = _READERS[operator.kind](operator, shape)
    operator.finish()
    return reading


def _read_activation(kind: str) -> Callable[[Operator, Shape], Reading]:
    _, attributes = ACTIVATION_OPERATORS[kind]
    defaults = dict(LayerSetup(kind).options)

    def read(operator: Operator, shape: Shape) -> Reading:
        options = {option: operator.get(name, float(defaults[option])) for option, name in attributes.items()}
        return LayerSetup(kind, **options), {}

    return read


def _read_gelu(operator: Operator, shape: Shape) -> Reading:
    operator.require(approximate="none")
    return LayerSetup("gelu"), {}


def _read_swish(operator: Operator, shape: Shape) -> Reading:
    operator.require(alpha=1.0)
    return LayerSetup(SiLU.kind), {}


def _read_gemm(operator: Operator, shape: Shape) -> Reading:
    """y = alpha · x B + beta · C: the factors go into weight and bias."""
    operator.require(transA=0)
    weight = operator.constant(1)
    if len(shape) != 1 or weight.ndim != 2:
        raise ValueError("has a Gemm of something else than flat examples and a matrix")
    weight = weight if operator.get("transB", 0) else weight.T
    bias = operator.constant(2, np.zeros(1, weight.dtype))
    if bias.size != 1 and bias.shape not in ((len(weight),), (1, len(weight))):
        raise ValueError(f"has a Gemm that adds {bias.shape} numbers; only one for each output is known here")
    with np.errstate(over="ignore", invalid="ignore"):
        weight = weight * weight.dtype.type(operator.get("alpha", 1.0))
        bias = bias * bias.dtype.type(operator.get("beta", 1.0))
    return LayerSetup(Dense.kind, len(weight)), {
        "weight": weight,
        "bias": np.broadcast_to(bias.ravel(), len(weight)),
    }


def _read_conv(operator: Operator, shape: Shape) -> Reading:
    operator.require(group=1, dilations=[1, 1])
    weight = operator.constant(1)
    if weight.ndim != 4 or weight.shape[2] != weight.shape[3]:
        raise ValueError("has a Conv whose windows are not square")
    channels, kernel = weight.shape[0], weight.shape[2]
    operator.require(kernel_shape=[kernel, kernel])
    stride = _one_of_both(operator, "strides", [1, 1])
    padding = _padding(operator, shape, kernel, stride, can_pad=True)
    bias = operator.constant(2, np.zeros(channels, weight.dtype))
    layer = LayerSetup(Conv2D.kind, channels=channels, kernel=kernel, stride=stride, padding=padding)
    return layer, {"weight": weight, "bias": bias}


def _read_pool(kind: str) -> Callable[[Operator, Shape], Reading]:
    def read(operator: Operator, shape: Shape) -> Reading:
        operator.require(dilations=[1, 1])
        # The first is about zeros around the image, which the layer never has; the other about a second output.
        operator.ignore("count_include_pad", "storage_order")
        size = _one_of_both(operator, "kernel_shape", [])
        stride = _one_of_both(operator, "strides", [1, 1])
        _padding(operator, shape, size, stride, can_pad=False)
        return LayerSetup(kind, size=size, stride=stride), {}

    return read


def _one_of_both(operator: Operator, name: str, default: list[int]) -> int:
    both = operator.get(name, default)
    if len(both) != 2 or both[0] != both[1] or both[0] < 1:
        raise ValueError(f"has a {operator.kind} whose {name} are not twice the same number: {both!r:.60}")
    return both[0]


def _padding(operator: Operator, shape: Shape, size: int, stride: int, can_pad: bool) -> int | str:
    """How the layer must pad so that its windows lie where the operator's do.

    Raises:
        ValueError: when no way of padding that the layer has puts them there.
    """
    _require_image(operator, shape)
    mode, pads = operator.get("auto_pad", "NOTSET"), operator.get("pads", [0, 0, 0, 0])
    rounds_up = bool(operator.get("ceil_mode", 0))
    if len(pads) != 4 or min(pads) < 0:
        raise ValueError(f"has a {operator.kind} whose pads are not four numbers from 0 on")
    wanted = []
    for axis, length in enumerate(shape[1:]):
        before, after = _pads_along(mode, length, size, stride, (pads[axis], pads[axis + 2]))
        wanted.append((before, _count(length, before, after, size, stride, rounds_up)))
    ways: list[int | str] = ["valid", "same", wanted[0][0]] if can_pad else ["valid"]
    for way in ways:
        if wanted == _places(shape, size, stride, way):
            return way
    raise ValueError(
        f"has a {operator.kind} whose windows no padding of ours reaches (pads, auto_pad or ceil_mode)"
    )


def _places(shape: Shape, size: int, stride: int, padding: int | str) -> list[tuple[int, int]]:
    """For each axis the zeros before it and the count of windows; nothing where not even one fits."""
    try:
        windows = [Windows.along(length, size, stride, padding) for length in shape[1:]]
    except ValueError:
        return []
    return [(window.before, window.count) for window in windows]


def _pads_along(mode: str, length: int, size: int, stride: int, pads: tuple[int, int]) -> tuple[int, int]:
    """Zeros before and after an axis."""
    if mode == "NOTSET":
        return pads
    if mode == "VALID":
        return 0, 0
    if mode not in ("SAME_UPPER", "SAME_LOWER"):
        raise ValueError(f"has an auto_pad of {mode!r:.40}, which is not known")
    total = max((-(-length // stride) - 1) * stride + size - length, 0)
    less, more = total // 2, total - total // 2
    return (less, more) if mode == "SAME_UPPER" else (more, less)


def _count(length: int, before: int, after: int, size: int, stride: int, rounds_up: bool) -> int:
    """Windows along an axis; rounded up, those that start behind the axis are left out."""
    room = length + before + after - size
    count = (-(-room // stride) if rounds_up else room // stride) + 1
    return count - 1 if rounds_up and (count - 1) * stride >= length + before else count


def _read_global_pool(operator: Operator, shape: Shape) -> Reading:
    _require_image(operator, shape)
    return LayerSetup(GlobalAvgPool2D.kind), {}


def _require_image(operator: Operator, shape: Shape) -> None:
    if len(shape) != 3:
        raise ValueError(f"has a {operator.kind} of something else than (channels, height, width)")


def _read_flatten(operator: Operator, shape: Shape) -> Reading:
    _require_all_axes(operator, operator.get("axis", 1), shape)
    return LayerSetup(Flatten.kind), {}


def _require_all_axes(operator: Operator, axis: int, shape: Shape) -> None:
    if axis not in (1, -len(shape)):
        raise ValueError(
            f"has a {operator.kind} from axis {axis} on; only all axes but the batch's are known here"
        )


def _read_dropout(operator: Operator, shape: Shape) -> Reading:
    operator.ignore("seed")
    rate = operator.constant(1, np.array(operator.get("ratio", 0.5)))
    is_training = operator.constant(2, np.array(False))
    if rate.size != 1 or is_training.size != 1 or is_training.item():
        raise ValueError("has a Dropout that drops; only one that waits for training is known here")
    return LayerSetup(Dropout.kind, rate=as_written(rate.ravel()[0])), {}


def _read_batch_norm(operator: Operator, shape: Shape) -> Reading:
    """ONNX's momentum is the share that stays, ours the share that is new."""
    operator.require(training_mode=0, spatial=1)
    if len(shape) not in (1, 3):
        raise ValueError(
            "has a BatchNormalization of something else than features or (channels, height, width)"
        )
    momentum = round(1 - operator.get("momentum", 0.9), 7)
    names = ("weight", "bias", "running_mean", "running_var")
    layer = LayerSetup(BatchNorm.kind, momentum=momentum, epsilon=operator.get("epsilon", 1e-5))
    return layer, {name: operator.constant(index) for index, name in enumerate(names, 1)}


def _read_layer_norm(operator: Operator, shape: Shape) -> Reading:
    _require_all_axes(operator, operator.get("axis", -1), shape)
    operator.require(stash_type=1)
    weight = operator.constant(1)
    bias = operator.constant(2, np.zeros_like(weight))
    # Axes of length 1 may be left out in front.
    if weight.size == bias.size == prod(shape):
        weight, bias = weight.reshape(shape), bias.reshape(shape)
    layer = LayerSetup(LayerNorm.kind, epsilon=operator.get("epsilon", 1e-5))
    return layer, {"weight": weight, "bias": bias}


_READERS: dict[str, Callable[[Operator, Shape], Reading]] = {
    **{name: _read_activation(kind) for kind, (name, _) in ACTIVATION_OPERATORS.items()},
    "Gelu": _read_gelu,
    "Swish": _read_swish,
    "Gemm": _read_gemm,
    "Conv": _read_conv,
    "MaxPool": _read_pool(MaxPool2D.kind),
    "AveragePool": _read_pool(AvgPool2D.kind),
    "GlobalAveragePool": _read_global_pool,
    "Flatten": _read_flatten,
    "Dropout": _read_dropout,
    "BatchNormalization": _read_batch_norm,
    "LayerNormalization": _read_layer_norm,
}
