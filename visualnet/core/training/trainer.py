"""The Trainer: one Setup, one network, one step after the other. Synchronous; it knows no thread and no clock.

    trainer = Trainer(load_preset("xor"))
    for _ in range(500):
        trainer.step()
    print(trainer.evaluate())

Same Setup, same commands at the same steps, same machine: the same bits.
"""

from __future__ import annotations

import hashlib
from functools import cached_property
from math import isfinite, nan
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from visualnet.core.datasets.dataset import Dataset
from visualnet.core.errors import SetupError, VisualNetError
from visualnet.core.history.history import History
from visualnet.core.nn.blocks import weight_blocks
from visualnet.core.nn.quiet import quiet_context
from visualnet.core.setup.settings import check_settings, kept_settings, restore_settings, settings_of
from visualnet.core.setup.setup import Setup
from visualnet.core.training.batches import Targets, TrainingOrder
from visualnet.core.training.building import build_network, make_augmentation, require_memory
from visualnet.core.training.checkpoint import TrainerState
from visualnet.core.training.course import Course
from visualnet.core.training.diverged import Diverged
from visualnet.core.training.evaluator import Evaluator
from visualnet.core.training.live_state import LiveState
from visualnet.core.training.past import Past
from visualnet.core.training.threads import use_threads
from visualnet.core.training.update import Update

if TYPE_CHECKING:
    from visualnet.core.setup.run_commands import RunCommand, SettingValue


