"""What two Setups differ in is told with values, whatever it is."""

from dataclasses import replace

from tests.core.every_setup import every_setup
from visualnet.app.text.setup_labels import differences
from visualnet.core.setup.data import DataSetup
from visualnet.core.setup.layers import LayerSetup
from visualnet.core.setup.optimizer import OptimizerSetup
from visualnet.core.setup.presets import load_preset


def told(setup, other):
    return ", ".join(differences(setup, other))


def test_changes_have_their_values():
    xor = load_preset("xor")
    assert told(replace(xor, seed=1234), xor) == "seed 1,234"
    assert told(replace(xor, optimizer=replace(xor.optimizer, learning_rate=0.3)), xor) == "rate 0.3"
    assert told(replace(xor, optimizer=OptimizerSetup("adam", 0.05, beta1=0.5)), xor) == "beta1 0.5"
    assert told(replace(xor, data=DataSetup("table", path="/home/a/iris.csv")), xor) == "data iris.csv"
    layers = (LayerSetup("dense", 4), LayerSetup("relu"), LayerSetup("dense", 1))
    assert told(replace(xor, layers=layers), xor) == "layers 4, ReLU, 1"
    assert told(xor, xor) == ""


def test_every_setup_differs_from_every_other_in_words():
    """Those of all tests of files: each field of a Setup has another value in one of them."""
    setups = list(every_setup().values())
    for setup in setups:
        for other in setups:
            is_same = replace(setup, name=other.name, description=other.description) == other
            assert bool(differences(setup, other)) != is_same
