"""What every probe holds to, on every preset: it is a value, asks only a ModelView, and the run does not feel it."""

import pickle
from dataclasses import fields, is_dataclass, replace
from functools import cache

import numpy as np
import pytest

from tests.core.tables import check_value, kinds_in
from visualnet.core import probes
from visualnet.core.probes import PROBES
from visualnet.core.probes.base import Cost, Probe
from visualnet.core.setup.presets import PRESETS, load_preset
from visualnet.core.training.model_view import ModelView, TrainerView
from visualnet.core.training.trainer import Trainer

STEPS = 4
EXAMPLES = [example for kind in PROBES for example in kind.examples()]


class OnlyAModelView:
    """Gives out what a ModelView has, and nothing else; notes what it was asked for."""

    def __init__(self, trainer):
        self._view, self.asked = TrainerView(trainer), set()

    def __getattr__(self, name):
        if name.startswith("_") or not hasattr(ModelView, name):
            raise AttributeError(f"a ModelView has no {name}")
        self.asked.add(name)
        return getattr(self._view, name)


@cache
def dataset_of(data):
    return data.load().limited(120, 60)


def trainer_of(preset):
    """The preset on few examples, tested after every second step."""
    setup = replace(load_preset(preset), evaluate_every=2)
    return Trainer(setup, dataset_of(setup.data))


def bits(trainer):
    view = trainer.history.view()
    shown = trainer.network.gradients, view.loss.values(), view.tests, trainer.past.misclassified
    return trainer.state.to_bytes(), *(None if part is None else part.tobytes() for part in shown)


@cache
def unwatched(preset):
    trainer = trainer_of(preset)
    return [bits(trainer), *(stepped(trainer) for _ in range(STEPS))]


def stepped(trainer):
    trainer.step()
    return bits(trainer)


def arrays_in(result):
    if isinstance(result, np.ndarray):
        yield result
    elif is_dataclass(result):
        for field in fields(result):
            yield from arrays_in(getattr(result, field.name))


def test_the_table_has_every_probe():
    classes = kinds_in(probes, Probe)
    assert classes == {*PROBES}
    assert len(PROBES) == len(classes)


@pytest.mark.parametrize("kind", PROBES)
def test_every_probe_has_examples_of_its_own_and_tells_its_cost(kind):
    assert {type(example) for example in kind.examples()} == {kind}
    assert isinstance(kind.cost, Cost)


@pytest.mark.parametrize("probe", EXAMPLES, ids=repr)
def test_a_probe_is_a_value(probe):
    check_value(probe)


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("probe", EXAMPLES, ids=repr)
def test_the_run_does_not_feel_a_probe(preset, probe):
    trainer = trainer_of(preset)
    for step, expected in enumerate(unwatched(preset)):
        if step:
            trainer.step()
        for _ in range(2):
            check_result(probe, OnlyAModelView(trainer))
        assert bits(trainer) == expected


def check_result(probe, view):
    reason, result = probe.why_not(view), probe.result(view)
    assert (result is None) == (reason is not None)
    assert reason is None or reason.endswith(".")
    assert not any(array.flags.writeable for array in arrays_in(result))
    assert type(pickle.loads(pickle.dumps(result))) is type(result)
    if probe.cost is Cost.NUMBERS:
        assert not view.asked & {"predict", "activations"}


@pytest.mark.parametrize("kind", PROBES)
def test_every_probe_answers_for_some_network_and_tells_why_not_for_another(kind):
    trainers = [trainer_of(preset) for preset in ("xor", "regression", "mnist-1000")]
    for trainer in trainers[:2]:
        trainer.step()
    answers = {example.why_not(TrainerView(one)) is None for example in kind.examples() for one in trainers}
    assert answers == {True, False}
