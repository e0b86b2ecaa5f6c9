"""The command line: `deskstorm COMMAND`. Every refusal is one line on stderr and a non-zero exit code.

Exit codes: 0 PASS or done, 1 FAIL, 2 wrong input, 3 VOID, 130 Ctrl-C.
"""

import importlib
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from harness import commands
from harness.errors import DeskstormError
from harness.netlab import Lab
from harness.netlab import run as run_in_lab

PATH = click.Path(path_type=Path)
WRONG_INPUT = 2
INTERRUPTED = 130


def main() -> None:
    """The entry point of the `deskstorm` command."""
    try:
        code = deskstorm(standalone_mode=False)
    except DeskstormError as error:
        click.echo(f"deskstorm: {error}", err=True)
        code = WRONG_INPUT
    except click.ClickException as error:
        error.show()
        code = WRONG_INPUT
    except (KeyboardInterrupt, click.Abort):
        code = INTERRUPTED
    sys.exit(int(code or 0))


@click.group(context_settings={"max_content_width": 110})
@click.version_option(package_name="chaostoolkit-deskstorm")
def deskstorm() -> None:
    """Break a contact centre on purpose, and say honestly whether it recovered."""


@deskstorm.command()
@click.argument("experiments", nargs=-1, required=True, type=PATH)
@click.option("--parallel", default=1, show_default=True, type=click.IntRange(1, 16), help="Runs at the same time.")
@click.option(
    "--repeat", default=1, show_default=True, type=click.IntRange(1, 1000), help="Runs of each, seed by seed."
)
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0), help="Seed of the first repeat.")
@click.option("--defect", metavar="NAME", help="Plant this in every desktop, or in the tracker: `deskstorm defects`.")
@click.option("--agents", type=click.IntRange(1, 1000), help="Desktops in the world; else as the experiment says.")
@click.option("--runs", default="runs", show_default=True, type=PATH, help="Where runs are kept.")
@click.option("--netlab", is_flag=True, help="Run in the network lab what needs a rule that this kernel lacks.")
@click.option("--leave-out-impossible", is_flag=True, help="Name what this machine cannot run, and run the rest.")
def run(experiments: Sequence[Path], parallel: int, repeat: int, seed: int, **asked: object) -> int:
    """Run EXPERIMENTS, each in a world of its own.

    Exit code 0 if all are PASS, 1 if one is FAIL, else 3 if one is VOID; 2 for wrong input.
    """
    return commands.run(experiments, parallel, range(seed, seed + repeat), asked)


@deskstorm.command()
@click.argument("experiments", nargs=-1, type=PATH)
@click.option("--repeat", default=1, show_default=True, type=click.IntRange(1, 100), help="Seeds for each claim.")
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0), help="The first seed.")
@click.option("--parallel", default=2, show_default=True, type=click.IntRange(1, 16), help="Runs at the same time.")
@click.option("--runs", default="runs/prove", show_default=True, type=PATH, help="Where runs and matrix are kept.")
def prove(experiments: Sequence[Path], repeat: int, seed: int, parallel: int, runs: Path) -> int:
    """Show that EXPERIMENTS catch what they claim to catch.

    Each of them (default: all) must be PASS without a defect, FAIL with each of its defects, and VOID when its fault
    is sabotaged, so that it does nothing.
    """
    return commands.prove(experiments, range(seed, seed + repeat), parallel, runs)


@deskstorm.command()
@click.option("--json", "as_json", is_flag=True, help="Print the world as one JSON line.")
@click.option("--agents", default=12, show_default=True, type=click.IntRange(1, 1000), help="Desktops in the world.")
@click.option("--tls", is_flag=True, help="Serve the cloud over TLS with a throw-away certificate.")
@click.option("--defect", metavar="NAME", help="Plant this in every desktop: `deskstorm defects`.")
@click.option(
    "--time-scale",
    default=1.0,
    show_default=True,
    type=click.FloatRange(0.02, 1),
    help="1: real times; 0.1: ten times as fast.",
)
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0), help="Seed of all chance.")
@click.option("--port", default=0, type=click.IntRange(0, 65535), help="Port of the cloud; any free one by default.")
@click.option("--sites", default=0, type=click.IntRange(0, 2), help="Desktops in so many networks of their own (root).")
@click.option("--runs", default="runs", show_default=True, type=PATH, help="Where its evidence is kept.")
def world(**asked: object) -> int:
    """Keep a local world of desktops up until Ctrl-C.

    It has no tracker, so `deskstorm arm` refuses what breaks one. What breaks the network needs --sites.
    """
    return commands.world(asked)


@deskstorm.command()
@click.argument("fault")
@click.argument("settings", nargs=-1, metavar="[KEY=VALUE]...")
@click.option("--world", "run", help="The run id of the world, if several are up.")
def arm(fault: str, settings: Sequence[str], run: str | None) -> int:
    """Put FAULT in force on a running world.

    `deskstorm faults` lists them with their keys. Examples:

    \b
    deskstorm arm api_latency delay_ms=500
    deskstorm arm blackhole 'on={"site": "a"}'
    """
    return commands.arm(fault, settings, run)


@deskstorm.command()
@click.argument("fault", required=False)
@click.option("--world", "run", help="The run id of the world, if several are up.")
def disarm(fault: str | None, run: str | None) -> int:
    """Take FAULT, or every fault, off a running world."""
    return commands.disarm(fault, run)


@deskstorm.command()
def faults() -> int:
    """List every fault with its parameters."""
    return commands.faults()


@deskstorm.command()
def defects() -> int:
    """List every defect that can be planted."""
    return commands.defects()


@deskstorm.command()
def stop() -> int:
    """Clear every fault on this machine; take down all worlds."""
    return commands.stop()


@deskstorm.command()
def doctor() -> int:
    """Say what this machine can break, and why not the rest.

    Also clears up what dead runs left behind, and names it.
    """
    return commands.doctor()


@deskstorm.command()
@click.option(
    "--memory", default=1024, show_default=True, type=click.IntRange(128, 8192), help="The lab's memory in MiB."
)
@click.option(
    "--limit", default=1800.0, show_default=True, type=click.FloatRange(1), help="Seconds it may take; then 124."
)
@click.option("--share", multiple=True, type=PATH, help="A folder below /tmp or /run that the lab sees too.")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def netlab(memory: int, limit: float, share: Sequence[Path], command: Sequence[str]) -> int:
    """Run COMMAND under a kernel with every network rule.

    Example: `deskstorm netlab -- python -m pytest -m netem`. Its output and its exit code are those of COMMAND.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    return run_in_lab(command, Lab(memory, limit, tuple(folder.absolute() for folder in share)))


@deskstorm.command()
@click.argument("folder", type=PATH)
def review(folder: Path) -> int:
    """Judge the run in FOLDER (runs/<id>) again, from its evidence.

    Its verdict and its review are written anew.
    """
    return commands.review(folder)


@deskstorm.command(context_settings={"ignore_unknown_options": True}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def tracker(arguments: Sequence[str]) -> int:
    """Run the tracker: `deskstorm tracker --settings FILE`."""
    code: int = importlib.import_module("tracker.__main__").main(arguments)
    return code


if __name__ == "__main__":
    main()
