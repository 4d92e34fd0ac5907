"""Fifty steps of small runs equal PyTorch's: losses, parameters, buffers and what the network then says."""

from functools import cache

import numpy as np
import pytest

from tests.golden.trajectories import CASES, FILE, SHOWN
from visualnet.core.nn import layers
from visualnet.core.nn.losses import LOSSES
from visualnet.core.nn.optimizers import OPTIMIZERS
from visualnet.core.nn.schedules import SCHEDULES
from visualnet.core.training.trainer import Trainer

RELATIVE = {"float64": 1e-8, "float32": 1e-3}
ABSOLUTE = {"float64": 1e-11, "float32": 1e-5}
"""For numbers that happen to be near 0; parameters and losses are around 1."""

ELSEWHERE = {
    "lion": "PyTorch has none; the paper's algorithm in float64 is in test_optimizers.py",
    "muon": "PyTorch's works in bfloat16; the author's algorithm in float64 is in test_optimizers.py",
    "activation": "a user's own pair has no name and no counterpart; test_layers.py differentiates one",
}
"""What no trajectory covers, with the reason and where it is checked.

Also elsewhere: ``same`` padding with a stride, which PyTorch refuses (plain loops in test_image_layers.py), and batch
norm of a single number, on which it fails (test_training_mode.py).
"""


@cache
def golden():
    with np.load(FILE) as file:
        return dict(file)


def run(case, dtype):
    """The same run in our engine; the parts of it that are in the file."""
    trainer = Trainer(case.setup_in(dtype), case.dataset())
    network = trainer.network
    trainer.use_parameters(case.start(len(network.parameters)))
    losses = [trainer.step() for _ in range(case.setup.steps)]
    outputs = network.predict(case.dataset().train.inputs[:SHOWN])
    found = {
        "losses": losses,
        "parameters": network.parameters,
        "buffers": network.buffers,
        "outputs": outputs,
    }
    if case.setup.regularization.ema_decay:
        found["average"] = trainer.state.vectors["ema"]
    return found


@pytest.mark.parametrize("dtype", RELATIVE)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_run_is_pytorch_s(case, dtype):
    prefix = f"{case.name}/{dtype}/"
    expected = {
        name.removeprefix(prefix): values for name, values in golden().items() if name.startswith(prefix)
    }
    found = run(case, dtype)
    assert found.keys() == expected.keys()
    for part, values in expected.items():
        np.testing.assert_allclose(
            found[part], values, rtol=RELATIVE[dtype], atol=ABSOLUTE[dtype], err_msg=part
        )


def layer_kinds_in(setups):
    return {setup.kind for setup in setups}.union(*(layer_kinds_in(setup.inner) for setup in setups))


def test_everything_that_the_engine_has_is_in_a_run_or_has_a_reason():
    known_layers = {"activation", *layers._HOMES}
    setups = [case.setup for case in CASES]
    covered = set().union(
        *(layer_kinds_in(setup.layers) for setup in setups),
        {setup.loss for setup in setups},
        {setup.optimizer.name for setup in setups},
        {setup.schedule.name for setup in setups},
    )
    assert known_layers | {*LOSSES} | {*OPTIMIZERS} | {*SCHEDULES} == covered | {*ELSEWHERE}
    assert not covered & {*ELSEWHERE}


def test_no_other_run_is_in_the_file_and_each_learns():
    names = {name.split("/")[0] for name in golden()} - {"torch"}
    assert names == {case.name for case in CASES}
    for case in CASES:
        losses = golden()[f"{case.name}/float64/losses"]
        assert losses[-3:].mean() < losses[:3].mean()
