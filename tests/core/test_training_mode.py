"""Layers that behave otherwise in training: what they draw and remember, and that a run with them is a value."""

from dataclasses import replace

import numpy as np
import pytest

from visualnet.core.errors import SetupError, VisualNetError
from visualnet.core.formats.parameters_file import read_parameters, write_parameters
from visualnet.core.messages.commands import Change, SetParameters
from visualnet.core.nn.layers import BatchNorm, Conv2D, Dense, Dropout, LayerNorm, Residual, Tanh
from visualnet.core.nn.network import Network
from visualnet.core.probes.predictions import PredictionsProbe
from visualnet.core.probes.weights import WeightsProbe, WeightView
from visualnet.core.setup.layers import LayerSetup
from visualnet.core.setup.setup import Setup
from visualnet.core.training.checkpoint import TrainerState
from visualnet.core.training.diverged import Diverged
from visualnet.core.training.model_view import TrainerView
from visualnet.core.training.trainer import Trainer


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def kept(network, step):
    """Which of many ones pass the network's only layer in this step."""
    return network.forward(np.ones((50, 40), network.dtype), step) > 1


def test_dropout_leaves_out_its_share_and_keeps_the_mean():
    network = Network([Dropout(0.3)], (400,), np.float64, seed=1)
    outputs = network.forward(np.ones((400, 500)), step=0)
    assert set(np.unique(outputs)) == {0, 1 / 0.7}
    # Five standard deviations of a mean of 200,000 draws.
    assert abs((outputs == 0).mean() - 0.3) < 5 * np.sqrt(0.21 / 200_000)


def test_dropout_lets_gradients_pass_where_it_let_numbers_pass():
    layer = Dropout(0.5)
    network = Network([layer], (20,), np.float64)
    inputs, gradient = numbers(20, 8), numbers(20, 8, seed=1)
    outputs = network.forward(inputs, step=4)
    np.testing.assert_allclose(layer.backward(gradient) * inputs, outputs * gradient)


def test_dropout_outside_training_does_nothing():
    network = Network([Dropout(0.5)], (20,), np.float64)
    inputs = numbers(20, 8)
    network.forward(inputs, step=4)
    np.testing.assert_array_equal(network.forward(inputs), inputs)
    np.testing.assert_array_equal(network.predict(inputs.T), inputs.T)
    np.testing.assert_array_equal(network.layers[0].backward(inputs), inputs)


def test_what_dropout_draws_follows_from_seed_place_and_step_alone():
    first, again = (Network([Dropout(0.5)], (50,), np.float64, seed=3) for _ in range(2))
    mask = kept(first, 7)
    kept(again, 2)
    np.testing.assert_array_equal(kept(again, 7), mask)
    single = Network([Dropout(0.5)], (50,), np.float32, seed=3)
    np.testing.assert_array_equal(kept(single, 7), mask)
    others = [
        kept(first, 8),
        kept(Network([Dropout(0.5)], (50,), np.float64, seed=4), 7),
        kept(Network([Tanh(), Dropout(0.5)], (50,), np.float64, seed=3), 7),
        kept(Network([Residual([Dropout(0.5)])], (50,), np.float64, seed=3), 7),
    ]
    for other in others:
        assert 0.4 < (other == mask).mean() < 0.6


def test_two_dropouts_in_one_block_draw_their_own():
    block = Residual([Dropout(0.5), Residual([Tanh(), Dropout(0.5)])])
    network = Network([block], (50,), np.float64)
    network.forward(np.ones((50, 40)), step=0)
    inner = block.layers[1].layers[1]
    assert (block.layers[0].place, inner.place) == ((0, 0), (0, 1, 1))
    assert 0.4 < (block.layers[0]._kept == inner._kept).mean() < 0.6


def normalized(values, axis, epsilon=1e-5):
    mean, variance = values.mean(axis, keepdims=True), values.var(axis, keepdims=True)
    return (values - mean) / np.sqrt(variance + epsilon)


