"""Foreign text made harmless: names and descriptions from an AWS account are shown, never acted out by the terminal."""


def inert(text: str) -> str:
    r"""Return `text` on one line, with every character that could steer a terminal as its `\\u` escape.

    Not printable are control, format (bidirectional overrides among them), surrogate, private and unassigned
    characters, and every separator but the space.
    """
    return text if text.isprintable() else "".join(_escaped(character) for character in text)


def _escaped(character: str) -> str:
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004 - what four digits hold
