"""How fast the engine trains, beside what people would take instead. One BLAS thread on every side.

    python tests/benchmarks/engine.py [--json] [--repeats 5] [--only dense]

Where the machine has AVX-512, all is measured a second time with OpenBLAS's kernels for AVX2, which most desktops have: rows
that end in ``.haswell``. Peers that are not installed are skipped: pip install torch==2.13.0 scikit-learn jax optax
"""

from __future__ import annotations

import atexit
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import tracemalloc
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parent))

import itertools

import numpy as np
import rows as bench
from threadpoolctl import threadpool_info, threadpool_limits

from visualnet.core.datasets.catalogue import load_dataset
from visualnet.core.nn.losses import CrossEntropy
from visualnet.core.setup.layers import LayerSetup
from visualnet.core.setup.optimizer import OptimizerSetup
from visualnet.core.setup.presets import load_preset
from visualnet.core.setup.setup import Setup
from visualnet.core.training.batches import Targets
from visualnet.core.training.evaluation import Evaluation, part_reader
from visualnet.core.training.trainer import Trainer

SIZES = (784, 100, 50, 10)
WIDE_SIZES = (784, 1024, 1024, 10)
STEPS = {32: 600, 64: 400, 256: 150}
WIDE_STEPS = 40
CONV_STEPS, CONV32_STEPS = 150, 40
ORIGINAL_STEPS = 2000
CONV32 = (32, 64), 3
RUST_BOUND = 1.3
AVX512_KERNELS = ("SkylakeX", "Cooperlake", "SapphireRapids")
IS_SECOND = "VISUALNET_BENCHMARK_SECOND"
"""Set in the environment of the process that measures other kernels than the machine's own."""


def dense_setup(batch_size: int, sizes: Sequence[int] = SIZES) -> Setup:
    """Dense layers of these sizes, ReLU, Adam, without evaluations."""
    hidden = [part for size in sizes[1:-1] for part in (LayerSetup("dense", size), LayerSetup("relu"))]
    layers = (*hidden, LayerSetup("dense", sizes[-1]))
    optimizer = OptimizerSetup("adam", 0.001)
    return Setup(layers=layers, optimizer=optimizer, batch_size=batch_size, epochs=None, evaluate_every=10**9)


def our_steps(trainer: Trainer, steps: int) -> Callable[[], None]:
    """Train so many steps, gathering from uint8, recording and checking the loss as always."""

    def act() -> None:
        for _ in range(steps):
            trainer.step()

    return act


def torch_steps(batch_size: int, steps: int, sizes: Sequence[int] = SIZES) -> Callable[[], None]:
    """The same in PyTorch, with its fused Adam."""
    import torch
    import torch_nets

    net = torch_nets.dense_net(sizes)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.001, fused=True)
    return torch_nets.training(net, torch_nets.FLAT, optimizer, batch_size, steps)


def jax_steps(batch_size: int, steps: int, sizes: Sequence[int] = SIZES) -> Callable[[], None]:
    """The same in JAX, with Optax's Adam."""
    import jax_nets

    return jax_nets.dense_training(sizes, batch_size, steps)


def conv_setup(channels: tuple[int, int] = (8, 16), kernel: int = 5) -> Setup:
    """Two convolutions with ReLU and pooling, two dense layers, SGD, without evaluations."""
    first, second = (LayerSetup("conv2d", channels=count, kernel=kernel) for count in channels)
    layers = (
        first, LayerSetup("relu"), LayerSetup("max-pool2d"),
        second, LayerSetup("relu"), LayerSetup("max-pool2d"),
        LayerSetup("dense", 64), LayerSetup("relu"), LayerSetup("dense", 10),
    )  # fmt: skip
    optimizer = OptimizerSetup("sgd", 0.1)
    return Setup(layers=layers, optimizer=optimizer, batch_size=64, epochs=None, evaluate_every=10**9)


