"""What is to be diagnosed, read as things from strangers are: a text, an ARN, a file, or what is pasted or piped in."""

import os
import stat
import sys
import zlib
from pathlib import Path
from typing import Final

from personalize_perms.cli.request import Request
from personalize_perms.cli.talk import Talk
from personalize_perms.diagnose.cloudtrail import LONGEST
from personalize_perms.model.errors import PersonalizePermsError, SettingsError
from personalize_perms.model.inert import inert
from personalize_perms.model.names import Arn, InvalidName
from personalize_perms.model.values import dataclass
from personalize_perms.report.lines import Line

_GZIP: Final = b"\x1f\x8b"
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")
_ENDINGS: Final = (".json", ".gz", ".log", ".txt")
_WHAT: Final = (
    "an error text in quotes, the ARN of a job or dataset group, a file with a CloudTrail event, "
    "or - for standard input"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A text, or the ARN of something in Amazon Personalize."""

    text: str = ""
    arn: Arn | None = None


def given(what: str | None, request: Request, talk: Talk) -> Given:
    """Return what is to be diagnosed; raise `SettingsError` where there is nothing, or nothing that could be."""
    if what is None and request.may_ask:
        talk.warn([Line("Paste what went wrong, then press Ctrl-D on a line of its own (Windows: Ctrl-Z, Enter).")])
        what = "-"
    if what is None:
        raise SettingsError("there is nothing to diagnose", reason=f"diagnose takes {_WHAT}", hint='diagnose "TEXT"')
    if what == "-":
        return Given(text=_decoded(sys.stdin.buffer.read(LONGEST + 1), "standard input"))
    if os.path.lexists(what):
        return Given(text=_decoded(_content(Path(what)), what))
    if what.startswith("arn:") and len(what.split()) == 1:
        return Given(arn=_arn(what))
    if what.lower().endswith(_ENDINGS) and len(what.split()) == 1:
        raise SettingsError(
            f"there is no file {inert(what)}", hint="check its name, or give the error's text in quotes"
        )
    return Given(text=what)


def _arn(text: str) -> Arn:
    from personalize_perms.aws import personalize_work  # noqa: PLC0415 - only where one is asked for

    try:
        arn = Arn.parse(text)
    except InvalidName as error:
        raise SettingsError(inert(str(error)), hint="give the whole ARN, as AWS prints it") from None
    if not personalize_work.is_known(arn):
        raise SettingsError(
            f"{inert(text)} is nothing in Amazon Personalize that can be asked what went wrong",
            reason=f"these can: {', '.join(personalize_work.KINDS)}",
            hint="for roles, buckets and keys: personalize-perms check",
        )
    return arn


def _content(path: Path) -> bytes:
    try:
        # A named pipe in the place of a file would block for ever.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0))
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise PermissionError("it is not a regular file")
            with open(descriptor, "rb", closefd=False) as file:
                return file.read(LONGEST + 1)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise PersonalizePermsError(
            f"{inert(str(path))} cannot be read", reason=error.strerror or str(error), hint="name the file itself"
        ) from None


def _decoded(content: bytes, name: str) -> str:
    """Return the text, whatever shell or service wrote it; CloudTrail's own files are compressed."""
    if content.startswith(_GZIP) and len(content) <= LONGEST:
        content = _unpacked(content, name)
    if len(content) > LONGEST:
        raise PersonalizePermsError(
            f"{inert(name)} is too large",
            reason=f"at most {LONGEST:,} bytes are read",
            hint="give the part that matters",
        )
    encoding = "utf-16" if content.startswith(_UTF_16) else "utf-8-sig"
    return content.decode(encoding, errors="replace")


def _unpacked(content: bytes, name: str) -> bytes:
    unpacking = zlib.decompressobj(wbits=31)
    try:
        return unpacking.decompress(content, LONGEST + 1)
    except zlib.error as error:
        raise PersonalizePermsError(
            f"{inert(name)} cannot be unpacked", reason=str(error), hint="fetch it again, or unpack it yourself"
        ) from None