@pytest.mark.parametrize(("shape", "axis"), [((4,), (1,)), ((4, 3, 5), (1, 2, 3)), ((3, 5), (0, 1, 2))])
def test_batch_norm_normalises_over_batch_and_places_and_remembers(shape, axis):
    layer = BatchNorm(momentum=0.25)
    network = Network([layer], shape, np.float64)
    channels = 1 if len(shape) == 2 else shape[0]
    network.parameters[...] = numbers(2 * channels, seed=1)
    weight, bias = (part.reshape(-1, *[1] * (len(axis))) for part in (layer.weight, layer.bias))
    if len(shape) == 2:
        weight, bias = weight[0], bias[0]
    mean, variance = np.zeros(channels), np.ones(channels)
    for step in range(3):
        inputs = 2 + 3 * numbers(*shape, 6, seed=step)
        outputs = network.forward(inputs, step)
        np.testing.assert_allclose(outputs, weight * normalized(inputs, axis) + bias, rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(layer.running_mean, mean)
        network.backward(np.ones_like(inputs))
        mean = 0.75 * mean + 0.25 * inputs.mean(axis).reshape(-1)
        variance = 0.75 * variance + 0.25 * inputs.var(axis, ddof=1).reshape(-1)
        np.testing.assert_allclose(layer.running_mean, mean)
        np.testing.assert_allclose(layer.running_var, variance)
    np.testing.assert_array_equal(network.buffers, [*layer.running_mean, *layer.running_var])
    kept_buffers = network.buffers.copy()
    outputs = network.forward(inputs)
    mean, variance = mean.reshape(weight.shape), variance.reshape(weight.shape)
    np.testing.assert_allclose(outputs, weight * (inputs - mean) / np.sqrt(variance + 1e-5) + bias)
    layer.backward(np.ones_like(inputs))
    np.testing.assert_array_equal(network.buffers, kept_buffers)


def test_batch_norm_takes_one_number_alone_as_in_use():
    layer = BatchNorm()
    network = Network([layer], (4,), np.float64)
    network.parameters[...] = 1
    network.buffers[...] = [1, 2, 3, 4, 5, 6, 7, 8]
    inputs = numbers(4, 1)
    expected = network.forward(inputs).copy()
    np.testing.assert_array_equal(network.forward(inputs, step=0), expected)
    network.backward(np.ones((4, 1)))
    np.testing.assert_array_equal(network.buffers, [1, 2, 3, 4, 5, 6, 7, 8])
    image = Network([BatchNorm()], (2, 3, 3), np.float64)
    image.parameters[...] = 1
    assert abs(image.forward(numbers(2, 3, 3, 1), step=0).mean()) < 1 + 1e-12


def test_layer_norm_normalises_each_example():
    for shape in ((6,), (2, 3, 4)):
        layer = LayerNorm()
        network = Network([layer], shape, np.float64)
        network.parameters[...] = numbers(*network.parameters.shape)
        inputs = numbers(*shape, 5, seed=1)
        expected = normalized(inputs, tuple(range(len(shape))))
        expected = layer.weight[..., np.newaxis] * expected + layer.bias[..., np.newaxis]
        np.testing.assert_allclose(network.forward(inputs), expected, rtol=1e-10, atol=1e-12)


def test_norms_start_by_normalising_alone():
    network = Network([Dense(3), BatchNorm(), LayerNorm()], (4,))
    network.initialize("uniform", 0.5, 0)
    for index in (1, 2):
        np.testing.assert_array_equal(network.layers[index].weight, 1)
        np.testing.assert_array_equal(network.layers[index].bias, 0)


def test_a_block_adds_what_its_layers_say():
    inner = Dense(3)
    network = Network([Residual([inner, Tanh()])], (3,), np.float64)
    network.parameters[...] = numbers(12)
    inputs = numbers(3, 2)
    expected = inputs + np.tanh(inner.weight @ inputs + inner.bias[:, np.newaxis])
    np.testing.assert_allclose(network.forward(inputs), expected)
    assert list(network.split(network.parameters)[0]) == ["0.weight", "0.bias"]


def test_no_gradient_is_computed_for_layers_that_nothing_learns_before():
    class Watched(Tanh):
        def backward(self, output_gradient, need_input_gradient=True):
            raise AssertionError("nobody needs this")

    network = Network([Watched(), Residual([Dense(3)]), Tanh(), Dense(2)], (3,), np.float64)
    network.parameters[...] = numbers(20)
    network.forward(numbers(3, 4), step=0)
    network.backward(np.ones((2, 4)))
    assert np.count_nonzero(network.gradients) == 20


LAYERS = (
    LayerSetup("conv2d", channels=3, kernel=2, padding="same"),
    LayerSetup("batch-norm"),
    LayerSetup("tanh"),
    LayerSetup("max-pool2d", size=2, stride=1),
    LayerSetup("residual", layers=[
        LayerSetup("dropout", rate=0.2), LayerSetup("conv2d", channels=3, kernel=3, padding="same"),
        LayerSetup("batch-norm", momentum=0.3),
    ]),
    LayerSetup("avg-pool2d", size=2, stride=1),
    LayerSetup("flatten"),
    LayerSetup("dropout", rate=0.5),
    LayerSetup("dense", 6),
    LayerSetup("layer-norm"),
    LayerSetup("dense", 3),
)  # fmt: skip


@pytest.fixture
def setup(small_setup):
    return replace(small_setup, layers=LAYERS, initializer=replace(small_setup.initializer, name="uniform"))


def take(trainer, steps):
    for _ in range(steps):
        trainer.step()
    return trainer.state.to_bytes()


def test_a_setup_with_such_layers_goes_through_json(setup):
    again = Setup.from_json(setup.to_json())
    assert again == setup
    assert again.to_json() == setup.to_json()
    assert setup.to_dict()["layers"][8] == {"kind": "dense", "units": 6}
    assert hash(again.layers) == hash(setup.layers)


def nested(depth):
    layer = {"kind": "tanh"}
    for _ in range(depth):
        layer = {"kind": "residual", "layers": [layer]}
    return layer


def test_blocks_nest_only_so_deep_and_their_layers_count():
    read = Setup.from_dict
    dense = {"kind": "dense", "units": 3}
    assert read({"layers": [nested(4), dense]}).layers[0].depth == 4
    for depth in (5, 400):
        with pytest.raises(SetupError, match=r"^layers\[0\][^:]*: must not be nested more than 4 deep"):
            read({"layers": [nested(depth), dense]})
    many = {"kind": "residual", "layers": [{"kind": "tanh"}] * 40}
    with pytest.raises(SetupError, match="layers: must be at most 64, those in blocks included"):
        read({"layers": [many, many, dense]})


@pytest.mark.parametrize("moment", [0, 1, 9, 10, 17])
def test_a_run_with_such_layers_can_be_restored_from_bytes(digits, setup, moment):
    trainer = Trainer(setup, digits)
    data = take(trainer, moment)
    expected = take(trainer, 12)
    other = Trainer(setup, digits)
    other.restore(TrainerState.from_bytes(data))
    assert take(other, 12) == expected
    trainer.restore(TrainerState.from_bytes(data))
    assert take(trainer, 12) == expected


def test_looking_at_a_run_changes_no_bit(digits, setup):
    busy, quiet = Trainer(setup, digits), Trainer(setup, digits)
    for _ in range(12):
        busy.step()
        busy.evaluate()
        PredictionsProbe(32).result(TrainerView(busy))
        WeightsProbe(0, WeightView.CHANGE).result(TrainerView(busy))
        quiet.step()
    assert busy.state.to_bytes() == quiet.state.to_bytes()
    assert take(busy, 3) == take(quiet, 3)


def test_a_step_that_breaks_changes_neither_parameters_nor_buffers(digits, setup):
    trainer = Trainer(setup, digits)
    take(trainer, 3)
    trainer.network.layers[-1].bias[0] = np.nan
    before = trainer.state.to_bytes()
    with pytest.raises(Diverged) as caught:
        trainer.step()
    assert trainer.state.to_bytes() == before
    assert (caught.value.diagnosis.layer, caught.value.diagnosis.part) == (10, "bias")


def test_a_broken_weight_in_a_block_is_named(digits, setup):
    trainer = Trainer(setup, digits)
    trainer.network.layers[4].layers[1].weight[0, 0, 0, 0] = np.inf
    with pytest.raises(Diverged, match="not finite in the weight of Block 2\\.") as caught:
        trainer.step()
    assert caught.value.diagnosis.part == "1.weight"


def test_a_state_of_another_network_s_buffers_is_refused(digits, setup):
    trainer = Trainer(setup, digits)
    state = trainer.state
    wrong = replace(state, vectors={**state.vectors, "buffers": np.zeros(3, np.float32)})
    with pytest.raises(VisualNetError, match="of another network"):
        trainer.restore(wrong)
    assert trainer.state.to_bytes() == state.to_bytes()


def test_saved_parameters_bring_their_buffers(digits, setup, tmp_path):
    trainer, fresh = Trainer(setup, digits), Trainer(setup, digits)
    take(trainer, 9)
    write_parameters(tmp_path / "a.safetensors", trainer)
    saved = read_parameters(tmp_path / "a.safetensors")
    assert {"1.running_mean", "4.2.running_var", "4.1.weight", "0.bias"} < saved.tensors.keys()
    assert saved.belong_to(fresh)
    fresh.apply(SetParameters(saved.vector_for(fresh.network)))
    np.testing.assert_array_equal(fresh.network.parameters, trainer.network.parameters)
    np.testing.assert_array_equal(fresh.network.buffers, trainer.network.buffers)
    assert fresh.evaluate() == trainer.evaluate()


def test_parameters_alone_leave_the_buffers(digits, setup):
    trainer = Trainer(setup, digits)
    take(trainer, 2)
    buffers = trainer.network.buffers.copy()
    trainer.apply(SetParameters(np.zeros_like(trainer.network.parameters).tobytes()))
    np.testing.assert_array_equal(trainer.network.buffers, buffers)


def test_kernels_are_seen_row_by_row(digits, setup):
    trainer = Trainer(setup, digits)
    layer = trainer.network.layers[0]
    np.testing.assert_array_equal(WeightsProbe(0).result(TrainerView(trainer)), layer.weight.reshape(3, 4))
    assert WeightsProbe(1).result(TrainerView(trainer)) is None
    assert TrainerView(trainer).layers[0].weight_shape == (3, 1, 2, 2)


WIDE = (LayerSetup("conv2d", channels=4096, kernel=2), LayerSetup("dense", 3))


def test_layers_that_would_take_the_machine_s_memory_are_refused(digits, setup):
    with pytest.raises(SetupError, match="make 67,158,019 parameters"):
        Trainer(
            replace(setup, layers=(WIDE[0], LayerSetup("conv2d", channels=4096, kernel=2), WIDE[1])), digits
        )
    wide = replace(setup, layers=WIDE, batch_size=65_536)
    many = replace(
        digits, train=type(digits.train)(*(np.repeat(part, 200, 0) for part in vars(digits.train).values()))
    )
    with pytest.raises(SetupError, match=r"batch_size: 60,000 examples at once would take .* GiB"):
        Trainer(wide, many)
    trainer = Trainer(replace(wide, batch_size=32), many)
    with pytest.raises(SetupError, match="examples at once"):
        trainer.apply(Change(batch_size=65_536))
    assert trainer.batch_size == 32


@pytest.mark.parametrize("layer", [Conv2D(2, 3), Dense(2)])
def test_a_channel_s_first_weights_follow_from_the_seed_alone(layer):
    network = Network([layer], (1, 5, 5))
    network.initialize("uniform", 0.5, 7)
    first = network.parameters.copy()
    network.initialize("uniform", 0.5, 7)
    np.testing.assert_array_equal(network.parameters, first)
    assert len(np.unique(first)) == len(first)
