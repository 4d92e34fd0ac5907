"""The Setups that come with the program, and those that come from a file."""

import pytest

from visualnet.core.datasets.catalogue import DATASETS
from visualnet.core.errors import SetupError
from visualnet.core.resources import resource
from visualnet.core.run.presets import PRESETS, load_preset
from visualnet.core.run.setup import MAXIMUM_JSON_CHARACTERS, Setup
from visualnet.core.run.trainer import Trainer


def finished(name):
    trainer = Trainer(load_preset(name))
    while not trainer.is_finished:
        trainer.step()
    return trainer


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


@pytest.mark.slow
def test_mnist_reaches_98_percent():
    assert finished("mnist").evaluate()[1] >= 0.98


def test_a_setup_s_file_is_as_good_as_a_name(tmp_path):
    setup = load_preset("xor")
    for name in ("mine.json", "mine"):
        (tmp_path / name).write_text(setup.to_json(), "utf-8")
        assert load_preset(str(tmp_path / name)) == setup


def test_an_unknown_preset_is_a_sentence():
    with pytest.raises(SetupError, match="'no such' is neither a preset \\(xor, mnist, "):
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
