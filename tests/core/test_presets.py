"""The Setups that come with the program, and those that come from a file."""

from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest

from visualnet.core.datasets.catalogue import DATASETS
from visualnet.core.errors import SetupError
from visualnet.core.resources import resource
from visualnet.core.setup.optimizer import InitializerSetup, OptimizerSetup
from visualnet.core.setup.presets import PRESETS, load_preset
from visualnet.core.setup.setup import MAXIMUM_JSON_CHARACTERS, Setup
from visualnet.core.training.diverged import Diverged
from visualnet.core.training.model_view import TrainerView
from visualnet.core.training.trainer import Trainer


def finished(name, seed=None, setup=None):
    """The preset, or this Setup, trained to its goal or until it breaks."""
    setup = setup or load_preset(name)
    trainer = Trainer(setup if seed is None else replace(setup, seed=seed))
    with suppress(Diverged):
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


def guessed(trainer, inputs):
    view = TrainerView(trainer)
    return view.classes(view.predict(inputs))


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
    guesses = guessed(late, train.inputs)
    loss, accuracy = late.evaluate()
    assert (guesses == train.targets).all()
    assert accuracy < 0.75
    assert loss > early.evaluate()[0]


# What each text says, of the run as a person gets it: nothing of the Setup is changed, and it is trained to its end.


def train_accuracy(trainer):
    train = trainer.dataset.train
    return float((guessed(trainer, train.inputs) == train.targets).mean())


def both_diagonals_have_their_colour(trainer):
    assert trainer.evaluate()[1] == 1


def six_lines_close_the_ring_and_two_do_not(trainer):
    assert trainer.evaluate()[1] > 0.98
    assert finished("circles", setup=trainer.setup.with_hidden((2,))).evaluate()[1] < 0.9


def the_spiral_needs_its_neurons(trainer):
    assert trainer.evaluate()[1] > 0.97
    assert finished("spiral", setup=trainer.setup.with_hidden((4, 4))).evaluate()[1] < 0.95


def the_network_sees_through_the_noise(trainer):
    assert trainer.evaluate()[0] < trainer.history.view().loss.values(trainer.step_count - 50).mean()


def gradients_vanish_from_layer_to_layer(trainer):
    sizes = [np.abs(weight).mean() for weight in weights(trainer, trainer.network.gradients)]
    assert sizes == sorted(sizes)
    assert 0 < sizes[0] < sizes[-1] / 1000
    losses = trainer.history.view().loss.values()
    assert losses.min() > 2.2, "no digit is told from another"
    two = trainer.setup.with_hidden((32, 32)).layers
    for cure in ({"initializer": InitializerSetup("uniform", 0.3)}, {"layers": two}):
        assert after("vanishing-tanh", 600, **cure).evaluate()[1] > 0.7


def nearly_all_neurons_are_silent(trainer):
    assert silent_share(trainer) > 0.8
    first = weights(trainer, trainer.network.gradients)[0]
    assert (first == 0).all(axis=1).mean() > 0.8


def the_loss_leaves_all_numbers(trainer):
    losses = trainer.history.view().loss.values()
    assert not trainer.is_finished
    assert 10 < len(losses) < 30
    assert losses[-1] > 1e20 * losses[0]
    cured = finished("exploding-rate", setup=replace(trainer.setup, optimizer=OptimizerSetup("sgd", 0.1)))
    assert cured.evaluate()[0] < 0.02


def all_tiles_are_the_same_and_know_little(trainer):
    first = weights(trainer, trainer.network.parameters)[0]
    assert np.abs(first).max() > 0.05, "they do learn"
    # Bit for bit on the kernels that were tried; on others rounding must not be seen.
    np.testing.assert_allclose(first, np.broadcast_to(first[0], first.shape), rtol=0, atol=1e-6)
    assert trainer.evaluate()[1] < 0.36
    cured = replace(trainer.setup, initializer=InitializerSetup("he", 1.0))
    assert finished("zero-init", setup=cured).evaluate()[1] > 0.85


def digits_are_known_by_heart_and_new_ones_are_not(trainer):
    assert train_accuracy(trainer) == 1
    assert trainer.evaluate()[1] < 0.7
    tests = trainer.history.view().tests
    assert tests[-1, 1] > tests[:, 1].min() + 0.1, "the test loss rises"


def nearly_all_images_are_known_and_four_of_five_new_ones(trainer):
    assert train_accuracy(trainer) > 0.97
    assert 0.77 < trainer.evaluate()[1] < 0.83


def at_least(accuracy):
    def check(trainer):
        assert trainer.evaluate()[1] >= accuracy

    return check


CLAIMS = {
    "xor": both_diagonals_have_their_colour,
    "circles": six_lines_close_the_ring_and_two_do_not,
    "spiral": the_spiral_needs_its_neurons,
    "regression": the_network_sees_through_the_noise,
    "mnist": at_least(0.98),
    "mnist-conv": at_least(0.992),
    "mnist-1000": at_least(0.96),
    "original-xor": both_diagonals_have_their_colour,
    "original-mnist": nearly_all_images_are_known_and_four_of_five_new_ones,
    "dead-relus": nearly_all_neurons_are_silent,
    "vanishing-tanh": gradients_vanish_from_layer_to_layer,
    "exploding-rate": the_loss_leaves_all_numbers,
    "overfit-100": digits_are_known_by_heart_and_new_ones_are_not,
    "zero-init": all_tiles_are_the_same_and_know_little,
}
LONG = ("mnist", "mnist-conv", "mnist-1000", "original-mnist", "overfit-100")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if name in LONG else ()) for name in PRESETS]
)
def test_a_preset_shows_at_its_end_what_its_text_says(name):
    CLAIMS[name](finished(name))


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
