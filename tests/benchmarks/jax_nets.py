"""JAX at its best at what the engine's benchmark asks: float32 arrays in memory, each step compiled as one, one thread.

Importing it raises ImportError where there is no JAX or no Optax.
"""

from __future__ import annotations

import os

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["JAX_PLATFORMS"] = "cpu"

import itertools
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax

from visualnet.core.datasets.catalogue import load_dataset

Parameters = list[tuple[jax.Array, jax.Array]]


def dense_training(sizes: Sequence[int], batch_size: int, steps: int) -> Callable[[], None]:
    """So many steps of Adam over shuffled MNIST, linear layers of these sizes with ReLUs between them."""
    return _training(
        _dense_parameters(sizes), _dense_outputs, (sizes[0],), optax.adam(0.001), batch_size, steps
    )


def conv_training(channels: Sequence[int], kernel: int, batch_size: int, steps: int) -> Callable[[], None]:
    """So many steps of SGD over shuffled MNIST: two convolutions with ReLU and pooling, two dense layers."""
    generator = np.random.default_rng(0)
    kernels: Parameters = []
    side = 28
    for inputs, outputs in itertools.pairwise((1, *channels)):
        shape = (kernel, kernel, inputs, outputs)
        values = generator.normal(0, (2 / (kernel * kernel * inputs)) ** 0.5, shape)
        kernels.append((jnp.asarray(values, jnp.float32), jnp.zeros(outputs, jnp.float32)))
        side = (side - kernel + 1) // 2
    dense = _dense_parameters((side * side * channels[-1], 64, 10))
    outputs_of = partial(_conv_outputs, len(kernels))
    return _training(kernels + dense, outputs_of, (28, 28, 1), optax.sgd(0.1), batch_size, steps)


def _dense_parameters(sizes: Sequence[int]) -> Parameters:
    generator = np.random.default_rng(0)
    return [
        (
            jnp.asarray(generator.normal(0, (2 / inputs) ** 0.5, (inputs, outputs)), jnp.float32),
            jnp.zeros(outputs, jnp.float32),
        )
        for inputs, outputs in itertools.pairwise(sizes)
    ]


def _dense_outputs(parameters: Parameters, values: jax.Array) -> jax.Array:
    for weights, bias in parameters[:-1]:
        values = jax.nn.relu(values @ weights + bias)
    weights, bias = parameters[-1]
    return values @ weights + bias


def _conv_outputs(count: int, parameters: Parameters, values: jax.Array) -> jax.Array:
    for kernel, bias in parameters[:count]:
        places = ("NHWC", "HWIO", "NHWC")
        values = lax.conv_general_dilated(values, kernel, (1, 1), "VALID", dimension_numbers=places)
        values = jax.nn.relu(values + bias)
        values = lax.reduce_window(values, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
    return _dense_outputs(parameters[count:], values.reshape(len(values), -1))


def _training(
    parameters: Parameters,
    outputs_of: Callable[[Parameters, jax.Array], jax.Array],
    shape: tuple[int, ...],
    optimizer: optax.GradientTransformation,
    batch_size: int,
    steps: int,
) -> Callable[[], None]:
    train = load_dataset("mnist").train
    images = jnp.asarray(train.inputs.astype(np.float32).reshape(-1, *shape) / 255)
    labels = jnp.asarray(train.targets.astype(np.int32))

    def loss_of(parameters: Parameters, batch: jax.Array) -> jax.Array:
        outputs = outputs_of(parameters, images[batch])
        return optax.softmax_cross_entropy_with_integer_labels(outputs, labels[batch]).mean()

    @partial(jax.jit, donate_argnums=(0, 1))
    def step_of(parameters: Parameters, memory: Any, batch: jax.Array) -> tuple[Parameters, Any, jax.Array]:
        loss, gradients = jax.value_and_grad(loss_of)(parameters, batch)
        changes, memory = optimizer.update(gradients, memory, parameters)
        return optax.apply_updates(parameters, changes), memory, loss

    state = [parameters, optimizer.init(parameters)]
    generator = np.random.default_rng(0)

    def act() -> None:
        order = generator.permutation(len(images)).astype(np.int32)
        loss = jnp.zeros(())
        for step in range(steps):
            start = step * batch_size % (len(images) - batch_size)
            state[0], state[1], loss = step_of(state[0], state[1], order[start : start + batch_size])
        loss.block_until_ready()

    return act
