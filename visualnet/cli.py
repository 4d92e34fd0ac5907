"""The command line. Each command imports what it needs when it runs, so that starting stays light."""

from __future__ import annotations

import atexit
import gc
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from visualnet.core.errors import VisualNetError
from visualnet.core.training.threads import start_with_one_thread

if TYPE_CHECKING:
    from visualnet.core.setup.setup import Setup

DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130
SIGNIFICANT_LINES = 3
MADE_BETWEEN_COLLECTIONS = 50_000


class NamesOption(click.Option):
    """An option for one of a table's names, which are looked up only where its help is asked for.

    Args:
        names: gives them.
    """

    def __init__(self, *arguments: Any, names: Callable[[], Iterable[str]], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._names = names

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        declaration, text = super().get_help_record(ctx) or ("", "")
        return declaration, f"{text} {', '.join(self._names())}."


def _activations() -> Iterable[str]:
    from visualnet.core.nn.layers import activation_kinds

    return activation_kinds()


def _optimizers() -> Iterable[str]:
    from visualnet.core.nn.optimizers import OPTIMIZERS

    return OPTIMIZERS


def run_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that change a preset, shared by ``train`` and ``open``."""
    options = (
        click.option("--train-size", type=click.IntRange(1), help="Train on the first so many examples."),
        click.option("--test-size", type=click.IntRange(1), help="Test on the first so many examples."),
        click.option("--epochs", type=click.IntRange(1), help="Stop after so many epochs."),
        click.option("--steps", type=click.IntRange(1), help="Stop after so many steps; beats --epochs."),
        click.option("--learning-rate", type=float, help="Size of a step."),
        click.option("--batch-size", type=click.IntRange(1), help="Examples in a step."),
        click.option("--optimizer", cls=NamesOption, names=_optimizers, help="How weights follow gradients:"),
        click.option("--hidden", help="Neurons of the hidden layers, for instance 100,50."),
        click.option(
            "--activation", cls=NamesOption, names=_activations, help="What follows each hidden layer:"
        ),
        click.option("--seed", type=click.IntRange(0), help="Of first weights and order."),
        click.option("--threads", type=click.IntRange(1), help="Threads of a matrix product."),
        click.option(
            "--data-dir", type=click.Path(path_type=Path), help="Read the four image files from here."
        ),
        click.option(
            "--data",
            help="Learn this instead: a .csv, a .npz, a folder with one folder a class, or a data set's name.",
        ),
        click.option("--label", help="Name or number of the column of a .csv to learn; else the last."),
        click.option("--base-url", help="Download the four image files from here first."),
    )
    for option in reversed(options):
        command = option(command)
    return command


class Shell(click.Group):
    """Turns errors into a sentence and an exit code; a traceback goes to the log only."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except (click.exceptions.Exit, click.ClickException, click.Abort):
            raise
        except VisualNetError as error:
            click.echo("\n".join(f"visualnet: {error}".splitlines()[:SIGNIFICANT_LINES]), err=True)
        except KeyboardInterrupt:
            context.exit(INTERRUPTED)
        except BrokenPipeError:
            sys.stderr.close()
        except Exception as error:
            _tell(error)
        return context.exit(FAILED)


def _journal_of(preset: str) -> Any:
    """The commands that a link brings along; nothing else has any, nor needs the reading of it imported."""
    if not preset.startswith("visualnet:"):
        return ()
    from visualnet.core.runfile.link import Link

    return Link.from_text(preset).journal


def _tell(error: Exception) -> None:
    import logging

    from visualnet.core.errors import sentence_of
    from visualnet.log import log_file, start_log

    start_log()
    logging.getLogger("visualnet").error("Unforeseen error", exc_info=error)
    details = "" if isinstance(error, (OSError, MemoryError)) else f" Details are in {log_file()}."
    click.echo(f"visualnet: {sentence_of(error)}{details}", err=True)


def _print_version(context: click.Context, parameter: click.Parameter, is_wanted: bool) -> None:
    if is_wanted:
        from visualnet import __version__

        click.echo(f"visualnet {__version__}")
        context.exit()


@click.group(cls=Shell, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Print the version.",
)
@click.pass_context
def main(context: click.Context) -> None:
    """Watch a neural network, written from scratch in NumPy, learn.

    Without a command the window opens with the last preset.
    """
    # Thousands of objects are made while modules load, none of them garbage; and at the end the system takes
    # everything back at once, so nothing need be looked through. Both together save a tenth of a short run.
    gc.set_threshold(MADE_BETWEEN_COLLECTIONS)
    atexit.register(gc.freeze)
    start_with_one_thread()
    if context.invoked_subcommand is None:
        context.invoke(open_, preset=None)


@main.command("open")
@click.argument("preset", required=False)
@click.option(
    "--screenshot", type=click.Path(path_type=Path), help="Write the window's picture here, then end."
)
@click.option(
    "--after-steps", type=click.IntRange(0, 10**12), default=0, help="Train so far before the picture."
)
@click.option("--theme", type=click.Choice(["dark", "light"]), help="Which colours.")
@click.option("--size", help="Width and height of the window, for instance 1920x1080.")
@click.option("--json", "print_json", is_flag=True, help="Print the run's figures as the last line.")
@click.option(
    "--engine",
    type=click.Choice(["process", "thread"]),
    default="process",
    help="Train in a process beside the window, or in a thread of it.",
)
@run_options
@click.pass_context
def open_(
    context: click.Context,
    /,
    preset: str | None,
    screenshot: Path | None = None,
    after_steps: int = 0,
    theme: str | None = None,
    size: str | None = None,
    print_json: bool = False,
    engine: str = "process",
    **overrides: Any,
) -> None:
    """Open the window with a PRESET (a name, a Setup's JSON file, a run's file or a link), or the last one."""
    from visualnet.shell.display import check_picture, explain_missing_display, prepare_display
    from visualnet.shell.overrides import parse_size

    wanted_size = parse_size(size)
    setup, run_file = _wanted(preset, overrides)
    if screenshot is not None:
        check_picture(screenshot)
    problem = prepare_display(needs_window=screenshot is None)
    if problem:
        _refuse(context, problem)
    journal = _journal_of(preset) if preset else ()
    from visualnet.core.sources.launch import launch_engine

    # First of all: it loads NumPy while the window loads Qt.
    process = launch_engine() if engine == "process" else None
    try:
        from visualnet.app.main import open_window
        from visualnet.app.window.options import WindowOptions
    except ImportError as error:
        _refuse(context, explain_missing_display(error))
    from visualnet.log import start_log

    start_log()
    options = WindowOptions(
        setup, screenshot, after_steps, theme, wanted_size, print_json, journal, run_file, process
    )
    context.exit(open_window(options))


def _wanted(preset: str | None, overrides: dict[str, Any]) -> tuple[Setup | None, Path | None]:
    """The Setup that is to be trained, or the run's file that is to be gone on with; neither: what was last."""
    has_options = any(value is not None for value in overrides.values())
    # With other options a run's Setup is what is trained.
    if preset and preset.endswith(".vnet") and not has_options:
        return None, Path(preset)
    if not preset and not has_options:
        return None, None
    from visualnet.shell.overrides import setup_from

    return setup_from(preset or "mnist", **overrides), None


def _refuse(context: click.Context, sentence: str) -> NoReturn:
    """Tell why a window cannot be opened, and end."""
    click.echo(sentence, err=True)
    context.exit(USAGE)


def open_window() -> None:
    """Entry point without a console: the window with the last preset."""
    main(["open"])


@main.command()
@click.argument("preset")
@run_options
@click.option(
    "--json", "print_json", is_flag=True, help="Print the figures as one JSON object, as the last line."
)
@click.option(
    "--output", type=click.Path(path_type=Path), help="Write the same object, with Setup and epochs, here."
)
@click.option(
    "--run", "run_file", type=click.Path(path_type=Path), help="Keep the run in this file, as it goes."
)
@click.pass_context
def train(
    context: click.Context,
    /,
    preset: str,
    print_json: bool,
    output: Path | None,
    run_file: Path | None,
    **overrides: Any,
) -> None:
    """Train a PRESET (a name, a Setup's JSON file or a link) without a window."""
    from visualnet.shell.overrides import setup_from
    from visualnet.shell.train import train_headless

    setup, journal = setup_from(preset, **overrides), _journal_of(preset)
    context.exit(train_headless(setup, print_json, output, run_file, journal))


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--json", "print_json", is_flag=True, help="Print the figures as one JSON object, as the last line."
)
@click.option(
    "--output", type=click.Path(path_type=Path), help="Write the same object, with Setup and epochs, here."
)
@click.option("--branch", type=click.IntRange(0), default=0, help="Which branch; 0, the root, unless given.")
@click.pass_context
def resume(context: click.Context, file: Path, print_json: bool, output: Path | None, branch: int) -> None:
    """Go on with the run in FILE to the end that it was started with."""
    from visualnet.shell.resume import resume as go_on

    context.exit(go_on(file, branch, print_json, output))


