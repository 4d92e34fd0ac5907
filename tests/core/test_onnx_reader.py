"""ONNX files read: what was written comes back, and what is not known or not sound gets one sentence."""

import subprocess
import sys

import numpy as np
import onnx
import pytest
from click.testing import CliRunner
from onnx import TensorProto, helper, numpy_helper

from tests.core.test_onnx_writer import NETWORKS, example_network, network_of
from visualnet.cli import main
from visualnet.core.errors import DataError, VisualNetError
from visualnet.core.formats.onnx_reader import import_onnx
from visualnet.core.formats.onnx_writer import export_onnx
from visualnet.core.formats.parameters_file import read_parameters, write_parameters
from visualnet.core.nn.layers import BatchNorm, Conv2D, Dense, Dropout, Residual, SiLU, Tanh
from visualnet.core.setup.data import DataSetup
from visualnet.core.setup.layers import LayerSetup
from visualnet.core.setup.setup import Setup
from visualnet.core.training.trainer import Trainer


@pytest.fixture
def path(tmp_path):
    return tmp_path / "net.onnx"


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_network_comes_back_bit_for_bit(name, dtype, path):
    network = example_network(name, dtype)
    export_onnx(network, path)
    again = import_onnx(path).network
    assert (again.input_shape, again.dtype) == (network.input_shape, dtype)
    inputs = np.random.default_rng(3).normal(size=(4, *network.input_shape))
    np.testing.assert_array_equal(again.predict(inputs), network.predict(inputs))


def test_layers_come_back_with_the_options_that_were_written(path):
    block = Residual([Conv2D(2, 3, padding="same"), SiLU()])
    layers = [Conv2D(2, 3, 2, "same"), BatchNorm(0.3, 1e-3), block, Dropout(0.2), Dense(3), Tanh()]
    export_onnx(network_of(layers, (1, 6, 6)), path)
    assert import_onnx(path).layers == (
        LayerSetup("conv2d", channels=2, kernel=3, stride=2, padding="same"),
        LayerSetup("batch-norm", momentum=0.3, epsilon=1e-3),
        LayerSetup(
            "residual",
            layers=[LayerSetup("conv2d", channels=2, kernel=3, padding="same"), LayerSetup("silu")],
        ),
        LayerSetup("dropout", rate=0.2),
        LayerSetup("flatten"),
        LayerSetup("dense", 3),
        LayerSetup("tanh"),
    )


