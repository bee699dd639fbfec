"""The entry point: commands, exit codes, and one place where every failure is shown."""

import errno
import os
import sys
import threading
from collections.abc import Mapping, Sequence
from importlib import import_module
from io import TextIOWrapper
from typing import TYPE_CHECKING, Final, TextIO

import click

from personalize_perms import __version__, collector
from personalize_perms.model.errors import Cancelled, OutputFailed, PersonalizePermsError
from personalize_perms.model.inert import inert

if TYPE_CHECKING:
    from personalize_perms.cli.result import Result

PROGRAM: Final = "personalize-perms"
COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "init": ("apply", "The wizard: asks what is open, shows, confirms, applies, verifies."),
    "plan": ("plan", "What would change in the account; with --out, saved to be applied later."),
    "apply": ("apply", "Make it so, from the settings file and flags, or exactly a saved plan."),
    "check": ("check", "Is everything in place, and can each workflow run? Every link, and why not."),
    "diagnose": ("diagnose", "From an error's text, a failed job or a CloudTrail event to what mends it."),
    "audit": ("audit", "What in the account lets Personalize in, and is too wide, missing or dead there."),
    "undo": ("undo", "Take back exactly what was added, and leave what others rely on."),
    "export": ("export", "The set-up as code for others to run: CloudFormation, Terraform, shell, JSON."),
    "rollout": ("rollout", "The IAM part in many accounts, through CloudFormation StackSets."),
    "explain": ("explain", "Why each statement is there, and the AWS page that says so."),
    "completion": ("completion", "Completion script for your shell."),
}
"""Command -> its module in this package, and a line about it. Modules are imported when their command is run."""


class _Commands(click.Group):
    """Commands that are imported only when they are needed: `--help` and `--version` need none."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - Click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"personalize_perms.cli.{COMMANDS[cmd_name][0]}")
        collector.settled()
        command = getattr(module, cmd_name)
        assert isinstance(command, click.Command)  # noqa: S101 - for the type checker
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand:
            # Click looks for what was meant among commands that are imported already; here none is.
            raise click.exceptions.NoSuchCommand(args[0], possibilities=COMMANDS, ctx=ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, about) for name, (_, about) in COMMANDS.items()])
        from personalize_perms.cli.examples import write_surroundings  # noqa: PLC0415 - only for --help

        write_surroundings(formatter)


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name=PROGRAM)
def cli() -> None:
    """Set up every permission that Amazon Personalize needs, and lose nothing that is there.

    \b
    Start here:           personalize-perms init
    Try it without AWS:   personalize-perms init --sandbox
    In CI:                personalize-perms apply --yes --expect-account 111122223333
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program and exit."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    _open_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # what a code page cannot show must not end a run
    try:
        code = _run(words)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output went away; what was to be done is done.
        _silence(sys.stdout)
        code = 1
    except (OSError, OutputFailed) as error:
        code = _unwritten(error)
    if code == Cancelled.exit_code and threading.active_count() > 1:
        # After a second Ctrl-C calls may still be under way: whoever stops at once does not wait for their answers.
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def _open_streams() -> None:
    """Write nowhere where whoever started the program closed a stream."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            nowhere = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - quick to import; open to the end
            setattr(sys, name, nowhere)


def _silence(stream: TextIO) -> None:
    """Let what is still to be written go nowhere: Python would try once more at its end, and complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _unwritten(error: OSError | OutputFailed) -> int:
    """Say that a stream could not be written to, if that can be said."""
    from personalize_perms.report import lines, printer  # noqa: PLC0415 - nothing of this for --help

    failure = printer.unwritten(error) if isinstance(error, OSError) else error
    try:
        printer.Printer(sys.stderr, colour=False).lines(lines.error_lines(failure))
    except (OSError, OutputFailed):
        _silence(sys.stderr)
    _silence(sys.stdout)
    return failure.exit_code


def _run(words: list[str]) -> int:
    try:
        result: Result | int | None = cli.main(words, prog_name=PROGRAM, standalone_mode=False)
    except click.UsageError as error:
        return _usage(words, error)
    except (click.Abort, KeyboardInterrupt):
        return _failed(words, Cancelled("nothing more was changed"))
    except (BrokenPipeError, OutputFailed):
        raise
    except PersonalizePermsError as error:
        return _failed(words, error)
    except Exception as error:
        if isinstance(error, OSError) and error.errno == errno.ENOSPC and error.filename is None:
            raise  # a stream's, not a file's
        return _unexpected(words, error)
    if result is None or isinstance(result, int):
        return result or 0  # --help and --version
    if _wants_json(words):
        _print_envelope(words, result)
    return result.exit_code


def _print_envelope(words: list[str], result: "Result") -> None:
    from personalize_perms.report import envelope  # noqa: PLC0415 - nothing of this for --help

    text = envelope.envelope(_command(words), result.exit_code, result.data, result.errors, partial=result.partial)
    click.echo(text)


def _wants_json(words: list[str]) -> bool:
    asked = os.environ.get("PERSONALIZE_PERMS_FORMAT", "")
    for number, word in enumerate(words):
        if word.startswith("--format"):
            asked = word.partition("=")[2] or (words[number + 1] if number + 1 < len(words) else "")
    return asked == "json"


def _command(words: list[str]) -> str:
    return next((word for word in words if word in COMMANDS), "")


def _usage(words: list[str], error: click.UsageError) -> int:
    from personalize_perms.cli.result import Result  # noqa: PLC0415 - nothing of this for --help

    hint = " ".join(filter(None, (PROGRAM, _command(words), "--help")))
    message = error.format_message()
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(message, err=True)
    else:
        message = inert(message)  # it quotes what was typed, or what a settings file holds
        usage = f"{error.ctx.get_usage()}\n" if error.ctx else ""
        click.echo(f"{usage}Try '{hint}' for help.\n\nError: {message}", err=True)
    if _wants_json(words):
        entry = {"code": "usage", "message": message, "hint": hint}
        _print_envelope(words, Result(exit_code=error.exit_code, errors=[entry]))
    return error.exit_code


def _failed(words: list[str], error: PersonalizePermsError) -> int:
    from personalize_perms.cli.result import Result  # noqa: PLC0415 - nothing of this for --help
    from personalize_perms.report import envelope, lines, printer  # noqa: PLC0415 - nothing of this for --help

    colour = "--no-color" not in words and printer.wants_colour(sys.stderr)
    printer.Printer(sys.stderr, colour=colour).lines(lines.error_lines(error))
    if _wants_json(words):
        _print_envelope(words, Result(exit_code=error.exit_code, errors=[envelope.error_entry(error)]))
    return error.exit_code


def _unexpected(words: list[str], error: Exception) -> int:
    if "--debug" in words:
        import traceback  # noqa: PLC0415 - only where something unexpected is looked into

        traceback.print_exc()
    return _failed(
        words,
        PersonalizePermsError(
            "something unexpected went wrong",
            reason=f"{type(error).__name__}: {error}",
            hint="run it again with --debug, and report what it shows: this is a bug",
        ),
    )
