"""What could not be looked at: one finding for each cause, however many things it hides. Pure.

A read that was refused says nothing about what is there, so it is never "missing" and never "fine".
"""

from dataclasses import field

from personalize_perms.audit.checks import found
from personalize_perms.model.findings import Finding
from personalize_perms.model.values import dataclass

_SHOWN = 3


@dataclass(slots=True)
class _Cause:
    reason: str
    hides: str
    count: int = 0
    first: list[str] = field(default_factory=list)


class Unknowns:
    """Collects refused reads; it keeps the first names and the number of the rest."""

    def __init__(self) -> None:
        self._causes: dict[tuple[str, str], _Cause] = {}

    def note(self, action: str, resource: str, reason: str, hides: str) -> None:
        """Note a read that failed; `reason` begins with AWS's code, `hides` says what is not known for it."""
        # AWS's words name the resource, so that only its code tells whether the cause is the same.
        cause = self._causes.setdefault((action, reason.partition(":")[0]), _Cause(reason, hides))
        cause.count += 1
        if len(cause.first) < _SHOWN:
            cause.first.append(resource)

    def findings(self) -> tuple[Finding, ...]:
        """Return one finding for each cause."""
        return tuple(_finding(action, cause) for (action, _), cause in self._causes.items())


def _finding(action: str, cause: _Cause) -> Finding:
    names = ", ".join(cause.first)
    rest = cause.count - len(cause.first)
    return found(
        "not-readable",
        f"{names} and {rest} more" if rest else names,
        f"{cause.hides} ({cause.count} not read)" if cause.count > 1 else cause.hides,
        f"{action}: {cause.reason}",
        f"ask an administrator for {action}, then run audit again",
    )
