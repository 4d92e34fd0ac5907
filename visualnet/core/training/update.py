"""The update of the parameters: the optimizer, and the Setup's rules before and after it."""

from __future__ import annotations

from visualnet.core.nn.network import Network
from visualnet.core.nn.optimizers import Optimizer
from visualnet.core.setup.regularization import RegularizationSetup


class Update:
    """The update of a network's parameters by their gradients.

    Args:
        optimizer: moves the parameters.
        rules: against overfitting, and against steps too far.
        network: whose parameters they are.

    Attributes:
        average: the moving average of the parameters; None where the Setup asks for none.
    """

    def __init__(self, optimizer: Optimizer, rules: RegularizationSetup, network: Network) -> None:
        self._optimizer = optimizer
        self._parameters, self._gradients = network.parameters, network.gradients
        self._gradient_rules = rules.make_gradient_rules(network)
        self._parameter_rules = rules.make_parameter_rules(network)
        self.average = rules.make_average(network)

    def apply(self, gradient_scale: float) -> None:
        """Move the parameters by their gradients, which are multiplied by ``gradient_scale``."""
        parameters, gradients = self._parameters, self._gradients
        for gradient_rule in self._gradient_rules:
            rate = self._optimizer.effective_learning_rate
            gradient_rule.apply(parameters, gradients, gradient_scale, rate)
        self._optimizer.step(parameters, gradients)
        for parameter_rule in self._parameter_rules:
            parameter_rule.apply(parameters)
        if self.average is not None:
            self.average.update(parameters)
