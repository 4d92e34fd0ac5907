"""Sentences on why a panel has nothing to show for some data, and which panel has. No widgets."""

from __future__ import annotations

from itertools import zip_longest

from visualnet.core.datasets.catalogue import DATASETS
from visualnet.core.messages.events import DataSummary

DIGIT = (28, 28)


def subject(data: DataSummary) -> str:
    """The data as the beginning of a sentence: a data set by its name, a person's own as theirs."""
    if data.name in DATASETS:
        return data.name
    return {"table": "Your table", "arrays": "Your file", "images": "Your folder"}.get(data.name, data.name)


def axis_names(data: DataSummary, are_standardized: bool) -> tuple[str, ...]:
    """What the inputs of points and their target are called: by the columns of a table where it names them.

    Args:
        data: one input or two.
        are_standardized: whether the numbers are not those of the table any more.
    """
    inputs = ("x",) if data.input_count == 1 else ("x₁", "x₂")
    names = [own or plain for own, plain in zip_longest(data.column_names, (*inputs, "y"), fillvalue="")]
    after = " (standardised)" if are_standardized else ""
    return tuple(f"{name}{after}" for name in names)


def no_predictions(data: DataSummary) -> str:
    """Why there are no guesses at images; empty where there are."""
    if len(data.input_shape) == 3:
        return f"{subject(data)} has images in colour, which are not shown here. {_elsewhere(data)}"
    if len(data.input_shape) == 2:
        if data.classes:
            return ""
        return f"{subject(data)} has images with values, not classes, so there are no guesses. {_elsewhere(data)}"
    return f"{subject(data)} has no images. {_elsewhere(data)}"


def no_feature_maps(data: DataSummary) -> str:
    """Why there are no maps of an image; empty where there are."""
    return "" if len(data.input_shape) > 1 else f"{subject(data)} has no images. {_elsewhere(data)}"


def no_drawing(data: DataSummary) -> str:
    """Why nothing can be drawn; empty where it can."""
    if data.input_shape != DIGIT:
        return f"{subject(data)} is not made of images of 28 × 28, so there is nothing to draw."
    return (
        ""
        if data.classes
        else f"{subject(data)} has images without classes, so there is nothing to recognise."
    )


def no_surface(data: DataSummary) -> str:
    """Why there is neither plane nor curve; empty where there is one."""
    if _are_points(data):
        return ""
    inputs = "more than two inputs" if data.input_count > 1 else "one input and classes"
    return f"{subject(data)} has {inputs}, so there is no plane to show. {_elsewhere(data)}"


def no_table(data: DataSummary) -> str:
    """Why there is no truth table; empty where there is one."""
    if _are_points(data):
        return ""
    if data.input_count == 1:
        return f"{subject(data)} has one input and classes, for which there is no table. {_elsewhere(data)}"
    return f"{subject(data)} has too many inputs for a table. {_elsewhere(data)}"


def _elsewhere(data: DataSummary) -> str:
    """Which panel does show what the network says of these data."""
    if _are_points(data):
        return "The truth table shows its points."
    if len(data.input_shape) == 2 and data.classes:
        return "Predictions show what the network says of them."
    if len(data.input_shape) > 1:
        return "Feature maps show what the layers make of them."
    return "How well it is learnt stands in Curves, and what was learnt in Weights."


def _are_points(data: DataSummary) -> bool:
    """Whether they are points of the plane, or of a curve."""
    return data.input_shape == (2,) or (data.input_shape == (1,) and not data.classes)
