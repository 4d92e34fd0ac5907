"""The README keeps its word: CI runs its command, its pictures exist, its presets too."""

import re
from pathlib import Path

from visualnet.core.setup.presets import PRESETS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_ci_runs_the_readmes_own_test_command():
    commands = re.findall(r"`(python3 -m venv [^`]*pytest)`", README)
    assert len(commands) == 1
    assert commands[0] in (ROOT / ".ci" / "run").read_text().splitlines()


def test_every_preset_is_named():
    assert all(f"`{preset}`" in README for preset in PRESETS)


def test_checksums_in_the_data_readme_are_those_of_the_files():
    from hashlib import sha256

    text = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    for path in sorted((ROOT / "data" / "mnist").glob("*.gz")):
        assert sha256(path.read_bytes()).hexdigest() in text
