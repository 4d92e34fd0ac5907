"""The Trainer: one Setup, one network, one step after the other. Synchronous; it knows no thread and no clock.

    trainer = Trainer(load_preset("xor"))
    for _ in range(500):
        trainer.step()
    print(trainer.evaluate())

Same Setup, same commands at the same steps, same machine: the same bits.
"""

from __future__ import annotations

import hashlib
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property
from math import isfinite, nan
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from visualnet.core.datasets.dataset import Dataset
from visualnet.core.errors import SetupError, VisualNetError
from visualnet.core.history.history import History
from visualnet.core.history.measured_place import parameters_since
from visualnet.core.history.measurements import Measurement, Measurements
from visualnet.core.nn.blocks import weight_blocks
from visualnet.core.nn.quiet import quiet_context
from visualnet.core.setup.settings import (
    check_settings,
    kept_settings,
    restore_settings,
    settings_of,
)
from visualnet.core.setup.setup import Setup
from visualnet.core.training.batches import Targets, TrainingOrder
from visualnet.core.training.building import build_network, make_augmentation, require_memory
from visualnet.core.training.checkpoint import TrainerState
from visualnet.core.training.early_stopping import EarlyStopping
from visualnet.core.training.evaluation import Examiner
from visualnet.core.training.live_state import LiveState
from visualnet.core.training.threads import use_threads
from visualnet.core.training.update import Update

if TYPE_CHECKING:
    from visualnet.core.setup.run_commands import RunCommand, SettingValue
    from visualnet.core.training.diagnosis import Diagnosis


class Diverged(VisualNetError):  # noqa: N818
    """The loss is not a finite number; nothing of that step was applied.

    Attributes:
        diagnosis: where it broke first.
    """

    def __init__(self, diagnosis: Diagnosis) -> None:
        super().__init__(diagnosis.sentence)
        self.diagnosis = diagnosis


@dataclass(slots=True)
class Past:
    """What led to a Trainer's state: its journal, history and measurements.

    Attributes:
        journal: (step, command) for each command that took effect.
        history: losses and accuracies up to its state.
        measurements: made when its steps were first run, up to its state or beyond.
        misclassified: see Trainer.
    """

    journal: list[tuple[int, RunCommand]]
    history: History
    measurements: Measurements
    misclassified: NDArray[np.intp] | None = None


