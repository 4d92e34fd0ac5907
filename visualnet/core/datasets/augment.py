"""Augmentation: training images shifted, turned, scaled and distorted at random.

Every pixel of a new image looks up where it comes from in the old one: the inverse of one affine map an
image (shift, rotation, scale about the middle), plus a smooth field of displacements for elastic ones
(Simard, Steinkraus, Platt, "Best Practices for Convolutional Neural Networks Applied to Visual Document
Analysis", ICDAR 2003, section 2), read between pixels by bilinear interpolation. Outside an image is 0.

The draws for a batch follow from seed, epoch and place in the epoch alone, so any step can be run again.
"""

from __future__ import annotations

from math import pi
from typing import Any

import numpy as np
from numpy.typing import NDArray

from visualnet.core.streams import Purpose, stream

Array = NDArray[Any]


class Augmentation:
    """Random changes of batches of images of one shape; see AugmentationSetup for the numbers.

    Args:
        input_shape: (height, width), or (channels, height, width).
        seed: of the run.
        shift: greatest shift along each axis, in pixels.
        rotate: greatest angle, in degrees.
        scale: an image becomes between 1 / (1 + scale) and 1 + scale as large.
        elastic: factor on the smoothed displacements, in pixels.
        elastic_sigma: standard deviation of the Gaussian that smooths them, in pixels.
        noise: standard deviation of what is added to each pixel.

    Raises:
        ValueError: where the shape is not that of an image.
    """

    def __init__(
        self,
        input_shape: tuple[int, ...],
        seed: int,
        *,
        shift: float = 0.0,
        rotate: float = 0.0,
        scale: float = 0.0,
        elastic: float = 0.0,
        elastic_sigma: float = 4.0,
        noise: float = 0.0,
    ) -> None:
        if len(input_shape) not in (2, 3):
            raise ValueError("is for images; these examples are none")
        self._height, self._width = input_shape[-2:]
        self._channels = input_shape[0] if len(input_shape) == 3 else 1
        self._seed = seed
        self._shift, self._angle, self._scale = shift, rotate * pi / 180, scale
        self._elastic, self._noise = elastic, noise
        self._is_warped = bool(shift or rotate or scale or elastic)
        self._rows = np.repeat(np.arange(self._height, dtype=np.float32), self._width)
        self._columns = np.tile(np.arange(self._width, dtype=np.float32), self._height)
        self._smooth_rows = gaussian_matrix(self._height, elastic_sigma)
        self._smooth_columns = gaussian_matrix(self._width, elastic_sigma)
        self._framed: Array = np.empty((0, 0))

    def __call__(self, images: Array, epoch: int, consumed: int) -> Array:
        """New images of the same shape and dtype.

        Args:
            images: (batch, pixels) as the network sees them, scaled.
            epoch: the epoch of this batch.
            consumed: examples of the epoch before this batch.
        """
        generator = stream(self._seed, Purpose.AUGMENTATION, epoch, consumed)
        # Affine draws come first and always, so that one kind of change shifts no other's draws.
        draws = generator.uniform(-1, 1, (4, len(images), 1)).astype(np.float32)
        if self._is_warped:
            rows, columns = self._origins(draws)
            if self._elastic:
                fields = self._displacements(generator, len(images))
                rows += fields[0]
                columns += fields[1]
            images = self._sampled(images, rows, columns)
        if self._noise:
            images = images + generator.normal(0, self._noise, images.shape).astype(images.dtype)
        return images

    def _origins(self, draws: Array) -> tuple[Array, Array]:
        """(batch, pixels) row and column in the old image that each new pixel comes from."""
        up, left = draws[0] * np.float32(self._shift), draws[1] * np.float32(self._shift)
        angle = draws[2] * np.float32(self._angle)
        shrink = (1 + np.float32(self._scale)) ** draws[3]
        cosine, sine = np.cos(angle) * shrink, np.sin(angle) * shrink
        middle_row, middle_column = np.float32((self._height - 1) / 2), np.float32((self._width - 1) / 2)
        row, column = self._rows - middle_row, self._columns - middle_column
        rows = cosine * row
        rows += sine * column
        rows += middle_row + up
        columns = cosine * column
        columns -= sine * row
        columns += middle_column + left
        return rows, columns

    def _displacements(self, generator: np.random.Generator, batch: int) -> Array:
        """(2, batch, pixels): even random numbers in -1..1, smoothed by a Gaussian, times the factor."""
        shape = (2 * batch, self._height, self._width)
        random = generator.random(shape, np.float32)
        random -= np.float32(0.5)
        smooth = self._smooth_rows @ (random @ self._smooth_columns)
        smooth *= np.float32(2 * self._elastic)
        return np.asarray(smooth.reshape(2, batch, -1))

    def _sampled(self, images: Array, rows: Array, columns: Array) -> Array:
        """The old images between their pixels at these places, bilinearly."""
        height, width, batch = self._height, self._width, len(images)
        framed = self._frame(images)
        # Inside a frame of zeros every place outside the image is moved to where only zeros are read.
        np.clip(rows + 1, 0, height + 1, out=rows)
        np.clip(columns + 1, 0, width + 1, out=columns)
        top, left = rows.astype(np.int32), columns.astype(np.int32)
        rows -= top
        columns -= left
        stride, area = width + 3, (height + 3) * (width + 3)
        places = top * stride
        places += left
        starts = np.arange(batch * self._channels, dtype=np.int32).reshape(batch, -1, 1) * area
        corners = places[:, np.newaxis] + starts
        flat, down, across = framed.reshape(-1), rows[:, np.newaxis], columns[:, np.newaxis]
        upper, lower = _between(flat, corners, across), _between(flat[stride:], corners, across)
        lower -= upper
        lower *= down
        lower += upper
        return lower.reshape(batch, -1)

    def _frame(self, images: Array) -> Array:
        """The images with zeros around, one before and two after along each axis, in a buffer that is kept."""
        shape = (len(images), self._channels, self._height + 3, self._width + 3)
        if self._framed.shape != shape or self._framed.dtype != images.dtype:
            self._framed = np.zeros(shape, images.dtype)
        self._framed[:, :, 1:-2, 1:-2] = images.reshape(
            len(images), self._channels, self._height, self._width
        )
        return self._framed


def _between(flat: Array, places: Array, share: Array) -> Array:
    """Linear interpolation between the values at these places and their right neighbours, by the given share."""
    # Every place is valid; mode="clip" spares NumPy a copy to check it.
    left, right = flat.take(places, mode="clip"), flat[1:].take(places, mode="clip")
    right -= left
    right *= share
    right += left
    return right


def gaussian_matrix(length: int, sigma: float) -> NDArray[np.float32]:
    """(length, length) symmetric matrix that convolves a vector with a Gaussian; beyond its ends are zeros.

    Simard et al. convolve with a Gaussian; its weights sum to 1 over the whole line.
    """
    distance = np.subtract.outer(np.arange(length), np.arange(length))
    reach = np.arange(-int(4 * sigma) - 1, int(4 * sigma) + 2)
    weights = np.exp(-0.5 * (distance / sigma) ** 2) / np.exp(-0.5 * (reach / sigma) ** 2).sum()
    return np.asarray(weights, np.float32)
