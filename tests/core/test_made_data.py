"""Data from formulas: the same for a seed, of the classes and values that the formula says."""

import numpy as np
import pytest

from visualnet.core.datasets import catalogue
from visualnet.core.datasets.catalogue import load_dataset
from visualnet.core.datasets.curves import CURVES
from visualnet.core.datasets.logic import TRUTH
from visualnet.core.datasets.mirrors import MIRRORS
from visualnet.core.datasets.toy import CLOUDS, SQUARES

FIRST_AND_LAST = {
    "circles": [[-0.6516339167424801, -0.6847467014664225], [0.12895797224323782, -0.01448255259402284]],
    "moons": [[0.033960257698321714, 0.33590369984335244], [0.7724126322153688, -0.42352699032250335]],
    "spirals": [[0.28433530492766634, -0.4804021473841134], [0.08596145861943257, 0.3014122428062137]],
}
"""First training and last test point of 50 with seed 3: what a seed means never changes."""


@pytest.mark.parametrize("name", [*TRUTH, *CLOUDS, *CURVES])
def test_examples_are_the_same_for_a_seed_and_near_the_origin(name):
    first, again = load_dataset(name, seed=3), load_dataset(name, seed=3)
    assert np.array_equal(first.train.inputs, again.train.inputs)
    assert np.array_equal(first.train.targets, again.train.targets)
    assert first.train.inputs.shape == (len(first.train), *first.input_shape)
    assert np.abs(first.train.inputs).max() < 2
    assert not first.train.inputs.flags.writeable


@pytest.mark.parametrize("name", FIRST_AND_LAST)
def test_what_a_seed_draws_never_changes(name):
    data = load_dataset(name, count=50, seed=3)
    points = [data.train.inputs[0], data.test.inputs[-1]]
    np.testing.assert_allclose(points, FIRST_AND_LAST[name], rtol=1e-12)


@pytest.mark.parametrize("name", [*CLOUDS, *CURVES])
def test_draws_differ_between_seeds_and_between_training_and_test(name):
    one, other = load_dataset(name, seed=1), load_dataset(name, seed=2)
    assert not np.array_equal(one.train.inputs, other.train.inputs)
    assert not np.array_equal(one.train.inputs, one.test.inputs)
    assert len(load_dataset(name, count=37).train) == 37


def test_logic_follows_its_truth_table():
    for name, function in (("xor", "__ne__"), ("and", "__and__"), ("or", "__or__")):
        data = load_dataset(name)
        for (a, b), target in zip(data.train.inputs.astype(int).tolist(), data.train.targets, strict=True):
            assert bool(getattr(a, function)(b)) == bool(target), name


def test_gaussians_have_as_many_classes_as_asked_for_each_round_its_centre():
    data = load_dataset("gaussians", classes=5, count=2000, noise=0.05)
    assert data.classes == ("0", "1", "2", "3", "4")
    for label in range(5):
        points = data.train.inputs[data.train.targets == label]
        angle = 2 * np.pi * label / 5
        centre = 0.7 * np.cos(angle), 0.7 * np.sin(angle)
        assert np.allclose(points.mean(axis=0), centre, atol=0.02)
        assert np.allclose(points.std(axis=0), 0.05, atol=0.01)


def test_neighbouring_squares_of_the_checkerboard_differ():
    data = load_dataset("checkerboard", count=4000, noise=0)
    squares = np.floor((data.train.inputs + 1) / 2 * SQUARES).astype(int)
    colours = {}
    for square, label in zip(squares.tolist(), data.train.targets.tolist(), strict=True):
        assert colours.setdefault(tuple(square), label) == label
    assert len(colours) == SQUARES**2
    assert all(colours[x, y] != colours[x + 1, y] for x in range(SQUARES - 1) for y in range(SQUARES))


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("sine", lambda x: np.sin(1.5 * np.pi * x[0])),
        ("plane", lambda x: x[0] / 3 - 2 * x[1] / 3),
        ("waves", lambda x: np.sin(np.pi * x[0]) * np.cos(np.pi * x[1])),
    ],
)
def test_curves_are_their_function_with_noise_on_the_training_part_alone(name, function):
    data = load_dataset(name, count=3000, noise=0.2)
    assert data.classes == ()
    assert data.outputs == 1
    assert np.allclose(data.test.targets[:, 0], function(data.test.inputs.T))
    errors = data.train.targets[:, 0] - function(data.train.inputs.T)
    assert 0.19 < errors.std() < 0.21
    assert abs(errors.mean()) < 0.02


def test_the_catalogue_knows_without_importing_them_what_the_tables_hold():
    assert set(catalogue.LOGIC) == set(TRUTH)
    assert set(catalogue.CURVES) == set(CURVES)
    assert set(catalogue.IMAGE_SETS) == {"mnist", *MIRRORS}
    made = {*catalogue.LOGIC, *catalogue.CURVES, *catalogue.IMAGE_SETS, *CLOUDS}
    assert made == set(catalogue.DATASETS)
