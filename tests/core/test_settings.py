"""Settings: whatever is in their table is checked, set, undone, kept in states, and left out by older files."""

from dataclasses import replace

import numpy as np
import pytest

from tests.core.every_setup import VALUES, of_points
from visualnet.core.errors import SetupError
from visualnet.core.messages import commands as c
from visualnet.core.messages import events as e
from visualnet.core.nn.optimizers import OPTIMIZERS
from visualnet.core.setup.layers import LayerSetup
from visualnet.core.setup.optimizer import OptimizerSetup
from visualnet.core.setup.run_commands import Change
from visualnet.core.setup.settings import SETTINGS, first_settings
from visualnet.core.studies.rate_range import RateRange
from visualnet.core.training.rate_finder import rate_points
from visualnet.core.training.trainer import Trainer

BLOCK = LayerSetup("residual", layers=[LayerSetup("dropout", rate=0.1), LayerSetup("dense", 8)])
DROPPING = of_points(
    layers=(LayerSetup("dense", 8), BLOCK, LayerSetup("dropout", rate=0.5), LayerSetup("dense", 2))
)


def setups_with(name):
    """For each optimizer a small run, where it has this setting."""
    setups = [replace(DROPPING, optimizer=OptimizerSetup(optimizer, 0.01)) for optimizer in OPTIMIZERS]
    return [setup for setup in setups if name in first_settings(setup)]


def take(trainer, steps):
    for _ in range(steps):
        trainer.step()
    return trainer


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_is_set_taken_back_and_part_of_the_state(name):
    assert setups_with(name)
    for setup in setups_with(name):
        trainer = take(Trainer(setup), 3)
        before = trainer.settings
        assert before == first_settings(setup)
        change = Change(**{name: VALUES[name]})
        trainer.apply(change)
        assert trainer.settings == {**before, name: VALUES[name]}
        state = take(trainer, 3).state
        again = Trainer(setup)
        again.restore(state)
        assert again.settings == trainer.settings
        assert take(again, 4).parameters_sha256 == take(trainer, 4).parameters_sha256
        trainer.apply(change.inverse(before))
        assert trainer.settings == before


@pytest.mark.parametrize("name", SETTINGS)
def test_a_state_of_before_there_was_a_setting_has_what_the_setup_says(name):
    for setup in setups_with(name):
        state = take(Trainer(setup), 3).state
        older = {other: value for other, value in state.settings.items() if other != name}
        trainer = Trainer(setup)
        trainer.apply(Change(**{name: VALUES[name]}))
        trainer.restore(replace(state, settings=older))
        assert trainer.settings == first_settings(setup)


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("value", [-1, float("nan"), "much", [0.5], True])
def test_what_a_setting_cannot_be_is_refused_in_a_sentence_and_all_stays(name, value):
    for setup in setups_with(name):
        trainer = Trainer(setup)
        with pytest.raises(SetupError, match=f"^{name}: must be"):
            trainer.apply(Change(**{"batch_size": 3, name: value}))
        assert trainer.settings == first_settings(setup)
        assert trainer.journal == []


def test_what_is_no_setting_of_the_run_is_refused():
    for change in (Change(dropout=0.5), Change(nonsense=1), Change(beta1=0.5)):
        with pytest.raises(SetupError, match="is nothing that can be set in this run"):
            Trainer(of_points(optimizer=OptimizerSetup("sgd", 0.1))).apply(change)


def test_dropout_in_blocks_too_leaves_out_the_share_that_was_set():
    trainer = Trainer(DROPPING)
    assert trainer.settings["dropout"] is None
    trainer.apply(Change(dropout=0.25))
    rates = [trainer.network.layers[1].layers[0].rate, trainer.network.layers[2].rate]
    assert rates == [0.25, 0.25]
    outputs = trainer.network.layers[2].forward(np.ones((8, 4000), np.float32))
    assert outputs.mean() == 1
    trainer.apply(Change(dropout=None))
    assert [trainer.network.layers[1].layers[0].rate, trainer.network.layers[2].rate] == [0.1, 0.5]


def test_no_dropout_is_no_dropout():
    trainer = Trainer(DROPPING)
    trainer.apply(Change(dropout=0.0))
    inputs = trainer.dataset.train.inputs[:9].T.astype(trainer.network.parameters.dtype)
    as_trained = trainer.network.forward(inputs, 1).copy()
    assert np.array_equal(as_trained, trainer.network.forward(inputs))
    trainer.apply(Change(dropout=0.5))
    assert not np.array_equal(as_trained, trainer.network.forward(inputs, 1))


def test_rates_are_tried_with_the_settings_that_are_in_force(start_worker):
    """The same rates in a run whose dropout and batch size were changed as in one that began with them."""
    layers = (LayerSetup("dense", 8), LayerSetup("dropout", rate=0.5), LayerSetup("dense", 2))
    begun = of_points(layers=(layers[0], LayerSetup("dropout", rate=0.0), layers[2]), batch_size=3)
    harness = start_worker()
    harness.send(
        c.StartRun(of_points(layers=layers)),
        Change(dropout=0.0, batch_size=3),
        c.StartStudy(RateRange(1e-4, 0.1, 40)),
    )
    tried = harness.wait(e.StudyEnded).result
    assert tried.points == tuple(rate_points(begun, 1e-4, 0.1, 40))
    assert tried.points != tuple(rate_points(of_points(layers=layers), 1e-4, 0.1, 40))
