"""Setups that together hold whatever can stand in a Setup, found in the engine's own tables, and random ones of the same parts.

Tests of files, kills, resumption and replay take their Setups from here: what a table gains, they try.
"""

from __future__ import annotations

from atexit import register
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, replace
from functools import cache
from inspect import Parameter
from pathlib import Path
from random import Random
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

import numpy as np
from PIL import Image

from visualnet.core.datasets.catalogue import DATASETS, IMAGE_SETS
from visualnet.core.datasets.dataset import Dataset
from visualnet.core.datasets.mnist import bundled_directory
from visualnet.core.errors import SetupError
from visualnet.core.nn.initializers import INITIALIZERS
from visualnet.core.nn.layers import layer_kinds, layer_options
from visualnet.core.nn.losses import LOSSES
from visualnet.core.nn.network import Network
from visualnet.core.nn.optimizers import OPTIMIZERS
from visualnet.core.nn.schedules import SCHEDULES
from visualnet.core.setup.augmentation import AugmentationSetup
from visualnet.core.setup.data import DataSetup
from visualnet.core.setup.layers import LayerSetup
from visualnet.core.setup.match_data import match_data
from visualnet.core.setup.optimizer import InitializerSetup, OptimizerSetup
from visualnet.core.setup.presets import PRESETS, load_preset
from visualnet.core.setup.regularization import RegularizationSetup
from visualnet.core.setup.run_commands import Change, RunCommand, SetParameters
from visualnet.core.setup.schedule import ScheduleSetup
from visualnet.core.setup.settings import SETTINGS
from visualnet.core.setup.setup import Setup
from visualnet.core.training.building import build_network
from visualnet.core.training.diverged import Diverged
from visualnet.core.training.trainer import Trainer

STEPS = 40
"""Where each run ends, some epochs after its first step."""

STRENGTHS = (0.05, 0.5, 2)
"""A field that can be many things is set to the first of these that its own check lets through."""

NEEDED: dict[str, Any] = {"units": 6, "channels": 2, "kernel": 3, "size": 3, "layers": [LayerSetup("tanh")]}
"""What layers must be told."""

OTHERS: dict[str, Any] = {
    **{"stride": 2, "padding": "same", "rate": 0.2, "slope": 0.2, "alpha": 0.5, "momentum": 0.3},
    **{"epsilon": 1e-3},
}
"""What layers may be told, other than what they take by themselves."""

OTHER_SEED = 2**63 - 1

POINTS = DataSetup("moons", count=40, validation_share=0.2, test_size=30)
IMAGES = DataSetup("mnist", train_size=40, test_size=20)
SMALLER = LayerSetup("conv2d", channels=2, kernel=7, stride=4)
"""What makes (2, 6, 6) of an image of MNIST's, so that a step takes no time."""


def layer(kind: str) -> LayerSetup:
    """A small layer of a kind."""
    needed = {name for name, default in layer_options(kind).items() if default is Parameter.empty}
    return LayerSetup(kind, **{name: NEEDED[name] for name in needed})


def layer_in_full(kind: str) -> LayerSetup:
    """A small layer of a kind of whose options none is its default."""
    return LayerSetup(kind, **{name: {**OTHERS, **NEEDED}[name] for name in layer_options(kind)})


def of_points(**changes: Any) -> Setup:
    """A small network with dense layers and buffers, on points of two classes with a validation part."""
    layers = (LayerSetup("dense", 6), LayerSetup("batch-norm"), LayerSetup("tanh"), LayerSetup("dense", 2))
    plain: dict[str, Any] = {
        "layers": layers,
        "data": POINTS,
        "optimizer": OptimizerSetup("adam", 0.02),
        "batch_size": 8,
        "epochs": None,
        "steps": STEPS,
    }
    return fit(Setup(**{**plain, **changes}))