class Trainer:
    """Trains one network, step by step.

    Args:
        setup: what to train, on what, how.
        dataset: the examples, where they are loaded already.

    Attributes:
        setup: as given; commands do not change it.
        plan: the Setup with the goal and the test interval that are in force.
        journal: (step, command) for each command that took effect, in order.
        history: losses and accuracies.
        step_count: steps done.
        network: the network; only whoever steps the Trainer may touch it.
        loss: the loss; tells what the network's outputs say of classes.
        gradient_scale: what the network's gradients are multiplied by (see Optimizer.gradient_scale).
        has_gradients: whether the network's gradients are those of a step: not before the first one, and not where a
            state was taken up, which does not hold them.
        misclassified: places of the test examples that the last evaluation found wrong.
        measurements: evaluations that need not be made again when these steps are run again.

    Raises:
        SetupError: when network, loss and data do not fit each other.
        DataError: when the data cannot be used.
    """

    def __init__(self, setup: Setup, dataset: Dataset | None = None) -> None:
        self.setup = setup
        self.claim_threads()
        self.dataset = setup.data.load() if dataset is None else dataset
        dtype = np.dtype(setup.dtype)
        self.network = build_network(setup, self.dataset)
        self.optimizer = setup.optimizer.make()
        self.optimizer.use_blocks(weight_blocks(self.network))
        self._update = Update(self.optimizer, setup.regularization, self.network)
        self._early_stopping = EarlyStopping.of(setup.regularization)
        self._live = LiveState(self.network, self.optimizer, self._update.average, self._early_stopping)
        self.require_memory(setup.batch_size)
        self.batch_size = setup.batch_size
        self.loss = setup.make_loss()
        classes, outputs = len(self.dataset.classes), self.network.output_shape[0]
        self._targets = Targets(self.loss.wants_labels, classes, outputs, dtype)
        augmentation = make_augmentation(setup, self.dataset)
        self._order = TrainingOrder(self.dataset, dtype, setup.shuffle, setup.seed, augmentation)
        self.lay_out(setup)
        self._examiner = Examiner(setup, self.dataset, self.network, self._targets)
        self._has_classes = bool(self.dataset.classes)
        self.gradient_scale = 1.0
        self.has_gradients = False
        self._quiet = quiet_context()
        self.history = History()
        self.journal: list[tuple[int, RunCommand]] = []
        self.step_count = 0
        self.misclassified: NDArray[np.intp] | None = None
        self.measurements = Measurements()

    def lay_out(self, plan: Setup) -> None:
        """Follow this plan; the schedule follows its goal, at the Setup's batch size."""
        self.plan, count = plan, len(self._order)
        self._schedule = plan.schedule.make(plan.planned_steps(count), -(-count // plan.batch_size))

    def use_plan(self, plan: Setup) -> None:
        """Follow another goal or test interval from the next step on."""
        self.lay_out(plan)
        if self._early_stopping is not None:
            # What was due at this step was so by the plan before; whoever looks later decides nothing.
            self._early_stopping.close(self.step_count)

    def claim_threads(self) -> None:
        """Set the process's BLAS threads to what this run's bits depend on; needed after another Trainer."""
        use_threads(self.setup.threads)

    @cached_property
    def start_parameters(self) -> NDArray[Any]:
        """(parameter count,), the network's very first; drawn again, as few ask for them and they may be large."""
        self.claim_threads()
        return build_network(self.setup, self.dataset).parameters

    @property
    def epoch(self) -> float:
        """Epochs done, with the fraction of the present one."""
        return self._order.epoch + self._order.consumed / len(self._order)

    @property
    def full_epochs(self) -> int:
        """Epochs done in full."""
        return self._order.epoch

    @property
    def steps_per_epoch(self) -> int:
        """Steps in one epoch at the present batch size."""
        return -(-len(self._order) // self.batch_size)

    @property
    def effective_learning_rate(self) -> float:
        """The learning rate of the next step: the person's, times the schedule's factor."""
        factor = 1.0 if self._schedule is None else self._schedule.factor(self.step_count)
        return self.optimizer.learning_rate * factor

    @property
    def is_finished(self) -> bool:
        """Whether there is a reason to stop."""
        return self.finish_reason is not None

    @property
    def finish_reason(self) -> str | None:
        """``goal`` when that of the plan is reached, ``early-stopping`` when it has stopped the run; else None."""
        if self._early_stopping is not None and self._early_stopping.is_stopped:
            return "early-stopping"
        return "goal" if self.is_at_goal else None

    @property
    def goal(self) -> tuple[int | None, int | None]:
        """Epochs and steps of the plan: where the run is to stop."""
        return self.plan.epochs, self.plan.steps

    @property
    def is_at_goal(self) -> bool:
        """Whether the steps or epochs of the plan are done."""
        epochs, steps = self.goal
        if steps is not None:
            return self.step_count >= steps
        return epochs is not None and self._order.epoch >= epochs

    @property
    def has_just_reached_goal(self) -> bool:
        """Whether the last step was the last one of the plan, and not one at which early stopping ended the run."""
        epochs, steps = self.goal
        if self.finish_reason != "goal":
            return False
        if steps is not None:
            return self.step_count == steps
        return epochs is not None and (self._order.epoch, self._order.consumed) == (epochs, 0)

    def step(self) -> float:
        """Take one training step; return its loss, measured before the update.

        An evaluation that is due is finished first, so that it sees the parameters it belongs to. Where early
        stopping ends the run by it, no step is taken, and the loss of the last one is returned.

        Raises:
            Diverged: when the loss is not finite; then nothing is applied.
        """
        if self._examiner.is_active and self._finish_evaluation():
            return self._last_loss
        if self._schedule is not None:
            self.optimizer.rate_factor = self._schedule.factor(self.step_count)
        inputs, raw_targets = self._order.next(self.batch_size)
        loss, accuracy = self._quiet.run(self._learn, inputs, raw_targets)
        self.history.append(loss, accuracy)
        self.step_count += 1
        self._order.advance(len(raw_targets))
        self._begin_due_evaluation()
        return loss

    def _learn(self, inputs: NDArray[Any], raw_targets: NDArray[Any]) -> tuple[float, float]:
        """Forward, backward, update; the loss and the accuracy on this batch, both from before the update."""
        outputs = self.network.forward(inputs, self.step_count)
        loss = self.loss.forward(outputs, self._targets(raw_targets))
        if not isfinite(loss):
            raise self._divergence(inputs)
        accuracy = self._accuracy(outputs, raw_targets)
        # Before anything is changed: where there is no memory for the step, all is as it was.
        self.optimizer.prepare(self.network.parameters)
        self.gradient_scale = self.optimizer.gradient_scale
        self.has_gradients = True
        self.network.backward(self.loss.backward(self.gradient_scale))
        self._update.apply(self.gradient_scale)
        return loss, accuracy

    def _divergence(self, inputs: NDArray[Any]) -> Diverged:
        """Where it broke; imported when needed, since few runs do."""
        from visualnet.core.training.diagnosis import diagnose

        return Diverged(diagnose(self.network, inputs, self.step_count))

    @property
    def _last_loss(self) -> float:
        losses = self.history.view().loss
        return float(losses.values(losses.count - 1)[0]) if losses.count else nan

    def _accuracy(self, outputs: NDArray[Any], labels: NDArray[Any]) -> float:
        if not self._has_classes:
            return nan
        return self.loss.count_right(outputs, labels) / len(labels)

    def _begin_due_evaluation(self) -> None:
        """Measure where the Setup wants it, and take up what a person had measured when these steps were first run."""
        if self._is_evaluation_due or self._is_measurement_known:
            self.begin_evaluation()

    @property
    def _is_measurement_known(self) -> bool:
        is_replay = self.step_count <= self.measurements.last_step
        return is_replay and self._measured_place in self.measurements

    @property
    def _known_measurement(self) -> Measurement | None:
        """What was measured of this step and these parameters, where that is remembered."""
        return self.measurements.at(self._measured_place)

    @property
    def lacks_measurement(self) -> bool:
        """Whether a remembered measurement of this step and these parameters is missing in the history."""
        return self._is_measurement_known and self.history.last_test_place != self._measured_place

    @property
    def _is_evaluation_due(self) -> bool:
        """Whether the plan wants a measurement here: at the end of an epoch, or after so many steps."""
        every = self.plan.evaluate_every
        return self._order.consumed == 0 if every is None else self.step_count % every == 0

    @property
    def is_evaluating(self) -> bool:
        """Whether a measurement is due and not yet complete."""
        return self._examiner.is_active

    def begin_evaluation(self) -> None:
        """Make a measurement due now, unless there is one of this step and these parameters, or it is being made.

        It is made on the test set, and on the validation part where the data have one; with the moving average
        of the parameters where the Setup asks for one.
        """
        if self._examiner.is_active or self.history.last_test_place == self._measured_place:
            return
        known = self._known_measurement
        if known is not None:
            self._record(known)
        else:
            self._examiner.begin()

    def evaluate_chunk(self) -> None:
        """Do one part of the measurement that is due; the last part writes it into the history."""
        if not self._examiner.is_active:
            return
        measurement = self._examine()
        if measurement is not None:
            self._record(measurement)

    def _examine(self) -> Measurement | None:
        """Do one part of the measurement that is due; the whole of it, which is remembered, when that was the last."""
        average, parameters = self._live.average, self.network.parameters
        with np.errstate(all="ignore"), average.in_place_of(parameters) if average else nullcontext():
            measurement = self._examiner.advance(self.network)
        if measurement is not None:
            self.measurements.add(self._measured_place, measurement)
        return measurement

    def find_wrong_again(self) -> None:
        """Measure anew where this very step was measured, if no more is known than its figures: after a run was read.

        A file holds the wrong examples of its states alone, each of which may be from before it was measured.
        """
        is_known = self._known_measurement is not None or self.finish_reason == "early-stopping"
        if is_known or self.is_evaluating or self.history.last_test_place != self._measured_place:
            return
        self._examiner.begin()
        measurement = None
        while measurement is None:
            measurement = self._examine()
        self.misclassified = measurement.wrong

    @property
    def _measured_place(self) -> tuple[int, int]:
        """This step, and after how many commands the parameters were what they are: what a measurement is of."""
        return self.step_count, parameters_since(self.journal, self.step_count)

    def _note_measured(self, loss: float, accuracy: float, validation: tuple[float, float] | None) -> None:
        step, commands = self._measured_place
        self.history.append_test(step, loss, accuracy, validation, commands)

    def _record(self, measurement: Measurement) -> None:
        self._note_measured(measurement.loss, measurement.accuracy, measurement.validation)
        self.misclassified = measurement.wrong
        if self._is_evaluation_due:
            self._consider_stopping(measurement)

    def _consider_stopping(self, measurement: Measurement) -> None:
        """Let early stopping see a measurement; when it stops, return to the best parameters measured."""
        stopping = self._early_stopping
        if stopping is None:
            return
        if stopping.note(self.step_count, measurement, self._live.measured()):
            assert stopping.best is not None
            self.use_parameters(stopping.best)
            test, validation = stopping.best_figures(measurement.validation is not None)
            self._note_measured(*test, validation)

    def _finish_evaluation(self) -> bool:
        """Do what remains of the measurement that is due; True when early stopping ended the run by it."""
        before = self.finish_reason
        while self._examiner.is_active:
            self.evaluate_chunk()
        return before != self.finish_reason == "early-stopping"

    def use_parameters(self, values: NDArray[Any]) -> None:
        """Take these parameters, and the buffers where they follow."""
        self._live.use_parameters(values)

    def evaluate(self) -> tuple[float, float]:
        """Loss and accuracy on the test set at this step, measured where they are not known yet."""
        self.begin_evaluation()
        self._finish_evaluation()
        _, loss, accuracy = self.history.view().tests[-1]
        return float(loss), float(accuracy)

    def apply(self, command: RunCommand) -> None:
        """Let a command take effect before the next step, and journal it.

        Raises:
            SetupError: when its value cannot be; then all stays as it was.
        """
        self._finish_evaluation()
        # Imported here: most runs in a shell know no command, and a start stays light.
        from visualnet.core.training.commands import carry_out

        carry_out(self, command)
        self.journal.append((self.step_count, command))
        if self._is_measurement_known:
            self.begin_evaluation()

    @property
    def settings(self) -> dict[str, SettingValue]:
        """What commands can change, by name, as it is now."""
        return settings_of(self)

    def require_memory(self, batch_size: int) -> None:
        """Raise SetupError where batches of this size would take too much memory."""
        require_memory(self.network, self.dataset, batch_size)

    @property
    def state(self) -> TrainerState:
        """All that determines the steps to come, copied."""
        order, live = self._order, self._live
        place = self.step_count, order.epoch, order.consumed, len(self.journal)
        return TrainerState(*place, kept_settings(self), live.scalars, live.vectors)

    def restore(self, state: TrainerState) -> None:
        """Return to a state of a run with the same Setup; what came after it is dropped.

        A state from another process has no past here: then the history begins at its step.

        Raises:
            VisualNetError: when the state is of another network; then all stays as it was.
        """
        self.enter(state, self.past_of(state))

    def past_of(self, state: TrainerState) -> Past:
        """What a run that goes on from a state has in common with this one; a history only where this one has it."""
        if self.history.first_step <= state.step <= self.step_count:
            return self.past_until(state.step, state.journaled)
        return Past(self.journal[: state.journaled], History(state.step), Measurements())

    def past_until(self, step: int, journaled: int) -> Past:
        """What a run that goes on from a step and so many commands has in common with this one, of its own."""
        return Past(
            self.journal[:journaled],
            self.history.until(step, journaled),
            self.measurements.until((step, journaled)),
        )

    def enter(self, state: TrainerState, past: Past) -> None:
        """Take up a state of a run with the same Setup, and go on with the past that belongs to it.

        The gradients are zero until the next step, as before the first: a state does not hold them.

        Args:
            state: where to stand.
            past: written from here on; hand over copies of what another Trainer writes.

        Raises:
            VisualNetError: when the state is of another network; then all stays as it was.
        """
        self._load(state)
        self.journal, self.history, self.measurements = past.journal, past.history, past.measurements
        # It may have been measured after the state was kept, beyond a command that left its parameters alone.
        known = self._known_measurement
        self.misclassified = past.misclassified if known is None else known.wrong
        self._examiner.drop()
        # A measurement belongs to the parameters before the commands of its step; those were measured then.
        has_changed = bool(self.journal) and self.journal[-1][0] == self.step_count
        if self.step_count and not has_changed:
            if self._awaits_measurement:
                self.history.forget_measurement(self.step_count)
            self._begin_due_evaluation()

    @property
    def _awaits_measurement(self) -> bool:
        """Whether the state is of before the measurement that is due at its step: early stopping has yet to see it."""
        stopping = self._early_stopping
        is_watching = stopping is not None and not stopping.is_stopped and stopping.seen < self.step_count
        return is_watching and self._is_evaluation_due

    def could_be_in(self, state: TrainerState) -> bool:
        """Whether a state has the settings, vectors and scalars of a run with this Setup, each of its length and type."""
        try:
            check_settings(self.setup, state.settings)
        except SetupError:
            return False
        return self._live.could_hold(state)

    def _load(self, state: TrainerState) -> None:
        """Take over all numbers of a state."""
        if not self.could_be_in(state):
            raise VisualNetError("The saved state is of another network, number type or optimizer.")
        self._live.load(state)
        self.gradient_scale = 1.0
        self.has_gradients = False
        restore_settings(self, state.settings)
        self._order.epoch, self._order.consumed = state.epoch, state.consumed
        self.step_count = state.step

    @property
    def parameters_sha256(self) -> str:
        """SHA-256 over the bytes of the flat parameter vector, in hexadecimal."""
        return hashlib.sha256(self.network.parameters.data).hexdigest()
