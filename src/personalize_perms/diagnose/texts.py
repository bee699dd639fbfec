"""Pasted text on one line: as logs, consoles and SDKs print it, without what they put around and between it."""

import html
import re
from typing import Final

LONGEST: Final = 1_000_000
"""Characters of a text that is looked at."""

_COLOUR: Final = re.compile(r"\x1b\[[0-9;?]{0,40}[A-Za-z]")
_TIME: Final = r"\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[0-9.,:+Z-]{0,20}\]?"
_LEVEL: Final = r"\[?(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|FATAL|CRITICAL)\]?:?"
_FRAME: Final = re.compile(r"[\u2500-\u257f]|^[ \t]*(?:[|>#] ?){1,3}", re.MULTILINE)
"""What Terraform draws around a message, and what quotes it in a mail."""
_PREFIX: Final = re.compile(
    rf"^[ \t]*{_TIME}(?:[ \t]+\[[^\]\n]{{1,60}}\])?(?:[ \t]+{_LEVEL}(?=[ \t]|$))?",
    re.MULTILINE | re.ASCII,
)
_QUOTES: Final = str.maketrans({"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u00a0": " "})
_ESCAPES: Final = re.compile(r"""\\{1,4}(?:([nrt])|u0027|u0022|(["'/]))""")


def flat(text: str) -> str:
    """Return `text` on one line: without colours, time stamps and escapes, and with plain quotes and single spaces."""
    text = _PREFIX.sub(" ", _FRAME.sub(" ", _COLOUR.sub("", text)))
    text = _ESCAPES.sub(lambda found: found[2] or (" " if found[1] else "'"), text)
    # Twice: an XML answer that was quoted in another one.
    text = html.unescape(html.unescape(text)).translate(_QUOTES)
    return " ".join(text.split())
