"""Convolution and pooling against plain loops, written from their definitions."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from visualnet.core.nn.layers import AvgPool2D, Conv2D, GlobalAvgPool2D, MaxPool2D, conv_products
from visualnet.core.nn.layers.windows import Windows
from visualnet.core.nn.network import Network


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def built(layer, shape, dtype=np.float64):
    network = Network([layer], shape, dtype)
    network.parameters[...] = numbers(*network.parameters.shape, seed=1)
    return network


def zeros_around(length, kernel, stride, padding):
    """Zeros before and after an axis, by the rules of PyTorch, and of ONNX's SAME_UPPER for a longer stride."""
    if padding == "valid":
        return 0, 0
    if padding == "same":
        total = max((-(-length // stride) - 1) * stride + kernel - length, 0)
        return total // 2, total - total // 2
    return padding, padding


def plain_convolution(inputs, weight, bias, stride, padding):
    """Outputs for (channels, height, width, batch), one place after the other, and each window that is seen."""
    channels, _, kernel, _ = weight.shape
    around = [zeros_around(length, kernel, stride, padding) for length in inputs.shape[1:3]]
    padded = np.pad(inputs, [(0, 0), *around, (0, 0)])
    height, width = ((length - kernel) // stride + 1 for length in padded.shape[1:3])
    outputs = np.empty((channels, height, width, inputs.shape[-1]))
    for y, x in product(range(height), range(width)):
        window = padded[:, y * stride : y * stride + kernel, x * stride : x * stride + kernel]
        for channel in range(channels):
            seen = weight[channel][..., np.newaxis] * window
            outputs[channel, y, x] = bias[channel] + seen.sum(axis=(0, 1, 2))
    return outputs


def plain_convolution_gradients(inputs, weight, stride, padding, gradient):
    """To the inputs, the weight and the bias: each output's share goes to all that it was made of."""
    kernel = weight.shape[-1]
    around = [zeros_around(length, kernel, stride, padding) for length in inputs.shape[1:3]]
    padded = np.pad(inputs, [(0, 0), *around, (0, 0)])
    to_padded, to_weight = np.zeros(padded.shape), np.zeros(weight.shape)
    for channel, y, x in np.ndindex(gradient.shape[:3]):
        here = (slice(None), slice(y * stride, y * stride + kernel), slice(x * stride, x * stride + kernel))
        to_weight[channel] += padded[here] @ gradient[channel, y, x]
        to_padded[here] += weight[channel][..., np.newaxis] * gradient[channel, y, x]
    (top, _), (left, _) = around
    height, width = inputs.shape[1:3]
    to_inputs = to_padded[:, top : top + height, left : left + width]
    return to_inputs, to_weight, gradient.sum(axis=(1, 2, 3))


def check_convolution(layer, shape, batch):
    network = built(layer, shape)
    inputs = numbers(*shape, batch)
    images = inputs.reshape(-1, *shape[-2:], batch)
    options = layer.stride, layer.padding
    expected = plain_convolution(images, layer.weight, layer.bias, *options)
    outputs = layer.forward(inputs)
    assert outputs.shape == (*network.output_shape, batch)
    np.testing.assert_allclose(outputs, expected, rtol=1e-9, atol=1e-11)
    gradient = numbers(*outputs.shape, seed=2)
    to_inputs, to_weight, to_bias = plain_convolution_gradients(images, layer.weight, *options, gradient)
    np.testing.assert_allclose(
        layer.backward(gradient), to_inputs.reshape(inputs.shape), rtol=1e-9, atol=1e-11
    )
    np.testing.assert_allclose(layer.weight_gradient, to_weight, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(layer.bias_gradient, to_bias, rtol=1e-9, atol=1e-11)


sizes = st.integers(1, 3)


@given(
    channels=st.tuples(sizes, sizes),
    image=st.tuples(st.integers(3, 7), st.integers(3, 7)),
    kernel=st.integers(1, 4),
    stride=st.integers(1, 3),
    padding=st.sampled_from(["valid", "same", 0, 1, 2]),
    batch=sizes,
)
def test_convolution_is_its_definition(channels, image, kernel, stride, padding, batch):
    if isinstance(padding, int):
        padding = min(padding, kernel - 1)
    if padding in ("valid", 0):
        kernel = min(kernel, *image)
    check_convolution(Conv2D(channels[1], kernel, stride, padding), (channels[0], *image), batch)


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("small", [10, 200, 1000, 3000, 20_000])
def test_products_cut_in_parts_give_the_same(monkeypatch, small, stride, padding):
    monkeypatch.setattr(conv_products, "SMALL_PRODUCT", small)
    monkeypatch.setattr(conv_products, "SHORTEST_PART", 2)
    check_convolution(Conv2D(3, 3, stride, padding), (2, 6, 8), 6)


def test_rows_are_cut_so_that_products_are_small_but_not_too_short():
    def parts(inputs, outputs, kernel, batch):
        windows = Windows.along(12, kernel, 1)
        shape = conv_products.ConvShape(inputs, outputs, windows, windows, batch, np.dtype(np.float32))
        return shape.parts

    assert parts(1, 8, 5, 64) == 1
    assert parts(8, 16, 5, 64) == 2
    assert parts(8, 16, 5, 500) == 16
    assert parts(256, 256, 3, 64) == 1


def test_an_image_without_channel_axis_is_one_channel():
    check_convolution(Conv2D(2, 3), (5, 6), 3)
    flat, stacked = MaxPool2D(), MaxPool2D()
    built(flat, (4, 6)), built(stacked, (1, 4, 6))
    inputs = numbers(4, 6, 3)
    np.testing.assert_array_equal(flat.forward(inputs), stacked.forward(inputs[np.newaxis]))
    gradient = numbers(1, 2, 3, 3)
    np.testing.assert_array_equal(flat.backward(gradient), stacked.backward(gradient)[0])


def plain_pool(inputs, size, stride, reduce):
    channels, *image, batch = inputs.shape
    height, width = ((length - size) // stride + 1 for length in image)
    outputs = np.empty((channels, height, width, batch))
    for y, x in product(range(height), range(width)):
        window = inputs[:, y * stride : y * stride + size, x * stride : x * stride + size]
        outputs[:, y, x] = reduce(window, axis=(1, 2))
    return outputs


def plain_pool_gradient(inputs, size, stride, gradient, share):
    """``share`` says which part of an output's gradient each number of its window gets."""
    to_inputs = np.zeros(inputs.shape)
    for channel, y, x, example in np.ndindex(gradient.shape):
        rows, columns = (slice(start * stride, start * stride + size) for start in (y, x))
        window = inputs[channel, rows, columns, example]
        to_inputs[channel, rows, columns, example] += share(window) * gradient[channel, y, x, example]
    return to_inputs


def first_largest(window):
    """1 at the first of the largest numbers, row by row, as PyTorch has it."""
    share = np.zeros(window.shape)
    share.flat[window.argmax()] = 1
    return share


def even_shares(window):
    return np.full(window.shape, 1 / window.size)


POOLS = {"max": (MaxPool2D, np.max, first_largest), "average": (AvgPool2D, np.mean, even_shares)}


@given(
    kind=st.sampled_from(sorted(POOLS)),
    shape=st.tuples(sizes, st.integers(1, 8), st.integers(1, 8), sizes),
    size=st.integers(1, 4),
    stride=st.none() | st.integers(1, 4),
    levels=st.sampled_from([2, 1000]),
)
def test_pooling_is_its_definition_also_where_numbers_are_equal(kind, shape, size, stride, levels):
    layer_type, reduce, share = POOLS[kind]
    size = min(size, *shape[1:3])
    layer = layer_type(size, stride)
    built(layer, shape[:3])
    inputs = np.random.default_rng(3).integers(0, levels, shape).astype(float)
    stride = size if stride is None else stride
    outputs = layer.forward(inputs)
    np.testing.assert_allclose(outputs, plain_pool(inputs, size, stride, reduce), rtol=1e-14)
    gradient = numbers(*outputs.shape, seed=4)
    for _ in range(2):
        np.testing.assert_allclose(
            layer.backward(gradient),
            plain_pool_gradient(inputs, size, stride, gradient, share),
            rtol=1e-12,
            atol=1e-14,
        )


def test_a_number_that_is_none_stays_visible():
    layer = MaxPool2D()
    built(layer, (1, 2, 2))
    for place in np.ndindex(2, 2):
        inputs = np.zeros((1, 2, 2, 1))
        inputs[0, *place] = np.nan
        assert np.isnan(layer.forward(inputs)).all()


def test_global_average_is_the_mean_of_each_channel():
    layer = GlobalAvgPool2D()
    assert built(layer, (3, 4, 5)).output_shape == (3,)
    inputs = numbers(3, 4, 5, 2)
    np.testing.assert_allclose(layer.forward(inputs), inputs.mean(axis=(1, 2)))
    gradient = numbers(3, 2)
    expected = np.broadcast_to(gradient[:, np.newaxis, np.newaxis] / 20, inputs.shape)
    np.testing.assert_allclose(layer.backward(gradient), expected)


@given(
    length=st.integers(1, 30),
    size=st.integers(1, 7),
    stride=st.integers(1, 5),
    padding=st.sampled_from(["valid", "same", 0, 1, 2, 3]),
)
def test_windows_see_each_number_where_it_is(length, size, stride, padding):
    try:
        windows = Windows.along(length, size, stride, padding)
    except ValueError:
        assert length + sum(zeros_around(length, size, stride, padding)) < size
        return
    before, after = zeros_around(length, size, stride, padding)
    assert windows.before == before
    assert windows.count == (length + before + after - size) // stride + 1
    for offset in range(size):
        seen, places = windows.seen_at(offset)
        starts = np.arange(windows.count) * stride + offset - before
        inside = (starts >= 0) & (starts < length)
        np.testing.assert_array_equal(np.arange(length)[seen], starts[inside])
        np.testing.assert_array_equal(np.arange(windows.count)[places], np.flatnonzero(inside))
