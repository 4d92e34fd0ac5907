"""What start.py compares with: the weekend project's XOR as a bare script, one example at a time.

Its formulas are those of the preset ``original-xor``; nothing here is tuned.
"""

import numpy as np


class Dense:
    def __init__(self, inputs, outputs):
        self.weights = np.random.uniform(-0.5, 0.5, (outputs, inputs))  # noqa: NPY002
        self.bias = np.random.uniform(-0.5, 0.5, (outputs, 1))  # noqa: NPY002

    def forward(self, values):
        self.values = values
        return np.dot(self.weights, values) + self.bias

    def backward(self, gradient, rate):
        weight_gradient = np.dot(gradient, self.values.T)
        value_gradient = np.dot(self.weights.T, gradient)
        self.weights -= rate * weight_gradient
        self.bias -= rate * gradient
        return value_gradient


class Activation:
    def __init__(self, function, derivative):
        self.function, self.derivative = function, derivative

    def forward(self, values):
        self.values = values
        return self.function(values)

    def backward(self, gradient, rate):
        return np.multiply(gradient, self.derivative(self.values))


def tanh():
    return Activation(np.tanh, lambda x: 1 - np.tanh(x) ** 2)


points = np.reshape([[0, 0], [0, 1], [1, 0], [1, 1]], (4, 2, 1))
targets = np.reshape([[0], [1], [1], [0]], (4, 1, 1))
network = [Dense(2, 3), tanh(), Dense(3, 1), tanh()]

for _epoch in range(1000):
    error = 0.0
    for point, target in zip(points, targets, strict=True):
        values = point
        for layer in network:
            values = layer.forward(values)
        error += np.mean(np.power(target - values, 2))
        gradient = 2 * (values - target) / np.size(target)
        for layer in reversed(network):
            gradient = layer.backward(gradient, 0.1)
print(f"1000 epochs, error {error / len(points):.6f}")
