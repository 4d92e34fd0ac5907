"""What every study holds to: it is a value, tells how far it is, runs feel nothing of it, and it may end at any slice."""

import pickle
from itertools import count

import pytest

from tests.core.tables import check_value, kinds_in
from tests.core.worker_harness import MOONS, bits_after
from visualnet.core import studies
from visualnet.core.messages import commands as c
from visualnet.core.messages import events as e
from visualnet.core.messages.outbox import Outbox
from visualnet.core.runs.worker_state import WorkerState
from visualnet.core.studies import STUDIES
from visualnet.core.studies.base import Study
from visualnet.core.training.trainer import Trainer
from visualnet.core.worker import laboratory
from visualnet.core.worker.study_runner import StudyRunner

STEPS, MORE = 40, 60
EXAMPLES = [example for kind in STUDIES for example in kind.examples()]


def test_the_table_has_every_study():
    classes = kinds_in(studies, Study)
    assert classes == {*STUDIES}
    assert {type(example) for example in EXAMPLES} == classes


@pytest.mark.parametrize("study", EXAMPLES, ids=repr)
def test_a_study_is_a_value(study):
    check_value(study)


@pytest.fixture
def shortest_slices(monkeypatch):
    """Each slice is over as soon as it begins."""
    monkeypatch.setattr(laboratory, "SLICE_SECONDS", 0.0)


class Bench:
    """A run of STEPS steps and what carries out studies beside it, in this thread."""

    def __init__(self):
        self.state = WorkerState(Outbox())
        self.run = self.state.tree.begin(Trainer(MOONS))
        self.state.enter(self.run)
        self.train(STEPS)
        self.runner = StudyRunner(self.state)
        self.told()

    @property
    def bits(self):
        live_run = self.run.live_run
        kept = [keyframe.state.to_bytes() for keyframe in live_run.timeline.keyframes._kept]
        view = live_run.trainer.history.view()
        return live_run.trainer.state.to_bytes(), view.loss.values().tobytes(), view.tests.tobytes(), kept

    def train(self, step):
        while self.run.live_run.trainer.step_count < step:
            self.run.live_run.advance()

    def told(self):
        return self.state.outbox.drain().events


@pytest.mark.usefixtures("shortest_slices")
@pytest.mark.parametrize("study", EXAMPLES, ids=repr)
def test_a_study_tells_how_far_it_is_and_leaves_the_run_s_bits_alone(study):
    bench = Bench()
    before, shares = bench.bits, []
    bench.runner.start(study)
    while bench.runner.is_active:
        (progressed,) = bench.told()
        assert progressed.study == study
        shares.append(progressed.share)
        assert bench.bits == before
        bench.runner.advance()
    (ended,) = bench.told()
    assert (type(ended), ended.study) == (e.StudyEnded, study)
    assert pickle.loads(pickle.dumps(ended.result)) is not None
    assert len(shares) > 3
    assert shares == sorted(shares) and 0 <= shares[0] < shares[-1] <= 1
    assert bench.bits == before
    bench.train(MORE)
    assert bench.run.live_run.trainer.parameters_sha256 == bits_after(MOONS, MORE)


@pytest.mark.usefixtures("shortest_slices")
@pytest.mark.parametrize("study", EXAMPLES, ids=repr)
def test_a_study_may_be_cancelled_at_any_slice(study):
    bench = Bench()
    before = bench.bits
    for slices in count(1):
        bench.runner.start(study)
        for _ in range(slices - 1):
            if bench.runner.is_active:
                bench.runner.advance()
        if not bench.runner.is_active:
            break
        bench.runner.cancel_kind(type(study))
        assert not bench.runner.is_active
        assert bench.bits == before
        assert not [event for event in bench.told() if isinstance(event, e.StudyEnded)]
    assert slices > 3
    bench.train(MORE)
    assert bench.run.live_run.trainer.parameters_sha256 == bits_after(MOONS, MORE)


@pytest.mark.usefixtures("shortest_slices")
def test_studies_of_each_kind_take_turns_and_a_newer_one_takes_the_place_of_an_older():
    bench = Bench()
    for study in EXAMPLES:
        bench.runner.start(study)
    newest = {type(study): study for study in EXAMPLES}
    ended, turns = {}, []
    while bench.runner.is_active:
        bench.told()
        bench.runner.advance()
        for event in bench.told():
            if isinstance(event, e.StudyEnded):
                ended[type(event.study)] = event.study
            else:
                turns.append(type(event.study))
    assert ended == newest
    assert {*turns[: len(STUDIES)]} == {*STUDIES}


def test_of_what_waits_the_news_of_one_study_takes_no_other_s_place():
    outbox = Outbox()
    first, second = (kind.examples()[0] for kind in STUDIES)
    told = [
        e.StudyProgressed(1, study, share, None)
        for study, share in ((first, 0.1), (second, 0.2), (first, 0.3))
    ]
    for event in told:
        outbox.post(event)
    assert outbox.drain().events == (told[1], told[2])


def bits_told_by(watcher):
    watcher.source.send(c.RequestReport())
    return watcher.wait(e.Reported).report["parameters_sha256"]


@pytest.mark.parametrize("study", EXAMPLES, ids=repr)
def test_a_study_ends_with_its_result_beside_a_run_that_trains(watcher, study):
    watcher.train(MOONS, STEPS)
    watcher.source.send(c.StartStudy(study))
    watcher.source.send(c.RunTo(MORE))
    ended = watcher.wait(e.StudyEnded)
    assert ended.study == study
    assert ended.result is not None
    watcher.wait(e.Paused, 2)
    assert bits_told_by(watcher) == bits_after(MOONS, MORE)


@pytest.mark.parametrize("study", EXAMPLES, ids=repr)
def test_a_cancelled_study_tells_nothing_more(watcher, study):
    watcher.train(MOONS, STEPS)
    watcher.source.send(c.StartStudy(study))
    watcher.source.send(c.CancelStudy(type(study)))
    assert bits_told_by(watcher) == bits_after(MOONS, STEPS)
    told = told_of_studies(watcher)
    watcher.source.send(c.RunTo(MORE))
    watcher.wait(e.Paused, 2)
    assert told_of_studies(watcher) == told


def told_of_studies(watcher):
    watcher.look()
    return [event for event in watcher.events if isinstance(event, e.StudyProgressed | e.StudyEnded)]
