"""The table of activations: nonlinear functions, without which a deep network would be one linear map.

The formulas are in ``rectifiers``, ``bounded`` and ``gates``.
"""

from __future__ import annotations

from visualnet.core.nn.layers.bounded import Sigmoid, Sine, Tanh
from visualnet.core.nn.layers.elementwise import Elementwise, Identity
from visualnet.core.nn.layers.gates import GELU, SiLU
from visualnet.core.nn.layers.rectifiers import ELU, LeakyReLU, ReLU, Softplus

ACTIVATIONS: tuple[type[Elementwise], ...] = (
    ReLU, Tanh, Sigmoid, LeakyReLU, ELU, GELU, SiLU, Softplus, Sine, Identity,
)  # fmt: skip
"""Every activation that has a name of its own, in the order in which lists show them."""
