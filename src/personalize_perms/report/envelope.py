"""The JSON output: one envelope, the same for success and failure. Additive changes only.

Everything outside ASCII, and DEL, is escaped, so the text is inert on a terminal too.
"""

import json
from collections.abc import Iterable, Mapping
from io import StringIO
from typing import TYPE_CHECKING, Any

from personalize_perms.model.changes import Change, Outcome, Plan, Refusal, Status
from personalize_perms.model.errors import PersonalizePermsError
from personalize_perms.model.findings import Finding
from personalize_perms.model.settings import Place
from personalize_perms.report.halves import half_data, shut_data

if TYPE_CHECKING:
    from personalize_perms.model.examination import Examined
    from personalize_perms.report.differences import StatementChange

FORMAT = 1


def envelope(
    command: str, exit_code: int, data: Mapping[str, Any], errors: Iterable[Mapping[str, str]], *, partial: bool = False
) -> str:
    """Return the text of the envelope."""
    status = "success" if exit_code in (0, 3) else "partial" if partial else "error"
    content = {
        "format": FORMAT,
        "command": command,
        "status": status,
        "exit_code": exit_code,
        "data": data,
        "errors": list(errors),
    }
    # Piece by piece: `dumps` keeps every piece until the end, which for a thousand buckets is ten times the text.
    text = StringIO()
    text.writelines(json.JSONEncoder(indent=2).iterencode(content))
    return text.getvalue().replace("\x7f", "\\u007f")


def error_entry(error: PersonalizePermsError | Refusal) -> dict[str, str]:
    """Return one entry of `errors`."""
    message = f"{error.message}: {error.reason}" if error.reason else error.message
    return {"code": error.code, "message": message, "hint": error.hint}


def change_entry(change: Change, plan: Plan) -> dict[str, Any]:
    """Return one entry of `changes`."""
    from personalize_perms.report.differences import difference  # noqa: PLC0415 - a plan made offline has no changes

    found = difference(change, plan.name, plan.caller.place.partition)
    return {
        **step_entry(change),
        "access": found.reach,
        "means": list(found.means),
        "statements": [_statement_entry(statement) for statement in found.statements],
        "statements_of_others": found.untouched,
    }


def step_entry(change: Change) -> dict[str, Any]:
    """Return an entry of `changes` that no document tells more about."""
    return {
        "action": change.action,
        "kind": change.kind,
        "resource": change.resource,
        "reason": change.reason,
        "details": list(change.details),
    }


def _statement_entry(statement: "StatementChange") -> dict[str, Any]:
    return {
        "sign": statement.sign,
        "statement": statement.name,
        "access": statement.reach,
        "means": [{"sign": sign, "text": text} for sign, text in statement.means],
    }


def outcome_entry(outcome: Outcome) -> dict[str, Any]:
    """Return one entry of `outcomes`."""
    change = outcome.change
    return {
        "status": outcome.status,
        "action": change.action,
        "kind": change.kind,
        "resource": change.resource,
        "message": outcome.message,
    }


def finding_entry(finding: Finding) -> dict[str, Any]:
    """Return one entry of `findings`."""
    return {
        "check": finding.check,
        "severity": finding.severity,
        "verdict": finding.verdict,
        "resource": finding.resource,
        "message": finding.message,
        "remedy": finding.remedy,
        "docs": finding.docs,
        "reason": finding.reason,
        "statement": finding.statement,
        **({"account": finding.account} if finding.account else {}),
    }


def link_entry(link: "Examined") -> dict[str, Any]:
    """Return one entry of `links`."""
    return {
        "check": link.link,
        "principal": link.who,
        "resource": link.resource,
        "actions": link.message,
        "verdict": link.verdict,
    }


def place_data(place: Place) -> dict[str, Any]:
    """Return what every answer about an account begins with."""
    return {"account": place.account, "region": place.region, "partition": place.partition}


def plan_data(plan: Plan, outcomes: Iterable[Outcome] = ()) -> dict[str, Any]:
    """Return the `data` of a plan and what became of it."""
    return {
        **place_data(plan.caller.place),
        "name": plan.name,
        "endpoint": plan.caller.endpoint,
        "role_arn": plan.role_arn,
        "documents": [
            {"kind": stored.kind, "name": stored.name, "document": stored.document} for stored in plan.documents
        ],
        "changes": [change_entry(change, plan) for change in plan.changes],
        "outcomes": [outcome_entry(outcome) for outcome in outcomes],
        "findings": [finding_entry(finding) for finding in plan.findings],
        "owners_halves": half_data(plan),
        "shut": shut_data(plan),
    }


def outcome_errors(outcomes: Iterable[Outcome]) -> list[dict[str, str]]:
    """Return the `errors` of the changes that failed."""
    return [
        {
            "code": "change-failed",
            "message": f"{outcome.change.kind} {outcome.change.resource}: {outcome.message}",
            "hint": outcome.hint,
        }
        for outcome in outcomes
        if outcome.status is Status.FAILED
    ]


def blocked_errors(plan: Plan) -> list[dict[str, str]]:
    """Return the `errors` of the changes that are blocked."""
    return [
        {"code": "blocked", "message": f"{change.kind} {change.resource}: {change.reason}", "hint": change.hint}
        for change in plan.blocked
    ]
