"""Short ways to put one question to the evaluator."""

from collections.abc import Mapping
from typing import Any

from personalize_perms.evaluate import Document, Policies, compiled, decide
from personalize_perms.model.access import Decision, Principal, PrincipalType, Question, RequestContext
from personalize_perms.model.findings import Verdict

ACCOUNT, OTHER = "111122223333", "444455556666"
BUCKET, OBJECT = "arn:aws:s3:::acme-data", "arn:aws:s3:::acme-data/in/users.csv"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
TARGET = f"arn:aws:iam::{ACCOUNT}:role/target"
ALLOWED, DENIED, UNKNOWN = Verdict.ALLOWED, Verdict.DENIED, Verdict.UNKNOWN


def user(account: str = ACCOUNT, name: str = "ana") -> Principal:
    return Principal(type=PrincipalType.USER, arn=f"arn:aws:iam::{account}:user/{name}", account=account)


def role(account: str = ACCOUNT, name: str = "svc", session: str = "run") -> Principal:
    arn = f"arn:aws:iam::{account}:role/{name}"
    return Principal(type=PrincipalType.ROLE, arn=arn, account=account, session=session)


def root(account: str = ACCOUNT) -> Principal:
    return Principal(type=PrincipalType.ROOT, arn=f"arn:aws:iam::{account}:root", account=account)


def service(name: str = "personalize.amazonaws.com") -> Principal:
    return Principal(type=PrincipalType.SERVICE, arn=name)


def federated(provider: str) -> Principal:
    return Principal(type=PrincipalType.FEDERATED, arn=provider)


def statement(effect: str = "Allow", **elements: Any) -> dict[str, Any]:
    """Return a statement about everything; elements may be replaced, or left out with None."""
    whole = {"Effect": effect, "Action": "*", "Resource": "*", **elements}
    for name in ("Action", "Resource"):
        if f"Not{name}" in whole:
            whole.pop(name)
    return {name: value for name, value in whole.items() if value is not None}


def deny(**elements: Any) -> dict[str, Any]:
    return statement("Deny", **elements)


def doc(*statements: Mapping[str, Any], name: str = "policy", version: str | None = "2012-10-17") -> Document:
    whole: dict[str, Any] = {"Statement": list(statements)}
    return compiled(whole if version is None else {"Version": version, **whole}, name)


FULL = doc(statement(), name="full access")
NOTHING = doc(statement(Action="nothing:AtAll"), name="no access")


def context(
    given: Mapping[str, Any] | None = None, *, absent: tuple[str, ...] = (), complete: bool = True
) -> RequestContext:
    present = {
        key.lower(): tuple(value) if isinstance(value, list | tuple) else (value,)
        for key, value in (given or {}).items()
    }
    return RequestContext(present=present, absent=frozenset(absent), complete=complete)


def ask(
    policies: Policies,
    principal: Principal | None = None,
    action: str = "s3:GetObject",
    resource: str = OBJECT,
    *,
    owner: str = ACCOUNT,
    given: RequestContext | None = None,
) -> Decision:
    return decide(
        policies,
        Question(
            principal=principal or user(),
            action=action,
            resource=resource,
            resource_account=owner,
            context=given or context(),
        ),
    )


def verdict(*args: Any, **kwargs: Any) -> Verdict:
    return ask(*args, **kwargs).verdict


def holds(
    operator: str, key: str, values: Any, given: RequestContext, *, version: str | None = "2012-10-17"
) -> bool | None:
    """Tell whether a condition holds; None if it cannot be known."""
    found = verdict(
        Policies(identity=(doc(statement(Condition={operator: {key: values}}), version=version),)), given=given
    )
    return {ALLOWED: True, DENIED: False, UNKNOWN: None}[found]
