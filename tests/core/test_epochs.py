"""Epochs as Setup and journal tell them are those that the Trainer counts, whatever batch sizes were in force."""

import numpy as np
import pytest

from tests.core.every_setup import of_points
from visualnet.core.messages import commands as c
from visualnet.core.setup.epochs import Epochs
from visualnet.core.training.trainer import Trainer

STEPS = 60


@pytest.mark.parametrize("seed", range(8))
def test_each_step_stands_where_the_trainer_has_it(seed):
    random = np.random.default_rng(seed)
    trainer = Trainer(of_points(steps=STEPS))
    count = len(trainer.dataset.train.inputs)
    batch = trainer.setup.batch_size
    counted, done = [trainer.course.epoch], {}
    for step in range(STEPS):
        if random.random() < 0.2:
            trainer.apply(c.Change(batch_size=int(random.integers(1, count + 1))))
        trainer.step()
        counted.append(trainer.course.epoch)
        if trainer.course.full_epochs and trainer.course.full_epochs not in done:
            done[trainer.course.full_epochs] = step + 1
    epochs = Epochs.of(count, batch, trainer.journal)
    assert [epochs.at(step) for step in range(STEPS + 1)] == counted
    assert [epochs.step_of(epoch) for epoch in counted] == list(range(STEPS + 1))
    assert epochs.starts(1, STEPS) == list(done.values())
    assert len(trainer.journal) > 3 and len(done) > 1
