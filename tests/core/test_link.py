"""Setups and commands as text: short, whole or refused, and the same run again."""

import json
import zlib
from base64 import urlsafe_b64encode
from contextlib import suppress
from dataclasses import replace

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from tests.core.every_setup import VALUES
from visualnet.cli import main
from visualnet.core.errors import SetupError, VisualNetError
from visualnet.core.runfile.command_codec import command_from_plain, command_to_plain
from visualnet.core.runfile.link import Link
from visualnet.core.runfile.load_setup import load_setup
from visualnet.core.runfile.restore import JournalPlayer
from visualnet.core.setup.presets import PRESETS, load_preset
from visualnet.core.setup.run_commands import Change, RunCommand, SetParameters
from visualnet.core.setup.settings import SETTINGS
from visualnet.core.setup.setup import Setup
from visualnet.core.training.checkpoint import TrainerState
from visualnet.core.training.trainer import Trainer


def as_link(plain):
    packed = zlib.compress(json.dumps(plain).encode())
    return "visualnet:1" + urlsafe_b64encode(packed).decode().rstrip("=")


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_is_a_few_hundred_characters_and_comes_back(preset):
    text = Link(load_preset(preset)).to_text()
    assert len(text) < (700 if any(layer.kind == "conv2d" for layer in load_preset(preset).layers) else 520)
    assert Link.from_text(text) == Link(load_preset(preset))
    assert load_setup(f"{text[:70]}\n  {text[70:]}\n") == load_preset(preset)


def test_the_defaults_that_links_leave_out_are_those_of_their_version():
    # Whoever changes a default raises link.VERSION: links that people have kept must not change their meaning.
    assert Link.from_text(as_link([{}])).setup == Setup()
    frozen = {
        "loss": "cross-entropy", "batch_size": 64, "shuffle": True, "seed": 0, "dtype": "float32", "threads": 1,
        "epochs": 10, "steps": None, "evaluate_every": None,
    }  # fmt: skip
    plain = Setup().to_dict()
    assert {name: plain[name] for name in frozen} == frozen
    assert plain["optimizer"]["name"] == "adam" and plain["optimizer"]["learning_rate"] == 0.001
    assert plain["initializer"] == {"name": "he", "scale": 1.0}
    assert plain["data"]["name"] == "mnist"


def test_a_run_of_commands_fits_and_plays_again_to_the_same_bits():
    setup = replace(load_preset("original-mnist"), data=load_preset("xor").data)
    setup = replace(load_preset("mnist"), data=replace(setup.data, name="moons"), batch_size=16)
    setup = replace(setup, layers=load_preset("xor").layers, loss="mse", epochs=None, steps=400)
    trainer = Trainer(setup)
    for number in range(200):
        trainer.step()
        trainer.step()
        command = (
            Change(learning_rate=0.1 + number / 977),
            Change(momentum=0.5 + number / 1999),
            Change(batch_size=8 + number % 5),
        )
        trainer.apply(command[number % 3])
    text = Link(setup, tuple(trainer.journal)).to_text()
    assert len(text) <= 4096
    link = Link.from_text(text)
    again = Trainer(link.setup)
    player = JournalPlayer(again, link.journal)
    while not again.is_finished:
        player.apply_due()
        again.step()
    player.apply_due()
    assert again.journal == trainer.journal
    assert again.parameters_sha256 == trainer.parameters_sha256


