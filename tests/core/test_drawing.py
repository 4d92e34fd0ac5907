"""Drawn digits are scaled and centred as MNIST's were."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from visualnet.core.datasets.catalogue import load_dataset
from visualnet.core.datasets.drawing import centred_digit


def box_of(digit):
    rows, columns = np.flatnonzero(digit.any(axis=1)), np.flatnonzero(digit.any(axis=0))
    return rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1


def test_an_empty_canvas_stays_empty():
    assert not centred_digit(np.zeros((280, 280), np.uint8)).any()


@settings(max_examples=60, deadline=None)
@given(
    top=st.integers(0, 150), left=st.integers(0, 150), height=st.integers(12, 120), width=st.integers(12, 120)
)
def test_ink_fits_the_box_and_its_mass_lies_in_the_middle(top, left, height, width):
    canvas = np.zeros((280, 280), np.uint8)
    canvas[top : top + height, left : left + width] = 255
    digit = centred_digit(canvas)
    assert max(box_of(digit)) == 20
    mass = digit.astype(float)
    for axis in (0, 1):
        centre = (mass.sum(axis=1 - axis) @ np.arange(28)) / mass.sum()
        assert abs(centre - 14) <= 0.5


def test_where_it_is_drawn_makes_no_difference():
    stroke = np.random.default_rng(0).integers(0, 256, (90, 60)).astype(np.uint8)
    first, second = np.zeros((2, 280, 280), np.uint8)
    first[10:100, 20:80] = stroke
    second[150:240, 200:260] = stroke
    assert np.array_equal(centred_digit(first), centred_digit(second))


def test_a_real_digit_drawn_large_comes_back_nearly_as_it_was():
    images = load_dataset("mnist").test.inputs[:50].reshape(-1, 28, 28)
    for image in images:
        canvas = np.kron(image, np.ones((8, 8), np.uint8))
        back = centred_digit(canvas).astype(float)
        similarity = (back * image).sum() / np.sqrt((back**2).sum() * (image.astype(float) ** 2).sum())
        assert similarity > 0.8


def test_two_faint_specks_far_apart_are_no_error():
    canvas = np.zeros((280, 280), np.uint8)
    canvas[0, 0] = canvas[279, 279] = 60
    assert centred_digit(canvas).shape == (28, 28)
