"""The parts of a Trainer, made from a Setup and checked against each other."""

from __future__ import annotations

from visualnet.core.datasets.augment import Augmentation
from visualnet.core.datasets.dataset import Dataset
from visualnet.core.errors import SetupError
from visualnet.core.nn.losses import LOSSES
from visualnet.core.nn.network import Network
from visualnet.core.setup.setup import Setup
from visualnet.core.training.evaluation import CHUNK

MAXIMUM_WORK_BYTES = 2 << 30
"""For the layers' work arrays at one batch size; a mistyped size must not use up the machine's memory."""


def build_network(setup: Setup, dataset: Dataset) -> Network:
    """The network with its first parameters.

    Raises:
        SetupError: when its outputs do not fit loss and data.
    """
    try:
        layers = [layer.make() for layer in setup.layers]
        network = Network(layers, dataset.input_shape, setup.dtype, setup.seed)
    except ValueError as error:
        raise SetupError("layers", str(error)) from None
    outputs, classes, loss = network.output_shape, len(dataset.classes), LOSSES[setup.loss]
    if loss.needs_classes and not classes:
        fitting = ", ".join(name for name, other in LOSSES.items() if not other.needs_classes)
        raise SetupError(
            "loss", f"{setup.loss} compares classes, and {dataset.name} has values: use {fitting}"
        )
    allowed = loss.output_counts(classes) if classes else (dataset.outputs,)
    if len(outputs) != 1 or outputs[0] not in allowed:
        wanted = " or ".join(str(count) for count in allowed)
        raise SetupError(
            "layers", f"must end with {wanted} outputs for {setup.loss} on {dataset.name}, not {outputs[0]}"
        )
    network.initialize(setup.initializer.name, setup.initializer.scale, setup.seed)
    return network


def make_augmentation(setup: Setup, dataset: Dataset) -> Augmentation | None:
    """The Augmentation of the training images; None where nothing is to be changed.

    Raises:
        SetupError: when the examples are no images.
    """
    try:
        return setup.data.augmentation.make(dataset.input_shape, setup.seed)
    except ValueError as error:
        raise SetupError("data.augmentation", str(error)) from None


def require_memory(network: Network, dataset: Dataset, batch_size: int) -> None:
    """Raise SetupError where the work arrays of a step or of an evaluation would take too much memory."""
    measured = max(len(dataset.test), len(dataset.validation or ()))
    batch = max(min(batch_size, len(dataset.train)), min(CHUNK, measured))
    needed = network.work_bytes(batch)
    if needed > MAXIMUM_WORK_BYTES:
        raise SetupError(
            "batch_size",
            f"{batch:,} examples at once would take {needed / 2**30:.1f} GiB in these layers; "
            f"at most {MAXIMUM_WORK_BYTES / 2**30:.0f} GiB are allowed",
        )
