"""The Setups that come with the program, and those that come from a file."""

from dataclasses import replace

import numpy as np
import pytest

from visualnet.core.datasets.catalogue import DATASETS
from visualnet.core.errors import SetupError
from visualnet.core.probes.scores import class_scores
from visualnet.core.resources import resource
from visualnet.core.run.optimizer_setup import InitializerSetup, OptimizerSetup
from visualnet.core.run.presets import PRESETS, load_preset
from visualnet.core.run.setup import MAXIMUM_JSON_CHARACTERS, Setup
from visualnet.core.run.trainer import Diverged, Trainer


def finished(name, seed=None):
    setup = load_preset(name)
    trainer = Trainer(setup if seed is None else replace(setup, seed=seed))
    while not trainer.is_finished:
        trainer.step()
    return trainer


def after(name, steps, **changes):
    """The preset after so many steps, tested on few examples."""
    setup = load_preset(name)
    trainer = Trainer(replace(setup, data=replace(setup.data, test_size=500), **changes))
    for _ in range(steps):
        trainer.step()
    return trainer


def weights(trainer, vector):
    """Of each dense layer, from the input on."""
    return [named["weight"] for named in trainer.network.split(vector) if "weight" in named]


def silent_share(trainer, kind="relu"):
    """Of all hidden neurons, those that give nothing for any test example."""
    test = trainer.dataset.test.inputs
    values = (test.reshape(len(test), -1).T * np.float32(trainer.dataset.scale)).astype(np.float32)
    silent = []
    for layer in trainer.network.layers:
        values = layer.forward(values)
        if layer.kind == kind:
            silent.append((values <= 0).all(axis=-1))
    return np.concatenate(silent).mean()


def test_the_list_names_every_file():
    files = {path.stem for path in resource("assets", "presets").glob("*.json")}
    assert {*PRESETS} == files
    assert len(PRESETS) == len(files)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_a_valid_setup_that_says_what_to_look_for(name):
    setup = load_preset(name)
    assert setup.name == name
    assert len(setup.description) > 20
    assert setup.description.endswith(".")
    assert setup.data.name in DATASETS
    assert setup.threads == 1
    assert setup.epochs or setup.steps
    assert Setup.from_json(setup.to_json()) == setup


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_can_be_trained(name):
    trainer = Trainer(load_preset(name))
    losses = [trainer.step() for _ in range(20)]
    assert 0 < min(losses) < max(losses)
    assert trainer.step_count == 20


def test_xor_is_solved_at_its_goal():
    trainer = finished("xor")
    loss, accuracy = trainer.evaluate()
    assert accuracy == 1
    assert loss < 1e-3


@pytest.mark.parametrize("seed", range(1, 6))
def test_xor_is_solved_from_other_seeds_too(seed):
    setup = load_preset("xor")
    plain = setup.to_dict() | {"seed": seed}
    trainer = Trainer(Setup.from_dict(plain))
    while not trainer.is_finished:
        trainer.step()
    assert trainer.evaluate()[1] == 1


@pytest.mark.parametrize(("name", "least"), [("circles", 0.98), ("spiral", 0.97)])
@pytest.mark.parametrize("seed", range(2))
def test_points_in_the_plane_are_parted(name, least, seed):
    assert finished(name, seed).evaluate()[1] >= least


@pytest.mark.parametrize("seed", range(2))
def test_regression_sees_through_the_noise(seed):
    trainer = finished("regression", seed)
    noise = trainer.setup.data.noise**2
    assert trainer.evaluate()[0] < noise


# Bad on purpose: each shows what it is there to show.


def test_dead_relus_are_silent_and_stay_so():
    early, late = (silent_share(after("dead-relus", steps)) for steps in (30, 120))
    assert early > 0.8
    assert late >= early
    assert silent_share(after("dead-relus", 30, optimizer=OptimizerSetup("sgd", 0.1))) < 0.1


def test_a_dead_relu_gets_no_gradient():
    trainer = after("dead-relus", 60)
    first = weights(trainer, trainer.network.gradients)[0]
    assert (first == 0).all(axis=1).mean() > 0.8


def test_the_gradient_vanishes_on_its_way_through_the_tower():
    trainer = after("vanishing-tanh", 100)
    first, *_, last = (np.abs(weight).mean() for weight in weights(trainer, trainer.network.gradients))
    assert 0 < first < last / 100
    cured = after("vanishing-tanh", 100, initializer=InitializerSetup("xavier", 1.0))
    first, *_, last = (np.abs(weight).mean() for weight in weights(cured, cured.network.gradients))
    assert first > last / 10


@pytest.mark.parametrize("seed", range(3))
def test_the_rate_explodes_within_some_steps(seed):
    trainer = Trainer(replace(load_preset("exploding-rate"), seed=seed))
    losses = []
    with pytest.raises(Diverged):
        while len(losses) < 60:
            losses.append(trainer.step())
    assert len(losses) > 10, "one must be able to watch it"
    assert losses[-1] > 1e20 * losses[0]


def test_a_hundred_digits_are_learnt_by_heart():
    early, late = after("overfit-100", 50), after("overfit-100", 500)
    train = late.dataset.train
    guesses = class_scores(late, train.inputs).argmax(axis=1)
    loss, accuracy = late.evaluate()
    assert (guesses == train.targets).all()
    assert accuracy < 0.75
    assert loss > early.evaluate()[0]


def test_neurons_that_begin_at_zero_stay_alike():
    # In float32 the edges of a matrix product are rounded in another way on some machines, and neurons drift apart.
    trainer = after("zero-init", 100, dtype="float64")
    first = weights(trainer, trainer.network.parameters)[0]
    assert np.abs(first).max() > 0.01, "they do learn"
    np.testing.assert_allclose(first, np.broadcast_to(first[0], first.shape), rtol=1e-6, atol=1e-12)


@pytest.mark.slow
def test_mnist_reaches_98_percent():
    assert finished("mnist").evaluate()[1] >= 0.98


@pytest.mark.slow
def test_mnist_conv_reaches_99_2_percent():
    assert finished("mnist-conv").evaluate()[1] >= 0.992


@pytest.mark.slow
def test_a_thousand_images_are_enough_for_95_percent():
    trainer = finished("mnist-1000")
    assert len(trainer.dataset.train) == 1000
    assert len(trainer.dataset.test) == 10_000
    assert trainer.evaluate()[1] >= 0.95


def test_a_setup_s_file_is_as_good_as_a_name(tmp_path):
    setup = load_preset("xor")
    for name in ("mine.json", "mine"):
        (tmp_path / name).write_text(setup.to_json(), "utf-8")
        assert load_preset(str(tmp_path / name)) == setup


def test_an_unknown_preset_is_a_sentence():
    with pytest.raises(SetupError, match="'no such' is neither a preset \\(xor, circles, "):
        load_preset("no such")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read: No such file"),
        (b"\xff\xfe{}", "cannot be read: it is not text in UTF-8"),
        (b"{", "is not valid JSON"),
        (b"[1]", "must be an object"),
        (b'{"rate": 1}', "rate: is not a field here"),
        (b" " * (MAXIMUM_JSON_CHARACTERS + 1), "must be at most"),
    ],
)
def test_a_bad_file_is_a_sentence(tmp_path, content, message):
    path = tmp_path / "mine.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SetupError, match=message):
        load_preset(str(path))


def test_a_folder_is_a_sentence(tmp_path):
    folder = tmp_path / "folder.json"
    folder.mkdir()
    with pytest.raises(SetupError, match="cannot be read: Is a directory"):
        load_preset(str(folder))