def torch_conv_steps(steps: int, channels: tuple[int, int] = (8, 16), kernel: int = 5) -> Callable[[], None]:
    """The same in PyTorch."""
    import torch
    import torch_nets

    net = torch_nets.conv_net(channels, kernel)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    return torch_nets.training(net, torch_nets.IMAGE, optimizer, 64, steps)


def jax_conv_steps(steps: int, channels: tuple[int, int] = (8, 16), kernel: int = 5) -> Callable[[], None]:
    """The same in JAX."""
    import jax_nets

    return jax_nets.conv_training(channels, kernel, 64, steps)


def our_evaluation(trainer: Trainer) -> Callable[[], None]:
    """Loss and accuracy on the test set, from uint8, as a run measures them."""
    dataset, dtype = trainer.dataset, trainer.network.dtype
    reader = part_reader(dataset.test, dataset, trainer.network)
    targets = Targets(True, len(dataset.classes), len(dataset.classes), dtype)

    def act() -> None:
        evaluation = Evaluation(reader, targets, CrossEntropy(), dataset)
        while not evaluation.is_complete:
            evaluation.advance(trainer.network)

    return act


def torch_dense_evaluation() -> Callable[[], None]:
    """The same in PyTorch, of the dense net."""
    import torch_nets

    return torch_nets.evaluating(torch_nets.dense_net(SIZES), torch_nets.FLAT)


def torch_conv_evaluation() -> Callable[[], None]:
    """The same in PyTorch, of the convolutional net."""
    import torch_nets

    return torch_nets.evaluating(torch_nets.conv_net(), torch_nets.IMAGE)


def allocated_bytes(trainer: Trainer) -> int:
    """The most that one step allocates at any moment, beyond what was there before; NumPy's arrays included."""
    peaks = []
    our_steps(trainer, 3)()
    tracemalloc.start()
    for _ in range(5):
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        trainer.step()
        peaks.append(tracemalloc.get_traced_memory()[1] - before)
    tracemalloc.stop()
    return int(median(peaks))


