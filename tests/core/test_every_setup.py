"""Whatever can stand in a Setup comes back from its file, at every step, and goes on to the same bits."""

from dataclasses import fields, is_dataclass, replace
from random import Random

import pytest

from tests.benchmarks.fuzz_run_files import batch_of
from tests.core.every_setup import STEPS, dataset_of, every_command, every_setup, random_setup, run_to
from visualnet.core.nn.layers import layer_kinds, layer_options
from visualnet.core.replay.keyframes import KeyframeBudget
from visualnet.core.replay.timeline import Timeline
from visualnet.core.runfile.branch import ROOT
from visualnet.core.runfile.reader import read_run
from visualnet.core.runfile.restore import JournalPlayer, examples_of, trainer_after, trainer_at
from visualnet.core.runfile.writer import RunStore
from visualnet.core.runs.reopened import reopened
from visualnet.core.runs.tree import RunTree
from visualnet.core.setup.setup import Setup
from visualnet.core.training.trainer import Trainer

HALF = STEPS // 2


def begun(setup):
    return Trainer(setup, dataset_of(setup.data))


def bits(trainer):
    return trainer.state.to_bytes()


def with_commands(trainer):
    """Half of the run, every command that it can follow, and the other half."""
    run_to(trainer, HALF)
    for command in every_command(trainer):
        trainer.apply(command)
        run_to(trainer, trainer.step_count + 1)
    run_to(trainer, STEPS)
    return trainer


def written(path, trainer):
    """The run in a file, with a keyframe in the midst of it."""
    store = RunStore.create(path, trainer)
    run_to(trainer, HALF)
    store.save(batch_of(trainer, ROOT, 1.0))
    with_commands(trainer)
    store.save(batch_of(trainer, ROOT, 9.0))
    store.close()
    return read_run(path)


def values_of(made, path=""):
    """(name, value) of each field of a Setup, those of its parts and of its layers' options among them."""
    for field in fields(made):
        value = getattr(made, field.name)
        if field.name == "layers":
            yield from (option for one in value for option in options_of(one))
        elif is_dataclass(value):
            yield from values_of(value, f"{path}{field.name}.")
        else:
            yield f"{path}{field.name}", value


def options_of(made):
    for name, value in made.options:
        if name == "layers":
            yield from (option for inner in value for option in options_of(inner))
        else:
            yield f"{made.kind}.{name}", value


def test_every_field_of_a_setup_and_every_option_of_a_layer_is_another_than_its_default_in_one_of_them():
    plain = dict(values_of(Setup()))
    plain |= {
        f"{kind}.{name}": default for kind in layer_kinds() for name, default in layer_options(kind).items()
    }
    left = {name for name in plain if not name.endswith(".layers")}
    for setup in every_setup().values():
        left -= {name for name, value in values_of(setup) if value != plain[name]}
    assert not left


@pytest.mark.parametrize("name", every_setup())
def test_it_is_read_from_its_file_with_every_bit(tmp_path, name):
    trainer = begun(every_setup()[name])
    saved = written(tmp_path / "run.vnet", trainer)
    past = saved.past_of(0)
    assert (saved.setup, saved.damage, saved.is_writable) == (trainer.setup, (), True)
    assert past.journal == tuple(trainer.journal)
    again = trainer_at(saved, past, past.keyframes[-1], examples_of(saved))
    assert bits(again) == bits(trainer)
    assert again.history.view().tests.tobytes() == trainer.history.view().tests.tobytes()
    # From the keyframe in the midst of it, as after a kill.
    midst = trainer_at(saved, past, past.keyframes[-2], examples_of(saved))
    player = JournalPlayer(midst, past.journal)
    while midst.step_count < trainer.step_count:
        player.apply_due()
        run_to(midst, midst.step_count + 1)
    player.apply_due()
    assert bits(midst) == bits(trainer)


@pytest.mark.parametrize("name", every_setup())
def test_it_is_reopened_and_any_step_of_it_is_seen_again(tmp_path, name):
    trainer = begun(every_setup()[name])
    saved = written(tmp_path / "run.vnet", trainer)
    ((run, _),), sentences = reopened(saved, RunTree())
    timeline = run.live_run.timeline
    assert sentences == () and timeline.is_reproducible
    assert bits(run.live_run.trainer) == bits(trainer)
    step = trainer.step_count * 2 // 3
    direct, sentence = trainer_after(saved, 0, step)
    if direct.is_evaluating:
        direct.evaluate()
    JournalPlayer(direct, saved.past_of(0).journal).apply_due()
    assert sentence is None
    shown = timeline.at(step)
    assert bits(shown) == bits(direct)
    fresh = Timeline(begun(trainer.setup), KeyframeBudget())
    fresh.trainer.past.journal = trainer.journal
    assert bits(fresh.replay(begun(trainer.setup), step).finish()) == bits(shown)


@pytest.mark.parametrize("seed", range(30))
def test_so_does_one_with_parts_of_all_tables(tmp_path, seed):
    trainer = begun(random_setup(Random(seed)))
    saved = written(tmp_path / "run.vnet", trainer)
    past = saved.past_of(0)
    again = trainer_at(saved, past, past.keyframes[-1], examples_of(saved))
    assert bits(again) == bits(trainer)
    run_to(again, STEPS + 20)
    run_to(trainer, STEPS + 20)
    assert bits(again) == bits(trainer)


@pytest.mark.parametrize("name", [name for name in every_setup() if name.startswith("optimizer ")])
def test_a_state_without_what_the_optimizer_keeps_is_refused(name):
    trainer = begun(every_setup()[name])
    other = begun(trainer.setup)
    run_to(trainer, 3)
    state = trainer.state
    assert other.could_be_in(state)
    for vector in set(state.vectors) - {"parameters", "buffers"}:
        values = state.vectors[vector]
        changes = (None, values[:-1], values.astype("f8"))
        for changed in changes:
            vectors = {key: value for key, value in state.vectors.items() if key != vector}
            vectors |= {} if changed is None else {vector: changed}
            assert not other.could_be_in(replace(state, vectors=vectors))
    for product in state.scalars:
        others = {key: value for key, value in state.scalars.items() if key != product}
        assert not other.could_be_in(replace(state, scalars=others))
        assert not other.could_be_in(replace(state, scalars={**others, product: 2.0}))
    assert not other.could_be_in(
        replace(state, vectors={**state.vectors, "more": state.vectors["parameters"]})
    )