@main.command("find-rate")
@click.argument("preset")
@click.option("--lowest", type=float, default=1e-6, show_default=True, help="The first rate.")
@click.option("--highest", type=float, default=10.0, show_default=True, help="The last rate.")
@click.option(
    "--test-steps",
    type=int,
    default=200,
    show_default=True,
    help="How many rates, one a step; small batches need more.",
)
@run_options
@click.option("--json", "print_json", is_flag=True, help="Print all as one JSON object.")
def find_rate(
    preset: str, lowest: float, highest: float, test_steps: int, print_json: bool, **overrides: Any
) -> None:
    """Try learning rates on a PRESET for a short while; name the one at which the loss falls fastest."""
    from visualnet.shell.find_rate import show_rates
    from visualnet.shell.overrides import setup_from

    show_rates(setup_from(preset, **overrides), lowest, highest, test_steps, print_json)


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "print_json", is_flag=True, help="As one JSON object.")
def runs(file: Path, print_json: bool) -> None:
    """Tell what is in the run's FILE; of a damaged one, what can still be read."""
    from visualnet.shell.runs import describe

    click.echo(describe(file, print_json))


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(["csv", "npz", "safetensors"]), required=True)
@click.option("--step", type=click.IntRange(0), help="After this step; the last that is kept unless given.")
@click.option("--branch", type=click.IntRange(0), default=0, help="Which branch; 0, the root, unless given.")
def export(file: Path, out: Path, form: str, step: int | None, branch: int) -> None:
    """Write the history (csv), the parameters (safetensors) or both (npz) of the run in FILE to OUT."""
    from visualnet.core.runfile.export import export_run
    from visualnet.core.runfile.reader import read_run

    run = read_run(file)
    for sentence in (*run.damage, export_run(run, branch, step, out, form)):
        if sentence is not None:
            click.echo(f"visualnet: {sentence}", err=True)


