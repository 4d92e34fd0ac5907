"""Sentences about what a panel lacks: they name the cause that there is, and no panel that lacks it as well."""

from itertools import product

import pytest

from visualnet.app.panels.catalogue import PANELS
from visualnet.app.text import data_labels
from visualnet.core.messages.events import DataSummary

SHAPES = ((1,), (2,), (4,), (28, 28), (8, 8), (3, 32, 32))
REASONS = {kind.info.title.lower(): kind.info.why_not for kind in PANELS}
"""Why a panel has nothing to show, by its title."""

DATA = [
    DataSummary(name, shape, classes, 9, 9, None, None)
    for name, shape, classes in product(
        ("table", "arrays", "images", "mnist"), SHAPES, ((), ("a", "b"), ("a", "b", "c"))
    )
]


@pytest.mark.parametrize("data", DATA, ids=lambda data: f"{data.name}-{data.input_shape}-{len(data.classes)}")
def test_no_refusal_leads_to_another(data):
    for panel, reason in REASONS.items():
        sentence = reason(data)
        for other, why_not in REASONS.items():
            _, _, pointer = sentence.partition(". ")
            if other in pointer.lower():
                assert other != panel
                assert not why_not(data), f"{panel}: {sentence}"
        has_images = len(data.input_shape) > 1
        assert not (has_images and "no images" in sentence)
        assert not sentence.startswith(("arrays ", "table ", "images "))


def test_images_that_only_lack_classes_are_images():
    images = DataSummary("arrays", (28, 28), (), 9, 9, None, None)
    words = data_labels.no_predictions(images)
    assert words.startswith("Your file has images with values, not classes, so there are no guesses.")
    assert "Feature maps show" in words
    assert not data_labels.no_feature_maps(images)


def test_there_is_nothing_to_excuse_where_a_panel_can_show():
    digits = DataSummary("mnist", (28, 28), ("0", "1"), 9, 9, None, None)
    assert not any(REASONS[name](digits) for name in ("predictions", "feature maps", "draw"))
    points = DataSummary("xor", (2,), ("0", "1"), 4, 4, None, None)
    assert not any(REASONS[name](points) for name in ("decision surface", "truth table"))