def sklearn_steps(batch_size: int, steps: int) -> Callable[[], None]:
    """scikit-learn's MLPClassifier over so many batches of float32."""
    from sklearn.neural_network import MLPClassifier

    train = load_dataset("mnist").train
    images = train.inputs[: batch_size * steps].astype(np.float32) / 255
    labels = train.targets[: batch_size * steps]

    def act() -> None:
        model = MLPClassifier((100, 50), batch_size=batch_size, max_iter=1, random_state=0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(images, labels)

    return act


def product_steps(batch_size: int, steps: int) -> Callable[[], None]:
    """The matrix products of a step alone: what no engine on this BLAS can beat."""
    generator = np.random.default_rng(0)
    pairs = list(itertools.pairwise(SIZES))
    weights = [generator.random((outputs, inputs), np.float32) for inputs, outputs in pairs]
    values = [generator.random((size, batch_size), np.float32) for size in SIZES]
    outputs = [np.empty_like(value) for value in values]
    gradients = [np.empty_like(weight) for weight in weights]

    def act() -> None:
        for _ in range(steps):
            for layer, weight in enumerate(weights):
                np.dot(weight, values[layer], out=outputs[layer + 1])
                np.dot(values[layer + 1], values[layer].T, out=gradients[layer])
                if layer:
                    np.dot(weight.T, values[layer + 1], out=outputs[layer])

    return act


class PlainDense:
    """A layer as the original wrote it: one example at a time, float64, updated on the way back."""

    def __init__(self, inputs: int, outputs: int, generator: np.random.Generator) -> None:
        self.weights = generator.uniform(-0.5, 0.5, (outputs, inputs))
        self.bias = generator.uniform(-0.5, 0.5, (outputs, 1))

    def forward(self, inputs: np.ndarray) -> np.ndarray:
        self.inputs = inputs
        return np.dot(self.weights, inputs) + self.bias

    def backward(self, gradient: np.ndarray, rate: float) -> np.ndarray:
        weight_gradient = np.dot(gradient, self.inputs.T)
        input_gradient = np.dot(self.weights.T, gradient)
        self.weights -= rate * weight_gradient
        self.bias -= rate * gradient
        return input_gradient


class PlainTanh:
    """An activation as the original wrote it: a function and a derivative, both of the input."""

    def forward(self, inputs: np.ndarray) -> np.ndarray:
        self.inputs = inputs
        return np.tanh(inputs)

    def backward(self, gradient: np.ndarray, rate: float) -> np.ndarray:
        return np.multiply(gradient, 1 - np.tanh(self.inputs) ** 2)


def plain_steps(steps: int) -> Callable[[], None]:
    """A plain transcription of the original's loop over the first 1,000 images."""
    train = load_dataset("mnist").train
    images = (train.inputs[:1000].astype(np.float64) / 255)[:, :, np.newaxis]
    targets = np.eye(10)[train.targets[:1000]][:, :, np.newaxis]
    generator = np.random.default_rng(0)
    pairs = itertools.pairwise(SIZES)
    layers = [layer for i, o in pairs for layer in (PlainDense(i, o, generator), PlainTanh())]

    def act() -> None:
        for step in range(steps):
            values = images[step % 1000]
            target = targets[step % 1000]
            for layer in layers:
                values = layer.forward(values)
            np.mean(np.power(target - values, 2))
            gradient = 2 * (values - target) / np.size(target)
            for layer in reversed(layers):
                gradient = layer.backward(gradient, 0.1)

    return act


def rust_seconds(steps: int) -> Callable[[], float]:
    """The same in plain Rust with -O3, compiled anew: seconds that its steps alone take.

    Raises:
        ImportError: when there is no rustc.
    """
    compiler = shutil.which("rustc")
    if compiler is None:
        raise ImportError("there is no rustc", name="rustc")
    folder = Path(tempfile.mkdtemp(prefix="visualnet-rust-"))
    atexit.register(shutil.rmtree, folder)
    program, data = folder / "original", folder / "examples"
    source = Path(__file__).with_name("original.rs")
    subprocess.run([compiler, "-C", "opt-level=3", "-o", program, source], check=True)
    train = load_dataset("mnist").train
    data.write_bytes(train.inputs[:1000].tobytes() + train.targets[:1000].astype(np.uint8).tobytes())

    def act() -> float:
        ran = subprocess.run([program, data, str(steps)], check=True, capture_output=True, text=True)
        return float(ran.stdout.split()[0])

    return act


def print_sides() -> None:
    """What each side computes with."""
    print(f"Python {platform.python_version()}, NumPy {np.__version__}, {platform.machine()}")
    for info in threadpool_info():
        print(
            f"  {info['user_api']} {info['internal_api']} {info.get('architecture', '')}, {info['num_threads']} threads"
        )
    try:
        import torch

        print(
            f"  torch {torch.__version__}, {torch.get_num_threads()} threads, {torch.backends.cpu.get_cpu_capability()}"
        )
    except ImportError:
        print("  torch is not installed")


def rust_row(ours: Callable[[], None], repeats: int) -> bench.Row:
    """Our steps a second over those of the Rust program, which starts anew each time and tells its own seconds."""
    try:
        rust = rust_seconds(ORIGINAL_STEPS)
    except ImportError as error:
        return bench.skipped("original.rust", "×", RUST_BOUND, f"{error.name} is not installed")
    ours()
    ratio = median(rust() / bench.seconds(ours) for _ in range(repeats))
    return bench.judged("original.rust", ratio, "×", RUST_BOUND)


def measure(only: str, repeats: int) -> list[bench.Row]:
    """All rows whose name holds ``only``."""
    found: list[bench.Row] = []

    def compare(
        name: str, bound: float | None, ours: Callable[[], None], peer: Callable[[], Callable[[], None]]
    ) -> None:
        if only not in name:
            return
        try:
            ready = peer()
        except ImportError as error:
            found.append(bench.skipped(name, "×", bound, f"{error.name} is not installed"))
            return
        found.append(bench.judged(name, bench.alternating_ratio(ours, ready, repeats), "×", bound))

    original = Trainer(replace(load_preset("original-mnist"), evaluate_every=10**9))
    compare("original.numpy", 2.2, our_steps(original, ORIGINAL_STEPS), lambda: plain_steps(ORIGINAL_STEPS))
    if only in "original.rust":
        found.append(rust_row(our_steps(original, ORIGINAL_STEPS), repeats))
    trainers = {batch_size: Trainer(dense_setup(batch_size)) for batch_size in STEPS}
    for size, torch_bound, jax_bound in ((32, 1.6, None), (64, 1.6, 1.3), (256, 1.5, 1.0)):
        steps = STEPS[size]
        ours = our_steps(trainers[size], steps)
        compare(f"dense.b{size}.torch", torch_bound, ours, partial(torch_steps, size, steps))
        compare(f"dense.b{size}.jax", jax_bound, ours, partial(jax_steps, size, steps))
    ours = our_steps(trainers[64], STEPS[64])
    compare("dense.b64.sklearn", 1.6, ours, lambda: sklearn_steps(64, STEPS[64]))
    compare("dense.b64.bound", 0.40, ours, lambda: product_steps(64, STEPS[64]))
    compare(
        "evaluate.dense.torch",
        1.1,
        our_evaluation(trainers[64]),
        torch_dense_evaluation,
    )
    ours_wide = our_steps(Trainer(dense_setup(128, WIDE_SIZES)), WIDE_STEPS)
    compare("dense1024.b128.torch", 1.0, ours_wide, partial(torch_steps, 128, WIDE_STEPS, WIDE_SIZES))
    compare("dense1024.b128.jax", 1.3, ours_wide, partial(jax_steps, 128, WIDE_STEPS, WIDE_SIZES))
    conv = Trainer(conv_setup())
    ours = our_steps(conv, CONV_STEPS)
    compare("conv.b64.torch", 1.3, ours, lambda: torch_conv_steps(CONV_STEPS))
    compare("conv.b64.jax", 2.0, ours, lambda: jax_conv_steps(CONV_STEPS))
    ours = our_steps(Trainer(conv_setup(*CONV32)), CONV32_STEPS)
    compare("conv32.b64.torch", 1.3, ours, lambda: torch_conv_steps(CONV32_STEPS, *CONV32))
    compare("conv32.b64.jax", 2.0, ours, lambda: jax_conv_steps(CONV32_STEPS, *CONV32))
    compare("evaluate.conv.torch", 1.0, our_evaluation(conv), torch_conv_evaluation)
    if only in "conv.allocations":
        found.append(bench.judged("conv.allocations", allocated_bytes(conv), "bytes", 10_000, better="lower"))
    if only in "dense.b64.rate":
        rate = STEPS[64] / min(bench.seconds(ours) for _ in range(repeats))
        found.append(bench.judged("dense.b64.rate", rate, "steps/s", None))
    return found


def rows_with_avx2_kernels() -> list[bench.Row]:
    """The same rows from a process whose OpenBLAS takes its kernels for AVX2; none where they are what was measured."""
    if not any(info.get("architecture") in AVX512_KERNELS for info in threadpool_info()):
        return []
    environment = {**os.environ, "OPENBLAS_CORETYPE": "Haswell", IS_SECOND: "1"}
    command = [sys.executable, *sys.argv, *(["--json"] if "--json" not in sys.argv else [])]
    ran = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    rows = [bench.Row(**row) for row in json.loads(ran.stdout.splitlines()[-1])]
    return [replace(row, name=f"{row.name}.haswell") for row in rows]


def main() -> None:
    """Measure with this machine's kernels, then with those of others."""
    is_second = IS_SECOND in os.environ
    if not is_second:
        bench.run_with_own_kernels()
    threadpool_limits(1)
    options = bench.arguments(__doc__)
    rows = measure(options.only, options.repeats)
    print_sides()
    bench.print_rows(rows if is_second else rows + rows_with_avx2_kernels(), options.json)


if __name__ == "__main__":
    main()