@main.command()
@click.argument("source", type=click.Path(path_type=Path))
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--preset", help="Whose data and loss the network is for, where the file does not say.")
@click.option("--softmax", is_flag=True, help="End the ONNX file with probabilities.")
def convert(source: Path, target: Path, preset: str | None, softmax: bool) -> None:
    """Turn parameters in SOURCE (.safetensors or .onnx) into TARGET (the other of the two)."""
    from visualnet.shell.convert import convert as convert_file
    from visualnet.shell.overrides import setup_from

    setup = None if preset is None else setup_from(preset)
    click.echo(convert_file(source, target, setup, softmax))


@main.command()
@click.argument("preset")
@click.option("--journal", "with_journal", is_flag=True, help="With the commands of a run's file.")
@run_options
def link(preset: str, with_journal: bool, **overrides: Any) -> None:
    """Print a PRESET, a Setup's JSON file or a run's file as a line that open and train take as a PRESET."""
    from visualnet.shell.link import link_of

    click.echo(link_of(preset, with_journal, **overrides))


@main.command()
def presets() -> None:
    """List the presets."""
    from visualnet.core.setup.presets import PRESETS, load_preset

    for name in PRESETS:
        click.echo(f"{name:16} {load_preset(name).description}")


@main.command()
@click.argument("data")
@click.argument("number", type=int)
@click.option("--test", "is_test", is_flag=True, help="From the test set.")
@click.option("--data-dir", type=click.Path(path_type=Path), help="Read the four image files from here.")
def show(data: str, number: int, is_test: bool, data_dir: Path | None) -> None:
    """Draw image NUMBER of a data set (from 0) in the terminal: visualnet show mnist 7."""
    from visualnet.shell.digit import picture_of

    click.echo(picture_of(data, number, is_test, data_dir))


@main.command()
@click.pass_context
def doctor(context: click.Context) -> None:
    """Print versions and a self-check, as text to paste into a bug report."""
    from visualnet.shell.doctor import examine

    text, is_sound = examine()
    click.echo(text)
    context.exit(DONE if is_sound else FAILED)
