"""What AWS says where a rollout does not come through, and what to do about it. Pure.

The same sentences come as the refusal of a call and as the reason of a single account.
"""

import re
from typing import Final

from personalize_perms.model.values import dataclass

_PREREQUISITES: Final = (
    "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-prereqs-self-managed.html"
)
NOT_THE_ADMINISTRATOR: Final = (
    "run this in the organisation's management account, or have it make this account a delegated administrator for "
    "CloudFormation StackSets (there with organizations:ListDelegatedAdministrators and --call-as delegated-admin); "
    "or use --accounts"
)
NO_TRUSTED_ACCESS: Final = (
    "in the management account: CloudFormation console, StackSets, Activate trusted access "
    "(aws cloudformation activate-organizations-access); or use --accounts"
)


@dataclass(frozen=True, slots=True)
class Words:
    """What it means, and what to do."""

    message: str
    hint: str


_TABLE: Final[tuple[tuple[str, Words], ...]] = (
    (
        r"must enable organizations access|organizations access (is|has) (not|been dis)|trusted access",
        Words("CloudFormation may not act in the accounts of the organisation yet", NO_TRUSTED_ACCESS),
    ),
    (
        r"must be the (management|master)|not a delegated admin",
        Words("this account does not manage the stack sets of its organisation", NOT_THE_ADMINISTRATOR),
    ),
    (
        r"role with trust relationship to CloudFormation service",
        Words(
            "the administration role is missing in this account",
            f"make the role AWSCloudFormationStackSetAdministrationRole (or name another with --administration-role) "
            f"that cloudformation.amazonaws.com may assume: {_PREREQUISITES}",
        ),
    ),
    (
        r"role with trust relationship to Role",
        Words(
            "the execution role is missing in the account, or does not trust this one",
            f"make the role AWSCloudFormationStackSetExecutionRole there (or name another with --execution-role) that "
            f"trusts the administration role of this account: {_PREREQUISITES}",
        ),
    ),
    (
        r"already exists",
        Words(
            "something of that name is there already",
            "a set-up that was made there directly goes with `personalize-perms undo` in that account; or use --name",
        ),
    ),
    (
        r"[Ii]nvalid principal",
        Words(
            "a role is to trust somebody who does not exist",
            "the users of --assumable-by must exist in the account that their ARN names",
        ),
    ),
    (
        r"(role|group).{0,80}(cannot be found|does not exist|not found)",
        Words(
            "a role or group that is to get the user policy is not there",
            "each account needs the roles and groups of --attach-role, --attach-group and --role-arn, or none",
        ),
    ),
    (
        r"policy.{0,120}(does not exist|not found|cannot be found)",
        Words(
            "a policy is not there",
            "each account needs a policy of the name that --permissions-boundary gives",
        ),
    ),
    (
        r"[Ss]tack ?[Ss]et is not empty|still contains one or more stack instances",
        Words(
            "the stack set still has stacks",
            "accounts that left their organizational unit keep theirs: `rollout --status` names them, and "
            "aws cloudformation delete-stack-instances takes them out; then run rollout --undo again",
        ),
    ),
    (
        r"[Cc]annot delete entity|must detach|DeleteConflict",
        Words(
            "others attached something to a role or policy of the set-up",
            "detach it in that account, then run rollout --undo again",
        ),
    ),
)


def words(text: str) -> Words | None:
    """Return what a sentence of AWS means and what to do, if it is one of those that are known."""
    return next((meaning for pattern, meaning in _TABLE if re.search(pattern, text)), None)
