"""First values of the parameters. Biases start at zero, except under ``uniform``, as in the original."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

Initializer = Callable[[NDArray[Any], NDArray[Any], float, np.random.Generator], None]


def uniform(weight: NDArray[Any], bias: NDArray[Any], scale: float, generator: np.random.Generator) -> None:
    """Weights, then biases, uniform in ±scale."""
    weight[...] = generator.uniform(-scale, scale, weight.shape)
    bias[...] = generator.uniform(-scale, scale, bias.shape)


def xavier(weight: NDArray[Any], bias: NDArray[Any], scale: float, generator: np.random.Generator) -> None:
    """Uniform in ±scale·sqrt(6 / (inputs + outputs)) (Glorot, Bengio 2010, equation 16)."""
    outputs, inputs = weight.shape
    limit = scale * sqrt(6 / (inputs + outputs))
    weight[...] = generator.uniform(-limit, limit, weight.shape)
    bias.fill(0)


def he(weight: NDArray[Any], bias: NDArray[Any], scale: float, generator: np.random.Generator) -> None:
    """Normal with standard deviation scale·sqrt(2 / inputs) (He et al. 2015, equation 10)."""
    weight[...] = generator.normal(0, scale * sqrt(2 / weight.shape[1]), weight.shape)
    bias.fill(0)


INITIALIZERS: dict[str, Initializer] = {"uniform": uniform, "xavier": xavier, "he": he}
