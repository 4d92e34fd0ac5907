"""VisualNet: a neural network, written from scratch in NumPy, that can be watched while it learns.

What a script needs is here; each name is loaded when it is first used, so that importing costs nothing.

    from visualnet import Trainer, load_preset

    trainer = Trainer(load_preset("xor"))
    while not trainer.is_finished:
        trainer.step()
    print(trainer.evaluate())
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from visualnet.core.datasets.catalogue import load_dataset as load_dataset
    from visualnet.core.datasets.dataset import Dataset as Dataset
    from visualnet.core.datasets.dataset import Split as Split
    from visualnet.core.errors import VisualNetError as VisualNetError
    from visualnet.core.nn.layers import ELU as ELU
    from visualnet.core.nn.layers import GELU as GELU
    from visualnet.core.nn.layers import Activation as Activation
    from visualnet.core.nn.layers import AvgPool2D as AvgPool2D
    from visualnet.core.nn.layers import BatchNorm as BatchNorm
    from visualnet.core.nn.layers import Conv2D as Conv2D
    from visualnet.core.nn.layers import Dense as Dense
    from visualnet.core.nn.layers import Dropout as Dropout
    from visualnet.core.nn.layers import Flatten as Flatten
    from visualnet.core.nn.layers import GlobalAvgPool2D as GlobalAvgPool2D
    from visualnet.core.nn.layers import Identity as Identity
    from visualnet.core.nn.layers import LayerNorm as LayerNorm
    from visualnet.core.nn.layers import LeakyReLU as LeakyReLU
    from visualnet.core.nn.layers import MaxPool2D as MaxPool2D
    from visualnet.core.nn.layers import ReLU as ReLU
    from visualnet.core.nn.layers import Residual as Residual
    from visualnet.core.nn.layers import Sigmoid as Sigmoid
    from visualnet.core.nn.layers import SiLU as SiLU
    from visualnet.core.nn.layers import Sine as Sine
    from visualnet.core.nn.layers import Softplus as Softplus
    from visualnet.core.nn.layers import Tanh as Tanh
    from visualnet.core.nn.layers import register_activation as register_activation
    from visualnet.core.nn.losses import MAE as MAE
    from visualnet.core.nn.losses import MSE as MSE
    from visualnet.core.nn.losses import BinaryCrossEntropy as BinaryCrossEntropy
    from visualnet.core.nn.losses import CrossEntropy as CrossEntropy
    from visualnet.core.nn.losses import Hinge as Hinge
    from visualnet.core.nn.losses import Huber as Huber
    from visualnet.core.nn.network import Network as Network
    from visualnet.core.nn.optimizers import SGD as SGD
    from visualnet.core.nn.optimizers import Adagrad as Adagrad
    from visualnet.core.nn.optimizers import Adam as Adam
    from visualnet.core.nn.optimizers import AdamW as AdamW
    from visualnet.core.nn.optimizers import Lion as Lion
    from visualnet.core.nn.optimizers import Momentum as Momentum
    from visualnet.core.nn.optimizers import Muon as Muon
    from visualnet.core.nn.optimizers import Nesterov as Nesterov
    from visualnet.core.nn.optimizers import RMSProp as RMSProp
    from visualnet.core.setup.match_data import match_data as match_data
    from visualnet.core.setup.presets import load_preset as load_preset
    from visualnet.core.setup.setup import Setup as Setup
    from visualnet.core.training.trainer import Trainer as Trainer

_HOMES = {
    "core.datasets.catalogue": ("load_dataset",),
    "core.datasets.dataset": ("Dataset", "Split"),
    "core.errors": ("VisualNetError",),
    "core.nn.layers": (
        "Activation", "Dense", "ELU", "GELU", "Identity", "LeakyReLU", "ReLU", "SiLU", "Sigmoid", "Sine", "Softplus",
        "Tanh", "register_activation",
        "AvgPool2D", "BatchNorm", "Conv2D", "Dropout", "Flatten", "GlobalAvgPool2D", "LayerNorm", "MaxPool2D", "Residual",
    ),
    "core.nn.losses": ("MAE", "MSE", "BinaryCrossEntropy", "CrossEntropy", "Hinge", "Huber"),
    "core.nn.network": ("Network",),
    "core.setup.match_data": ("match_data",),
    "core.nn.optimizers": (
        "SGD",
        "Adagrad",
        "Adam",
        "AdamW",
        "Lion",
        "Momentum",
        "Muon",
        "Nesterov",
        "RMSProp",
    ),
    "core.setup.presets": ("load_preset",),
    "core.setup.setup": ("Setup",),
    "core.training.trainer": ("Trainer",),
}  # fmt: skip
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = ["__version__", *_HOME_OF]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return import_module("importlib.metadata").version("visualnet")
    if name in _HOME_OF:
        return getattr(import_module(f"visualnet.{_HOME_OF[name]}"), name)
    raise AttributeError(f"module 'visualnet' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
