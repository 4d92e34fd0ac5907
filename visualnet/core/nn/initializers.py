"""First values of the parameters. Biases start at zero, except under ``uniform``, as in the original.

An initializer fills (weight, bias) in place. Weights are (outputs, inputs) or, of a convolution,
(outputs, inputs, height, width). ``scale`` is its factor, and ``generator`` what it draws from.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Initializer = Callable[[Array, Array, float, np.random.Generator], None]

TOO_LARGE = 10
"""How many times He's deviation ``too-large`` takes: sums grow tenfold from layer to layer."""


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """How many numbers go into one output of such a weight, and how many outputs one input goes to.

    A convolution's kernel sees inputs · height · width numbers (Glorot, Bengio 2010; He et al. 2015,
    section 2.2).

    Args:
        shape: (outputs, inputs, ...).
    """
    outputs, inputs, *kernel = shape
    return inputs * prod(kernel), outputs * prod(kernel)


def uniform(weight: Array, bias: Array, scale: float, generator: np.random.Generator) -> None:
    """Weights, then biases, uniform in ±scale."""
    weight[...] = generator.uniform(-scale, scale, weight.shape)
    bias[...] = generator.uniform(-scale, scale, bias.shape)


def normal(weight: Array, bias: Array, scale: float, generator: np.random.Generator) -> None:
    """Normal with standard deviation scale, whatever the layer's size (0.01 in Krizhevsky et al. 2012)."""
    weight[...] = generator.normal(0, scale, weight.shape)
    bias.fill(0)


def xavier(weight: Array, bias: Array, scale: float, generator: np.random.Generator) -> None:
    """Uniform in ±scale·sqrt(6 / (inputs + outputs)) (Glorot, Bengio 2010, equation 16)."""
    inputs, outputs = fans(weight.shape)
    limit = scale * sqrt(6 / (inputs + outputs))
    weight[...] = generator.uniform(-limit, limit, weight.shape)
    bias.fill(0)


def he(weight: Array, bias: Array, scale: float, generator: np.random.Generator) -> None:
    """Normal with standard deviation scale·sqrt(2 / inputs) (He et al. 2015, equation 10)."""
    inputs, _ = fans(weight.shape)
    normal(weight, bias, scale * sqrt(2 / inputs), generator)


def lecun(weight: Array, bias: Array, scale: float, generator: np.random.Generator) -> None:
    """Normal with standard deviation scale·sqrt(1 / inputs) (LeCun, Bottou, Orr, Müller 1998, equation 16)."""
    inputs, _ = fans(weight.shape)
    normal(weight, bias, scale * sqrt(1 / inputs), generator)


def orthogonal(weight: Array, bias: Array, scale: float, generator: np.random.Generator) -> None:
    """Rows (or columns, where they are fewer) at right angles and of length scale, in a random direction.

    The weight is read as a matrix (outputs, the rest) (Saxe, McClelland, Ganguli 2014). Q of
    a normal matrix's QR decomposition has no preferred direction once its signs are those that make the
    diagonal of R positive (Mezzadri 2007, How to generate random matrices from the classical compact groups).
    """
    rows, columns = len(weight), prod(weight.shape[1:])
    q, r = np.linalg.qr(generator.normal(size=(max(rows, columns), min(rows, columns))))
    q *= scale * np.copysign(1, r.diagonal())
    weight[...] = (q if rows >= columns else q.T).reshape(weight.shape)
    bias.fill(0)


def zeros(weight: Array, bias: Array, scale: float, generator: np.random.Generator) -> None:
    """All zero, kept because it teaches: all neurons of a layer stay alike, for their gradients are.

    (Rumelhart, Hinton, Williams 1986, call it the need to break symmetry.)
    """
    weight.fill(0)
    bias.fill(0)


def too_large(weight: Array, bias: Array, scale: float, generator: np.random.Generator) -> None:
    """He's times TOO_LARGE, kept because it teaches: signals explode, and tanh saturates.

    (Glorot, Bengio 2010, section 3, show what saturation does to gradients.)
    """
    he(weight, bias, scale * TOO_LARGE, generator)


INITIALIZERS: dict[str, Initializer] = {
    "uniform": uniform,
    "normal": normal,
    "xavier": xavier,
    "he": he,
    "lecun": lecun,
    "orthogonal": orthogonal,
    "zeros": zeros,
    "too-large": too_large,
}
