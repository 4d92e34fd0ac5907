"""Random actions on the real window in a process of its own; see tests/benchmarks/monkey.py."""

import pytest

from tests.benchmarks.monkey import fault_of


def test_a_moment_of_random_actions_ends_in_order():
    assert fault_of(0.5, seed=1) is None


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_minute_of_random_actions_leaves_nothing_in_the_log_and_nothing_behind():
    assert fault_of(60, seed=2) is None


def test_what_goes_wrong_is_told_with_the_last_actions(monkeypatch, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(
        "import visualnet.app.panels.curves as c\n"
        "def broken(*arguments): raise RuntimeError('broken on purpose')\n"
        "c.CurvesPanel.show_frame = broken\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    fault = fault_of(20, seed=1)
    assert "broken on purpose" in fault
    assert fault.startswith("seed 1, exit code 1 after")