def test_the_shell_takes_a_link_as_a_preset(tmp_path):
    def run(*arguments):
        return CliRunner().invoke(main, [str(argument) for argument in arguments])

    def sha256(*arguments):
        result = run("train", *arguments, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout.splitlines()[-1])["parameters_sha256"]

    plain = run("link", "xor", "--seed", 5).output.strip()
    assert sha256(plain) == sha256("xor", "--seed", 5)
    played = Link(load_preset("xor"), ((100, Change(learning_rate=0.5)),)).to_text()
    assert sha256(played) != sha256("xor")
    path = tmp_path / "run.vnet"
    assert sha256(played, "--run", path) == sha256(played)
    assert run("link", path, "--journal").output.strip() == played
    assert run("link", path).output.strip() == run("link", "xor").output.strip()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("visualnet:", "version"),
        ("visualnet:9abc", "version '9'"),
        ("visualnet:1", "damaged"),
        ("visualnet:1!!!!", "damaged"),
        (as_link([{}])[:-4], "damaged"),
        ("visualnet:1" + "A" * 5000, "4,096"),
        (as_link(" " * 2_000_000), "damaged"),
        (as_link({}), "does not hold"),
        (as_link([{"seed": -1}]), "seed"),
        (as_link([{}, 5]), "not a command"),
        (as_link([{}, [1, "format-disk", 2]]), "not a command"),
        (as_link([{}, [-1, "learning-rate", 0.1]]), "journal.step"),
        (as_link([{}, [1, "learning-rate", -0.1]]), "learning_rate"),
        (as_link([{}, [1, "learning-rate"]]), "not a command"),
        (as_link([{}, [1, "change", {}, {}]]), "needs one value"),
        (as_link([{}, [1, "parameters", "?"]]), "base64"),
    ],
)
def test_what_is_not_a_sound_link_is_refused_with_a_sentence(text, words):
    with pytest.raises(SetupError, match=words) as refusal:
        load_setup(text)
    assert len(str(refusal.value)) < 300


@given(st.text(max_size=200))
def test_any_text_is_refused_or_read(text):
    with suppress(VisualNetError):
        Link.from_text("visualnet:1" + text)


def test_parameters_are_too_large_for_a_link():
    with pytest.raises(SetupError, match="share the run's file"):
        Link(Setup(), ((3, SetParameters(b"1234")),)).to_text()


def returned(command):
    return command_from_plain(json.loads(json.dumps(command_to_plain(command))))


def test_every_command_has_a_name_and_comes_back():
    kinds = {kind.__name__ for kind in RunCommand.__subclasses__()}
    assert kinds == {"Change", "SetParameters"}
    for command in (
        *(Change(**{name: value}) for name, value in VALUES.items()),
        Change(epochs=None, steps=9),
    ):
        assert returned(command) == command
    assert returned(SetParameters(b"\0\xff" * 9)) == SetParameters(b"\0\xff" * 9)
    assert VALUES.keys() == SETTINGS.keys()


def test_commands_are_read_as_they_were_written_when_each_setting_had_its_own():
    old = {
        ("learning-rate", 0.1): Change(learning_rate=0.1),
        ("momentum", 0.5): Change(momentum=0.5),
        ("betas", 0.8, 0.9): Change(beta1=0.8, beta2=0.9),
        ("batch-size", 5): Change(batch_size=5),
        ("goal", None, 70): Change(epochs=None, steps=70),
        ("test-interval", None): Change(evaluate_every=None),
    }
    assert Link.from_text(as_link([{}, *([1, *plain] for plain in old)])).journal == tuple(
        enumerate(old.values(), 1)
    )


def spoilt(data, old, new):
    import hashlib

    body = data[:-32].replace(old, new)
    return body + hashlib.sha256(body).digest()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"step": 3', b'"step":-3'),
        (b'"step": 3', b'"step":""'),
        (b'"<f4", 33', b'"<f4", 99'),
        (b'"<f4", 33', b'"|O8", 33'),
        (b'"parameters"', b'"parameterz"'),
        (b'"epoch"', b'"epoxh"'),
        (b"0.05", b"null"),
        (b'{"step"', b'["step"'),
    ],
)
def test_a_state_that_cannot_be_is_refused(old, new):
    trainer = Trainer(load_preset("xor"))
    for _ in range(3):
        trainer.step()
    data = trainer.state.to_bytes()
    assert TrainerState.from_bytes(data).step == 3
    assert old in data
    with pytest.raises(VisualNetError, match="no run can be in"):
        TrainerState.from_bytes(spoilt(data, old, new))