def model_of(nodes, tensors=None, input_shape=("batch", 4), operator_set=20):
    """A model of these nodes, from x to y."""
    arrays = {name: np.asarray(array, np.float32) for name, array in (tensors or {}).items()}
    graph = helper.make_graph(
        nodes,
        "test",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, input_shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None] * len(input_shape))],
        [numpy_helper.from_array(array, name) for name, array in arrays.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", operator_set)], ir_version=9)


def node(operator, inputs, output="y", **attributes):
    return helper.make_node(operator, inputs, [output], **attributes)


DENSE = node("Gemm", ["x", "w", "b"], transB=1)
NUMBERS = {"w": np.ones((3, 4)), "b": np.zeros(3)}

UNKNOWN = {
    "Softmax": ([node("Softmax", ["x"])], {}, "has the operator Softmax, which is no layer here; known are Relu"),
    "other domain": ([node("Relu", ["x"], domain="evil")], {}, "has the operator evil.Relu"),
    "computed weights": (
        [node("Relu", ["w"], "v"), node("Gemm", ["x", "v"])],
        NUMBERS,
        "has a Gemm whose input 2 is not in the file as numbers",
    ),
    "attribute": ([node("MaxPool", ["x"], kernel_shape=[2, 2], dilations=[2, 2])], {}, r"with dilations \[2, 2\]"),
    "aside": ([DENSE, node("Relu", ["w"], "z")], NUMBERS, "has a Relu that is not on the way"),
    "two ways": (
        [node("Relu", ["x"], "a"), node("Tanh", ["x"], "b2"), node("Add", ["a", "b2"])],
        {},
        "uses x in 2 places",
    ),
    "a sum with itself": ([node("Add", ["x", "x"])], {}, "has an Add of one value to itself"),
    "no gate": ([node("Sigmoid", ["x"], "s"), node("Mul", ["x", "x"])], {}, "has a Mul that is not x"),
    "transposed batch": ([node("Gemm", ["x", "w"], transA=1)], NUMBERS, "has a Gemm with transA 1"),
    "too many weights": ([node("Gemm", ["x", "w"], transB=1)], {"w": np.ones((3, 5))}, "has a dense layer whose weight"),
    "two outputs": (
        [helper.make_node("Dropout", ["x"], ["y", "mask"])],
        {},
        "has a Dropout with 2 outputs",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_is_not_known_is_refused_by_name(name, path):
    nodes, tensors, sentence = UNKNOWN[name]
    shape = ("batch", 1, 4, 4) if name == "attribute" else ("batch", 4)
    onnx.save(model_of(nodes, tensors, shape), path)
    with pytest.raises(DataError, match=sentence):
        import_onnx(path)


def test_an_attribute_that_nobody_reads_is_refused(path):
    """Gemm had one until operator set 7."""
    onnx.save(model_of([node("Gemm", ["x", "w", "b"], transB=1, broadcast=1)], NUMBERS, operator_set=6), path)
    with pytest.raises(DataError, match="has a Gemm with 'broadcast', which is not known here"):
        import_onnx(path)


def test_a_normalisation_of_the_last_axis_alone_is_refused(path):
    """Which is what the operator does where nothing is said."""
    layer_norm = node("LayerNormalization", ["x", "w"])
    onnx.save(model_of([layer_norm], {"w": np.ones((3, 4))}, ("batch", 3, 4)), path)
    with pytest.raises(DataError, match="has a LayerNormalization from axis -1 on"):
        import_onnx(path)


@pytest.mark.parametrize("side", ["UPPER", "LOWER"])
def test_the_odd_zero_lies_where_the_file_says(side, path):
    conv = node("Conv", ["x", "w"], auto_pad=f"SAME_{side}")
    onnx.save(model_of([conv], {"w": np.ones((1, 1, 2, 2))}, ("batch", 1, 5, 5)), path)
    if side == "UPPER":
        assert import_onnx(path).layers == (LayerSetup("conv2d", channels=1, kernel=2, padding="same"),)
    else:
        with pytest.raises(DataError, match="has a Conv whose windows no padding of ours reaches"):
            import_onnx(path)


def test_a_sound_model_of_the_same_make_is_read(path):
    onnx.save(model_of([DENSE], NUMBERS), path)
    np.testing.assert_array_equal(import_onnx(path).network.predict(np.ones((2, 4))), np.full((2, 3), 4))


def test_numbers_in_another_file_are_refused_unread(tmp_path, path):
    model = model_of([DENSE], NUMBERS)
    onnx.save(model, path, save_as_external_data=True, location="w.bin", size_threshold=0)
    assert (tmp_path / "w.bin").exists()
    with pytest.raises(DataError, match="keeps w in another file"):
        import_onnx(path)


@pytest.mark.parametrize("shape", [("batch",), ("batch", "any"), ("batch", 0), ("batch", 1 << 40)])
def test_an_input_without_bounds_is_refused(shape, path):
    onnx.save(model_of([node("Relu", ["x"])], {}, shape), path)
    with pytest.raises(DataError, match="takes inputs of shape"):
        import_onnx(path)


def test_a_shape_that_its_numbers_do_not_fill_takes_no_memory(path):
    model = model_of([DENSE], NUMBERS)
    model.graph.initializer[0].dims[:] = [1 << 40, 4]
    path.write_bytes(model.SerializeToString())
    with pytest.raises(DataError, match=r"is not a sound ONNX file|holds w with more or fewer numbers"):
        import_onnx(path)


@pytest.mark.parametrize("content", [None, b"", b"nonsense" * 50])
def test_what_is_no_onnx_file_gets_a_sentence(content, path):
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=r"cannot be read|is not a sound ONNX file"):
        import_onnx(path)


def damage_bytes(content, generator):
    """The content with some bytes changed or missing, or cut."""
    damaged = bytearray(content)
    for place in generator.integers(0, min(len(damaged), 2000), generator.integers(1, 5)):
        if generator.random() < 0.3:
            del damaged[place : place + 1]
        else:
            damaged[place % len(damaged)] = generator.integers(0, 256)
    return bytes(damaged[: generator.integers(1, len(damaged))] if generator.random() < 0.1 else damaged)


def damage_model(content, generator):
    """The content as a sound file of a model in which some names and numbers were changed."""
    model = onnx.load_model_from_string(content)
    nodes, tensors = model.graph.node, model.graph.initializer
    every = [name for each in nodes for name in (*each.input, *each.output)]
    for _ in range(generator.integers(1, 4)):
        each = nodes[generator.integers(len(nodes))]
        match generator.integers(6):
            case 0:
                each.op_type = str(
                    generator.choice(["Add", "Mul", "Conv", "Gemm", "Flatten", "MaxPool", "Constant"])
                )
            case 1 if each.input:
                each.input[generator.integers(len(each.input))] = str(generator.choice(every))
            case 2 if each.input:
                del each.input[generator.integers(len(each.input)) :]
            case 3 if each.attribute:
                attribute = each.attribute[generator.integers(len(each.attribute))]
                attribute.i = int(generator.choice([-1, 0, 3, 1 << 62]))
                attribute.f = float(generator.choice([-1, 0, np.inf, np.nan]))
                attribute.ints[:] = generator.choice([-1, 0, 1, 5, 1 << 62], len(attribute.ints)).tolist()
            case 4 if tensors:
                tensor = tensors[generator.integers(len(tensors))]
                tensor.dims[:] = generator.permutation(tensor.dims).tolist()[: generator.integers(1, 5)]
            case 5:
                axes = model.graph.input[0].type.tensor_type.shape.dim
                axes[generator.integers(len(axes))].dim_value = int(generator.choice([-1, 0, 1, 7, 1 << 62]))
    return model.SerializeToString()


@pytest.mark.parametrize("damage", [damage_bytes, damage_model])
@pytest.mark.parametrize("name", NETWORKS)
def test_a_damaged_file_gets_one_sentence_or_is_still_a_network(name, damage, path):
    generator = np.random.default_rng(7)
    export_onnx(example_network(name), path)
    content = path.read_bytes()
    for _ in range(100):
        path.write_bytes(damage(content, generator))
        try:
            import_onnx(path)
        except VisualNetError as error:
            assert "\n" not in str(error) and len(str(error)) < 1000


SETUP = Setup(
    data=DataSetup(train_size=100, test_size=10),
    layers=(
        *(LayerSetup("conv2d", channels=2, kernel=3, stride=2), LayerSetup("batch-norm"), LayerSetup("relu")),
        LayerSetup("dense", 10),
    ),
)


def convert(*arguments):
    return CliRunner().invoke(main, ["convert", *map(str, arguments)])


@pytest.fixture
def saved(tmp_path):
    """A trained network's file, and its network."""
    trainer = Trainer(SETUP)
    trainer.step()
    write_parameters(tmp_path / "a.safetensors", trainer)
    return tmp_path / "a.safetensors", trainer.network


def test_the_shell_converts_there_and_back(saved, path, tmp_path):
    first, network = saved
    assert convert(first, path).output == f"{path}: 4 layers, 3,414 parameters\n"
    assert convert(path, tmp_path / "b.safetensors").exit_code == 0
    again = read_parameters(tmp_path / "b.safetensors")
    assert again.vector_for(network) == network.parameters.tobytes() + network.buffers.tobytes()
    assert (again.setup.data, again.setup.loss) == (SETUP.data, SETUP.loss)


def test_the_shell_takes_a_network_of_others_with_a_preset(path, tmp_path):
    out = tmp_path / "b.safetensors"
    network = network_of([Dense(10)], (28, 28))
    export_onnx(network, path)
    assert "name a preset" in convert(path, out).output
    assert convert(path, out, "--preset", "mnist").exit_code == 0
    assert read_parameters(out).vector_for(network) == network.parameters.tobytes()


def test_the_shell_refuses_a_network_for_other_data(path, tmp_path):
    export_onnx(network_of([Dense(10)], (14, 56)), path)
    result = convert(path, tmp_path / "b.safetensors", "--preset", "mnist")
    assert (result.exit_code, "takes examples of shape (14, 56)" in result.output) == (1, True)


def test_the_shell_adds_probabilities_when_asked(saved, path):
    assert convert(saved[0], path, "--softmax").exit_code == 0
    assert onnx.load(path).graph.node[-1].op_type == "Softmax"


def test_the_shell_knows_two_forms(path):
    result = convert(path, path)
    assert (result.exit_code, "convert goes from" in result.output) == (1, True)


def test_onnx_is_loaded_only_for_its_files():
    code = (
        "import sys, pkgutil, importlib, visualnet.core, visualnet.cli;"
        "[importlib.import_module(m.name) for m in pkgutil.walk_packages(visualnet.core.__path__, 'visualnet.core.')"
        " if 'formats.onnx_' not in m.name];"
        "import visualnet.shell.convert; print('onnx' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"
