"""One name for one thing: layers, neurons of the output layer, and what a network's output is."""

from dataclasses import replace

import numpy as np
import pytest

from visualnet.app.panels.feature_maps import FeatureMapsPanel
from visualnet.app.panels.setup.draft_layers import rows
from visualnet.app.panels.surface import SURFACE, SurfacePanel
from visualnet.app.panels.truth_table import TruthTablePanel
from visualnet.app.panels.weights import WeightsPanel
from visualnet.app.text.labels import answer_name, neuron_name
from visualnet.app.widgets.heatmap import Cell
from visualnet.core.history.history import History
from visualnet.core.messages.frame import Frame
from visualnet.core.nn.layers.names import NUMBERED, layer_names
from visualnet.core.setup.layers import LayerSetup
from visualnet.core.setup.presets import PRESETS, load_preset
from visualnet.core.training.diverged import Diverged
from visualnet.core.training.model_view import TrainerView
from visualnet.core.training.trainer import Trainer


@pytest.fixture
def shown(qtbot, session, theme):
    """A function that shows a Setup in a panel of a kind."""

    def opened(kind, setup):
        panel = kind(session, theme)
        qtbot.addWidget(panel)
        panel.resize(600, 400)
        with qtbot.waitSignal(session.run_started, timeout=10_000):
            session.start_run(setup)
        panel.show_run(session.run)
        return panel

    return opened


def frame(session, results):
    return Frame(session.run.generation, 1, 0.0, History().view(), results)


@pytest.mark.parametrize("preset", PRESETS)
def test_the_list_of_layers_and_the_panels_count_alike(preset):
    setup = load_preset(preset)
    names = layer_names([layer.kind for layer in setup.layers])
    listed = {row.first: row.name for row in rows(setup) if setup.layers[row.first].kind in NUMBERED}
    assert {place: names[place] for place in listed} == listed
    for row in rows(setup):
        for place in range(row.first + 1, row.stop):
            assert names[place].startswith(f"{row.name}, ")


def test_the_sentence_of_a_run_that_broke_calls_the_layer_as_the_panels_do():
    trainer = Trainer(load_preset("mnist-conv"))
    names = layer_names([layer.kind for layer in trainer.network.layers])
    for place, named in enumerate(trainer.network.split(trainer.network.parameters)):
        for part, values in named.items():
            kept, values[...] = values.copy(), np.inf
            with pytest.raises(Diverged, match=f"in the {part} of {names[place]}\\."):
                trainer.step()
            values[...] = kept


@pytest.mark.parametrize("preset", ["mnist", "mnist-1000", "mnist-conv"])
def test_weights_and_feature_maps_call_a_layer_the_same(shown, preset):
    weights, maps = shown(WeightsPanel, load_preset(preset)), shown(FeatureMapsPanel, load_preset(preset))
    called = {
        maps.layer.itemData(i): maps.layer.itemText(i).partition(":")[0] for i in range(maps.layer.count())
    }
    for place in range(weights.layer.count()):
        assert weights.layer.itemText(place).partition(":")[0] == called[weights.layer.itemData(place)]


def test_names_of_a_network_with_every_sort_of_layer():
    kinds = (
        "batch-norm",
        "conv2d",
        "relu",
        "max-pool2d",
        "flatten",
        "dense",
        "tanh",
        "residual",
        "dense",
        "tanh",
    )
    assert layer_names(kinds) == (
        "batch norm",
        "Conv 1",
        "Conv 1, ReLU",
        "Conv 1, max pooling",
        "Conv 1, flatten",
        "Dense 2",
        "Dense 2, tanh",
        "Block 3",
        "Outputs",
        "Outputs, tanh",
    )
    assert layer_names(("dense", "tanh", "dense")) == ("Layer 1", "Layer 1, tanh", "Outputs")


@pytest.mark.parametrize("place", [0, 8])
def test_rows_of_the_output_layer_have_the_names_of_the_classes(shown, session, place):
    panel = shown(WeightsPanel, load_preset("mnist"))
    panel.layer.setCurrentIndex(panel.layer.count() - 1)
    (probe,) = panel.probes()
    units, inputs = session.run.layers[probe.layer].weight_shape
    panel.show_frame(frame(session, {probe: np.zeros((units, inputs))}))
    panel.heatmap.cell_changed.emit(Cell(place, 0))
    assert panel.readout.text().startswith(f"Class {place}  ·  input 1")
    panel.layer.setCurrentIndex(0)
    (probe,) = panel.probes()
    panel.show_frame(frame(session, {probe: np.zeros((session.run.layers[0].weight_shape[0], 784))}))
    panel.heatmap.cell_changed.emit(Cell(place, 0))
    assert panel.readout.text().startswith(f"Neuron {place + 1}  ·")


def test_a_neuron_that_stands_for_no_class_of_its_own():
    assert neuron_name("Outputs", 0, 1, ("a", "b")) == "Output"
    assert neuron_name("Outputs", 1, 3, ()) == "Output 2"
    assert neuron_name("Outputs, tanh", 1, 2, ("circle", "cross")) == "Class cross"


NETWORKS = {
    ("cross-entropy", 2): "probability of 1",
    ("binary-cross-entropy", 1): "probability of 1",
    ("binary-cross-entropy", 2): "score of 1",
    ("hinge", 2): "score of 1",
    ("mse", 2): "score of 1",
    ("mse", 1): "output",
}


@pytest.mark.parametrize("network", NETWORKS)
def test_the_number_beside_a_target_can_be_compared_with_it_and_says_what_it_is(shown, session, network):
    loss, outputs = network
    layers = (LayerSetup("dense", 8), LayerSetup("tanh"), LayerSetup("dense", outputs))
    setup = replace(load_preset("xor"), loss=loss, layers=layers)
    trainer = Trainer(setup)
    for _ in range(600):
        trainer.step()
    table, surface = shown(TruthTablePanel, setup), shown(SurfacePanel, setup)
    measured = SURFACE.result(TrainerView(trainer))
    for panel in (table, surface):
        panel.show_frame(frame(session, {SURFACE: measured}))
    assert table._answer == NETWORKS[network]
    targets = session.run.data.point_labels
    # One that has learnt says what the target says.
    assert table._said.outputs == pytest.approx(targets, abs=0.35)
    surface.plane.pointed.emit((0.0, 1.0))
    assert f"{NETWORKS[network]}: " in surface.readout.text()


def test_what_a_network_says_of_values_and_of_named_classes():
    assert answer_name((), 1, False) == "output"
    assert answer_name(("circle", "cross"), 2, True) == "probability of cross"