def of_images(*layers: LayerSetup, **changes: Any) -> Setup:
    """Some layers in a small network for some images."""
    return of_points(
        layers=(SMALLER, *layers, LayerSetup("flatten"), LayerSetup("dense", 10)),
        **{"data": IMAGES, **changes},
    )


VALUES = {
    "learning_rate": 0.004,
    "momentum": 0.5,
    "beta1": 0.7,
    "beta2": 0.9,
    "batch_size": 5,
    "dropout": 0.3,
    "epochs": 6,
    "steps": 70,
    "evaluate_every": 3,
}
"""What commands set; parameters are made for the network."""


def every_command(trainer: Trainer) -> list[RunCommand]:
    """One of each command that changes a run of this Setup, and of each setting that it has."""
    halved = SetParameters((trainer.network.parameters / 2).tobytes())
    changes = [Change(**{name: VALUES[name]}) for name in SETTINGS if name in trainer.settings]
    return [command for command in (*changes, halved) if _is_followed(trainer.setup, command)]


def _is_followed(setup: Setup, command: RunCommand) -> bool:
    try:
        Trainer(setup, dataset_of(setup.data)).apply(command)
    except SetupError:
        return False
    return True


def run_to(trainer: Trainer, step: int) -> None:
    """Train to a step, measurements included; one that breaks stays where it broke."""
    while trainer.step_count < step and trainer.finish_reason != "early-stopping":
        try:
            trainer.step()
        except Diverged:
            return
        if trainer.is_evaluating:
            trainer.evaluate()


@cache
def dataset_of(data: DataSetup) -> Dataset:
    """Its examples, loaded once."""
    return data.load()


def fit(setup: Setup) -> Setup:
    """The Setup with the outputs and the loss that its data need."""
    return match_data(setup, dataset_of(setup.data))


def with_each_field(made: Any) -> dict[str, Any]:
    """Ways to change one field of a part of a Setup that is all numbers, by the field's name."""
    return {field.name: _changed(made, field.name) for field in fields(made)}


def _changed(made: Any, name: str) -> Any:
    for strength in STRENGTHS:
        try:
            return replace(made, **{name: strength})
        except SetupError:
            continue
    raise AssertionError(f"no strength fits {name}")


def in_full(made: Any) -> Any:
    """A part of a Setup that is all numbers, with every field set."""
    for name in (field.name for field in fields(made)):
        made = _changed(made, name)
    return made


MADE_DATA = tuple(name for name in DATASETS if name not in IMAGE_SETS)

OPTIMIZER_SETUPS = {name: OptimizerSetup(name, 0.01) for name in OPTIMIZERS}
OTHER_OPTIONS = OptimizerSetup(
    momentum=0.4, beta1=0.8, beta2=0.9, alpha=0.8, epsilon=1e-4, weight_decay=0.02, learning_rate=0.01
)
SCHEDULE_SETUPS = {
    name: ScheduleSetup(
        name, warmup_steps=5, total_steps=STEPS, interval=10, decay=0.7, final=0.1, start=0.1, rise=0.4
    )
    for name in SCHEDULES
}
RULE_SETUPS = {
    **with_each_field(RegularizationSetup()),
    "all rules": in_full(RegularizationSetup()),
}
AUGMENTATION_SETUPS = {
    **with_each_field(AugmentationSetup()),
    "all changes": in_full(AugmentationSetup()),
}
DATA_SETUPS = {
    **{
        name: DataSetup(name, count=40, validation_share=0.2, noise=0.2, classes=3, seed=OTHER_SEED)
        for name in MADE_DATA
        if name not in ("xor", "and", "or")
    },
    **{name: DataSetup(name) for name in ("xor", "and", "or")},
    "standardized": replace(POINTS, standardize=True),
    "images": IMAGES,
}


