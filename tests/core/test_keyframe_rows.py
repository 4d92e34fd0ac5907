"""Large keyframes lie in pieces in a run's file; each test has them so small that any network's do."""

import sqlite3
from contextlib import closing

import numpy as np
import pytest

from tests.benchmarks.fuzz_run_files import batch_of, make_sound_file
from visualnet.core.errors import Cancelled
from visualnet.core.replay.keyframes import Keyframe
from visualnet.core.runfile import keyframe_rows
from visualnet.core.runfile.branch import ROOT
from visualnet.core.runfile.reader import read_run
from visualnet.core.runfile.sealed import DIGEST_BYTES, sealed
from visualnet.core.runfile.writer import RunStore
from visualnet.core.training.trainer import Trainer

PIECE = 100


@pytest.fixture
def path(tmp_path):
    made = tmp_path / "run.vnet"
    make_sound_file(made, with_log=False, piece_bytes=PIECE)
    return made


def edit(path, statement, values=()):
    with closing(sqlite3.connect(path)) as connection, connection:
        return connection.execute(statement, values).fetchall()


def bits(run):
    return [
        (keyframe.place, {name: vector.tobytes() for name, vector in keyframe.state.vectors.items()})
        for branch in run.branches.values()
        for keyframe in branch.keyframes
    ]


def test_what_is_written_in_pieces_is_read_as_what_is_written_whole(path, tmp_path):
    whole = tmp_path / "whole.vnet"
    make_sound_file(whole, with_log=False)
    assert edit(path, "SELECT max(length(record)) FROM pieces") == [(PIECE + DIGEST_BYTES,)]
    assert edit(whole, "SELECT count(*) FROM pieces") == [(0,)]
    run = read_run(path)
    assert run.damage == ()
    assert bits(run) == bits(read_run(whole))
    assert not any(vector.flags.writeable for vector in run.branches[0].keyframes[0].state.vectors.values())


def test_no_piece_is_left_of_a_keyframe_that_went(path, monkeypatch, digits, small_setup):
    """Whatever it went for: the budget, its place, going back, its branch."""
    monkeypatch.setattr(keyframe_rows, "PIECE_BYTES", PIECE)
    orphans = "SELECT count(*) FROM pieces WHERE keyframe NOT IN (SELECT id FROM keyframes)"
    store = RunStore.reopen(read_run(path))
    store.delete_branch(1)
    store.close()
    assert edit(path, orphans) == [(0,)]
    trainer = Trainer(small_setup, digits)
    path = path.with_name("other.vnet")
    store = RunStore.create(path, trainer, budget=2_000)
    for part in range(5):
        trainer.step()
        store.save(batch_of(trainer, ROOT, 10.0 * part))
    before = trainer.state
    store.save(batch_of(trainer, ROOT, 50.0))
    trainer.step()
    trainer.evaluate()
    store.save(batch_of(trainer, ROOT, 60.0))
    trainer.restore(before)
    store.close()
    assert edit(path, orphans) == [(0,)]
    assert len(read_run(path).branches[0].keyframes) < 6
    assert read_run(path).damage == ()


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM pieces WHERE number = 2",
        "DELETE FROM pieces",
        "UPDATE pieces SET record = substr(record, 1, 60) WHERE number = 2",
        "UPDATE pieces SET record = CAST(substr(record, 1, 20) AS TEXT) WHERE number = 2",
        "UPDATE pieces SET record = zeroblob(length(record)) WHERE number = 2",
        "UPDATE pieces SET number = -number",
        "UPDATE pieces SET keyframe = keyframe % 2 + 1",
    ],
)
def test_a_keyframe_whose_pieces_are_not_what_they_were_is_left_out(path, statement):
    edit(path, statement)
    run = read_run(path)
    assert any("keyframe of step" in sentence for sentence in run.damage)
    assert len(run.branches[0].loss) == 600


def test_a_header_that_claims_more_than_the_file_holds_takes_no_memory(path):
    """Somebody may seal what he likes."""
    ((row, branch, step, record),) = edit(path, "SELECT * FROM keyframes WHERE step = 600 AND branch = 0")
    payload = record[DIGEST_BYTES:]
    start = payload.index(b'["<f4", ') + 8
    end = payload.index(b"]", start)
    spoilt = payload[:start] + b"9" * 12 + payload[end:]
    spoilt = spoilt[:8] + (len(spoilt) - 12).to_bytes(4, "little") + spoilt[12:]
    edit(
        path, "UPDATE keyframes SET record = ? WHERE id = ?", (sealed(spoilt, "keyframes", branch, step), row)
    )
    assert any("step 600" in sentence for sentence in read_run(path).damage)


def test_reading_pieces_can_be_cancelled_and_tells_how_far_it_is(path):
    told = []

    def look(fraction, activity):
        told.append((fraction, activity))
        if len([activity for _, activity in told if activity == "Reading the run"]) > 5:
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        read_run(path, look)
    assert {activity for _, activity in told} == {"Copying the run to read it", "Reading the run"}
    assert 0 < told[-1][0] <= 1


def test_a_large_state_is_cut_from_where_it_lies(monkeypatch, digits, small_setup):
    """Nothing of it is joined or copied, however large it is."""
    monkeypatch.setattr(keyframe_rows, "PIECE_BYTES", PIECE)
    trainer = Trainer(small_setup, digits)
    trainer.step()
    keyframe = Keyframe(trainer.state)
    _, *pieces = keyframe_rows.pieces_of(keyframe)
    vectors = list(keyframe.state.vectors.values())
    for piece in pieces:
        assert any(np.shares_memory(np.frombuffer(piece, np.uint8), vector) for vector in vectors)
    assert sum(map(len, pieces)) == keyframe.state.nbytes
