"""The part of a Setup's data that says how training images are changed at random."""

from __future__ import annotations

from dataclasses import dataclass, fields

from visualnet.core.datasets.augment import Augmentation
from visualnet.core.setup.checks import require_number


@dataclass(frozen=True, slots=True)
class AugmentationSetup:
    """Limits of the random changes of training images; with all at 0 images stay as they are.

    Attributes:
        shift: pixels, along each axis.
        rotate: degrees, either way.
        scale: share by which an image grows or shrinks.
        elastic: how strongly pixels are displaced (the factor alpha of Simard et al. 2003, in pixels).
        elastic_sigma: pixels over which displacements are smoothed (their sigma).
        noise: standard deviation of what is added to each pixel, where ink is 1 and paper 0.
    """

    shift: float = 0.0
    rotate: float = 0.0
    scale: float = 0.0
    elastic: float = 0.0
    elastic_sigma: float = 4.0
    noise: float = 0.0

    def __post_init__(self) -> None:
        for name, most in (("shift", 100), ("rotate", 180), ("scale", 0.9), ("elastic", 1000), ("noise", 1)):
            require_number(getattr(self, name), f"data.augmentation.{name}", 0, most)
        require_number(self.elastic_sigma, "data.augmentation.elastic_sigma", 0.5, 100)

    @property
    def is_on(self) -> bool:
        """Whether anything is changed at all."""
        return any((self.shift, self.rotate, self.scale, self.elastic, self.noise))

    def make(self, input_shape: tuple[int, ...], seed: int) -> Augmentation | None:
        """The Augmentation of a run's images; None where nothing is to be changed.

        Raises:
            ValueError: where the examples are no images.
        """
        if not self.is_on:
            return None
        return Augmentation(input_shape, seed, **{f.name: getattr(self, f.name) for f in fields(self)})
