"""What a role that Amazon Personalize may assume is allowed: its policies' texts, read where they are needed.

Few roles of an account are such roles, so their managed policies are read one by one, each once, and forgotten.
"""

import json
from dataclasses import replace
from functools import lru_cache, partial
from typing import Final

from personalize_perms.audit.policies import FULL_ACCESS, NamedPolicy
from personalize_perms.aws.account import Account
from personalize_perms.engine.noted import Notes
from personalize_perms.model.inventory import RoleDetail

_REMEMBERED: Final = 256
_HIDES: Final = "what the role may do is not wholly known"
_PUBLISHED: Final = {
    ":policy/AdministratorAccess": "*",
    ":policy/AmazonS3FullAccess": "s3:*",
    ":policy/IAMFullAccess": "iam:*",
}
"""What AWS's own policies allow on everything, so that they need not be read."""


class RolePolicies:
    """Reads what roles may do; what may not be read is noted."""

    def __init__(self, account: Account, notes: Notes) -> None:
        self._iam = account.iam
        self._notes = notes
        self._managed = lru_cache(maxsize=_REMEMBERED)(self._read_managed)

    def named(self, role: RoleDetail) -> list[NamedPolicy]:
        """Return every policy of a role with its text, empty where that is not known."""
        inline = [NamedPolicy(name=name, text=text) for name, text in role.inline.items()]
        return [*inline, *map(self.by_arn, role.attached)]

    def boundary(self, role: RoleDetail) -> NamedPolicy | None:
        """Return the permissions boundary of a role, if it has one."""
        return self.by_arn(role.boundary_arn) if role.boundary_arn else None

    def completed(self, role: RoleDetail) -> RoleDetail | None:
        """Return a role that was read by its trust policy alone with its policies; None where they may not be read."""
        contents = self._notes.ask(partial(self._iam.read_role_contents, role.name), role.arn, _HIDES)
        if contents is None:
            return None
        reads = {name: partial(self._iam.read_inline_policy, role.name, name) for name in contents.inline_policy_names}
        inline = {name: self._notes.ask(read, role.arn, _HIDES) or "" for name, read in reads.items()}
        return replace(role, inline=inline, attached=contents.attached_policy_arns)

    def by_arn(self, arn: str) -> NamedPolicy:
        """Return a managed policy with its text, empty where that is not known."""
        return NamedPolicy(name=arn, arn=arn, text=self._managed(arn))

    def _read_managed(self, arn: str) -> str:
        name = arn.partition("::aws")[2]
        if name in _PUBLISHED:
            statement = {"Effect": "Allow", "Action": _PUBLISHED[name], "Resource": "*"}
            return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        if arn.endswith(FULL_ACCESS):
            return ""  # it is known by its name, and what is wrong with it is told at once
        return self._notes.ask(partial(self._iam.read_managed_text, arn), arn, _HIDES) or ""
