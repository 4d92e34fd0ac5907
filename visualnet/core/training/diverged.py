"""Diverged: the error that a loss is not a finite number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from visualnet.core.errors import VisualNetError

if TYPE_CHECKING:
    from visualnet.core.nn.layers import Array
    from visualnet.core.nn.network import Network
    from visualnet.core.training.diagnosis import Diagnosis


class Diverged(VisualNetError):  # noqa: N818
    """The loss is not a finite number; nothing of that step was applied.

    Attributes:
        diagnosis: where it broke first.
    """

    def __init__(self, diagnosis: Diagnosis) -> None:
        super().__init__(diagnosis.sentence)
        self.diagnosis = diagnosis

    @staticmethod
    def found_in(network: Network, inputs: Array, step: int) -> Diverged:
        """The error for a step; see ``diagnose``, which is imported when needed, since few runs break."""
        from visualnet.core.training.diagnosis import diagnose

        return Diverged(diagnose(network, inputs, step))
