"""Augmentation: what a formula says, one change at a time; the same for the same place in a run."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from visualnet.core.datasets.augment import Augmentation, gaussian_matrix
from visualnet.core.errors import SetupError
from visualnet.core.setup.augmentation import AugmentationSetup
from visualnet.core.setup.presets import load_preset
from visualnet.core.training.trainer import Trainer

SHAPE = (9, 12)


def images(count=4, shape=SHAPE, seed=0):
    return np.random.default_rng(seed).random((count, int(np.prod(shape))))


class Fixed(Augmentation):
    """With draws of our choice in the place of random ones."""

    def __init__(self, draws, shape=SHAPE, **options):
        super().__init__(shape, 0, **options)
        self._draws = np.array(draws, np.float32).reshape(4, 1, 1)

    def _origins(self, draws):
        return super()._origins(np.broadcast_to(self._draws, draws.shape))


def bilinear(image, row, column):
    """The textbook formula, one pixel at a time, zero outside."""

    def at(r, c):
        return image[r, c] if 0 <= r < image.shape[0] and 0 <= c < image.shape[1] else 0.0

    top, left = int(np.floor(row)), int(np.floor(column))
    down, across = row - top, column - left
    return (
        (1 - down) * (1 - across) * at(top, left)
        + (1 - down) * across * at(top, left + 1)
        + down * (1 - across) * at(top + 1, left)
        + down * across * at(top + 1, left + 1)
    )


def test_a_shift_by_whole_pixels_moves_the_image_and_leaves_zeros():
    image = images(1)
    moved = Fixed((1, -0.5, 0, 0), shift=2)(image, 0, 0).reshape(SHAPE)
    wanted = np.zeros(SHAPE)
    wanted[:-2, 1:] = image.reshape(SHAPE)[2:, :-1]
    assert np.allclose(moved, wanted, atol=1e-6)


def test_a_quarter_turn_is_exact():
    image = images(1, (8, 8))
    turned = Fixed((0, 0, 1, 0), (8, 8), rotate=90)(image, 0, 0).reshape(8, 8)
    assert np.allclose(turned, np.rot90(image.reshape(8, 8)), atol=1e-5)


@given(st.tuples(*[st.floats(-1, 1)] * 4), st.floats(0, 5), st.floats(0, 180), st.floats(0, 0.9))
def test_the_affine_map_is_the_textbook_s(draws, shift, rotate, scale):
    image = images(1)
    made = Fixed(draws, shift=shift, rotate=rotate, scale=scale)
    if not (shift or rotate or scale):
        assert np.array_equal(made(image, 0, 0), image)
        return
    angle, shrink = np.deg2rad(rotate) * draws[2], (1 + scale) ** draws[3]
    middle = (np.array(SHAPE) - 1) / 2
    turn = shrink * np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    wanted = np.empty(SHAPE)
    for row, column in np.ndindex(SHAPE):
        origin = turn @ (np.array([row, column]) - middle) + middle + shift * np.array(draws[:2])
        wanted[row, column] = bilinear(image.reshape(SHAPE), *origin)
    assert np.allclose(made(image, 0, 0).reshape(SHAPE), wanted, atol=1e-4)


def test_elastic_displacements_are_smooth_random_fields_of_the_stated_strength():
    made = Augmentation((40, 40), 0, elastic=34, elastic_sigma=4)
    fields = made._displacements(np.random.default_rng(0), 200).reshape(2, 200, 40, 40)
    inner = fields[:, :, 16:24, 16:24]
    # A sum of even numbers in -1..1 (variance 1/3) times squared Gaussian weights, 1 / (4 pi sigma²) in all.
    wanted = 34 * np.sqrt(1 / 3 / (4 * np.pi * 16))
    assert inner.std() == pytest.approx(wanted, rel=0.05)
    assert np.abs(np.diff(inner, axis=3)).max() < wanted
    assert not np.array_equal(fields[0], fields[1])


def test_the_gaussian_keeps_sums_away_from_the_ends():
    weights = gaussian_matrix(50, 2.0)
    assert np.allclose(weights[20:30].sum(axis=1), 1, atol=1e-6)
    assert weights[25, 25] / weights[25, 27] == pytest.approx(np.exp(0.5), rel=1e-5)
    assert np.array_equal(weights, weights.T)


def test_noise_alone_is_added_to_untouched_pixels():
    blank = np.full((300, 108), 0.5, np.float32)
    noisy = Augmentation(SHAPE, 1, noise=0.2)(blank, 0, 0)
    assert noisy.dtype == np.float32
    assert noisy.mean() == pytest.approx(0.5, abs=0.01)
    assert noisy.std() == pytest.approx(0.2, rel=0.02)
    assert (blank == 0.5).all()


def test_channels_are_moved_alike():
    grey = images(5)
    options = {"shift": 2, "rotate": 20, "scale": 0.2, "elastic": 10}
    coloured = Augmentation((3, *SHAPE), 2, **options)(np.tile(grey, (1, 3)), 1, 64)
    alone = Augmentation(SHAPE, 2, **options)(grey, 1, 64)
    for channel in coloured.reshape(5, 3, -1).transpose(1, 0, 2):
        assert np.array_equal(channel, alone)


@given(st.integers(0, 2**40), st.integers(0, 50), st.integers(0, 60_000))
def test_a_place_in_a_run_draws_the_same_whatever_came_before(seed, epoch, consumed):
    options = {"shift": 2, "rotate": 20, "scale": 0.2, "elastic": 10, "noise": 0.1}
    one, other = Augmentation(SHAPE, seed, **options), Augmentation(SHAPE, seed, **options)
    other(images(7), 3, 14)
    first = one(images(), epoch, consumed)
    assert np.array_equal(first, other(images(), epoch, consumed))
    assert not np.array_equal(first, one(images(), epoch, consumed + 4))
    assert not np.array_equal(first, one(images(), epoch + 1, consumed))


def test_one_change_shifts_no_other_s_draws():
    both = Augmentation(SHAPE, 0, shift=2, noise=1e-9)(images(), 0, 0)
    assert np.allclose(both, Augmentation(SHAPE, 0, shift=2)(images(), 0, 0), atol=1e-6)
    with_elastic = Augmentation(SHAPE, 0, shift=2, elastic=1e-6)(images(), 0, 0)
    assert np.allclose(with_elastic, Augmentation(SHAPE, 0, shift=2)(images(), 0, 0), atol=1e-4)


def augmented(setup, **values):
    return replace(setup, data=replace(setup.data, augmentation=AugmentationSetup(**values)))


@pytest.mark.parametrize("shuffle", [True, False])
def test_a_run_sees_changed_images_and_measures_on_unchanged_ones(small_setup, digits, shuffle):
    setup = replace(small_setup, shuffle=shuffle)
    plain, changed = Trainer(setup, digits), Trainer(augmented(setup, shift=1, noise=0.1), digits)
    assert plain.evaluate() == changed.evaluate()
    for trainer in (plain, changed):
        for _ in range(20):
            trainer.step()
    assert plain.parameters_sha256 != changed.parameters_sha256


def test_a_restored_run_repeats_its_augmented_steps(small_setup, digits):
    setup = augmented(small_setup, shift=1, rotate=20, scale=0.2, elastic=3, noise=0.1)
    trainer = Trainer(setup, digits)
    for _ in range(7):
        trainer.step()
    state = trainer.state
    losses = [trainer.step() for _ in range(9)]
    other = Trainer(setup, digits)
    other.restore(state)
    assert [other.step() for _ in range(9)] == losses


def test_points_cannot_be_augmented():
    with pytest.raises(SetupError, match=r"data\.augmentation: is for images"):
        Trainer(augmented(load_preset("xor"), shift=1))
