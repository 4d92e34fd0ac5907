"""Setups: JSON both ways, every field checked and named, nothing hostile gets through."""

import json
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from visualnet.core.errors import SetupError
from visualnet.core.nn.initializers import INITIALIZERS
from visualnet.core.nn.layers import activation_kinds, layer_kinds, layer_options
from visualnet.core.nn.losses import LOSSES, BinaryCrossEntropy, CrossEntropy, Huber
from visualnet.core.nn.optimizers import OPTIMIZERS, SGD, Adam, Momentum, Muon, RMSProp
from visualnet.core.nn.schedules import SCHEDULES
from visualnet.core.setup.augmentation import AugmentationSetup
from visualnet.core.setup.data import DataSetup
from visualnet.core.setup.layers import LayerSetup
from visualnet.core.setup.optimizer import InitializerSetup, OptimizerSetup
from visualnet.core.setup.regularization import RegularizationSetup
from visualnet.core.setup.schedule import ScheduleSetup
from visualnet.core.setup.setup import MAXIMUM_JSON_CHARACTERS, MAXIMUM_LAYERS, Setup

shares = st.floats(0, 0.999)
goals = st.none() | st.integers(1, 10**9)
texts = st.text(max_size=40)
dense = st.integers(1, 2000).map(lambda units: LayerSetup("dense", units))
activations = st.sampled_from(activation_kinds()).map(LayerSetup)
positive = st.floats(1e-9, 1e6)
schedules = st.builds(
    ScheduleSetup,
    name=st.sampled_from(sorted(SCHEDULES)),
    warmup_steps=st.integers(0, 10**9),
    total_steps=st.integers(1, 10**9),
    interval=goals,
    decay=st.floats(1e-9, 1),
    final=st.floats(0, 1),
    start=st.floats(1e-9, 1),
    rise=st.floats(1e-9, 0.99),
)
regularizations = st.builds(
    RegularizationSetup,
    l1=st.floats(0, 100),
    l2=st.floats(0, 100),
    weight_decay=st.floats(0, 100),
    clip_value=st.none() | positive,
    clip_norm=st.none() | positive,
    max_norm=st.none() | positive,
    ema_decay=st.none() | st.floats(1e-9, 0.999),
    patience=goals,
    min_delta=st.floats(0, 1e6),
)
setups = st.builds(
    Setup,
    name=texts,
    description=texts,
    data=st.builds(
        DataSetup,
        name=texts,
        train_size=goals,
        test_size=goals,
        count=st.integers(4, 1_000_000),
        noise=st.floats(0, 10),
        seed=st.integers(0, 2**63 - 1),
        directory=st.none() | texts,
        path=st.none() | texts,
        label=st.none() | texts | st.integers(1, 100),
        header=st.none() | st.booleans(),
        target=st.sampled_from(["auto", "classes", "values"]),
        classes=st.integers(2, 1000),
        colour=st.booleans(),
        test_share=st.floats(0.01, 0.9),
        validation_share=st.floats(0, 0.9),
        standardize=st.booleans(),
        augmentation=st.builds(
            AugmentationSetup,
            shift=st.floats(0, 100),
            rotate=st.floats(0, 180),
            scale=st.floats(0, 0.9),
            elastic=st.floats(0, 1000),
            elastic_sigma=st.floats(0.5, 100),
            noise=st.floats(0, 1),
        ),
    ),
    layers=st.tuples(st.lists(dense | activations, max_size=5), dense).map(
        lambda parts: (*parts[0], parts[1])
    ),
    loss=st.sampled_from(sorted(LOSSES)),
    label_smoothing=shares,
    huber_delta=st.floats(1e-6, 1e6),
    optimizer=st.builds(
        OptimizerSetup,
        name=st.sampled_from(sorted(OPTIMIZERS)),
        learning_rate=st.floats(1e-9, 1e6),
        momentum=st.none() | shares,
        beta1=st.none() | shares,
        beta2=st.none() | shares,
        alpha=st.none() | shares,
        epsilon=st.none() | st.floats(1e-12, 1),
        weight_decay=st.none() | st.floats(0, 100),
    ),
    schedule=schedules,
    regularization=regularizations,
    initializer=st.builds(
        InitializerSetup, name=st.sampled_from(sorted(INITIALIZERS)), scale=st.floats(1e-6, 1e6)
    ),
    batch_size=st.integers(1, 65_536),
    shuffle=st.booleans(),
    seed=st.integers(0, 2**63 - 1),
    dtype=st.sampled_from(["float32", "float64"]),
    threads=st.integers(1, 256),
    epochs=goals,
    steps=goals,
    evaluate_every=goals,
)


