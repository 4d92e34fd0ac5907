"""The Evaluator: when a Trainer's network is measured, where that is written, and what early stopping makes of it."""

from __future__ import annotations

from contextlib import nullcontext

import numpy as np

from visualnet.core.datasets.dataset import Dataset
from visualnet.core.history.measurements import Measurement
from visualnet.core.setup.setup import Setup
from visualnet.core.training.batches import Targets
from visualnet.core.training.evaluation import Evaluation, part_reader
from visualnet.core.training.live_state import LiveState
from visualnet.core.training.past import Past


class Evaluator:
    """Measurements of a network on the test set, and on the validation part where the data have one.

    Each is made in parts, so that a worker can serve commands in between, and with the moving average of the
    parameters where there is one.

    Args:
        setup: says what the loss is.
        dataset: the data.
        targets: turns labels into what the loss compares with.
        live: what is measured.
    """

    def __init__(self, setup: Setup, dataset: Dataset, targets: Targets, live: LiveState) -> None:
        self._dataset = dataset
        self._targets = targets
        self._loss = setup.make_loss()
        self._live = live
        parts = (dataset.test, dataset.validation)
        self._readers = [part_reader(part, dataset, live.network) for part in parts if part is not None]
        self._evaluations: list[Evaluation] = []
        self._past, self._is_due = Past(), False

    @property
    def is_active(self) -> bool:
        """Whether a measurement is begun and not yet complete."""
        return bool(self._evaluations)

    def begin(self, past: Past, is_due: bool) -> None:
        """Begin the measurement of a place, unless it is made or being made; take it from the past if it is known there.

        Args:
            past: ends at the place, and is written into.
            is_due: whether the plan asks for it; early stopping sees no other.
        """
        if self.is_active or past.is_measured:
            return
        self._past, self._is_due = past, is_due
        known = past.known
        if known is None:
            self._start()
        else:
            self._record(known)

    def begin_due(self, past: Past, is_due: bool) -> None:
        """Likewise where the plan asks for it, or where it was made when this place was first come to."""
        if is_due or past.was_measured:
            self.begin(past, is_due)

    def resume(self, past: Past, is_due: bool) -> None:
        """Go on after a state was taken up, the end of this past: drop what is in progress, begin what is due there."""
        self.drop()
        # It may have been measured after the state was kept, beyond a command that left its parameters alone.
        known = past.known
        if known is not None:
            past.misclassified = known.wrong
        step, stopping = past.history.step, self._live.early_stopping
        # A measurement belongs to the parameters before the commands of its step; those were measured then.
        has_changed = bool(past.journal) and past.journal[-1][0] == step
        if step == 0 or has_changed:
            return
        if is_due and stopping is not None and stopping.awaits(step):
            past.history.forget_measurement(step)
        self.begin_due(past, is_due)

    def advance(self) -> None:
        """Do one part of the measurement that is begun; the last part writes it into the past."""
        if self.is_active:
            measurement = self._measure()
            if measurement is not None:
                self._record(measurement)

    def finish(self) -> bool:
        """Do what remains of the measurement that is begun; True when early stopping ended the run by it."""
        was_stopped = self._live.is_stopped
        while self.is_active:
            self.advance()
        return self._live.is_stopped != was_stopped

    def drop(self) -> None:
        """Forget the measurement in progress."""
        self._evaluations = []

    def find_wrong_again(self, past: Past) -> None:
        """Measure a place anew of whose measurement no more is known than its figures: after a run was read.

        A file holds the wrong examples of its states alone, each of which may be from before it was measured.
        Where early stopping has ended the run, the parameters are others than those that were measured.
        """
        is_known = past.known is not None or self._live.is_stopped
        if is_known or self.is_active or not past.is_measured:
            return
        self._past = past
        self._start()
        measurement = None
        while measurement is None:
            measurement = self._measure()
        past.misclassified = measurement.wrong

    def _start(self) -> None:
        self._evaluations = [
            Evaluation(reader, self._targets, self._loss, self._dataset) for reader in self._readers
        ]

    def _measure(self) -> Measurement | None:
        """Do one part; the whole measurement, which is remembered, when that was the last."""
        network, average = self._live.network, self._live.average
        part = next(one for one in self._evaluations if not one.is_complete)
        with np.errstate(all="ignore"), average.in_place_of(network.parameters) if average else nullcontext():
            part.advance(network)
        if not self._evaluations[-1].is_complete:
            return None
        test, *others = self._evaluations
        self.drop()
        validation = others[0].figures if others else None
        measurement = Measurement(test.loss, test.accuracy, test.wrong, validation)
        self._past.measurements.add(self._past.place, measurement)
        return measurement

    def _record(self, measurement: Measurement) -> None:
        self._past.note(measurement.loss, measurement.accuracy, measurement.validation)
        self._past.misclassified = measurement.wrong
        if self._is_due:
            self._consider_stopping(measurement)

    def _consider_stopping(self, measurement: Measurement) -> None:
        """Let early stopping see a measurement; when it stops, return to the best parameters measured."""
        stopping = self._live.early_stopping
        if stopping is not None and stopping.note(
            self._past.history.step, measurement, self._live.measured()
        ):
            assert stopping.best is not None
            self._live.use_parameters(stopping.best)
            test, validation = stopping.best_figures(measurement.validation is not None)
            self._past.note(*test, validation)
