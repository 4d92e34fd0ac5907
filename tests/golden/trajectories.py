"""The runs whose every step is compared with PyTorch's: one table of Setups, and the data they learn.

``make_trajectories.py`` runs each in PyTorch and writes ``trajectories.npz``; ``tests/core/test_trajectories.py``
runs each in our engine and compares. Neither data nor first parameters depend on either side's initialisers.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from visualnet.core.datasets.dataset import Dataset, Split
from visualnet.core.setup.layers import LayerSetup
from visualnet.core.setup.optimizer import OptimizerSetup
from visualnet.core.setup.regularization import RegularizationSetup
from visualnet.core.setup.schedule import ScheduleSetup
from visualnet.core.setup.setup import Setup

FILE = Path(__file__).with_name("trajectories.npz")
STEPS = 50
EXAMPLES = 44
"""Two batches of 16 and one of 12 in each epoch."""
SHOWN = 16
"""Examples that the trained network is asked about."""


@dataclass(frozen=True)
class Case:
    """One run.

    Attributes:
        name: what it is about; seeds its data and its first parameters.
        input_shape: of one example, without batch axis.
        setup: the run, in float64.
        outputs: classes, or numbers to be predicted where ``values`` is set.
        values: whether targets are values.
    """

    name: str
    input_shape: tuple[int, ...]
    setup: Setup = field(repr=False)
    outputs: int = 3
    values: bool = False

    @property
    def _generator(self) -> np.random.Generator:
        return np.random.default_rng(crc32(self.name.encode()))

    def dataset(self) -> Dataset:
        """EXAMPLES numbers from -2 to 2 each, exact in float32, and as many targets; no order is drawn."""
        generator = self._generator
        inputs = generator.uniform(-2, 2, (EXAMPLES, int(np.prod(self.input_shape))))
        inputs = inputs.astype(np.float32).astype(np.float64)
        if self.values:
            targets = generator.uniform(-2, 2, (EXAMPLES, self.outputs)).astype(np.float32).astype(np.float64)
        else:
            targets = generator.integers(0, self.outputs, EXAMPLES)
        split = Split(inputs, targets)
        classes = () if self.values else tuple("abcde"[: self.outputs])
        return Dataset(self.name, split, split, self.input_shape, classes)

    def start(self, count: int) -> np.ndarray:
        """(count,) first parameters from -0.5 to 0.5, exact in float32; a norm's factors too."""
        return self._generator.uniform(-0.5, 0.5, count).astype(np.float32)

    def setup_in(self, dtype: str) -> Setup:
        """The run in float32 or float64."""
        return replace(self.setup, dtype=dtype)


def layer(kind: str, *units: int, **options: Any) -> LayerSetup:
    return LayerSetup(kind, *units, **options)


def setup_of(*layers: LayerSetup, optimizer: OptimizerSetup, **others: Any) -> Setup:
    return Setup(
        layers=layers,
        optimizer=optimizer,
        batch_size=16,
        shuffle=False,
        seed=11,
        dtype="float64",
        epochs=None,
        steps=STEPS,
        **others,
    )


def dense(activation: LayerSetup, outputs: int = 3) -> tuple[LayerSetup, ...]:
    return layer("dense", 7), activation, layer("dense", 5), activation, layer("dense", outputs)


VECTOR, IMAGE = (6,), (2, 8, 7)

