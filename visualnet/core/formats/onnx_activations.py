"""The table of ONNX operators for activations, which writer and reader share."""

from __future__ import annotations

ACTIVATION_OPERATORS: dict[str, tuple[str, dict[str, str]]] = {
    "relu": ("Relu", {}),
    "leaky-relu": ("LeakyRelu", {"slope": "alpha"}),
    "elu": ("Elu", {"alpha": "alpha"}),
    "gelu": ("Gelu", {}),
    "tanh": ("Tanh", {}),
    "sigmoid": ("Sigmoid", {}),
    "softplus": ("Softplus", {}),
    "sine": ("Sin", {}),
    "identity": ("Identity", {}),
}
"""Kind of layer: its operator, and the operator's name for each of the layer's options.

SiLU is not here: as an operator of its own it came late (Swish, operator set 24), and is written as x · Sigmoid(x).
"""
