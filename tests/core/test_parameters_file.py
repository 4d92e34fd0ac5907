"""Parameters in safetensors files: PyTorch's names, and what is refused.

The names and shapes expected here were loaded into the nn.Sequential models beside them, strictly, and gave
the same outputs (PyTorch 2.13); the tests themselves do without PyTorch.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.numpy import load_file, save, save_file

from visualnet.core.errors import VisualNetError
from visualnet.core.formats.parameters_file import read_parameters, write_parameters, write_tensors
from visualnet.core.formats.tensor_names import named_tensors
from visualnet.core.nn.layers import (
    BatchNorm,
    Conv2D,
    Dense,
    Flatten,
    GlobalAvgPool2D,
    LayerNorm,
    MaxPool2D,
    ReLU,
    Residual,
)
from visualnet.core.nn.network import Network
from visualnet.core.setup.setup import Setup
from visualnet.core.training.trainer import Trainer


def names(layers, input_shape):
    return {name: values.shape for name, values in named_tensors(Network(layers, input_shape)).items()}


def test_a_dense_layer_that_flattens_images_counts_as_two_modules():
    """As in nn.Sequential(nn.Flatten(), nn.Linear(12, 5), nn.ReLU(), nn.Linear(5, 3))."""
    shapes = {"1.weight": (5, 12), "1.bias": (5,), "3.weight": (3, 5), "3.bias": (3,)}
    assert names([Dense(5), ReLU(), Dense(3)], (4, 3)) == shapes
    assert names([Flatten(), Dense(5), ReLU(), Dense(3)], (4, 3)) == shapes


def test_a_convolution_s_names_are_those_of_pytorch():
    """As in nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2),
    Skip(nn.Conv2d(4, 4, 1)), nn.LayerNorm((4, 3, 3)), nn.Flatten(), nn.Linear(36, 3)).
    """
    layers = [
        Conv2D(4, 3),
        BatchNorm(),
        ReLU(),
        MaxPool2D(2),
        Residual([Conv2D(4, 1)]),
        LayerNorm(),
        Dense(3),
    ]
    assert names(layers, (8, 8)) == {
        "0.weight": (4, 1, 3, 3), "0.bias": (4,),
        "1.weight": (4,), "1.bias": (4,), "1.running_mean": (4,), "1.running_var": (4,),
        "4.0.weight": (4, 4, 1, 1), "4.0.bias": (4,),
        "5.weight": (4, 3, 3), "5.bias": (4, 3, 3),
        "7.weight": (3, 36), "7.bias": (3,),
    }  # fmt: skip


def test_a_global_pool_counts_as_two_modules():
    """As in nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 2))."""
    assert names([GlobalAvgPool2D(), Dense(2)], (3, 5, 5)) == {"2.weight": (2, 3), "2.bias": (2,)}


@pytest.fixture
def trainer(small_setup, digits):
    return Trainer(small_setup, digits)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "net.safetensors"


def test_a_file_brings_back_setup_and_bits(trainer, path):
    trainer.step()
    write_parameters(path, trainer)
    saved = read_parameters(path)
    assert saved.setup == trainer.setup
    assert saved.belong_to(trainer)
    assert saved.vector_for(trainer.network) == trainer.network.parameters.tobytes()


def test_a_state_dict_of_pytorch_s_is_read_without_its_step_counts(path):
    network = Network([Dense(3), BatchNorm()], (4,), np.float64)
    network.parameters[...] = np.arange(network.parameters.size)
    network.buffers[...] = np.arange(1, 7)
    save_file({**named_tensors(network), "1.num_batches_tracked": np.array(7)}, path)
    saved = read_parameters(path)
    assert saved.setup is None
    assert saved.vector_for(network) == network.parameters.tobytes() + network.buffers.tobytes()


def test_numbers_of_the_other_type_are_converted(trainer, path):
    tensors = {name: values.astype(np.float64) for name, values in named_tensors(trainer.network).items()}
    save_file(tensors, path)
    assert read_parameters(path).vector_for(trainer.network) == trainer.network.parameters.tobytes()


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda tensors: tensors.pop("3.bias"), r"holds no 3.bias, which this network needs"),
        (
            lambda tensors: tensors.update({"4.weight": np.ones(2)}),
            r"holds 4.weight, which this network does not",
        ),
        (
            lambda tensors: tensors.update({"3.bias": np.ones(4)}),
            r"holds 3.bias of shape \(4,\); this network needs \(3,\)",
        ),
        (
            lambda tensors: tensors.update({"3.bias": np.ones(3, np.int8)}),
            r"holds 3.bias as I8; parameters must",
        ),
    ],
)
def test_what_is_not_the_network_s_is_refused_by_name(trainer, path, change, fault):
    write_parameters(path, trainer)
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path)
    with pytest.raises(VisualNetError, match=fault):
        read_parameters(path).vector_for(trainer.network)


def test_a_file_s_setup_can_name_nothing_unknown(trainer, path):
    network = trainer.network
    write_tensors(path, network, Setup())
    with safe_open(path, framework="numpy") as file:
        setup = file.metadata()["visualnet_setup"]
    save_file(named_tensors(network), path, {"visualnet_setup": setup.replace('"dense"', '"os.system"')})
    with pytest.raises(VisualNetError, match=r"no layer is called 'os.system'"):
        read_parameters(path)


@given(data=st.data())
def test_a_damaged_file_gets_one_sentence(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("damaged") / "net.safetensors"
    network = Network([Dense(3)], (4,))
    content = bytearray(save(named_tensors(network), {"visualnet_setup": Setup().to_json()}))
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    try:
        read_parameters(path).vector_for(network)
    except VisualNetError as error:
        assert "\n" not in str(error)
