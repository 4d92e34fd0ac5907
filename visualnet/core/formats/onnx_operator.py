"""An operator of an ONNX graph that refuses attributes which were not read, so that none is overlooked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np
from onnx import AttributeProto, NodeProto, helper

from visualnet.core.nn.layers import Array

Value = TypeVar("Value", int, float, str, list[int])

_TYPES: dict[type[Any], int] = {
    int: AttributeProto.INT,
    float: AttributeProto.FLOAT,
    str: AttributeProto.STRING,
    list: AttributeProto.INTS,
}


class Operator:
    """A node of a graph, with the constants among its inputs.

    Args:
        node: of the graph.
        constants: every array of the file by name.

    Attributes:
        kind: what the operator is called.
        value: name of its first input.
        others: names of the other inputs.
    """

    def __init__(self, node: NodeProto, constants: Mapping[str, Array]) -> None:
        self.kind = node.op_type
        self.value = node.input[0] if node.input else ""
        self.others = tuple(node.input[1:])
        self._attributes = {attribute.name: attribute for attribute in node.attribute}
        self._constants = constants
        self._outputs = [name for name in node.output if name]

    def get(self, name: str, default: Value) -> Value:
        """An attribute, or the default where it is not given.

        Raises:
            ValueError: when it is of another type than the default.
        """
        attribute = self._attributes.pop(name, None)
        if attribute is None:
            return default
        if attribute.type != _TYPES[type(default)]:
            raise ValueError(f"has a {self.kind} whose {name} is of the wrong type")
        value = helper.get_attribute_value(attribute)
        if isinstance(value, bytes):
            return value.decode(errors="replace")  # type: ignore[return-value]  # of the default's type, as was checked
        return as_written(np.float32(value)) if isinstance(value, float) else value  # type: ignore[return-value]  # likewise

    def require(self, **expected: Any) -> None:
        """Refuse the operator unless each of these attributes has this value, or is not given.

        Raises:
            ValueError: names the attribute.
        """
        for name, wanted in expected.items():
            value = self.get(name, wanted)
            if value != wanted:
                raise ValueError(
                    f"has a {self.kind} with {name} {value!r:.40}; only {wanted!r} is known here"
                )

    def ignore(self, *names: str) -> None:
        """Pass over attributes that change nothing in what is read here."""
        for name in names:
            self._attributes.pop(name, None)

    def constant(self, index: int, default: Array | None = None) -> Array:
        """The array that is the input of this number.

        Raises:
            ValueError: when the input is missing, or is computed instead of being in the file.
        """
        name = self.others[index - 1] if index <= len(self.others) else ""
        if name in self._constants:
            return self._constants[name]
        if name or default is None:
            raise ValueError(f"has a {self.kind} whose input {index + 1} is not in the file as numbers")
        return default

    def finish(self) -> None:
        """Refuse the operator if an attribute of it was not read.

        Raises:
            ValueError: names it.
        """
        if self._attributes:
            raise ValueError(
                f"has a {self.kind} with {next(iter(self._attributes))!r:.40}, which is not known here"
            )
        if len(self._outputs) != 1:
            raise ValueError(
                f"has a {self.kind} with {len(self._outputs)} outputs; only its first is known here"
            )


def as_written(number: np.floating[Any]) -> float:
    """The shortest decimal that means this number in its own type: 0.1, not 0.10000000149 as float32 keeps it."""
    return float(np.format_float_scientific(number))
