"""The profiles of the person's AWS files, for completion: botocore takes longer to import than a person waits."""

import os
from collections.abc import Iterator
from configparser import Error, RawConfigParser
from pathlib import Path


def profiles() -> list[str]:
    """Return the names of the profiles; what cannot be read has none."""
    return sorted({*_config(), *_sections("AWS_SHARED_CREDENTIALS_FILE", "credentials")})


def _config() -> Iterator[str]:
    for section in _sections("AWS_CONFIG_FILE", "config"):
        kind, _, name = section.partition(" ")
        if section == "default" or (kind == "profile" and name.strip()):
            yield name.strip().strip("\"'") or section


def _sections(variable: str, name: str) -> list[str]:
    path = Path(os.environ.get(variable) or f"~/.aws/{name}").expanduser()
    parser = RawConfigParser(strict=False, default_section=":none")
    try:
        parser.read_string(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, Error):
        return []
    return parser.sections()
