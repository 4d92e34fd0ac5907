"""Whatever is typed into any number field of the window: it is refused in words or ignored, and nothing breaks."""

import sys
from dataclasses import replace
from math import isfinite

import pytest

from visualnet.app.files.settings import Settings
from visualnet.app.widgets.fields import NumberField
from visualnet.core.setup.augmentation import AugmentationSetup
from visualnet.core.setup.optimizer import OptimizerSetup
from visualnet.core.setup.presets import load_preset
from visualnet.core.setup.regularization import RegularizationSetup
from visualnet.core.setup.schedule import ScheduleSetup

TEXTS = (
    "nan",
    "inf",
    "-inf",
    "1e400",
    "-1e400",
    "1e308",
    "-1e308",
    "1e-400",
    "-0",
    "9" * 400,
    "",
    "two",
    "½",
    "1_0",
)

ALL_RULES = RegularizationSetup(0.1, 0.1, 0.1, 1.0, 1.0, 1.0, 0.9, 5, 0.1)
SCHEDULE = ScheduleSetup("one-cycle", warmup_steps=5, total_steps=100)
DIGITS, CHANGED = load_preset("mnist"), AugmentationSetup(1, 1, 0.1, 1, 4, 0.1)
SETUPS = (
    replace(load_preset("xor"), regularization=ALL_RULES, schedule=SCHEDULE),
    replace(load_preset("circles"), optimizer=OptimizerSetup("nesterov", 0.01, momentum=0.9)),
    replace(load_preset("regression"), loss="huber"),
    replace(DIGITS, data=replace(DIGITS.data, train_size=50, test_size=20, augmentation=CHANGED)),
)


def number_fields(window):
    """All but those of what the run does not have; those that are folded away among them."""
    fields = window.findChildren(NumberField)
    return [field for field in fields if not (field.isHidden() or field.parentWidget().isHidden())]


@pytest.mark.parametrize("setup", SETUPS, ids=lambda setup: setup.name)
def test_no_text_in_any_number_field_breaks_anything(open_window, qtbot, monkeypatch, setup):
    raised = []
    monkeypatch.setattr(sys, "excepthook", lambda *error: raised.append(error))
    window = open_window(setup, Settings(None))
    failures = []
    window.session.failed.connect(failures.append)
    assert len(number_fields(window)) > 5
    for text in TEXTS:
        for field in number_fields(window):
            field.setText(text)
            field.setModified(True)
            field.editingFinished.emit()
            assert not raised, (field.accessibleName(), text, raised)
            assert isfinite(field.value)
    with qtbot.waitSignal(window.session.paused, timeout=10_000):
        window.transport.step.trigger()
    assert not failures
    assert not raised
