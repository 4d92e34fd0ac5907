"""Rules that a training step follows against overfitting or too large steps, each without memory but the average."""

from __future__ import annotations

from visualnet.core.nn.regularizers.average import ParameterAverage as ParameterAverage
from visualnet.core.nn.regularizers.base import GradientRule as GradientRule
from visualnet.core.nn.regularizers.base import ParameterRule as ParameterRule
from visualnet.core.nn.regularizers.clipping import NormClip as NormClip
from visualnet.core.nn.regularizers.clipping import ValueClip as ValueClip
from visualnet.core.nn.regularizers.max_norm import MaxNorm as MaxNorm
from visualnet.core.nn.regularizers.penalties import L1 as L1
from visualnet.core.nn.regularizers.penalties import L2 as L2
from visualnet.core.nn.regularizers.penalties import WeightDecay as WeightDecay
