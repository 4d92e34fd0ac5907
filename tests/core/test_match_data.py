"""A Setup made to fit data of another kind trains on them; one that does not fit is a sentence."""

from dataclasses import replace
from math import isnan

import numpy as np
import pytest

from visualnet.core.datasets.catalogue import load_dataset
from visualnet.core.datasets.dataset import Dataset, Split
from visualnet.core.errors import SetupError
from visualnet.core.nn.losses import LOSSES
from visualnet.core.setup.data import DataSetup
from visualnet.core.setup.layers import LayerSetup
from visualnet.core.setup.match_data import match_data, on_data, on_file
from visualnet.core.setup.presets import PRESETS, load_preset
from visualnet.core.training.report import report
from visualnet.core.training.trainer import Trainer


def values(outputs):
    generator = np.random.default_rng(0)
    parts = [Split(generator.random((20, 3)), generator.random((20, outputs))) for _ in range(2)]
    return Dataset("values", *parts, (3,), ())


@pytest.mark.parametrize("name", ["xor", "original-xor"])
@pytest.mark.parametrize(
    "dataset", [load_dataset("gaussians", classes=5), load_dataset("moons"), values(1), values(4)]
)
def test_a_fitted_setup_trains(name, dataset):
    trainer = Trainer(match_data(load_preset(name), dataset), dataset)
    for _ in range(5):
        trainer.step()
    loss, accuracy = trainer.evaluate()
    assert np.isfinite(loss)
    assert isnan(accuracy) == (not dataset.classes)
    assert report(trainer, 1.0, 0.0)["test_loss"] == loss


def test_only_what_must_is_changed():
    setup = load_preset("mnist")
    assert match_data(setup, load_dataset("mnist")) is setup
    changed = match_data(setup, load_dataset("gaussians", classes=3))
    assert changed == replace(setup, layers=(*setup.layers[:-1], LayerSetup("dense", 3)))
    squashed = replace(setup, layers=(*setup.layers, LayerSetup("tanh")))
    regression = match_data(squashed, values(2))
    assert regression.loss == "mse"
    assert regression.layers == (*setup.layers[:-1], LayerSetup("dense", 2))


def test_a_setup_that_does_not_fit_values_is_a_sentence():
    setup = load_preset("xor")
    with pytest.raises(SetupError, match="loss: cross-entropy compares classes, and sine has values"):
        Trainer(replace(load_preset("mnist"), data=DataSetup(name="sine")))
    with pytest.raises(SetupError, match="must end with 4 outputs for mse on values, not 1"):
        Trainer(replace(setup, loss="mse"), values(4))


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("dataset", [load_dataset("gaussians", classes=4), load_dataset("moons"), values(2)])
def test_every_loss_is_fitted_to_classes_and_values(loss, dataset):
    trainer = Trainer(match_data(replace(load_preset("xor"), loss=loss), dataset), dataset)
    trainer.step()
    assert np.isfinite(trainer.evaluate()[0])


@pytest.mark.parametrize(("name", "loss"), [("sine", 0.01), ("plane", 0.01), ("waves", 0.05)])
def test_curves_are_learnt(name, loss):
    dataset = load_dataset(name)
    setup = load_preset("xor").with_hidden((32, 32), "tanh")
    setup = replace(setup, data=DataSetup(name=name), batch_size=20, seed=1)
    setup = replace(setup, optimizer=replace(setup.optimizer, name="adam", learning_rate=0.005))
    trainer = Trainer(match_data(setup, dataset))
    before, _ = trainer.evaluate()
    for _ in range(2000):
        trainer.step()
    after, _ = trainer.evaluate()
    assert after < loss < before


def test_presets_fit_their_data_already():
    for name in PRESETS:
        setup = load_preset(name)
        assert match_data(setup, setup.data.load()) == setup


def images(side):
    """Six images of two classes, too small for most windows."""
    generator = np.random.default_rng(0)
    parts = [Split(generator.random((6, side * side)), np.arange(6) % 2) for _ in range(2)]
    return Dataset("images", *parts, (side, side), ("a", "b"))


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("dataset", [load_dataset("moons"), values(2), images(5), images(1)])
def test_the_network_of_every_preset_follows_the_data(name, dataset):
    setup = on_data(load_preset(name), DataSetup(name="table"))
    assert np.isfinite(Trainer(match_data(setup, dataset), dataset).step())


def test_with_a_layer_that_cannot_be_goes_what_belonged_to_its_outputs():
    setup = load_preset("mnist-conv")
    kinds = [layer.kind for layer in match_data(setup, load_dataset("moons")).layers]
    assert kinds == ["dense", "relu", "dense"]
    block = LayerSetup("residual", layers=[LayerSetup("dense", 3), LayerSetup("tanh")])
    behind = replace(setup, layers=(*setup.layers[:2], block, LayerSetup("dropout"), *setup.layers[-1:]))
    # A block has weights of its own, so it stays, and what follows it.
    kinds = [layer.kind for layer in match_data(behind, values(1)).layers]
    assert kinds == ["residual", "dropout", "dense"]


def test_after_values_classes_have_a_loss_of_classes_again(tmp_path):
    points, file = DataSetup(name="moons"), tmp_path / "any.csv"
    file.write_text("1,2,a")
    regression = load_preset("regression")
    for setup in (on_data(regression, points), on_file(regression, file)):
        assert setup.loss == "cross-entropy"
    table = on_file(regression, file)
    # A table of values: its loss is found when it is loaded, and again left behind with it.
    of_values = match_data(table, values(2))
    assert of_values.loss == "mse"
    assert on_data(of_values, points).loss == on_file(of_values, file).loss == "cross-entropy"
    assert on_data(replace(regression, loss="huber"), DataSetup(name="sine")).loss == "huber"


def test_a_loss_that_was_chosen_for_classes_stays():
    original = load_preset("original-xor")
    for setup in (original, replace(load_preset("xor"), loss="hinge")):
        assert on_data(setup, DataSetup(name="moons")).loss == setup.loss
        squashed = replace(setup, data=DataSetup(name="table"), layers=original.layers)
        assert on_data(squashed, DataSetup(name="moons")).loss == setup.loss
