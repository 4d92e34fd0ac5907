"""The update of the parameters: the optimizer, and the Setup's rules before and after it."""

from __future__ import annotations

from visualnet.core.setup.regularization import RegularizationSetup
from visualnet.core.training.live_state import LiveState


class Update:
    """The update of a network's parameters by their gradients.

    Args:
        live: the network, its optimizer and the moving average of its parameters.
        rules: against overfitting, and against steps too far.
    """

    def __init__(self, live: LiveState, rules: RegularizationSetup) -> None:
        network = live.network
        self._optimizer, self._average = live.optimizer, live.average
        self._parameters, self._gradients = network.parameters, network.gradients
        self._gradient_rules = rules.make_gradient_rules(network)
        self._parameter_rules = rules.make_parameter_rules(network)

    def apply(self, gradient_scale: float) -> None:
        """Move the parameters by their gradients, which are multiplied by ``gradient_scale``."""
        parameters, gradients = self._parameters, self._gradients
        for gradient_rule in self._gradient_rules:
            rate = self._optimizer.effective_learning_rate
            gradient_rule.apply(parameters, gradients, gradient_scale, rate)
        self._optimizer.step(parameters, gradients)
        for parameter_rule in self._parameter_rules:
            parameter_rule.apply(parameters)
        if self._average is not None:
            self._average.update(parameters)