class Trainer:
    """Trains one network, step by step.

    Args:
        setup: what to train, on what, how.
        dataset: the examples, where they are loaded already.

    Attributes:
        setup: as given; commands do not change it.
        course: the plan in force, and how far the run has come in it.
        past: what led to where it stands.
        network: the network; only whoever steps the Trainer may touch it.
        loss: the loss; tells what the network's outputs say of classes.
        gradient_scale: what the network's gradients are multiplied by (see Optimizer.gradient_scale).
        has_gradients: whether the network's gradients are those of a step: not before the first one, and not where a
            state was taken up, which does not hold them.

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
        self._live = LiveState(self.network, self.optimizer, setup.regularization)
        self._update = Update(self._live, setup.regularization)
        self.require_memory(setup.batch_size)
        self.batch_size = setup.batch_size
        self.loss = setup.make_loss()
        classes, outputs = len(self.dataset.classes), self.network.output_shape[0]
        self._targets = Targets(self.loss.wants_labels, classes, outputs, dtype)
        augmentation = make_augmentation(setup, self.dataset)
        self._order = TrainingOrder(self.dataset, dtype, setup.shuffle, setup.seed, augmentation)
        self.course = Course(setup, self._order)
        self._evaluator = Evaluator(setup, self.dataset, self._targets, self._live)
        self._has_classes = bool(self.dataset.classes)
        self.gradient_scale = 1.0
        self.has_gradients = False
        self._quiet = quiet_context()
        self.past = Past()

    @property
    def step_count(self) -> int:
        """Steps done."""
        return self._order.step

    @property
    def plan(self) -> Setup:
        """The Setup with the goal and the test interval that are in force."""
        return self.course.plan

    def lay_out(self, plan: Setup) -> None:
        """Follow this plan; see Course."""
        self.course.follow(plan)

    def use_plan(self, plan: Setup) -> None:
        """Follow another goal or test interval from the next step on."""
        self.lay_out(plan)
        if self._live.early_stopping is not None:
            # What was due at this step was so by the plan before; whoever looks later decides nothing.
            self._live.early_stopping.close(self.step_count)

    def claim_threads(self) -> None:
        """Set the process's BLAS threads to what this run's bits depend on; needed after another Trainer."""
        use_threads(self.setup.threads)

    @cached_property
    def start_parameters(self) -> NDArray[Any]:
        """(parameter count,), the network's very first; drawn again, as few ask for them and they may be large."""
        self.claim_threads()
        return build_network(self.setup, self.dataset).parameters

    @property
    def journal(self) -> list[tuple[int, RunCommand]]:
        """(step, command) for each command that took effect, in order."""
        return self.past.journal

    @property
    def history(self) -> History:
        """Losses and accuracies, from the first step that is known on."""
        return self.past.history

    @property
    def steps_per_epoch(self) -> int:
        """Steps in one epoch at the present batch size."""
        return -(-len(self._order) // self.batch_size)

    @property
    def effective_learning_rate(self) -> float:
        """The learning rate of the next step: the person's, times the schedule's factor."""
        return self.optimizer.learning_rate * self.course.rate_factor

    @property
    def is_finished(self) -> bool:
        """Whether there is a reason to stop."""
        return self.finish_reason is not None

    @property
    def finish_reason(self) -> str | None:
        """``goal`` when that of the plan is reached, ``early-stopping`` when it has stopped the run; else None."""
        if self._live.is_stopped:
            return "early-stopping"
        return "goal" if self.course.is_at_goal else None

    def step(self) -> float:
        """Take one training step; return its loss, measured before the update.

        An evaluation that is due is finished first, so that it sees the parameters it belongs to. Where early
        stopping ends the run by it, no step is taken, and the loss of the last one is returned.

        Raises:
            Diverged: when the loss is not finite; then nothing is applied.
        """
        evaluator, past, course, order = self._evaluator, self.past, self.course, self._order
        if evaluator.is_active and evaluator.finish():
            return past.history.last_loss
        if course.schedule is not None:
            self.optimizer.rate_factor = course.schedule.factor(order.step)
        inputs, raw_targets = order.next(self.batch_size)
        loss, accuracy = self._quiet.run(self._learn, inputs, raw_targets)
        past.history.append(loss, accuracy)
        order.advance(len(raw_targets))
        is_due = course.is_evaluation_due
        if is_due or order.step <= past.measurements.last_step:
            evaluator.begin_due(past, is_due)
        return loss

    def _learn(self, inputs: NDArray[Any], raw_targets: NDArray[Any]) -> tuple[float, float]:
        """Forward, backward, update; the loss and the accuracy on this batch, both from before the update."""
        outputs = self.network.forward(inputs, self._order.step)
        loss = self.loss.forward(outputs, self._targets(raw_targets))
        if not isfinite(loss):
            raise Diverged.found_in(self.network, inputs, self.step_count)
        accuracy = (
            self.loss.count_right(outputs, raw_targets) / len(raw_targets) if self._has_classes else nan
        )
        # Before anything is changed: where there is no memory for the step, all is as it was.
        self.optimizer.prepare(self.network.parameters)
        self.gradient_scale = self.optimizer.gradient_scale
        self.has_gradients = True
        self.network.backward(self.loss.backward(self.gradient_scale))
        self._update.apply(self.gradient_scale)
        return loss, accuracy

    @property
    def is_evaluating(self) -> bool:
        """Whether a measurement is begun and not yet complete."""
        return self._evaluator.is_active

    def begin_evaluation(self) -> None:
        """Begin a measurement now, unless there is one of this step and these parameters, or it is being made."""
        self._evaluator.begin(self.past, self.course.is_evaluation_due)

    def evaluate_chunk(self) -> None:
        """Do one part of the measurement that is begun; the last part writes it into the history."""
        self._evaluator.advance()

    def find_wrong_again(self) -> None:
        """Measure anew where this very step was measured, if no more is known than its figures: after a run was read."""
        self._evaluator.find_wrong_again(self.past)

    def use_parameters(self, values: NDArray[Any]) -> None:
        """Take these parameters, and the buffers where they follow."""
        self._live.use_parameters(values)

    def evaluate(self) -> tuple[float, float]:
        """Loss and accuracy on the test set at this step, measured where they are not known yet."""
        self.begin_evaluation()
        self._evaluator.finish()
        _, loss, accuracy = self.history.view().tests[-1]
        return float(loss), float(accuracy)

    def apply(self, command: RunCommand) -> None:
        """Let a command take effect before the next step, and journal it.

        Raises:
            SetupError: when its value cannot be; then all stays as it was.
        """
        self._evaluator.finish()
        # Imported here: most runs in a shell know no command, and a start stays light.
        from visualnet.core.training.commands import carry_out

        carry_out(self, command)
        self.journal.append((self.step_count, command))
        if self.past.was_measured:
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
        place = order.step, order.epoch, order.consumed, len(self.journal)
        return TrainerState(*place, kept_settings(self), live.scalars, live.vectors)

    def restore(self, state: TrainerState) -> None:
        """Return to a state of a run with the same Setup; what came after it is dropped.

        A state from another process has no past here: then the history begins at its step.

        Raises:
            VisualNetError: when the state is of another network; then all stays as it was.
        """
        self.enter(state, self.past.until_state(state))

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
        self.past = past
        self._evaluator.resume(past, self.course.is_evaluation_due)

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
        self._order.go_to(state.step, state.epoch, state.consumed)

    @property
    def parameters_sha256(self) -> str:
        """SHA-256 over the bytes of the flat parameter vector, in hexadecimal."""
        return hashlib.sha256(self.network.parameters.data).hexdigest()
