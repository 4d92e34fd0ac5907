"""What the core never does: load Qt, or touch the random state that all of a process shares; and short functions."""

import ast
import pkgutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import visualnet
import visualnet.core

LONGEST_FUNCTION = 40
"""Lines."""

QT = ("PySide6", "shiboken6", "pyqtgraph", "PyQt6", "PyQt5")


def core_modules():
    return sorted(
        module.name
        for module in pkgutil.walk_packages(visualnet.core.__path__, f"{visualnet.core.__name__}.")
    )


def run_python(code):
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout.split()


def test_every_module_of_the_core_is_found_and_can_be_imported():
    modules = core_modules()
    for name in ("worker.worker", "nn.layers.dense", "probes.surface", "datasets.mnist", "errors"):
        assert f"visualnet.core.{name}" in modules
    for module in modules:
        assert import_module(module).__name__ == module


def test_importing_all_of_the_core_loads_no_qt():
    imports = "\n".join(f"import {module}" for module in core_modules())
    loaded = run_python(f"import sys\n{imports}\nprint(*(name.partition('.')[0] for name in sys.modules))")
    assert "visualnet" in loaded
    assert not {*QT} & {*loaded}


TRAIN_WITHOUT_GLOBAL_CHANCE = """
import random, sys
from dataclasses import replace
import numpy as np

np.random.seed(1)
random.seed(1)
before, plain = np.random.get_state(), random.getstate()

from visualnet.core.setup.presets import load_preset
from visualnet.core.setup.data import DataSetup
from visualnet.core.training.trainer import Trainer

moons = replace(load_preset("xor"), data=DataSetup("moons"), shuffle=True)
for setup in (load_preset("xor"), load_preset("original-xor"), moons):
    trainer = Trainer(setup)
    for _ in range(60):
        trainer.step()
    trainer.evaluate()
after = np.random.get_state()
same = before[0] == after[0] and (before[1] == after[1]).all() and before[2:] == after[2:]
print(same, plain == random.getstate())
"""


def test_training_never_touches_the_global_random_state():
    assert run_python(TRAIN_WITHOUT_GLOBAL_CHANCE) == ["True", "True"]


def test_global_random_state_does_not_decide_bits():
    code = """
import sys
import numpy as np
np.random.seed({seed})
from visualnet import Trainer, load_preset
trainer = Trainer(load_preset("xor"))
for _ in range(50):
    trainer.step()
print(trainer.parameters_sha256)
"""
    assert run_python(code.format(seed=1)) == run_python(code.format(seed=2))


def test_no_function_is_longer_than_one_reads_at_a_glance():
    folder = Path(visualnet.__file__).parent
    files = sorted(folder.rglob("*.py"))
    assert files
    long = [
        f"{path.relative_to(folder)}: {node.name}"
        for path in files
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno - node.lineno + 1 > LONGEST_FUNCTION
    ]
    assert not long
