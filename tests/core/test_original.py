"""The program this project grew from, transcribed in plain loops, against our presets of the same name."""

from dataclasses import replace

import numpy as np
import pytest

from visualnet.core.setup.presets import load_preset
from visualnet.core.training.trainer import Trainer

RATE = 0.1


def original_losses(weights, biases, inputs, targets, steps):
    """Per-sample training as the original does it; yields each sample's loss before its update.

    Each layer is z = W x + b and a = tanh z; the loss is mean((p - y)²), its derivative 2 (p - y) / n.
    On the way back each layer is updated at once, after the gradient to its input was computed.

    Args:
        weights: for each layer (units, inputs).
        biases: for each layer (units, 1).
        inputs: (count, features), targets: (count, outputs).
    """
    for step in range(steps):
        x = inputs[step % len(inputs)][:, np.newaxis]
        y = targets[step % len(inputs)][:, np.newaxis]
        activations = [x]
        for w, b in zip(weights, biases, strict=True):
            activations.append(np.tanh(w @ activations[-1] + b))
        p = activations[-1]
        yield np.mean((p - y) ** 2)
        gradient = 2 * (p - y) / len(y)
        for layer in reversed(range(len(weights))):
            gradient = gradient * (1 - activations[layer + 1] ** 2)
            weight_gradient = gradient @ activations[layer].T
            bias_gradient = gradient
            gradient = weights[layer].T @ gradient
            weights[layer] = weights[layer] - RATE * weight_gradient
            biases[layer] = biases[layer] - RATE * bias_gradient


def first_parameters(trainer):
    named = [views for views in trainer.network.split(trainer.network.parameters) if views]
    return [v["weight"].copy() for v in named], [v["bias"][:, np.newaxis].copy() for v in named]


def compare(trainer, targets, steps):
    data = trainer.dataset
    weights, biases = first_parameters(trainer)
    reference = original_losses(weights, biases, data.train.inputs * data.scale, targets, steps)
    ours = np.array([trainer.step() for _ in range(steps)])
    np.testing.assert_allclose(ours, np.fromiter(reference, float), rtol=0, atol=1e-9)
    for views, weight, bias in zip(
        (views for views in trainer.network.split(trainer.network.parameters) if views),
        weights,
        biases,
        strict=True,
    ):
        np.testing.assert_allclose(views["weight"], weight, atol=1e-9)
        np.testing.assert_allclose(views["bias"], bias[:, 0], atol=1e-9)


def test_original_xor_is_the_original_for_all_its_steps():
    trainer = Trainer(replace(load_preset("original-xor"), dtype="float64"))
    compare(trainer, trainer.dataset.train.targets[:, np.newaxis].astype(float), 4000)
    assert trainer.is_finished
    assert trainer.network.layers[0].weight.shape == (3, 2)


def test_original_mnist_is_the_original_beyond_its_first_epoch():
    setup = load_preset("original-mnist")
    trainer = Trainer(replace(setup, dtype="float64", data=replace(setup.data, train_size=200)))
    compare(trainer, np.eye(10)[trainer.dataset.train.targets], 500)


def test_original_mnist_is_the_network_that_the_original_was():
    setup = load_preset("original-mnist")
    trainer = Trainer(setup)
    kinds = [(layer.kind, *layer.output_shape) for layer in trainer.network.layers]
    assert kinds == [("dense", 100), ("tanh", 100), ("dense", 50), ("tanh", 50), ("dense", 10), ("tanh", 10)]
    assert 0.499 < np.abs(trainer.network.parameters).max() <= 0.5
    assert (len(trainer.dataset.train), len(trainer.dataset.test)) == (1000, 10_000)
    assert (setup.epochs, setup.batch_size, setup.shuffle) == (35, 1, False)


@pytest.mark.slow
def test_original_mnist_tells_four_of_five_new_digits():
    trainer = Trainer(load_preset("original-mnist"))
    while not trainer.is_finished:
        trainer.step()
    _, accuracy = trainer.evaluate()
    assert trainer.step_count == 35_000
    assert accuracy >= 0.79
