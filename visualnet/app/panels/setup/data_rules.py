"""Fields for the parts set aside, the scaling of inputs and the augmentation of images, folded away until asked for."""

from __future__ import annotations

from visualnet.app.panels.setup.draft_layers import Shape
from visualnet.app.panels.setup.folded_rules import FoldedRules, Rule
from visualnet.core.datasets.catalogue import FILE_KINDS, LOGIC
from visualnet.core.setup.setup import Setup

RULES = (
    Rule("data", "test_share", "Test", "Share of your examples that is set aside to test with, such as 0.2.\nA file that brings a test part of its own keeps it."),
    Rule("data", "validation_share", "Validation", "Share of the training examples that is set aside to decide when to stop.\nThe test examples then stay unseen to the end. 0 is none."),
    Rule("data", "standardize", "Inputs", "Move and scale each input to mean 0 and deviation 1, as the training examples have it.\nInputs of like size learn at one rate.", unit="mean 0, deviation 1", is_switch=True),
    Rule("data.augmentation", "shift", "Shift", "How many pixels each training image is moved at most, along each axis.\nThe network learns that the place does not matter.", unit=" px"),
    Rule("data.augmentation", "rotate", "Rotation", "How many degrees each training image is turned at most, either way.\nA few help with handwriting; 180 makes a 6 a 9.", unit="°"),
    Rule("data.augmentation", "scale", "Scale", "Share by which each training image grows or shrinks at most, such as 0.1.\nThe network learns that the size does not matter."),
    Rule("data.augmentation", "elastic", "Elastic", "How far, in pixels, the pixels of each training image are displaced before this is smoothed, such as 8.\nStrokes bend as if another hand had written them.", unit=" px"),
    Rule("data.augmentation", "elastic_sigma", "Smooth", "Over how many pixels the elastic displacements are smoothed.\nFew crumple an image, many move it as a whole.", unit=" px"),
    Rule("data.augmentation", "noise", "Noise", "Deviation of what is added to each pixel of a training image, where ink is 1 and paper 0.\nThe network learns to rely on no single pixel."),
)  # fmt: skip


class DataRules(FoldedRules):
    """The rules for the data of a draft.

    Attributes:
        input_shape: of one example of the draft that is shown next; None: not known.
    """

    def __init__(self) -> None:
        super().__init__(
            "More about the data",
            "What is set aside, and how the examples are changed before the network sees them.\nMost runs do without at first.",
            RULES,
        )
        self.input_shape: Shape | None = None

    def applies(self, rule: Rule, draft: Setup) -> bool:
        name = draft.data.name
        if rule.name == "test_share":
            return name in FILE_KINDS
        if rule.name == "validation_share":
            return name not in LOGIC
        are_images = self._are_images(name)
        if rule.name == "standardize":
            return not are_images
        return are_images is not False and (
            rule.name != "elastic_sigma" or draft.data.augmentation.elastic > 0
        )

    def _are_images(self, name: str) -> bool | None:
        """None: of arrays nobody knows before they are read."""
        if self.input_shape is not None:
            return len(self.input_shape) > 1
        return {"images": True, "table": False}.get(name)
