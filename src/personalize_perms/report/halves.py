"""What the owner of a bucket or key in another account is handed: statements, a settings file, and the commands.

The statements are for review; the settings file does it: there, `apply` reads the policy, appends, writes and reads
back, and `undo` takes exactly that back.
"""

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from personalize_perms.model.changes import Plan, Shut
from personalize_perms.model.findings import Verdict
from personalize_perms.model.inert import inert
from personalize_perms.model.options import OPTIONS, arguments, texts
from personalize_perms.model.resources import (
    BucketPolicyStatements,
    KeyGrant,
    KeyPolicyStatements,
    OwnersHalf,
)
from personalize_perms.model.settings import Place
from personalize_perms.report.lines import Line

_UNKNOWN: Final = "ACCOUNT"
"""Stands in a command for the account of an owner who is not known."""


def half_lines(plan: Plan) -> Iterator[Line]:
    """Show what each owner has to do."""
    place = plan.caller.place
    for half in plan.halves:
        who = f"account {half.owner}" if half.owner else "the account that has it, which cannot be known from here"
        yield Line()
        yield Line(f"The owner's half, for {who}: nothing of it is done, or known to be done, by this run", "title")
        for name, statements in _statements(half):
            yield Line(f"# to be added to the {name}", "title")
            yield from (Line(inert(line)) for line in json.dumps(statements, indent=2).split("\n"))
        yield Line(f"# {file_name(half)}: the same as a settings file, for the owner to run", "title")
        yield from (Line(line) for line in settings_text(half, place).rstrip().split("\n"))
        yield Line(
            "# In the owner's account: with the file, without it, and as a shell script that needs only aws", "title"
        )
        yield from (Line(command) for command in commands(half, place))


def shut_lines(shut: Iterable[Shut]) -> Iterator[Line]:
    """Show who cannot reach what serves others, though their own policies allowed it."""
    yield Line()
    yield Line("What stays shut, though their own policies allowed it", "title")
    for one in shut:
        yield Line(f"{one.verdict:<8} {inert(one.resource)}: {one.who}")
        if one.verdict is not Verdict.DENIED:
            yield Line(f"      {inert(one.because)}", "dim")


def shut_data(plan: Plan) -> list[dict[str, Any]]:
    """Return the same for the envelope."""
    return [
        {"who": one.who, "resource": one.resource, "verdict": one.verdict, "reason": one.because} for one in plan.shut
    ]


def half_data(plan: Plan) -> list[dict[str, Any]]:
    """Return the owners' halves for the envelope."""
    place = plan.caller.place
    return [
        {
            "account": half.owner or None,
            "statements": [{"to": name, "statements": statements} for name, statements in _statements(half)],
            "settings_file": settings_text(half, place),
            "commands": list(commands(half, place)),
        }
        for half in plan.halves
    ]


def file_name(half: OwnersHalf) -> str:
    """Return what the owner's settings file is called in the commands."""
    return f"owner-{half.owner or _UNKNOWN}.toml"


def commands(half: OwnersHalf, place: Place) -> Iterator[str]:
    """Yield the commands that do the owner's half, each of them alone."""
    file = file_name(half)
    yield shlex.join(["personalize-perms", "apply", "-c", file])
    expected = ["--expect-account", half.owner] if half.owner else []
    yield shlex.join(["personalize-perms", "apply", *arguments(half.settings), "--region", place.region, *expected])
    offline = ["--offline", "--account", half.owner or _UNKNOWN]
    yield shlex.join(["personalize-perms", "export", "aws-cli", "-c", file, *offline])


def settings_text(half: OwnersHalf, place: Place) -> str:
    """Return the owner's settings file."""
    lines = [f"# Lets the account {place.account} to buckets and keys of {half.owner or 'yours'}: statements in their"]
    lines += ["# policies, and nothing else. personalize-perms plan shows them first; undo takes them back."]
    for option in OPTIONS:
        values = texts(half.settings, option)
        if values:
            value = json.dumps(list(values)) if option.repeatable else json.dumps(values[0])
            lines.append(f"{option.key} = {value}")
    lines.append(f"region = {json.dumps(place.region)}")
    if half.owner:
        lines.append(f"expect-account = {json.dumps(half.owner)}")
    return "\n".join(lines) + "\n"


def _statements(half: OwnersHalf) -> "Iterator[tuple[str, list[Mapping[str, Any]]]]":
    for resource in half.resources:
        match resource:
            case BucketPolicyStatements(bucket=bucket, statements=statements):
                yield f"bucket policy {bucket}", [*statements]
            case KeyPolicyStatements(key_arn=arn, statements=statements):
                yield f"key policy {arn}", [*statements]
            case KeyGrant(key_arn=arn, grantee_arn=grantee, operations=operations, name=name):
                grant = {"GranteePrincipal": grantee, "Operations": [*operations], "Name": name}
                yield f"grants on {arn}", [grant]


def owes(halves: Iterable[OwnersHalf]) -> str:
    """Return who has something to do yet, as the end of a sentence."""
    known = [f"account {half.owner}" if half.owner else "another account" for half in halves]
    return " and ".join(known)
