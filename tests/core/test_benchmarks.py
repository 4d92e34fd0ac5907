"""The benchmarks are not run by the tests, so that at least what they import must be there."""

import runpy
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parent.parent / "benchmarks"


@pytest.mark.parametrize(
    "name", ["engine", "save_cost", "start", "kill_runs", "fuzz_run_files", "random_runs", "monkey"]
)
def test_a_benchmark_finds_what_it_imports(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(SCRIPTS), *sys.path])

    found = runpy.run_path(str(SCRIPTS / f"{name}.py"), run_name="imported")

    assert found["__doc__"]
