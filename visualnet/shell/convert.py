"""``visualnet convert``: parameters from safetensors to ONNX and back, by way of the run that they belong to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from visualnet.core.errors import DataError, VisualNetError
from visualnet.core.formats.parameters_file import read_parameters, write_parameters
from visualnet.core.messages.commands import SetParameters
from visualnet.core.setup.setup import Setup
from visualnet.core.training.trainer import Trainer


def convert(source: Path, target: Path, setup: Setup | None, with_softmax: bool) -> str:
    """Write what is in one file as the other form, told by the ends of their names; return a sentence.

    Args:
        source: .safetensors with a Setup in it, or .onnx.
        target: .onnx or .safetensors, the other of the two.
        setup: stands in for that of the file: its data, loss and so on, with the file's layers.
        with_softmax: whether an ONNX file is to end with probabilities.

    Raises:
        VisualNetError: when a file cannot be read or written, or no run can have this network.
    """
    forms = source.suffix.lower(), target.suffix.lower()
    if forms == (".safetensors", ".onnx"):
        return _to_onnx(source, target, setup, with_softmax)
    if forms == (".onnx", ".safetensors"):
        return _from_onnx(source, target, setup)
    raise VisualNetError("convert goes from a .safetensors file to a .onnx file, or the other way.")


def _to_onnx(source: Path, target: Path, setup: Setup | None, with_softmax: bool) -> str:
    _require_onnx()
    from visualnet.core.formats.onnx_writer import export_onnx

    saved = read_parameters(source)
    setup = saved.setup or setup
    if setup is None:
        raise DataError(source, "holds no Setup; name a preset that has its layers with --preset")
    trainer = Trainer(setup)
    trainer.apply(SetParameters(saved.vector_for(trainer.network)))
    export_onnx(trainer.network, target, setup, with_softmax)
    return _sentence(target, trainer)


def _from_onnx(source: Path, target: Path, setup: Setup | None) -> str:
    _require_onnx()
    from visualnet.core.formats.onnx_reader import import_onnx

    imported = import_onnx(source)
    setup = setup or imported.setup
    if setup is None:
        raise DataError(source, "does not say what data it is for; name a preset that does with --preset")
    network = imported.network
    trainer = Trainer(replace(setup, layers=imported.layers, dtype=network.dtype.name))
    if trainer.network.input_shape != network.input_shape:
        raise DataError(
            source,
            f"takes examples of shape {network.input_shape}; those of {setup.data.name} have {trainer.network.input_shape}",
        )
    trainer.apply(SetParameters(network.parameters.tobytes() + network.buffers.tobytes()))
    write_parameters(target, trainer)
    return _sentence(target, trainer)


def _sentence(target: Path, trainer: Trainer) -> str:
    return f"{target}: {len(trainer.network.layers)} layers, {trainer.network.parameters.size:,} parameters"


def _require_onnx() -> None:
    try:
        import onnx  # noqa: F401
    except ImportError:
        raise VisualNetError("ONNX files need one more package: pip install 'visualnet[onnx]'") from None
