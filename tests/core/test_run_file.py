"""A run as one file: what is written is read again, whatever is damaged, foreign, hostile or in the way."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from tests.benchmarks.fuzz_run_files import batch_of, fuzz, make_sound_file
from tests.core.older_files import make_older
from visualnet.core.errors import DataError, RunFileError
from visualnet.core.runfile.autosave import Autosave
from visualnet.core.runfile.branch import ROOT, Branch
from visualnet.core.runfile.data_record import data_sha256
from visualnet.core.runfile.reader import read_run
from visualnet.core.runfile.restore import (
    JournalPlayer,
    examples_of,
    fitting_keyframes,
    trainer_after,
    trainer_at,
)
from visualnet.core.runfile.retention import Kept, exceeding, replaced
from visualnet.core.runfile.saver import Saver
from visualnet.core.runfile.sealed import sealed, unsealed
from visualnet.core.runfile.upgrades import FORMAT_VERSION, added_since, changed_since
from visualnet.core.runfile.writer import NEVER, RunStore
from visualnet.core.runs.reopened import reopened
from visualnet.core.runs.tree import RunTree
from visualnet.core.setup.data import DataSetup
from visualnet.core.setup.layers import LayerSetup
from visualnet.core.setup.optimizer import OptimizerSetup
from visualnet.core.setup.presets import load_preset
from visualnet.core.setup.regularization import RegularizationSetup
from visualnet.core.setup.run_commands import Change, SetParameters
from visualnet.core.setup.setup import Setup
from visualnet.core.training.checkpoint import TrainerState
from visualnet.core.training.environment import Environment
from visualnet.core.training.trainer import Trainer


def train(trainer, steps):
    for _ in range(steps):
        trainer.step()
        if trainer.is_evaluating:
            trainer.evaluate()


@pytest.fixture
def trainer(small_setup, digits):
    return Trainer(small_setup, digits)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.vnet"


def save(store, trainer, taken_at, branch=ROOT, rewound_to=None):
    store.save(replace(batch_of(trainer, branch, taken_at), rewound_to=rewound_to))


def kept_run(path, trainer, parts=4, steps=25):
    """Train with a keyframe after each part; leave the closed file."""
    store = RunStore.create(path, trainer)
    for part in range(parts):
        train(trainer, steps)
        save(store, trainer, 10.0 * part)
    store.close()
    return read_run(path)


def test_a_run_of_before_the_setup_had_a_field_opens_with_its_default(path, trainer, monkeypatch):
    told = trainer.setup.to_dict()
    assert told.pop("huber_delta") == Setup().huber_delta
    with monkeypatch.context() as patch:
        patch.setattr(Setup, "to_json", lambda setup: json.dumps(told))
        run = kept_run(path, trainer, parts=1)
    assert run.setup == trainer.setup
    assert run.is_writable


def is_equal(one, other):
    return np.array_equal(one, other, equal_nan=True)


def test_what_is_written_is_read_again(path, trainer):
    store = RunStore.create(path, trainer)
    train(trainer, 30)
    trainer.apply(Change(learning_rate=0.002))
    trainer.apply(Change(beta1=0.8, beta2=0.99))
    save(store, trainer, 1.0)
    train(trainer, 30)
    trainer.apply(Change(batch_size=7))
    trainer.apply(SetParameters(trainer.network.parameters.tobytes()))
    save(store, trainer, 9.0)
    store.close()
    run = read_run(path)
    root, view = run.branches[0], trainer.history.view()
    assert (run.setup, run.damage, run.is_writable) == (trainer.setup, (), True)
    assert root.journal == tuple(trainer.journal)
    assert [keyframe.step for keyframe in root.keyframes] == [0, 30, 60]
    assert is_equal(root.loss, view.loss.values())
    assert is_equal(root.accuracy, view.accuracy.values())
    assert is_equal(root.tests, view.tests)
    assert run.environments == ((0, 0, Environment.here(1)),)
    assert is_equal(run.data.train.inputs, trainer.dataset.train.inputs)


def test_a_long_history_is_written_in_rows_that_end_at_whole_chunks(path):
    trainer = Trainer(load_preset("xor"))
    store = RunStore.create(path, trainer)
    for part, steps in enumerate((10, 4000, 200, 9000)):
        train(trainer, steps)
        save(store, trainer, part)
    store.close()
    assert is_equal(read_run(path).branches[0].loss, trainer.history.view().loss.values())
    with closing(sqlite3.connect(path)) as connection:
        steps = [step for (step,) in connection.execute("SELECT step FROM history ORDER BY step")]
    assert steps == [0, 4096, 8192, 12288]


def test_any_step_comes_back_with_the_same_bits(path, trainer, small_setup, digits):
    run = kept_run(path, trainer)
    for step in (0, 1, 49, 50, 99):
        other, sentence = trainer_after(run, 0, step)
        fresh = Trainer(small_setup, digits)
        train(fresh, step)
        assert sentence is None
        assert other.parameters_sha256 == fresh.parameters_sha256
        assert is_equal(other.history.view().loss.values(), fresh.history.view().loss.values())
    with pytest.raises(RunFileError, match="ends at step 100"):
        trainer_after(run, 0, 101)


def test_elsewhere_only_keyframes_count(path, trainer):
    run = kept_run(path, trainer)
    ((branch, step, here),) = run.environments
    elsewhere = replace(run, environments=((branch, step, replace(here, blas="abacus 1")),))
    other, sentence = trainer_after(elsewhere, 0, 60)
    assert other.step_count == 50
    assert "abacus" in sentence and "step 50" in sentence
    assert trainer_after(elsewhere, 0, 50)[1] is None


def test_a_replay_with_other_numbers_than_recorded_is_not_given_out(path, trainer):
    run = kept_run(path, trainer)
    loss = run.branches[0].loss.copy()
    loss[58] += 1e-12
    doubtful = replace(run, branches={0: replace(run.branches[0], loss=loss)})
    assert trainer_after(doubtful, 0, 58)[1] is None
    other, sentence = trainer_after(doubtful, 0, 60)
    assert other.step_count == 50
    assert "other numbers" in sentence


def one_more(values):
    return values + (np.arange(len(values)) == 7)


def spoil_keyframe(path, step, vector, change=one_more):
    """Change a vector of a keyframe in the file, under a seal that holds."""
    with closing(sqlite3.connect(path)) as connection:
        query = "SELECT id, branch, record FROM keyframes WHERE step = ?"
        ((row, branch, record),) = connection.execute(query, (step,))
        state = TrainerState.from_bytes(unsealed(record, "keyframes", branch, step), needs_hash=False)
        vectors = {**state.vectors, vector: change(state.vectors[vector].copy())}
        spoilt = sealed(replace(state, vectors=vectors).to_bytes(), "keyframes", branch, step)
        connection.execute("UPDATE keyframes SET record = ? WHERE id = ?", (spoilt, row))
        connection.commit()


@pytest.mark.parametrize("vector", ["parameters", "mean", "square"])
def test_a_step_before_a_keyframe_that_does_not_come_out_is_not_given_out(path, trainer, vector):
    kept_run(path, trainer)
    spoil_keyframe(path, 75, vector)
    run = read_run(path)
    assert run.damage == ()
    other, sentence = trainer_after(run, 0, 60)
    assert other.step_count == 50
    assert "other numbers" in sentence
    assert trainer_after(run, 0, 40)[1] is None


def test_wrong_test_examples_come_back(path, trainer):
    run = kept_run(path, trainer)
    expected = trainer.past.misclassified
    assert len(expected) > 2
    assert is_equal(trainer_after(run, 0, 100)[0].past.misclassified, expected)
    before = trainer_after(run, 0, 75)[0].past.misclassified
    assert is_equal(trainer_after(run, 0, 80)[0].past.misclassified, before)
    assert trainer_after(run, 0, 0)[0].past.misclassified is None


def with_last(value):
    def change(values):
        values[-1] = value
        return values

    return change


@pytest.mark.parametrize(
    ("change", "is_read"),
    [
        (with_last(1_000_000), True),
        (lambda values: values - 1000, True),
        (lambda values: values.astype(np.float64), False),
        (lambda values: values[::-1], False),
        (lambda values: values.repeat(2), False),
    ],
)
def test_wrong_test_examples_that_cannot_be_are_refused(path, trainer, change, is_read):
    kept_run(path, trainer)
    spoil_keyframe(path, 100, "wrong", change)
    run = read_run(path)
    assert (run.damage == ()) == is_read
    if is_read:
        with pytest.raises(RunFileError, match="wrong test examples"):
            trainer_after(run, 0, 100)
        kept = fitting_keyframes(run, trainer, run.past_of(0))
        assert [keyframe.step for keyframe in kept] == [0, 25, 50, 75]


def keyframes_in_the_tree(run):
    ((root, _),), _ = reopened(run, RunTree())
    return list(root.live_run.timeline.keyframes)


def test_the_tree_takes_wrong_test_examples_of_each_keyframe_from_the_file(path, trainer):
    run = kept_run(path, trainer)
    saved = {keyframe.step: keyframe.misclassified for keyframe in run.past_of(0).keyframes}
    assert any(wrong is not None for wrong in saved.values())
    for kept in keyframes_in_the_tree(run):
        assert (kept.misclassified is None) == (saved[kept.step] is None)
        assert saved[kept.step] is None or is_equal(kept.misclassified, saved[kept.step])


def test_the_tree_takes_no_keyframe_that_no_run_of_the_setup_could_be_in(path, trainer):
    kept_run(path, trainer)
    spoil_keyframe(path, 50, "wrong", with_last(1_000_000))
    kept = keyframes_in_the_tree(read_run(path))
    assert [keyframe.step for keyframe in kept] == [0, 25, 75, 100]


def test_a_keyframe_with_a_hash_of_its_own_is_read_as_before(path, trainer):
    run = kept_run(path, trainer)
    spoil_keyframe(path, 100, "parameters", lambda values: values)
    assert is_equal(
        trainer_after(read_run(path), 0, 100)[0].network.parameters,
        trainer_after(run, 0, 100)[0].network.parameters,
    )


def test_commands_after_the_last_keyframe_are_played_again(path, trainer, small_setup, digits):
    store = RunStore.create(path, trainer)
    train(trainer, 20)
    save(store, trainer, 0.0)
    train(trainer, 5)
    trainer.apply(Change(learning_rate=0.5))
    store.save(replace(batch_of(trainer, ROOT, 1.0), keyframe=None))
    store.close()
    train(trainer, 15)
    run = read_run(path)
    past = run.past_of(0)
    again = trainer_at(run, past, past.keyframes[-1], examples_of(run))
    assert again.step_count == 20
    player = JournalPlayer(again, past.journal)
    while again.step_count < 40:
        player.apply_due()
        train(again, 1)
    assert again.parameters_sha256 == trainer.parameters_sha256
    assert again.journal == trainer.journal


def test_a_file_that_is_gone_on_with_holds_the_run_once(path, trainer):
    run = kept_run(path, trainer)
    past = run.past_of(0)
    again = trainer_at(run, past, past.keyframes[2], examples_of(run))
    store = RunStore.reopen(run)
    train(again, 5)
    save(store, again, 0.0, rewound_to=(50, 0))
    train(again, 5)
    save(store, again, 1.0)
    store.close()
    root = read_run(path).branches[0]
    assert [keyframe.step for keyframe in root.keyframes] == [0, 25, 50, 55, 60]
    assert is_equal(root.loss, again.history.view().loss.values())
    assert is_equal(root.tests, again.history.view().tests)


def test_a_branch_shares_its_past_and_owns_what_comes_after(path, trainer, small_setup, digits):
    store = RunStore.create(path, trainer)
    trainer.apply(Change(learning_rate=0.02))
    train(trainer, 40)
    save(store, trainer, 0.0)
    branch = Branch(1, 0, 40, 1, "slower")
    other = Trainer(small_setup, digits)
    JournalPlayer(other, tuple(trainer.journal)).apply_due()
    train(other, 40)
    other.apply(Change(learning_rate=0.001))
    train(other, 10)
    save(store, other, 5.0, branch)
    train(trainer, 30)
    save(store, trainer, 9.0)
    store.rename_branch(replace(branch, name="much slower"))
    store.close()
    run = read_run(path)
    assert run.branches[1].branch.name == "much slower"
    assert len(run.branches[1].loss) == 10
    past = run.past_of(1)
    assert is_equal(past.loss, other.history.view().loss.values())
    assert is_equal(past.tests, other.history.view().tests)
    assert past.journal == tuple(other.journal)
    assert run.branches[0].step == 70
    assert trainer_after(run, 1, 47)[0].step_count == 47
    store = RunStore.reopen(run)
    store.delete_branch(1)
    store.close()
    assert list(read_run(path).branches) == [0]


def test_a_copy_is_a_run_of_its_own(path, trainer, tmp_path):
    store = RunStore.create(path, trainer)
    train(trainer, 30)
    save(store, trainer, 0.0)
    store.save_copy(tmp_path / "copy.vnet")
    with pytest.raises(RunFileError, match="exists already"):
        store.save_copy(tmp_path / "copy.vnet")
    store.close()
    copy = read_run(tmp_path / "copy.vnet")
    assert copy.damage == () and copy.branches[0].step == 30
    again = trainer_at(copy, copy.past_of(0), copy.past_of(0).keyframes[-1], examples_of(copy))
    assert again.parameters_sha256 == trainer.parameters_sha256


def test_a_run_whose_file_is_begun_later_brings_its_history_along(path, trainer):
    train(trainer, 40)
    store = RunStore.create(path, trainer)
    train(trainer, 5)
    save(store, trainer, 0.0)
    store.close()
    run = read_run(path)
    assert is_equal(run.branches[0].loss, trainer.history.view().loss.values())
    assert trainer_after(run, 0, 43)[0].step_count == 43
    with pytest.raises(RunFileError, match="no state from which"):
        trainer_after(run, 0, 10)


def test_a_state_of_another_network_is_refused(path, trainer):
    run = kept_run(path, trainer)
    larger = replace(run, setup=run.setup.with_hidden((4000, 4000)))
    with pytest.raises(RunFileError, match="not of its Setup's network"):
        trainer_after(larger, 0, 50)


def test_going_back_deletes_what_came_after(path, trainer):
    store = RunStore.create(path, trainer)
    train(trainer, 30)
    early = trainer.state
    save(store, trainer, 0.0)
    trainer.apply(Change(learning_rate=0.1))
    train(trainer, 30)
    save(store, trainer, 5.0)
    trainer.restore(early)
    train(trainer, 3)
    save(store, trainer, 9.0, rewound_to=(30, 0))
    store.close()
    root = read_run(path).branches[0]
    assert (root.step, root.journal) == (33, ())
    assert [keyframe.step for keyframe in root.keyframes] == [0, 30, 33]
    assert is_equal(root.loss, trainer.history.view().loss.values())
    assert is_equal(root.tests, trainer.history.view().tests)


def test_keyframes_stay_a_second_apart_and_within_the_budget():
    kept = []
    for index in range(400):
        new = Kept(index, index * 10, 1000, index * 0.25)
        gone = replaced(kept, new)
        kept = [keyframe for keyframe in kept if keyframe not in gone] + [new]
        gone = exceeding(kept, budget=20_000)
        kept = [keyframe for keyframe in kept if keyframe not in gone]
    steps = [keyframe.step for keyframe in kept]
    assert (steps[0], steps[-1], len(kept)) == (0, 3990, 20)
    assert all(after.taken_at - before.taken_at >= 1 for before, after in pairwise(kept[:-1]))
    gaps = np.diff(steps)
    assert gaps[:5].mean() > 3 * gaps[-5:].mean()
    assert exceeding([Kept(1, 0, 99, 0.0), Kept(2, 5, 99, 1.0)], budget=1) == []
    assert replaced([Kept(1, 0, 1, NEVER), Kept(2, 5, 1, NEVER)], Kept(3, 9, 1, 0.1)) == []


def test_keyframes_at_commands_are_preferred():
    kept = [Kept(index, index * 10, 1000, float(index), at_command=index == 20) for index in range(40)]
    gone = exceeding(kept, budget=12_000)
    assert kept[20] not in gone
    assert {kept[19], kept[21]} <= set(gone)
    plain, at_command = Kept(1, 10, 1, 1.0), Kept(2, 15, 1, 1.5, at_command=True)
    assert replaced([Kept(0, 0, 1, NEVER), plain, at_command], Kept(3, 20, 1, 2.0)) == [plain]


def test_a_saver_that_is_behind_drops_keyframes_only(path, trainer):
    store = RunStore.create(path, trainer)
    saver = Saver(store, pytest.fail)
    autosave = Autosave(trainer, saver)
    for _ in range(20):
        train(trainer, 3)
        trainer.apply(Change(learning_rate=0.01))
        autosave.note_command()
        autosave.finish()
    assert saver.is_behind
    saver.start()
    saver.close()
    root = read_run(path).branches[0]
    assert [keyframe.step for keyframe in root.keyframes] == [0, 60]
    assert (root.step, len(root.journal)) == (60, 20)


def test_only_one_opener(path, trainer):
    store = RunStore.create(path, trainer)
    for opener in (read_run, lambda path: RunStore(path, {})):
        with pytest.raises(RunFileError, match="open in another"):
            opener(path)
    store.close()
    assert read_run(path).branches[0].step == 0


def test_no_file_is_written_over(path, trainer):
    path.write_text("precious")
    with pytest.raises(RunFileError, match="visualnet resume"):
        RunStore.create(path, trainer)
    assert path.read_text() == "precious"


def foreign(path):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE theirs (a)")


def newer(path):
    content = bytearray(path.read_bytes())
    content[60:64] = (99).to_bytes(4, "big")
    path.write_bytes(content)


def with_statement(sql):
    def add(path):
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(sql)
            connection.commit()

    return add


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda path: path.write_bytes(b""), "is empty"),
        (lambda path: path.write_bytes(b"PK\3\4 something else"), "is not a run"),
        (lambda path: path.write_bytes(path.read_bytes()[:60]), "first bytes"),
        (lambda path: path.write_bytes(path.read_bytes()[:3000]), "damaged"),
        (newer, "file format 99"),
        (with_statement("PRAGMA application_id=1"), "another program"),
        (with_statement("CREATE TABLE more (a)"), "'more'"),
        (with_statement("CREATE VIEW seen AS SELECT * FROM journal"), "'seen'"),
        (
            with_statement("CREATE TRIGGER shot AFTER INSERT ON journal BEGIN DELETE FROM history; END"),
            "'shot'",
        ),
        (with_statement("CREATE INDEX found ON journal (step)"), "'found'"),
        (with_statement("DROP TABLE journal"), "lacks tables"),
        (with_statement("DELETE FROM facts WHERE id = 0"), "Setup cannot be read"),
    ],
)
def test_what_is_not_a_sound_run_is_refused_and_left_as_it_is(path, trainer, spoil, words):
    kept_run(path, trainer)
    spoil(path)
    before, names = path.read_bytes(), sorted(path.parent.iterdir())
    with pytest.raises(RunFileError, match=words):
        read_run(path)
    assert path.read_bytes() == before
    assert sorted(path.parent.iterdir()) == names


def test_files_of_others_are_refused(path):
    foreign(path)
    with pytest.raises(RunFileError, match="another program"):
        read_run(path)
    with pytest.raises(RunFileError, match="cannot be read"):
        read_run(path.with_name("nowhere.vnet"))
    with pytest.raises(RunFileError, match="folder"):
        read_run(path.parent)


def test_of_a_cut_file_the_beginning_is_offered(path, trainer):
    whole = kept_run(path, trainer, parts=40)
    content = path.read_bytes()
    steps = []
    for share in (0.97, 0.8, 0.6):
        path.write_bytes(content[: int(len(content) * share)])
        run = read_run(path)
        assert not run.is_writable
        assert "damaged or cut" in run.damage[0]
        steps.append(len(run.branches[0].keyframes))
        loss, is_known = run.branches[0].loss, ~np.isnan(run.branches[0].loss)
        assert is_equal(loss[is_known], whole.branches[0].loss[: len(loss)][is_known])
    assert len(whole.branches[0].keyframes) >= steps[0] > steps[2] > 0


def test_a_damaged_keyframe_is_passed_over(path, trainer):
    kept_run(path, trainer)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE keyframes SET record = zeroblob(500) WHERE step = 100")
        connection.commit()
    run = read_run(path)
    assert run.is_writable
    assert [keyframe.step for keyframe in run.branches[0].keyframes] == [0, 25, 50, 75]
    assert run.damage == ("1 row of keyframes cannot be read.",)


def test_a_log_cut_anywhere_leaves_an_earlier_moment_of_the_run(tmp_path):
    path = tmp_path / "run.vnet"
    make_sound_file(path, with_log=True)
    log = path.with_name("run.vnet-wal")
    content, generator = log.read_bytes(), np.random.default_rng(0)
    steps = set()
    for size in [0, *sorted(generator.integers(0, len(content), 60)), len(content)]:
        log.write_bytes(content[:size])
        run = read_run(path)
        root = run.branches[0]
        assert run.damage == ()
        assert root.keyframes[-1].step == root.step == 100 * len(root.journal)
        steps.add(root.step)
    assert steps == {0, 100, 200, 300, 400, 500, 600}
    assert log.read_bytes() == content


@pytest.mark.parametrize("names", [(), ("a", "b", "kind"), ("wrong", "number")])
def test_a_table_keeps_the_names_of_its_columns(path, names):
    setup = load_preset("xor")
    kept = kept_run(path, Trainer(setup, replace(setup.data.load(), column_names=names)))
    assert kept.data.column_names == (names if len(names) == 3 else ())
    assert examples_of(kept).column_names == kept.data.column_names


def test_other_examples_than_then_are_refused(path, trainer):
    run = kept_run(path, trainer)
    without = replace(run, data=None, setup=replace(run.setup, data=load_preset("xor").data))
    with pytest.raises(DataError, match="other examples"):
        examples_of(without)


@pytest.mark.parametrize("meaning", ["no validation part", "limited after the validation part was taken"])
def test_a_file_of_an_older_format_finds_the_examples_that_its_setup_meant_then(path, trainer, meaning):
    data = DataSetup("moons", train_size=60, validation_share=0.25)
    if meaning == "no validation part":
        examples = replace(data.load(), validation=None)
    else:
        examples = replace(data, train_size=None).load().limited(60, None)
        assert len(examples.validation) == 50
    run = replace(kept_run(path, trainer), data=None, setup=replace(trainer.setup, data=data))
    run = replace(run, data_sha256=data_sha256(examples))
    assert data_sha256(examples_of(run)) == data_sha256(examples) != data_sha256(data.load())


def test_mutated_files_are_read_or_refused_at_once(tmp_path):
    outcomes, _ = fuzz(tmp_path, 120, seed=3)
    assert outcomes.total() == 120
    assert all(outcomes[kind] for kind in ("sound", "damaged", "refused"))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_five_hundred_mutated_files(tmp_path, seed):
    fuzz(tmp_path, 500, seed)


def stopping_run(**data):
    """A run that early stopping will end, on data that are kept in its file; best parameters with buffers."""
    layers = (LayerSetup("dense", 8), LayerSetup("batch-norm"), LayerSetup("tanh"), LayerSetup("dense", 2))
    return Trainer(
        Setup(
            layers=layers,
            data=DataSetup("moons", noise=0.3, **data),
            optimizer=OptimizerSetup("adam", 0.03),
            batch_size=32,
            epochs=300,
            regularization=RegularizationSetup(patience=3),
            # So that it stops at the same step whatever the last bits of the machine's matrix products are.
            dtype="float64",
        )
    )


@pytest.mark.parametrize("share", [0.0, 0.3])
def test_a_run_that_stops_early_goes_on_from_its_file_to_the_same_bits(path, share):
    trainer = stopping_run(validation_share=share)
    run = kept_run(path, trainer, parts=2, steps=10)
    assert (len(run.past_of(0).validations) > 0) == (share > 0)
    assert (run.data.validation is not None) == (share > 0)
    revived, sentence = trainer_after(run, 0, None)
    assert (revived.step_count, sentence) == (20, None)
    assert not revived.is_finished
    for each in (trainer, revived):
        while not each.is_finished:
            each.step()
    assert trainer.finish_reason == "early-stopping"
    assert revived.state.to_bytes() == trainer.state.to_bytes()
    view, other = trainer.history.view(), revived.history.view()
    assert is_equal(view.tests, other.tests) and is_equal(view.validations, other.validations)


def test_a_file_that_says_a_format_below_the_first_takes_all_upgrades():
    for version in (0, -3):
        assert added_since(version) == added_since(1)
        assert changed_since(version) == changed_since(1)


@pytest.mark.parametrize("version", range(1, FORMAT_VERSION))
def test_a_file_of_an_older_format_opens_and_becomes_one_of_the_present_format(path, trainer, version):
    for values in ({"learning_rate": 0.03}, {"epochs": None, "steps": 5000}, {"evaluate_every": 7}):
        trainer.apply(Change(**values))
    journal = tuple(trainer.journal)
    kept_run(path, trainer, parts=2)
    trainer.apply(SetParameters(trainer.start_parameters.tobytes()))
    make_older(path, version)
    run = read_run(path)
    assert run.past_of(0).journal == journal
    assert not run.damage and not len(run.past_of(0).validations)
    measured = trainer.history.view().tests
    assert is_equal(run.past_of(0).tests, measured)
    store = RunStore.reopen(run)
    assert is_equal(trainer_after(run, 0, None)[0].history.view().tests, measured)
    train(trainer, 20)
    trainer.evaluate()
    save(store, trainer, 99.0)
    store.close()
    again = read_run(path).past_of(0)
    assert again.journal == tuple(trainer.journal)
    assert again.step == trainer.step_count and len(again.tests) > len(measured)
    assert is_equal(again.tests, trainer.history.view().tests)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (FORMAT_VERSION,)


@pytest.mark.parametrize(
    "change",
    [
        {"stopping.waited": 0.5},
        {"stopping.best_loss": float("inf")},
        {"stopping.other": 1},
        {"stopping.seen": -1},
    ],
)
def test_what_early_stopping_cannot_remember_is_refused(path, change):
    trainer = stopping_run()
    run = kept_run(path, trainer, parts=1)
    keyframe = run.past_of(0).keyframes[-1]
    state = replace(keyframe.state, scalars={**keyframe.state.scalars, **change})
    with pytest.raises(RunFileError, match="not of its Setup's network"):
        trainer_at(run, run.past_of(0), replace(keyframe, state=state), run.data)
