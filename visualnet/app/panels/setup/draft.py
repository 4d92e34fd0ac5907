"""The draft, a Setup being edited: what must follow when a part of it changes, and what has changed. No widgets."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from visualnet.app.panels.setup import draft_layers
from visualnet.core.datasets.catalogue import FILE_KINDS, IMAGE_SETS
from visualnet.core.datasets.curves import CURVES
from visualnet.core.setup import match_data
from visualnet.core.setup.data import DataSetup
from visualnet.core.setup.setup import Setup

NAMES = {
    "data": "data",
    "layers": "layers",
    "loss": "loss",
    "label_smoothing": "label smoothing",
    "huber_delta": "Huber's delta",
    "optimizer": "optimizer",
    "schedule": "schedule",
    "regularization": "rules of training",
    "initializer": "first weights",
    "seed": "seed",
    "batch_size": "batch size",
}


def with_value(part: Any, path: str, value: Any) -> Any:
    """A Setup, or a part of one, with another value of one field.

    Args:
        part: any.
        path: of the field: ``seed``, ``data.augmentation.shift``.
        value: of it.

    Raises:
        SetupError: when it cannot be.
    """
    name, _, rest = path.partition(".")
    return replace(part, **{name: with_value(getattr(part, name), rest, value) if rest else value})


def with_data(draft: Setup, name: str) -> Setup:
    """The draft on a data set of the catalogue; its layers, its outputs and its loss follow."""
    shape = draft_layers.known_shape(name)
    assert shape is not None
    return with_outputs(match_data.with_inputs(match_data.on_data(draft, DataSetup(name=name)), shape))


def with_loss(draft: Setup, loss: str) -> Setup:
    """The draft with another loss; its output layer follows."""
    return with_outputs(replace(draft, loss=loss))


def with_outputs(draft: Setup) -> Setup:
    """The draft with the outputs and loss that its data need; of a person's own data we learn them later."""
    name = draft.data.name
    if name in FILE_KINDS:
        return draft
    if name in CURVES:
        return match_data.with_outputs(draft, 0, 1)
    classes = {"gaussians": draft.data.classes}.get(name, 10 if name in IMAGE_SETS else 2)
    return match_data.with_outputs(draft, classes, classes)


def changes(draft: Setup, running: Setup) -> list[str]:
    """What differs, in words."""
    differing = [f.name for f in fields(Setup) if getattr(draft, f.name) != getattr(running, f.name)]
    return [NAMES[name] for name in differing if name in NAMES]
