"""Random streams: the same for the same key, unlike for any other, and never the global one."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from visualnet.core.streams import Purpose, stream

keys = st.tuples(
    st.integers(0, 2**63 - 1), st.sampled_from(Purpose), st.lists(st.integers(0, 2**31), max_size=3)
)


def draw(key):
    seed, purpose, place = key
    return stream(seed, purpose, *place).integers(0, 2**63, 4).tolist()


@given(keys)
def test_the_same_key_draws_the_same(key):
    assert draw(key) == draw(key)


@given(keys, keys)
def test_another_key_draws_something_else(first, second):
    assert (draw(first) == draw(second)) == (first == second)


def test_what_a_seed_means_never_changes():
    drawn = [stream(7, purpose, 2).integers(0, 1000, 3).tolist() for purpose in Purpose]
    sequences = [np.random.SeedSequence(7, spawn_key=(number, 2)) for number in (0, 1, 2, 3, 6, 7)]
    generators = [np.random.Generator(np.random.PCG64(sequence)) for sequence in sequences]
    assert drawn == [generator.integers(0, 1000, 3).tolist() for generator in generators]
    assert [purpose.name for purpose in sorted(Purpose)] == [
        "INITIALIZATION",
        "ORDER",
        "DATA",
        "DROPOUT",
        "SPLIT",
        "AUGMENTATION",
    ]