@cache
def every_setup() -> dict[str, Setup]:
    """A Setup for each entry of each table, by a name that says which; each ends after STEPS steps."""
    makers: tuple[tuple[str, Iterable[tuple[str, Any]], Callable[[Any], Setup]], ...] = (
        ("optimizer", OPTIMIZER_SETUPS.items(), lambda made: of_points(optimizer=made)),
        (
            "optimizer on images",
            ((name, replace(OTHER_OPTIONS, name=name)) for name in OPTIMIZERS),
            lambda made: of_images(LayerSetup("relu"), optimizer=made),
        ),
        ("schedule", SCHEDULE_SETUPS.items(), lambda made: of_points(schedule=made)),
        ("rule", RULE_SETUPS.items(), lambda made: of_points(regularization=made)),
        ("augmentation", AUGMENTATION_SETUPS.items(), _augmented),
        ("data", DATA_SETUPS.items(), lambda made: of_points(data=made)),
        ("layer", ((kind, layer_in_full(kind)) for kind in layer_kinds()), of_images),
        ("loss", ((name, name) for name in LOSSES), _with_loss),
        (
            "initializer",
            ((name, InitializerSetup(name, scale=0.7)) for name in INITIALIZERS),
            lambda made: of_points(initializer=made),
        ),
        ("preset", ((name, load_preset(name)) for name in PRESETS), _shortened),
        ("own", own_files().items(), _of_any),
    )
    made = {f"{table} {name}": make(part) for table, parts, make in makers for name, part in parts}
    made["dtype float64"] = of_points(dtype="float64", seed=OTHER_SEED)
    made["in order"] = of_points(shuffle=False, threads=2, steps=None, epochs=10)
    return made


@cache
def own_files() -> dict[str, DataSetup]:
    """A person's own data of each kind, in files that last as long as this process."""
    folder = Path(mkdtemp())
    register(rmtree, folder)
    draw = np.random.default_rng(0)
    cells = [[f"{x:.3f}" for x in row] for row in draw.normal(size=(60, 2))]
    rows = [f"{'ab'[place % 2]},{','.join(row)},{place}" for place, row in enumerate(cells)]
    (folder / "table.csv").write_text("\n".join(rows))
    np.savez(folder / "arrays.npz", x_train=draw.normal(size=(60, 3)), y_train=draw.integers(0, 3, 60))
    for place, image in enumerate(draw.integers(0, 255, (40, 9, 9, 3), np.uint8)):
        (folder / "images" / "ab"[place % 2]).mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(folder / "images" / "ab"[place % 2] / f"{place}.png")
    table, arrays, images = (
        DataSetup(kind, path=str(folder / name), validation_share=0.2, test_share=0.3)
        for kind, name in (("table", "table.csv"), ("arrays", "arrays.npz"), ("images", "images"))
    )
    return {
        "table": replace(table, label=1, header=False, target="classes", standardize=True),
        "arrays": arrays,
        "images": replace(images, image_height=10, image_width=12, colour=True),
        "digits": DataSetup("mnist", directory=str(bundled_directory()), train_size=40, test_size=20),
    }


def _of_any(data: DataSetup) -> Setup:
    """A Setup for any data."""
    flat = LayerSetup("flatten") if len(dataset_of(data).input_shape) > 1 else LayerSetup("identity")
    return of_points(
        data=data, layers=(flat, LayerSetup("dense", 6), LayerSetup("tanh"), LayerSetup("dense", 2))
    )


def _augmented(augmentation: AugmentationSetup) -> Setup:
    return of_images(data=replace(IMAGES, augmentation=augmentation))


def _with_loss(name: str) -> Setup:
    data = POINTS if LOSSES[name].needs_classes else DataSetup("waves", count=40)
    return of_points(loss=name, data=data, label_smoothing=0.1, huber_delta=0.05)


def _shortened(preset: Setup) -> Setup:
    """A preset with the same parts on fewer examples; what is no image has few."""
    small = {"train_size": 64, "test_size": 30} if preset.data.name in IMAGE_SETS else {}
    return replace(
        preset, data=replace(preset.data, **small), batch_size=min(16, preset.batch_size), steps=STEPS
    )


