"""What a command ends with; `main` prints it and takes the exit code."""

from dataclasses import field
from typing import Any

from personalize_perms.model.values import dataclass


@dataclass(slots=True, kw_only=True)
class Result:
    """Exit code, and the parts of the JSON envelope."""

    exit_code: int = 0
    data: dict[str, Any] = field(default_factory=dict)
    errors: list[dict[str, str]] = field(default_factory=list)
    partial: bool = False
