"""What identity-based policies say about Amazon Personalize: actions that do not exist, policies in no use. Pure."""

from collections.abc import Iterator, Mapping
from typing import Final

from personalize_perms.audit import statements
from personalize_perms.audit.checks import found
from personalize_perms.audit.effects import meant, misspelt
from personalize_perms.model.findings import Finding
from personalize_perms.model.inventory import PolicyDetail
from personalize_perms.model.resources import Statement
from personalize_perms.model.values import dataclass

FULL_ACCESS: Final = ":policy/service-role/AmazonPersonalizeFullAccess"
"""How the ARN of AWS's own policy for Amazon Personalize ends: it is known without being read."""
_MARK: Final = "personalize"


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedPolicy:
    """One policy of a role: how a person calls it, its ARN (empty: inline), its text (empty: not known)."""

    name: str
    arn: str = ""
    text: str = ""


def judge_actions(holder: str, policy: str, text: str, known: Mapping[str, str]) -> Iterator[Finding]:
    """Yield the actions of Amazon Personalize in one policy that do not exist; `known` are those that do."""
    if _MARK not in text.lower():
        return
    listed = statements.statements_of(text)
    wrong = [*misspelt(listed, known)]
    if wrong:
        numbers = dict.fromkeys(number for number, _ in wrong)
        right = dict.fromkeys(filter(None, (meant(action, known) for _, action in wrong)))
        where = "; ".join(statements.named(listed[number - 1], number) for number in numbers)
        yield found(
            "misspelt-action",
            holder,
            f"Amazon Personalize has no action {', '.join(dict.fromkeys(action for _, action in wrong))}, so naming it "
            "has no effect; IAM does not tell",
            f"{where} of the policy {policy}",
            f"its owner should write {' and '.join(right)}" if right else "its owner should look it up in AWS's list",
        )


def judge_policy(policy: PolicyDetail) -> Iterator[Finding]:
    """Yield that a policy made for Amazon Personalize is in no use."""
    if policy.attached_to or policy.boundary_of or _MARK not in policy.document_json.lower():
        return
    if any(map(_describes_personalize, statements.statements_of(policy.document_json))):
        yield found(
            "unused-policy",
            policy.arn,
            "allows actions of Amazon Personalize, and nobody has it",
            "it is attached to no user, group or role, and is nobody's permissions boundary",
            "if no permission set of IAM Identity Center and no template refers to it: "
            f"aws iam delete-policy --policy-arn {policy.arn}",
        )


def _describes_personalize(statement: Statement) -> bool:
    actions = statements.listed(statement.get("Action"))
    return any(action.lower().startswith("personalize:") for action in actions)
