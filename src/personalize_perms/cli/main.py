"""The entry point: commands, exit codes, and one place where every failure is shown."""

import os
import sys
import traceback
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any, Final

import click

from personalize_perms.cli.apply import apply, init
from personalize_perms.cli.completion import completion
from personalize_perms.cli.explain import explain
from personalize_perms.cli.plan import plan
from personalize_perms.cli.setup import Result
from personalize_perms.model.errors import Cancelled, PersonalizePermsError
from personalize_perms.report import envelope, lines
from personalize_perms.report.printer import Printer, wants_colour

PROGRAM: Final = "personalize-perms"
_ISSUES: Final = "https://github.com/personalize-perms/personalize-perms/issues"


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(version("personalize-perms"), prog_name=PROGRAM)
def cli() -> None:
    """Set up every permission that Amazon Personalize needs, and lose nothing that is there.

    \b
    Start here:           personalize-perms init
    Try it without AWS:   personalize-perms init --sandbox
    In CI:                personalize-perms apply --yes --expect-account 111122223333
    """


for _each in (init, plan, apply, explain, completion):
    cli.add_command(_each)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program and exit."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = _run(words)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output went away; what was to be done is done.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    sys.exit(code)


def _run(words: list[str]) -> int:
    try:
        result = cli.main(words, prog_name=PROGRAM, standalone_mode=False)
    except click.UsageError as error:
        return _usage(words, error)
    except (click.Abort, KeyboardInterrupt):
        return _failed(words, Cancelled("stopped; nothing more was changed"))
    except PersonalizePermsError as error:
        return _failed(words, error)
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - the one place where the unexpected is told to a person
        return _unexpected(words, error)
    if not isinstance(result, Result):
        return int(result or 0)
    if _wants_json(words):
        command = _command(words)
        click.echo(envelope.envelope(command, result.exit_code, result.data, result.errors, partial=result.partial))
    return result.exit_code


def _wants_json(words: list[str]) -> bool:
    asked = os.environ.get("PERSONALIZE_PERMS_FORMAT", "")
    for number, word in enumerate(words):
        if word.startswith("--format"):
            asked = word.partition("=")[2] or (words[number + 1] if number + 1 < len(words) else "")
    return asked == "json"


def _command(words: list[str]) -> str:
    return next((word for word in words if word in cli.commands), "")


def _printer() -> Printer:
    return Printer(sys.stderr, colour=wants_colour(sys.stderr))


def _usage(words: list[str], error: click.UsageError) -> int:
    if _wants_json(words):
        entry = {"code": "usage", "message": error.format_message(), "hint": f"{PROGRAM} {_command(words)} --help"}
        click.echo(envelope.envelope(_command(words), error.exit_code, {}, [entry]))
    error.show()
    return error.exit_code


def _failed(words: list[str], error: PersonalizePermsError) -> int:
    _printer().lines(lines.error_lines(error))
    if _wants_json(words):
        click.echo(envelope.envelope(_command(words), error.exit_code, {}, [envelope.error_entry(error)]))
    return error.exit_code


def _unexpected(words: list[str], error: Exception) -> int:
    if "--debug" in words:
        traceback.print_exc()
    known: dict[str, Any] = {
        "reason": f"{type(error).__name__}: {error}",
        "hint": f"run it again with --debug, and report it at {_ISSUES}",
    }
    return _failed(words, PersonalizePermsError("something unexpected went wrong", **known))
