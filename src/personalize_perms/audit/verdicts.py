"""Whether what a statement allows is left to a role by all that it has: its other policies and its boundary. Pure."""

import re
from collections.abc import Callable, Iterable
from typing import Final

from personalize_perms import evaluate
from personalize_perms.audit.policies import NamedPolicy
from personalize_perms.evaluate import Document, Policies, Unread
from personalize_perms.model.access import Principal, PrincipalType, Question
from personalize_perms.model.findings import Verdict
from personalize_perms.model.inventory import RoleDetail
from personalize_perms.model.resources import Json
from personalize_perms.model.settings import Place

Ask = Callable[[str, str], Verdict]
"""What is said of one action on one resource."""
_KEY: Final = re.compile(r"arn:[^:]*:kms:.*", re.ASCII)


def ask_about(role: RoleDetail, policies: Iterable[NamedPolicy], boundary: NamedPolicy | None, place: Place) -> Ask:
    """Return what tells whether a role may do something, as far as its own policies decide."""
    principal = Principal(type=PrincipalType.ROLE, arn=role.arn, account=place.account)
    identity = tuple(map(_compiled, policies))
    limit = _compiled(boundary) if boundary else None

    def ask(action: str, resource: str) -> Verdict:
        question = Question(principal=principal, action=action, resource=resource, resource_account=place.account)
        # What the role may do with a key is asked as if the key left that to IAM, as AWS makes keys.
        key = evaluate.compiled(_delegating(place), "the key policy") if _KEY.fullmatch(resource) else None
        return evaluate.decide(Policies(identity=identity, boundary=limit, resource=key), question).verdict

    return ask


def _compiled(policy: NamedPolicy) -> Document | Unread:
    if not policy.text:
        return Unread(name=policy.name, why="it was not read")
    return evaluate.compiled_text(policy.text, policy.name)


def _delegating(place: Place) -> dict[str, Json]:
    root: dict[str, Json] = {"AWS": f"arn:{place.partition}:iam::{place.account}:root"}
    return {"Statement": [{"Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*"}]}
