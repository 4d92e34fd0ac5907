"""The table of optimizers by name."""

from __future__ import annotations

from visualnet.core.nn.optimizers.adam import Adam as Adam
from visualnet.core.nn.optimizers.adam import AdamW as AdamW
from visualnet.core.nn.optimizers.adaptive import Adagrad as Adagrad
from visualnet.core.nn.optimizers.adaptive import RMSProp as RMSProp
from visualnet.core.nn.optimizers.base import Optimizer as Optimizer
from visualnet.core.nn.optimizers.lion import Lion as Lion
from visualnet.core.nn.optimizers.muon import Muon as Muon
from visualnet.core.nn.optimizers.sgd import SGD as SGD
from visualnet.core.nn.optimizers.sgd import Momentum as Momentum
from visualnet.core.nn.optimizers.sgd import Nesterov as Nesterov

OPTIMIZERS: dict[str, type[Optimizer]] = {
    kind.kind: kind for kind in (SGD, Momentum, Nesterov, Adagrad, RMSProp, Adam, AdamW, Lion, Muon)
}
