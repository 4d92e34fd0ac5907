"""Edits of a draft in words: what was edited, what it was before, and what it is now. No widgets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from visualnet.app.text.labels import DATA_LABELS, OPTIONS
from visualnet.app.text.setup_labels import field_words, value_words
from visualnet.core.nn.layers.names import KINDS, layer_names
from visualnet.core.setup.layers import LayerSetup
from visualnet.core.setup.setup import Setup

EditWords = tuple[str, str, str]
"""The subject, what it was and what it is; the latter two are empty where they would say nothing."""


def edit_words(before: Setup, after: Setup) -> EditWords:
    """What makes the second Setup of the first.

    What follows from it, such as the outputs from the data, is not mentioned.
    """
    if before == after:
        return "", "", ""
    if before.name != after.name:
        return "preset", before.name, after.name
    if (before.data.name, before.data.path) != (after.data.name, after.data.path):
        return "data", _data_words(before), _data_words(after)
    for path, was, is_now in _differences(before, after):
        if path != ("layers",):
            return _part_words(path), value_words(was), value_words(is_now)
    return _layer_words(before.layers, after.layers)


def _data_words(setup: Setup) -> str:
    data = setup.data
    return value_words(data.path) if data.path else DATA_LABELS.get(data.name, data.name)


def _differences(
    before: Any, after: Any, path: tuple[str, ...] = ()
) -> list[tuple[tuple[str, ...], Any, Any]]:
    """The fields that differ, each with its path and both values; layers last, which often follow another."""
    found = []
    for field in fields(before):
        was, is_now, place = getattr(before, field.name), getattr(after, field.name), (*path, field.name)
        if was == is_now:
            continue
        found += _differences(was, is_now, place) if is_dataclass(was) else [(place, was, is_now)]
    return sorted(found, key=lambda difference: difference[0] == ("layers",))


def _part_words(path: tuple[str, ...]) -> str:
    *above, name = path
    return field_words(above[-1] if above and name == "name" else name)


def _layer_words(before: Sequence[LayerSetup], after: Sequence[LayerSetup]) -> EditWords:
    place = next(
        (place for place, pair in enumerate(zip(before, after, strict=False)) if pair[0] != pair[1]),
        min(len(before), len(after)),
    )
    if len(before) != len(after):
        longer, did = (after, "added") if len(after) > len(before) else (before, "removed")
        kind = longer[place].kind
        return f"{KINDS.get(kind, kind)} {did}", "", ""
    was, is_now = before[place], after[place]
    if sorted(map(str, before)) == sorted(map(str, after)):
        return f"{KINDS.get(was.kind, was.kind)} moved", "", ""
    name = layer_names([layer.kind for layer in before])[place]
    if was.kind != is_now.kind:
        return (
            f"activation of {name.partition(',')[0]}",
            KINDS.get(was.kind, was.kind),
            KINDS.get(is_now.kind, is_now.kind),
        )
    options, values = dict(was.options), dict(is_now.options)
    option = next(option for option in options if options[option] != values[option])
    label = OPTIONS.get(option, (option,))[0].lower()
    return f"{label} of {name}", value_words(options[option]), value_words(values[option])