@given(setups)
def test_json_gives_back_the_same_setup(setup):
    text = setup.to_json()
    assert Setup.from_json(text) == setup
    assert Setup.from_json(text).to_json() == text


def test_fields_that_are_left_out_take_their_defaults():
    assert Setup.from_json("{}") == Setup()
    assert Setup.from_json('{"seed": 4, "data": {"count": 9}}') == Setup(seed=4, data=DataSetup(count=9))


WRONG = [None, True, "1", 1.5, -1, 0, [], {}, float("nan"), float("inf"), 10**13, 10**400, "", "no such"]
BAD_VALUES = {
    "name": [None, 1, [], "x" * 2001],
    "description": [None, 1, {}, "x" * 2001],
    "loss": WRONG,
    "label_smoothing": [value for value in WRONG if value != 0] + [1],
    "huber_delta": [value for value in WRONG if value != 1.5] + [1e7],
    "batch_size": [value for value in WRONG if value != 1],
    "shuffle": [None, 1, 0, "true", []],
    "seed": [value for value in WRONG if value not in (0, 10**13)] + [2**63],
    "dtype": [*WRONG, "float16", "object"],
    "threads": [*WRONG, 257],
    "epochs": [value for value in WRONG if value is not None],
    "steps": [value for value in WRONG if value is not None],
    "evaluate_every": [value for value in WRONG if value is not None],
    "data": [1, None, [], "mnist"],
    "data.name": [None, 1, [], {}],
    "data.train_size": [value for value in WRONG if value is not None],
    "data.test_size": [value for value in WRONG if value is not None],
    "data.count": [*WRONG, 3, 1_000_001],
    "data.noise": [value for value in WRONG if value not in (0, 1.5)] + [10.1],
    "data.seed": [value for value in WRONG if value not in (0, 10**13)] + [2**63],
    "data.directory": [1, [], {}, True],
    "data.path": [1, [], {}, True],
    "data.label": [value for value in WRONG if not isinstance(value, str) and value is not None],
    "data.header": [value for value in WRONG if value not in (None, True)],
    "data.target": WRONG,
    "data.classes": [*WRONG, 1, 1001],
    "data.image_height": [value for value in WRONG if value is not None],
    "data.image_width": [value for value in WRONG if value is not None],
    "data.colour": [value for value in WRONG if value is not True],
    "data.test_share": [*WRONG, 1, 0.95],
    "data.validation_share": [value for value in WRONG if value != 0] + [1, 0.95],
    "data.standardize": [value for value in WRONG if value is not True],
    "data.augmentation": [1, None, [], "shift"],
    "data.augmentation.shift": [value for value in WRONG if value not in (0, 1.5)] + [101],
    "data.augmentation.rotate": [value for value in WRONG if value not in (0, 1.5)] + [181],
    "data.augmentation.scale": [value for value in WRONG if value != 0] + [1],
    "data.augmentation.elastic": [value for value in WRONG if value not in (0, 1.5)] + [1001],
    "data.augmentation.elastic_sigma": [value for value in WRONG if value != 1.5] + [0.4, 101],
    "data.augmentation.noise": [value for value in WRONG if value != 0],
    "optimizer": [1, None, [], "adam"],
    "optimizer.name": WRONG,
    "optimizer.learning_rate": [value for value in WRONG if value != 1.5] + [1e7],
    "optimizer.momentum": [value for value in WRONG if value not in (0, None)] + [1, 1.0],
    "optimizer.beta1": [value for value in WRONG if value not in (0, None)] + [1, 1.0],
    "optimizer.beta2": [value for value in WRONG if value not in (0, None)] + [1, 1.0],
    "optimizer.alpha": [value for value in WRONG if value not in (0, None)] + [1, 1.0],
    "optimizer.epsilon": [value for value in WRONG if value is not None],
    "optimizer.weight_decay": [value for value in WRONG if value not in (0, 1.5, None)] + [101],
    "schedule": [1, None, [], "cosine"],
    "schedule.name": WRONG,
    "schedule.warmup_steps": [value for value in WRONG if value != 0],
    "schedule.total_steps": [value for value in WRONG if value is not None],
    "schedule.interval": [value for value in WRONG if value is not None],
    "schedule.decay": [*WRONG, 1.1],
    "schedule.final": [value for value in WRONG if value != 0] + [1.1],
    "schedule.start": [*WRONG, 1.1],
    "schedule.rise": [*WRONG, 1.0],
    "regularization": [1, None, [], "l2"],
    "regularization.l1": [value for value in WRONG if value not in (0, 1.5)] + [101],
    "regularization.l2": [value for value in WRONG if value not in (0, 1.5)] + [101],
    "regularization.weight_decay": [value for value in WRONG if value not in (0, 1.5)] + [101],
    "regularization.clip_value": [value for value in WRONG if value not in (None, 1.5)] + [1e7],
    "regularization.clip_norm": [value for value in WRONG if value not in (None, 1.5)] + [1e7],
    "regularization.max_norm": [value for value in WRONG if value not in (None, 1.5)] + [1e7],
    "regularization.ema_decay": [value for value in WRONG if value is not None] + [1.0],
    "regularization.patience": [value for value in WRONG if value is not None],
    "regularization.min_delta": [value for value in WRONG if value not in (0, 1.5)] + [1e7],
    "initializer": [1, None, [], "he"],
    "initializer.name": WRONG,
    "initializer.scale": [value for value in WRONG if value != 1.5] + [1e7],
    "visualnet": [0, 2, "1", None, []],
    "layers": [None, 1, "dense", {}, [], [{"kind": "relu"}], [{"kind": "dense", "units": 1}] * 65],
}


