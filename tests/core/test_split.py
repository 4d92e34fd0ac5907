"""Setting aside: disjoint, stratified, the same for a seed; standardising: by the training part alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from visualnet.core.datasets.catalogue import load_dataset
from visualnet.core.datasets.dataset import Dataset, Split
from visualnet.core.datasets.split import standardized, with_test_part, with_validation_part
from visualnet.core.errors import DataError


def labelled(counts):
    """Examples whose one input is their own number, so many of each class, sorted by class."""
    labels = np.repeat(np.arange(len(counts)), counts)
    train = Split(np.arange(len(labels), dtype=float)[:, np.newaxis], labels)
    return Dataset("numbers", train, train[:0], (1,), tuple(map(str, range(len(counts)))))


@given(
    st.lists(st.integers(8, 60), min_size=2, max_size=5),
    st.floats(0.1, 0.5),
    st.floats(0.2, 0.5),
    st.integers(0, 99),
)
def test_parts_are_disjoint_whole_and_hold_each_class_in_its_share(
    counts, test_share, validation_share, seed
):
    whole = labelled(counts)
    data = with_validation_part(with_test_part(whole, test_share, seed), validation_share, seed)
    parts = (data.train, data.validation, data.test)
    found = np.concatenate([part.inputs[:, 0] for part in parts])
    assert sorted(found.tolist()) == list(range(sum(counts)))
    for part in parts:
        assert np.array_equal(whole.train.targets[part.inputs[:, 0].astype(int)], part.targets)
    for label, count in enumerate(counts):
        tested = int((data.test.targets == label).sum())
        assert tested == round(test_share * count)
        assert (data.validation.targets == label).sum() == round(validation_share * (count - tested))


def test_the_draw_follows_from_the_seed_and_leaves_the_order_of_the_file():
    one, again, other = (with_test_part(labelled([40, 40]), 0.25, seed) for seed in (1, 1, 2))
    assert np.array_equal(one.test.inputs, again.test.inputs)
    assert not np.array_equal(one.test.inputs, other.test.inputs)
    assert set(one.train.targets[:20].tolist()) == {0, 1}


def test_a_test_part_that_is_there_stays_and_no_share_sets_nothing_aside():
    data = load_dataset("moons")
    assert with_test_part(data, 0.5, 0) is data
    assert with_validation_part(data, 0.0, 0) is data
    assert len(load_dataset("moons", validation_share=0.25).validation) == 50


def test_nothing_is_set_aside_that_leaves_nothing():
    with pytest.raises(DataError, match="cannot set aside 10% of 4 examples as a test part"):
        with_test_part(labelled([2, 2]), 0.1, 0)


def test_standardising_uses_the_training_part_alone():
    generator = np.random.default_rng(0)
    train, test, validation = (
        Split(generator.normal(5 + part, 3, (50, 3)), generator.normal(-2, 7, (50, 2))) for part in range(3)
    )
    train.inputs[:, 2] = 4.2
    data = standardized(Dataset("values", train, test, (3,), (), validation=validation))
    mean, deviation = train.inputs.mean(axis=0), train.inputs.std(axis=0)
    deviation[2] = 1
    assert np.allclose(data.train.inputs[:, :2].mean(axis=0), 0)
    assert np.allclose(data.train.inputs[:, :2].std(axis=0), 1)
    assert np.allclose(data.train.inputs[:, 2], 0)
    for before, after in ((test, data.test), (validation, data.validation)):
        assert np.allclose(after.inputs, (before.inputs - mean) / deviation)
        assert np.allclose(
            after.targets, (before.targets - train.targets.mean(axis=0)) / train.targets.std(axis=0)
        )


def test_labels_stay_and_images_are_refused():
    data = load_dataset("moons", standardize=True)
    assert np.array_equal(data.train.targets, load_dataset("moons").train.targets)
    with pytest.raises(DataError, match="leave standardize out"):
        load_dataset("mnist", standardize=True)


@pytest.mark.parametrize(("name", "size"), [("mnist", 200), ("moons", 60), ("waves", 60)])
def test_a_limit_on_training_examples_holds_for_those_that_are_set_aside_too(name, size):
    limited = load_dataset(name, train_size=size)
    data = load_dataset(name, train_size=size, validation_share=0.25)
    assert abs(len(data.validation) - size // 4) <= len(data.classes)
    found = np.concatenate([data.train.inputs, data.validation.inputs])
    assert sorted(found.tolist()) == sorted(limited.train.inputs.tolist())


def test_all_training_examples_may_be_asked_for_though_some_are_set_aside():
    whole = len(load_dataset("moons").train)
    assert len(load_dataset("moons", train_size=whole, validation_share=0.25).train) == whole * 3 // 4
