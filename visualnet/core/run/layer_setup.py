"""One layer of a run's network: one part of a Setup."""

from __future__ import annotations

from dataclasses import dataclass

from visualnet.core.errors import SetupError
from visualnet.core.nn.layers import Layer, make_layer
from visualnet.core.run.setup_checks import require, require_integer, shown

MAXIMUM_UNITS = 16_384


@dataclass(frozen=True, slots=True)
class LayerSetup:
    """One layer: its kind, and its size where it has one.

    Attributes:
        kind: a name in the table of layers.
        units: number of outputs of a dense layer; None for the others.
    """

    kind: str
    units: int | None = None

    def __post_init__(self) -> None:
        require(isinstance(self.kind, str), "layers.kind", f"must be a text, not {shown(self.kind)}")
        if self.units is not None:
            require_integer(self.units, "layers.units", 1, MAXIMUM_UNITS)
        self.make()

    def make(self) -> Layer:
        """A new layer of this description."""
        options = {} if self.units is None else {"units": self.units}
        try:
            return make_layer(self.kind, **options)
        except ValueError as error:
            raise SetupError("layers", str(error)) from None