def parts_of(setup: Setup) -> set[tuple[str, str]]:
    """Which entries of which tables stand in a Setup: ("layer", "dense") and the like."""
    return {
        ("data", setup.data.name),
        ("loss", setup.loss),
        ("optimizer", setup.optimizer.name),
        ("schedule", setup.schedule.name),
        ("initializer", setup.initializer.name),
        *(("layer", kind) for kind in _kinds_in(setup.layers)),
        *(("rule", name) for name in _changed_fields(setup.regularization)),
        *(("augmentation", name) for name in _changed_fields(setup.data.augmentation)),
    }


def all_parts() -> set[tuple[str, str]]:
    """Every entry of every table; of sets of images the one that is at hand."""
    tables: dict[str, Iterable[str]] = {
        "data": (*MADE_DATA, IMAGES.name),
        "loss": LOSSES,
        "optimizer": OPTIMIZERS,
        "schedule": SCHEDULES,
        "initializer": INITIALIZERS,
        "layer": layer_kinds(),
        "rule": (field.name for field in fields(RegularizationSetup)),
        "augmentation": (field.name for field in fields(AugmentationSetup)),
    }
    return {(table, name) for table, names in tables.items() for name in names}


def _kinds_in(layers: Iterable[LayerSetup]) -> Iterator[str]:
    for one in layers:
        yield one.kind
        yield from _kinds_in(one.inner)


def _changed_fields(made: Any) -> list[str]:
    plain = type(made)()
    return [field.name for field in fields(made) if getattr(made, field.name) != getattr(plain, field.name)]


def random_setup(random: Random) -> Setup:
    """A Setup with parts drawn from all tables at once, which can be trained."""
    # Only images let every layer stand.
    data = IMAGES if random.random() < 0.25 else random.choice(list(DATA_SETUPS.values()))
    setup = of_points(
        data=data,
        loss=random.choice(list(LOSSES)),
        optimizer=_random_optimizer(random),
        schedule=random.choice(list(SCHEDULE_SETUPS.values())),
        regularization=random.choice([RegularizationSetup(), *RULE_SETUPS.values()]),
        initializer=InitializerSetup(random.choice(list(INITIALIZERS))),
        batch_size=random.choice((1, 3, 8, 64)),
        shuffle=random.random() < 0.8,
        seed=random.randrange(1000),
        dtype=random.choice(("float32", "float64")),
        evaluate_every=random.choice((None, 1, 7)),
    )
    if data.name in IMAGE_SETS and random.random() < 0.5:
        augmentation = random.choice(list(AUGMENTATION_SETUPS.values()))
        setup = replace(setup, data=replace(data, augmentation=augmentation))
    return fit(replace(setup, layers=_random_layers(random, setup)))


def _random_optimizer(random: Random) -> OptimizerSetup:
    name = random.choice(list(OPTIMIZERS))
    optimizer = OptimizerSetup(name, random.choice((0.001, 0.01, 0.05)))
    for option in OPTIMIZERS[name].options:
        if random.random() < 0.2:
            optimizer = _changed(optimizer, option)
    return optimizer


def _random_layers(random: Random, setup: Setup) -> tuple[LayerSetup, ...]:
    """Up to five layers of any kinds, as far as each takes what the one before it gives, and the outputs."""
    dataset = dataset_of(setup.data)
    layers = (SMALLER,) if len(dataset.input_shape) > 1 else ()
    for _ in range(random.randrange(6)):
        made = random.choice((layer, layer_in_full))(random.choice(layer_kinds()))
        longer = (*layers, made)
        try:
            Network([one.make() for one in longer], dataset.input_shape, setup.dtype, setup.seed)
        except ValueError:
            continue
        layers = longer
    layers = (*layers, LayerSetup("flatten"), LayerSetup("dense", 2))
    build_network(fit(replace(setup, layers=layers)), dataset)
    return layers
