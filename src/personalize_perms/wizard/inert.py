"""Foreign text made harmless: names and descriptions from an AWS account are shown, never acted out by the terminal."""

import unicodedata

_ACTING = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Control, format (bidirectional overrides among them), surrogate, private, unassigned, line and paragraph ends."""


def inert(text: str) -> str:
    r"""Return `text` on one line, with every character that could steer a terminal as its `\u` escape."""
    return "".join(_escaped(character) for character in text)


def _escaped(character: str) -> str:
    if unicodedata.category(character) not in _ACTING:
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004 - what four digits hold
