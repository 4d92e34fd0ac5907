"""Breaks one formula of the engine at a time, and sees whether the tests notice.

    python tests/mutation/check.py             # all
    python tests/mutation/check.py dropout     # those with this word in their name

Works on a temporary copy of the repository's code and tests; prints a line for each and ends with 1 where one was
missed. A text that is no longer in the code is an error: the table follows the code.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[2]
COPIED = ("visualnet", "tests/core", "tests/golden", "assets/presets", "conftest.py", "pyproject.toml")
ENGINE = Path("visualnet/core/nn")
TRAJECTORIES = "trajectories"


@dataclass(frozen=True)
class Mutation:
    """One broken formula.

    Attributes:
        name: what is broken.
        file: in the engine.
        right: text that occurs there exactly once.
        wrong: what stands in its place.
        tests: test files that should notice, each by itself: ``layers`` for tests/core/test_layers.py.
    """

    name: str
    file: str
    right: str
    wrong: str
    tests: tuple[str, ...]


MUTATIONS = (
    Mutation(
        "dense: bias forgotten in the gradient",
        "layers/dense.py",
        "output_gradient.dot(self._ones, self.bias_gradient)",
        "self.bias_gradient.fill(0)",
        ("layers", TRAJECTORIES),
    ),
    Mutation(
        "tanh: slope 1 + f²",
        "layers/bounded.py",
        "np.subtract(self._one, gradient, square)",
        "np.add(self._one, gradient, square)",
        ("layers", TRAJECTORIES),
    ),
    Mutation(
        "ELU: alpha missing in the slope",
        "layers/rectifiers.py",
        "np.add(gradient, self._alpha, out=gradient)",
        "np.add(gradient, 1, out=gradient)",
        ("layers", TRAJECTORIES),
    ),
    Mutation(
        "GELU: density without the root of 2π",
        "layers/gates.py",
        "1 / sqrt(2 * pi)",
        "1 / sqrt(pi)",
        ("layers", TRAJECTORIES),
    ),
    Mutation(
        "convolution: one window too few with padding",
        "layers/windows.py",
        "(length + 2 * before - size) // stride + 1)",
        "(length + before - size) // stride + 1)",
        ("image_layers", TRAJECTORIES),
    ),
    Mutation(
        "convolution: the odd zero of same padding at the start",
        "layers/windows.py",
        "max((count - 1) * stride + size - length, 0) // 2",
        "-(-max((count - 1) * stride + size - length, 0) // 2)",
        ("image_layers", TRAJECTORIES),
    ),
    Mutation(
        "convolution: kernel not turned on the way back",
        "layers/conv_products.py",
        "weight[:, :, ::-1].transpose(3, 1, 2, 0)",
        "weight.transpose(3, 1, 2, 0)",
        ("image_layers", TRAJECTORIES),
    ),
    Mutation(
        "max pooling: gradient to the last of equals",
        "layers/pooling.py",
        "np.greater(numbers, largest",
        "np.greater_equal(numbers, largest",
        ("image_layers",),
    ),
    Mutation(
        "average pooling: sum in place of mean on the way back",
        "layers/pooling.py",
        "np.multiply(gradient, self._share, out=part)",
        "np.copyto(part, gradient)",
        ("image_layers", TRAJECTORIES),
    ),
    Mutation(
        "batch norm: biased running variance",
        "layers/normalization.py",
        "self._variance[:, 0] * (numbers / (numbers - 1))",
        "self._variance[:, 0]",
        ("training_mode", TRAJECTORIES),
    ),
    Mutation(
        "batch norm: momentum on the wrong side",
        "layers/normalization.py",
        "self.running_mean += self.momentum *",
        "self.running_mean += (1 - self.momentum) *",
        ("training_mode", TRAJECTORIES),
    ),
    Mutation(
        "norms: gradient without the mean's share",
        "layers/normalization.py",
        "np.subtract(gradient, self._gradient_mean, out=gradient)",
        "pass",
        ("layers", TRAJECTORIES),
    ),
    Mutation(
        "norms: epsilon outside the root",
        "layers/normalization.py",
        """np.add(variance, self.epsilon, out=self._scale)
        np.sqrt(self._scale, out=self._scale)""",
        """np.sqrt(variance, out=self._scale)
        np.add(self._scale, self.epsilon, out=self._scale)""",
        ("training_mode", TRAJECTORIES),
    ),
    Mutation(
        "dropout: what is kept does not grow",
        "layers/dropout.py",
        "self.dtype.type(1 / (1 - self.rate))",
        "self.dtype.type(1)",
        ("training_mode", TRAJECTORIES),
    ),
    Mutation(
        "dropout: active outside training",
        "layers/dropout.py",
        "if self.mode.step is None:\n            return inputs",
        "if self.mode.step is None:\n            self.mode.step = 0",
        ("training_mode", TRAJECTORIES),
    ),
    Mutation(
        "residual: skip without its gradient",
        "layers/residual.py",
        "np.add(output_gradient, gradient, out=self._input_gradient)",
        "gradient",
        ("layers", TRAJECTORIES),
    ),
    Mutation(
        "softmax: largest logit not subtracted",
        "losses/cross_entropy.py",
        "np.subtract(outputs, self._row, out=shifted)",
        "np.copyto(shifted, outputs)",
        ("losses",),
    ),
    Mutation(
        "cross-entropies: gradient not divided by the batch",
        "losses/cross_entropy.py",
        "scale / self._count, out=self._gradient)",
        "scale, out=self._gradient)",
        ("losses", TRAJECTORIES),
    ),
    Mutation(
        "cross-entropy: smoothing spread over the other classes",
        "losses/cross_entropy.py",
        "self.label_smoothing / len(self._gradient)",
        "self.label_smoothing / (len(self._gradient) - 1)",
        ("losses", TRAJECTORIES),
    ),
    Mutation(
        "binary cross-entropy: smoothing towards 0",
        "losses/cross_entropy.py",
        "self.label_smoothing / 2, out=self._smoothed)",
        "0, out=self._smoothed)",
        ("losses", TRAJECTORIES),
    ),
    Mutation(
        "hinge: the label itself is charged",
        "losses/hinge.py",
        "self._flat_margins[self._places] = 0\n",
        "pass\n",
        ("losses", TRAJECTORIES),
    ),
    Mutation(
        "MSE: gradient without its 2",
        "losses/values.py",
        "2 * scale / self._flat.size",
        "scale / self._flat.size",
        ("losses", TRAJECTORIES),
    ),
    Mutation(
        "Adam: mean without bias correction",
        "optimizers/adam.py",
        "(1 - self.beta1) / (1 - self.scalars[\"beta1\"])",
        "(1 - self.beta1)",
        ("optimizers", TRAJECTORIES),
    ),
    Mutation(
        "Adam: square without bias correction",
        "optimizers/adam.py",
        "sqrt((1 - self.beta2) / (1 - self.scalars[\"beta2\"]))",
        "sqrt(1 - self.beta2)",
        ("optimizers", TRAJECTORIES),
    ),
    Mutation(
        "Adam: epsilon not scaled as the root",
        "optimizers/adam.py",
        "self.epsilon / root_scale",
        "self.epsilon",
        ("optimizers", TRAJECTORIES),
    ),
    Mutation(
        "AdamW: decay not times the rate",
        "optimizers/adam.py",
        "1 - self.effective_learning_rate * self.weight_decay",
        "1 - self.weight_decay",
        ("optimizers", TRAJECTORIES),
    ),
    Mutation(
        "AdamW: decay in the gradient, coupled",
        "optimizers/adam.py",
        "np.multiply(parameters, 1 - self.effective_learning_rate * self.weight_decay, out=parameters)",
        "gradients = gradients + self.weight_decay * parameters",
        ("optimizers", TRAJECTORIES),
    ),
    Mutation(
        "Nesterov: no look ahead",
        "optimizers/sgd.py",
        "np.multiply(velocity, self.momentum, out=scratch)\n        np.add(scratch, gradients, out=scratch)",
        "np.copyto(scratch, velocity)",
        ("optimizers", TRAJECTORIES),
    ),
    Mutation(
        "Adagrad: forgets",
        "optimizers/adaptive.py",
        "square, scratch = self.vectors[\"square\"], self._scratch\n        np.multiply(gradients",
        "square, scratch = self.vectors[\"square\"], self._scratch\n        square *= 0.99\n        np.multiply(gradients",
        ("optimizers", TRAJECTORIES),
    ),
    Mutation(
        "Lion: one beta for both averages",
        "optimizers/lion.py",
        "np.multiply(mean, self.beta2, out=mean)",
        "np.multiply(mean, self.beta1, out=mean)",
        ("optimizers",),
    ),
    Mutation(
        "Muon: four iterations",
        "optimizers/muon.py",
        "ITERATIONS = 5",
        "ITERATIONS = 4",
        ("optimizers",),
    ),
    Mutation(
        "L2: twice the gradient",
        "regularizers/penalties.py",
        "np.multiply(parameters[place], scale * self.strength, out=scratch)",
        "np.multiply(parameters[place], 2 * scale * self.strength, out=scratch)",
        ("regularizers", TRAJECTORIES),
    ),
    Mutation(
        "clipping: norm of the scaled gradient",
        "regularizers/clipping.py",
        "sqrt(float(gradients.dot(gradients))) / scale",
        "sqrt(float(gradients.dot(gradients)))",
        ("regularizers", TRAJECTORIES),
    ),
    Mutation(
        "one-cycle: peak one step late",
        "schedules.py",
        "self.rise * self._steps - 1)",
        "self.rise * self._steps)",
        ("schedules", TRAJECTORIES),
    ),
    Mutation(
        "warm-up: begins at 0",
        "schedules.py",
        "(step + 1) / self.warmup_steps",
        "step / self.warmup_steps",
        ("schedules", TRAJECTORIES),
    ),
)  # fmt: skip


@contextmanager
def copy_of_the_code() -> Iterator[Path]:
    """A directory with what the tests of the engine need, in which anything may be broken."""
    with TemporaryDirectory(prefix="visualnet-mutation-") as name:
        for part in COPIED:
            source, goal = ROOT / part, Path(name) / part
            goal.parent.mkdir(parents=True, exist_ok=True)
            shutil.copytree(source, goal) if source.is_dir() else shutil.copy(source, goal)
        yield Path(name)


@contextmanager
def broken(directory: Path, mutation: Mutation) -> Iterator[None]:
    """The copy with this formula broken; afterwards it is whole again."""
    file = directory / ENGINE / mutation.file
    text = file.read_text(encoding="utf-8")
    if text.count(mutation.right) != 1:
        raise SystemExit(f"{mutation.name}: {mutation.file} must hold this once: {mutation.right}")
    file.write_text(text.replace(mutation.right, mutation.wrong), encoding="utf-8")
    try:
        yield
    finally:
        file.write_text(text, encoding="utf-8")


def passes(directory: Path, test: str) -> bool:
    """Whether this test file finds nothing wrong with the copy."""
    environment = {**os.environ, "PYTHONPATH": str(directory), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-qx", "-p", "no:cacheprovider", f"tests/core/test_{test}.py"]
    done = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise SystemExit(f"the tests of {test} did not run:\n{done.stdout}{done.stderr}")
    return done.returncode == 0


def main(words: list[str]) -> int:
    """Print a line for each mutation; 1 where a test file that should notice did not."""
    chosen = [mutation for mutation in MUTATIONS if all(word in mutation.name for word in words)]
    missed = 0
    with copy_of_the_code() as directory:
        for test in sorted({test for mutation in chosen for test in mutation.tests}):
            if not passes(directory, test):
                raise SystemExit(f"the tests of {test} fail before anything is broken")
        for mutation in chosen:
            with broken(directory, mutation):
                missing = [test for test in mutation.tests if passes(directory, test)]
            missed += bool(missing)
            print(
                f"{'MISSED by ' + ', '.join(missing) if missing else 'caught':<30}{mutation.name}", flush=True
            )
    print(f"{len(chosen) - missed} of {len(chosen)} caught")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
