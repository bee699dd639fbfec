"""The parts of the manual that are generated, so that they cannot lie: the README's table and help texts."""

from collections.abc import Iterator

import click

from personalize_perms.cli.main import COMMANDS, PROGRAM, cli
from personalize_perms.model.options import OPTIONS


def settings_table() -> str:
    """Return the table of settings in Markdown."""
    return "\n".join(("", *_rows(), ""))


def _rows() -> Iterator[str]:
    yield "| flag | variable | meaning | default |"
    yield "|---|---|---|---|"
    for option in OPTIONS:
        form = "\\|".join(option.choices) or option.metavar
        default = f"`{option.default}`" if option.default else "-"
        flag = f"`{option.flag}{f' {option.metavar}' if option.metavar else ''}`"
        several = " (repeatable)" if option.repeatable else ""
        meaning = option.help + (f" One of: {form.replace(chr(92) + '|', ', ')}." if option.choices else "")
        yield f"| {flag}{several} | `{option.variable}` | {meaning} | {default} |"


def command_help() -> str:
    """Return the help of the program and of each command, as code blocks."""
    parts = [_block("", cli)]
    with click.Context(cli, info_name=PROGRAM) as ctx:
        for name in COMMANDS:
            command = cli.get_command(ctx, name)
            if command is not None:
                parts.append(_block(name, command))
    return "\n".join(parts)


def _block(name: str, command: click.Command) -> str:
    parent = click.Context(cli, info_name=PROGRAM) if name else None
    ctx = click.Context(command, info_name=name or PROGRAM, parent=parent, terminal_width=110, max_content_width=110)
    title = f"<details><summary><code>{PROGRAM}{f' {name}' if name else ''} --help</code></summary>"
    return f"\n{title}\n\n```text\n{command.get_help(ctx).rstrip()}\n```\n\n</details>\n"