def put(plain, field, value):
    """The value in the place of the field with this dotted path."""
    *parts, name = field.split(".")
    for part in parts:
        plain = plain[part]
    plain[name] = value


@pytest.mark.parametrize(
    ("field", "value"), [(field, value) for field, values in BAD_VALUES.items() for value in values]
)
def test_a_bad_value_is_refused_with_its_field_s_name(field, value):
    plain = Setup().to_dict()
    put(plain, field, value)
    with pytest.raises(SetupError) as caught:
        Setup.from_json(json.dumps(plain))
    assert caught.value.field == field
    assert str(caught.value).startswith(f"{field}: ")
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("layer", "field"),
    [
        ({"kind": "dense", "units": 0}, "layers[1].units"),
        ({"kind": "dense", "units": 16_385}, "layers[1].units"),
        ({"kind": "dense", "units": 2.0}, "layers[1].units"),
        ({"kind": "dense", "units": [3]}, "layers[1].units"),
        ({"kind": "dense"}, "layers[1].units"),
        ({"kind": "relu", "units": 3}, "layers[1].units"),
        ({"kind": "no such"}, "layers[1].kind"),
        ({"kind": "os.system"}, "layers[1].kind"),
        ({"kind": ["dense"]}, "layers[1].kind"),
        ({"kind": None}, "layers[1].kind"),
        ({"kind": "relu", "self": 3}, "layers[1].self"),
        ({"kind": "conv2d", "channels": 4}, "layers[1].kernel"),
        ({"kind": "conv2d", "channels": 10**9, "kernel": 3}, "layers[1].channels"),
        ({"kind": "conv2d", "channels": 4, "kernel": 10**9}, "layers[1].kernel"),
        ({"kind": "conv2d", "channels": 4, "kernel": 3, "stride": None}, "layers[1].stride"),
        ({"kind": "conv2d", "channels": 4, "kernel": 3, "padding": "full"}, "layers[1].padding"),
        ({"kind": "conv2d", "channels": 4, "kernel": 3, "padding": True}, "layers[1].padding"),
        ({"kind": "conv2d", "channels": 4, "kernel": 3, "padding": []}, "layers[1].padding"),
        ({"kind": "conv2d", "channels": 4, "kernel": 3, "padding": 3}, "layers[1]"),
        ({"kind": "max-pool2d", "size": 0}, "layers[1].size"),
        ({"kind": "avg-pool2d", "stride": 0}, "layers[1].stride"),
        ({"kind": "dropout", "rate": "0.5"}, "layers[1].rate"),
        ({"kind": "dropout", "rate": 1}, "layers[1]"),
        ({"kind": "dropout", "rate": float("nan")}, "layers[1].rate"),
        ({"kind": "batch-norm", "momentum": 2}, "layers[1]"),
        ({"kind": "batch-norm", "epsilon": 0}, "layers[1]"),
        ({"kind": "layer-norm", "epsilon": []}, "layers[1].epsilon"),
        ({"kind": "residual"}, "layers[1].layers"),
        ({"kind": "residual", "layers": []}, "layers[1].layers"),
        ({"kind": "residual", "layers": "dense"}, "layers[1].layers"),
        ({"kind": "residual", "layers": ["dense"]}, "layers[1].layers[0]"),
        ({"kind": "residual", "layers": [{"kind": "tanh"}, {"kind": "dense"}]}, "layers[1].layers[1].units"),
        ({"units": 3}, "layers[1].kind"),
        ({"kind": "relu", "inputs": 3}, "layers[1].inputs"),
        ("dense", "layers[1]"),
        (7, "layers[1]"),
        ([[]], "layers[1]"),
    ],
)
def test_a_bad_layer_is_refused(layer, field):
    with pytest.raises(SetupError) as caught:
        Setup.from_json(json.dumps({"layers": [{"kind": "dense", "units": 2}, layer]}))
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ('{"nonsense": 1}', "nonsense"),
        ('{"data": {"nonsense": 1}}', "data.nonsense"),
        ('{"data": {"augmentation": {"turn": 1}}}', "data.augmentation.turn"),
        ('{"data": {"image_height": 3}}', "data.image_width"),
        ('{"optimizer": {"rate": 1}}', "optimizer.rate"),
        ('{"schedule": {"steps": 1}}', "schedule.steps"),
        ('{"regularization": {"dropout": 1}}', "regularization.dropout"),
        ('{"schedule": {"name": "cosine"}, "epochs": null}', "schedule.total_steps"),
        ('{"initializer": {"": 1}}', "initializer."),
        ('{"__class__": 1}', "__class__"),
        ('{"hidden": [1]}', "hidden"),
        ("", "setup"),
        ("{", "setup"),
        ("null", "setup"),
        ("[]", "setup"),
        ("NaN", "setup"),
        ('"mnist"', "setup"),
        ('{"seed": ' + "9" * 5000 + "}", "setup"),
        ("[" * 60_000, "setup"),
        ('{"seed": ' + "[" * 900 + "]" * 900 + "}", "seed"),
        ('{"data": ' + "[" * 900 + "]" * 900 + "}", "data"),
        ('{"layers": ' + "[" * 900 + "]" * 900 + "}", "layers[0]"),
        (" " * MAXIMUM_JSON_CHARACTERS + "{}", "setup"),
    ],
)
def test_hostile_json_is_refused_with_one_sentence(text, field):
    with pytest.raises(SetupError) as caught:
        Setup.from_json(text)
    assert caught.value.field == field
    assert "\n" not in str(caught.value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
field_names = st.sampled_from(sorted(BAD_VALUES))


@given(field_names, json_values)
@example("optimizer.learning_rate", 10**400)
def test_whatever_a_field_holds_it_is_a_setup_or_a_setup_error(field, value):
    plain = Setup().to_dict()
    put(plain, field, value)
    try:
        setup = Setup.from_json(json.dumps(plain))
    except SetupError as error:
        assert error.fault
    else:
        assert Setup.from_json(setup.to_json()) == setup


@given(json_values)
def test_whatever_the_json_is_it_is_a_setup_or_a_setup_error(value):
    try:
        assert isinstance(Setup.from_json(json.dumps(value)), Setup)
    except SetupError as error:
        assert error.fault


def test_python_callers_meet_the_same_checks():
    with pytest.raises(SetupError, match="batch_size: must be a whole number from 1 to 65,536, not 0"):
        replace(Setup(), batch_size=0)
    with pytest.raises(SetupError, match="layers: must be at most 64"):
        Setup(layers=(LayerSetup("dense", 2),) * (MAXIMUM_LAYERS + 1))


@pytest.mark.parametrize(("name", "kind"), LOSSES.items())
def test_losses_are_made_as_described(name, kind):
    loss = Setup(loss=name, label_smoothing=0.3, huber_delta=0.5).make_loss()
    assert type(loss) is kind
    if kind in (CrossEntropy, BinaryCrossEntropy):
        assert loss.label_smoothing == 0.3
    if kind is Huber:
        assert loss.delta == 0.5


def test_optimizers_are_made_as_described():
    adam = OptimizerSetup("adam", 0.1, beta1=0.2, beta2=0.3, epsilon=0.4).make()
    assert isinstance(adam, Adam)
    assert (adam.learning_rate, adam.beta1, adam.beta2, adam.epsilon) == (0.1, 0.2, 0.3, 0.4)
    momentum = OptimizerSetup("momentum", 0.1, momentum=0.7).make()
    assert isinstance(momentum, Momentum)
    assert (momentum.learning_rate, momentum.momentum) == (0.1, 0.7)
    muon = OptimizerSetup("muon", 0.1, momentum=0.7, beta1=0.2, weight_decay=0.5).make()
    assert isinstance(muon, Muon)
    assert (muon.momentum, muon.beta1, muon.beta2, muon.weight_decay) == (0.7, 0.2, 0.999, 0.5)
    rmsprop = OptimizerSetup("rmsprop", 0.1, alpha=0.3).make()
    assert isinstance(rmsprop, RMSProp)
    assert (rmsprop.alpha, rmsprop.epsilon) == (0.3, 1e-8)
    sgd = OptimizerSetup("sgd", 0.3).make()
    assert isinstance(sgd, SGD)
    assert sgd.learning_rate == 0.3


def described(setup):
    return [(layer.kind, layer.units) for layer in setup.layers]


def with_layers(*kinds):
    return Setup(layers=tuple(LayerSetup("dense", k) if isinstance(k, int) else LayerSetup(k) for k in kinds))


@pytest.mark.parametrize(
    ("before", "arguments", "after"),
    [
        ((8, "tanh", 3), ((5, 4),), (5, "tanh", 4, "tanh", 3)),
        ((8, "tanh", 3, "sigmoid"), ((5,),), (5, "tanh", 3, "sigmoid")),
        ((8, "tanh", 3), ((),), (3,)),
        ((3,), ((5,),), (5, "relu", 3)),
        ((3, "sigmoid"), ((5,), "tanh"), (5, "tanh", 3, "sigmoid")),
        ((8, 6, 3), ((5,),), (5, "identity", 3)),
        (("identity", 8, "tanh", 3), ((5,),), ("identity", 5, "tanh", 3)),
        (("flatten", 8, "tanh", 6, 3), ((5, 4),), ("flatten", 5, "tanh", 4, "tanh", 3)),
        (("flatten", 8, "dropout", 3), ((5,),), ("flatten", 5, "identity", 3)),
        ((8, "tanh", 3), ((5,), "relu"), (5, "relu", 3)),
    ],
)
def test_with_hidden_keeps_the_output_layer_and_the_activation(before, arguments, after):
    assert described(with_layers(*before).with_hidden(*arguments)) == described(with_layers(*after))


def test_with_hidden_is_seen_in_hidden():
    setup = with_layers(8, "tanh", 3).with_hidden((7, 6, 5))
    assert setup.hidden == (7, 6, 5)
    assert with_layers(3).hidden == ()


def test_with_hidden_refuses_what_is_no_activation_and_no_size():
    with pytest.raises(SetupError):
        Setup().with_hidden((5,), "no such")
    with pytest.raises(SetupError):
        Setup().with_hidden((5,), "dense")
    with pytest.raises(SetupError):
        Setup().with_hidden((0,))


def plain_texts(plain, path=()):
    """Where a text stands, or may stand, in a Setup's plain values."""
    for key, value in plain.items():
        if isinstance(value, dict):
            yield from plain_texts(value, (*path, key))
        elif isinstance(value, str) or key in ("path", "directory", "label"):
            yield (*path, key)


@pytest.mark.parametrize("text", ["\ud800", "caf\udce9.csv"])
@pytest.mark.parametrize("place", [*plain_texts(Setup().to_dict())], ids=".".join)
def test_a_text_that_no_file_could_hold_is_refused_at_once(place, text):
    """A file's name that is not UTF-8 comes as half characters; found out only when a run is saved, it is too late."""
    plain = Setup().to_dict()
    part = plain
    for name in place[:-1]:
        part = part[name]
    part[place[-1]] = text
    with pytest.raises(SetupError, match=place[-1]) as caught:
        Setup.from_json(json.dumps(plain))
    str(caught.value).encode()


def numbers_of(plain, path=()):
    """Where a number stands, or may stand, in a Setup's plain values."""
    for key, value in plain.items():
        if isinstance(value, dict):
            yield from numbers_of(value, (*path, key))
        elif key not in ("visualnet", "layers", "path", "directory") and not isinstance(value, (str, bool)):
            yield (*path, key)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400", "-1e400", "9" * 400])
def test_a_number_that_none_can_count_with_is_refused_in_every_field(number):
    places = list(numbers_of(Setup().to_dict()))
    assert len(places) > 40
    for place in places:
        text = number
        for name in reversed(place):
            text = f'{{"{name}": {text}}}'
        with pytest.raises(SetupError, match=place[-1]) as caught:
            Setup.from_json(text)
        assert len(str(caught.value)) < 200


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e400", "9" * 400])
def test_a_number_that_none_can_count_with_is_refused_in_every_layer(number):
    for kind in layer_kinds():
        for option, default in layer_options(kind).items():
            if option != "layers" and not isinstance(default, (bool, str)):
                text = f'{{"layers": [{{"kind": "{kind}", "{option}": {number}}}]}}'
                with pytest.raises(SetupError, match="layers"):
                    Setup.from_json(text)
