"""ModelView: what may be asked of a network between two steps, and TrainerView, which answers for a Trainer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from visualnet.core.datasets.dataset import Dataset

if TYPE_CHECKING:
    from visualnet.core.training.trainer import Trainer

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class LayerSummary:
    """One layer of a network.

    Attributes:
        index: place in the network, from 0.
        kind: name of the layer.
        input_shape: of one example.
        output_shape: of one example.
        weight_shape: (units, inputs) where it has weights, else None.
    """

    index: int
    kind: str
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    weight_shape: tuple[int, ...] | None


class ModelView(Protocol):
    """A network between two steps, as probes see it: they read, and nothing that they ask changes a bit of the run.

    Inputs are (batch, features) as the data set holds them, unscaled. Numbers of a layer are views that the next
    step overwrites: copy what is to be kept.
    """

    @property
    def step(self) -> int:
        """Steps done."""

    @property
    def dataset(self) -> Dataset:
        """What it learns from and is tested with."""

    @property
    def layers(self) -> tuple[LayerSummary, ...]:
        """Its layers, from the input on."""

    @property
    def misclassified(self) -> NDArray[np.intp] | None:
        """Places of the test examples that the last evaluation found wrong; None before the first."""

    @property
    def has_gradients(self) -> bool:
        """Whether the gradients of the last step are known: not before the first, and not where a state was taken up."""

    @property
    def gives_probabilities(self) -> bool:
        """Whether the scores of the classes are probabilities that add up to one."""

    def parameter(self, layer: int, name: str) -> Array:
        """Numbers of a layer that are learnt, read-only; KeyError where it has none of this name."""

    def gradient(self, layer: int, name: str) -> Array:
        """The last step's gradients of the loss to these numbers; zeros where they are not known."""

    def initial(self, layer: int, name: str) -> Array:
        """These numbers before the first step, read-only."""

    def predict(self, inputs: Array) -> Array:
        """(batch, outputs) what the last layer gives, a new array."""

    def activations(self, inputs: Array, layer: int) -> Array:
        """(batch, *output shape) what a layer gives, outside training; -1: the inputs as the first layer sees them."""

    def scores(self, outputs: Array) -> Array:
        """(batch, classes) in 0..1, how strongly (batch, outputs) hold each class to be the right one."""

    def classes(self, outputs: Array) -> NDArray[np.intp]:
        """(batch,) the classes that (batch, outputs) say, as an evaluation counts them."""

    def cuts(self, outputs: Array) -> bool:
        """Whether ``scores`` clips any of these outputs to 0 or 1, instead of mapping them smoothly."""


class TrainerView:
    """A ModelView of a Trainer, for whoever steps it; it shows what the Trainer holds when it is asked."""

    def __init__(self, trainer: Trainer) -> None:
        self._trainer = trainer
        self._network = trainer.network
        self._loss = trainer.loss

    @property
    def step(self) -> int:
        """See ModelView, as for all that follows."""
        return self._trainer.step_count

    @property
    def dataset(self) -> Dataset:
        """See ModelView."""
        return self._trainer.dataset

    @property
    def layers(self) -> tuple[LayerSummary, ...]:
        """See ModelView."""
        return tuple(
            LayerSummary(
                index, one.kind, one.input_shape, one.output_shape, one.parameter_shapes().get("weight")
            )
            for index, one in enumerate(self._network.layers)
        )

    @property
    def misclassified(self) -> NDArray[np.intp] | None:
        """See ModelView."""
        return self._trainer.past.misclassified

    @property
    def has_gradients(self) -> bool:
        """See ModelView."""
        return self._trainer.has_gradients

    @property
    def gives_probabilities(self) -> bool:
        """See ModelView."""
        return self._loss.gives_probabilities(self._network.output_shape[0])

    def parameter(self, layer: int, name: str) -> Array:
        """See ModelView."""
        return self._part(self._network.parameters, layer, name)

    def gradient(self, layer: int, name: str) -> Array:
        """See ModelView."""
        gradient = self._part(self._network.gradients, layer, name).copy()
        gradient /= gradient.dtype.type(self._trainer.gradient_scale)
        return gradient

    def initial(self, layer: int, name: str) -> Array:
        """See ModelView."""
        return self._part(self._trainer.start_parameters, layer, name)

    def _part(self, vector: Array, layer: int, name: str) -> Array:
        view = self._network.split(vector)[layer][name].view()
        view.flags.writeable = False
        return view

    def predict(self, inputs: Array) -> Array:
        """See ModelView."""
        return self._network.predict(self._scaled(inputs))

    def activations(self, inputs: Array, layer: int) -> Array:
        """See ModelView."""
        return self._network.activations(self._scaled(inputs), layer)

    def _scaled(self, inputs: Array) -> Array:
        dtype = self._network.dtype
        scaled: Array = inputs.astype(dtype) * dtype.type(self.dataset.scale)
        return scaled

    def scores(self, outputs: Array) -> Array:
        """See ModelView."""
        return self._loss.scores(outputs.T).T

    def classes(self, outputs: Array) -> NDArray[np.intp]:
        """See ModelView."""
        return self._loss.classes(outputs.T)

    def cuts(self, outputs: Array) -> bool:
        """See ModelView."""
        return self._loss.cuts(outputs.T)
