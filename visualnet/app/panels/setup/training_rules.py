"""Fields for the schedule of the learning rate and for rules against overfitting, folded away until asked for."""

from __future__ import annotations

from visualnet.app.panels.setup.folded_rules import FoldedRules, Rule
from visualnet.app.panels.setup.forms import field_label
from visualnet.app.widgets.fields import choice
from visualnet.core.nn.schedules import SCHEDULES
from visualnet.core.setup.setup import Setup

RULES = (
    Rule("schedule", "interval", "Every", "Steps from one fall of the rate to the next.\n0 is one epoch.", True, None),
    Rule("schedule", "decay", "Factor", "What the rate is multiplied by each time.\n0.5 halves it."),
    Rule("schedule", "start", "Begins at", "Share of the rate that the first step takes.\nOne-cycle goes up from there."),
    Rule("schedule", "rise", "Rises for", "Share of the run in which the rate goes up.\nIn the rest it comes down."),
    Rule("schedule", "final", "Ends at", "Share of the rate that is left at the end of the run.\n0 lets the weights come to rest."),
    Rule("schedule", "warmup_steps", "Warm-up", "Steps in which the rate rises to its first value.\nFirst gradients point anywhere, so first steps had better be small.", True),
    Rule("regularization", "l1", "L1", "A price on the size of every weight.\nMany become nearly zero, and the picture of a neuron becomes clean."),
    Rule("regularization", "l2", "L2", "A price on the square of every weight.\nLarge ones shrink, and the network bends less sharply."),
    Rule("regularization", "weight_decay", "Decay", "Each step takes away this share of every weight, times the rate.\nUnlike L2 it is no part of the gradient, so Adam does not even it out."),
    Rule("regularization", "max_norm", "Max norm", "The greatest length of a neuron's incoming weights.\nNo neuron can shout. 0 is no bound.", default=None),
    Rule("regularization", "clip_norm", "Clip norm", "The greatest length of the whole gradient.\nA step too far is shortened and keeps its direction. 0 is no bound.", default=None),
    Rule("regularization", "clip_value", "Clip value", "The greatest size of each number of the gradient.\nOutliers are cut off. 0 is no bound.", default=None),
    Rule("regularization", "ema_decay", "Average", "How much of a moving average of the weights each step keeps, such as 0.99.\nTests are made with the average, which is often better than the last weights. 0 is none.", default=None),
    Rule("regularization", "patience", "Patience", "Tests to wait for a smaller loss (of the validation part, if there is one) before the run stops early.\nThe best weights come back. 0 is never.", True, None),
)  # fmt: skip


class TrainingRules(FoldedRules):
    """The rules of training, and above them the schedule that some of them belong to."""

    def __init__(self) -> None:
        super().__init__(
            "More about training",
            "A rate that changes by itself, and rules against overfitting.\nMost runs do without them at first.",
            RULES,
        )
        self.schedule = choice(list(SCHEDULES))
        self.schedule.setAccessibleName("Schedule")
        self.schedule.setToolTip(
            "How the learning rate changes by itself along the run.\nLarge steps find the valley, small ones its bottom."
        )
        self.schedule.activated.connect(self._on_schedule_chosen)
        self._form.insertRow(0, field_label("Schedule", self.schedule), self.schedule)

    def applies(self, rule: Rule, draft: Setup) -> bool:
        is_general = rule.part != "schedule" or rule.name == "warmup_steps"
        return is_general or rule.name in SCHEDULES[draft.schedule.name].options

    def show_draft(self, draft: Setup) -> None:
        super().show_draft(draft)
        self.schedule.setCurrentIndex(self.schedule.findData(draft.schedule.name))

    def _on_schedule_chosen(self) -> None:
        self._edit("schedule", "name", self.schedule.currentData())