CASES = (
    Case("tanh, cross-entropy, SGD", VECTOR, setup_of(*dense(layer("tanh")), optimizer=OptimizerSetup("sgd", 0.3))),
    Case(
        "ReLU, MSE, momentum",
        VECTOR,
        setup_of(*dense(layer("relu"), 2), loss="mse", optimizer=OptimizerSetup("momentum", 0.02)),
        2,
        values=True,
    ),
    Case(
        "leaky ReLU, MAE, Nesterov",
        VECTOR,
        setup_of(
            *dense(layer("leaky-relu", slope=0.2), 2),
            loss="mae",
            optimizer=OptimizerSetup("nesterov", 0.02, momentum=0.8),
        ),
        2,
        values=True,
    ),
    Case(
        "ELU, Huber, Adagrad",
        VECTOR,
        setup_of(*dense(layer("elu", alpha=1.5), 2), loss="huber", optimizer=OptimizerSetup("adagrad", 0.1)),
        2,
        values=True,
    ),
    Case(
        "GELU, smoothed cross-entropy, Adam, cosine",
        VECTOR,
        setup_of(
            *dense(layer("gelu")),
            label_smoothing=0.1,
            optimizer=OptimizerSetup("adam", 0.02),
            schedule=ScheduleSetup("cosine", final=0.1),
        ),
    ),
    Case(
        "SiLU, binary cross-entropy, AdamW, one-cycle",
        VECTOR,
        setup_of(
            *dense(layer("silu"), 1),
            loss="binary-cross-entropy",
            optimizer=OptimizerSetup("adamw", 0.05, weight_decay=0.1),
            schedule=ScheduleSetup("one-cycle", final=0.01),
        ),
        2,
    ),
    Case(
        "sigmoid, hinge, RMSProp",
        VECTOR,
        setup_of(*dense(layer("sigmoid")), loss="hinge", optimizer=OptimizerSetup("rmsprop", 0.01, alpha=0.9)),
    ),
    Case(
        "softplus, smoothed binary cross-entropy, SGD, step",
        VECTOR,
        setup_of(
            *dense(layer("softplus")),
            loss="binary-cross-entropy",
            label_smoothing=0.2,
            optimizer=OptimizerSetup("sgd", 0.5),
            schedule=ScheduleSetup("step", interval=12, decay=0.4),
        ),
    ),
    Case(
        "sine, MSE, Adam with its own betas and epsilon, exponential",
        VECTOR,
        setup_of(
            *dense(layer("sine"), 1),
            loss="mse",
            optimizer=OptimizerSetup("adam", 0.02, beta1=0.7, beta2=0.95, epsilon=1e-3),
            schedule=ScheduleSetup("exponential", interval=10, decay=0.5),
        ),
        1,
        values=True,
    ),
    Case(
        "identity, MSE of classes, momentum, warm-up",
        VECTOR,
        setup_of(
            *dense(layer("identity")),
            loss="mse",
            optimizer=OptimizerSetup("momentum", 0.02, momentum=0.5),
            schedule=ScheduleSetup(warmup_steps=8),
        ),
    ),
    Case(
        "convolution, max pooling, SGD",
        IMAGE,
        setup_of(
            layer("conv2d", channels=3, kernel=3), layer("relu"), layer("max-pool2d"), layer("flatten"),
            layer("dense", 3), optimizer=OptimizerSetup("sgd", 0.1),
        ),
    ),
    Case(
        "convolution with same padding, average pooling, Adam",
        IMAGE,
        setup_of(
            layer("conv2d", channels=3, kernel=4, padding="same"), layer("tanh"), layer("avg-pool2d"),
            layer("conv2d", channels=2, kernel=2), layer("dense", 3), optimizer=OptimizerSetup("adam", 0.01),
        ),
    ),
    Case(
        "strided convolution, overlapping pools, global average, Nesterov",
        IMAGE,
        setup_of(
            layer("conv2d", channels=4, kernel=3, stride=2, padding=2), layer("silu"),
            layer("max-pool2d", size=3, stride=1), layer("avg-pool2d", size=2, stride=1),
            layer("global-avg-pool2d"), layer("dense", 3), optimizer=OptimizerSetup("nesterov", 0.1),
        ),
    ),
    Case(
        "batch norm of vectors, momentum",
        VECTOR,
        setup_of(
            layer("dense", 7), layer("batch-norm"), layer("relu"), layer("dense", 3),
            optimizer=OptimizerSetup("momentum", 0.05),
        ),
    ),
    Case(
        "batch norm of images, Nesterov",
        IMAGE,
        setup_of(
            layer("conv2d", channels=3, kernel=3), layer("batch-norm", momentum=0.3, epsilon=1e-3), layer("elu"),
            layer("avg-pool2d", size=3), layer("dense", 3), optimizer=OptimizerSetup("nesterov", 0.05),
        ),
    ),
    Case(
        "layer norm of vectors, AdamW",
        VECTOR,
        setup_of(
            layer("dense", 7), layer("layer-norm"), layer("gelu"), layer("dense", 3),
            optimizer=OptimizerSetup("adamw", 0.02),
        ),
    ),
    Case(
        "layer norm of images, RMSProp",
        IMAGE,
        setup_of(
            layer("conv2d", channels=2, kernel=3, stride=2), layer("layer-norm", epsilon=1e-3), layer("tanh"),
            layer("flatten"), layer("dense", 3), optimizer=OptimizerSetup("rmsprop", 0.005, epsilon=1e-4),
        ),
    ),
    Case(
        "dropout of numbers and of pixels, Adagrad",
        IMAGE,
        setup_of(
            layer("dropout", rate=0.2), layer("conv2d", channels=2, kernel=3), layer("softplus"), layer("flatten"),
            layer("dropout"), layer("dense", 3), optimizer=OptimizerSetup("adagrad", 0.05, epsilon=1e-3),
        ),
    ),
    Case(
        "blocks in blocks, SGD, warm-up and cosine",
        VECTOR,
        setup_of(
            layer("residual", layers=[
                layer("dense", 6), layer("batch-norm"), layer("tanh"),
                layer("residual", layers=[layer("dropout", rate=0.3), layer("dense", 6)]),
            ]),
            layer("dense", 3), optimizer=OptimizerSetup("sgd", 0.2),
            schedule=ScheduleSetup("cosine", warmup_steps=10),
        ),
    ),
    Case(
        "blocks of convolutions, momentum, warm-up and one-cycle",
        IMAGE,
        setup_of(
            layer("conv2d", channels=3, kernel=3, padding=1),
            layer("residual", layers=[
                layer("batch-norm"), layer("relu"), layer("conv2d", channels=3, kernel=3, padding="same"),
            ]),
            layer("max-pool2d", size=3, stride=2), layer("flatten"), layer("dense", 3),
            optimizer=OptimizerSetup("momentum", 0.05),
            schedule=ScheduleSetup("one-cycle", warmup_steps=5, final=0.02, start=0.1, rise=0.4),
        ),
    ),
    Case(
        "L1, L2 and a clipped norm, SGD",
        VECTOR,
        setup_of(
            *dense(layer("tanh")), optimizer=OptimizerSetup("sgd", 0.5),
            regularization=RegularizationSetup(l1=0.003, l2=0.02, clip_norm=0.3),
        ),
    ),
    Case(
        "decay of weights alone and a moving average, Adam",
        VECTOR,
        setup_of(
            *dense(layer("silu")), optimizer=OptimizerSetup("adam", 0.02),
            regularization=RegularizationSetup(weight_decay=0.5, ema_decay=0.9),
        ),
    ),
    Case(
        "clipped numbers and a greatest norm, momentum",
        VECTOR,
        setup_of(
            *dense(layer("tanh")), optimizer=OptimizerSetup("momentum", 0.2),
            regularization=RegularizationSetup(clip_value=0.02, max_norm=0.9),
        ),
    ),
)  # fmt: skip
