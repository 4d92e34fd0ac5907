"""Commands of the shell in this process, for tests."""

import json

from click.testing import CliRunner

from visualnet.cli import main


def run(*arguments):
    """What a command printed, and its exit code."""
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def figures(*arguments):
    """The object that a command prints with --json."""
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout.strip().splitlines()[-1])
