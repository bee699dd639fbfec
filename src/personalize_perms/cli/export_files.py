"""Where an export goes: to stdout, or to files that nobody else has written."""

import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import click

from personalize_perms.cli.talk import Talk
from personalize_perms.export.remarks import MADE_BY
from personalize_perms.model.errors import SettingsError
from personalize_perms.model.inert import inert
from personalize_perms.report.lines import Line

_HEAD: Final = 4096
"""Characters from a file's beginning in which an export says that it is one."""


def deliver(files: Mapping[str, str], out: Path | None, talk: Talk, *, shown: bool) -> tuple[Path, ...]:
    """Print the first of the files, or write all of them to `out`; return the paths that were written."""
    if out is None:
        if shown:
            click.echo(next(iter(files.values())), nl=False)
        return ()
    targets = dict(_targets(files, out))
    for path in targets:
        refuse_foreign(path, MADE_BY, "--out")
    for path, text in targets.items():
        write(path, text, "--out")
        talk.say([Line(f"Wrote {inert(str(path))}")])
    return tuple(targets)


def _targets(files: Mapping[str, str], out: Path) -> Iterator[tuple[Path, str]]:
    """Yield path and text: a directory gets all names, a file the first, with the others beside it."""
    text, *_ = files.values()
    if out.is_dir():
        yield from ((out / name, content) for name, content in files.items())
        return
    yield out, text
    for name, content in list(files.items())[1:]:
        # personalize-undo.sh beside go.sh is go-undo.sh
        yield out.with_name(f"{out.stem}-{Path(name).stem.rpartition('-')[2]}{out.suffix}"), content


def refuse_foreign(path: Path, made_by: str, flag: str) -> None:
    """Raise `SettingsError` if something is at `path` that does not say in its beginning that we made it."""
    if not os.path.lexists(path):
        return
    if not (path.is_file() and _says(path, made_by)):  # a named pipe would block for ever
        raise SettingsError(
            f"{path} is there already and was not made by this command",
            hint=f"name another file with {flag}, or delete it first",
        )


def _says(path: Path, made_by: str) -> bool:
    try:
        with path.open(encoding="utf-8") as file:
            return made_by in file.read(_HEAD)
    except (OSError, ValueError):
        return False


def write(path: Path, text: str, flag: str, *, private: bool = False) -> None:
    """Write the whole file or nothing of it, perhaps for its owner only; scripts may be run."""
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        if not private:
            Path(name).chmod(0o755 if text.startswith("#!") else 0o644)
        Path(name).replace(path)
    except OSError as error:
        raise SettingsError(
            f"cannot write {path}", reason=str(error.strerror), hint=f"name another with {flag}"
        ) from error
