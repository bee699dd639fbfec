"""What bucket and key policies say where they name Amazon Personalize: too wide, exposed, dead, without effect. Pure.

https://docs.aws.amazon.com/personalize/latest/dg/granting-personalize-s3-access.html
https://docs.aws.amazon.com/personalize/latest/dg/granting-personalize-key-access.html
"""

from collections.abc import Iterator
from typing import Final

from personalize_perms import documents, trust
from personalize_perms.audit import statements
from personalize_perms.audit.checks import Spot, Text, found, gathered
from personalize_perms.audit.effects import idle_actions
from personalize_perms.documents import DocumentKind
from personalize_perms.model.errors import DocumentError
from personalize_perms.model.findings import Finding
from personalize_perms.model.resources import Json, Statement
from personalize_perms.model.settings import Place
from personalize_perms.model.values import dataclass

_TOO_MUCH: Final = {
    DocumentKind.BUCKET_POLICY: (
        "service-may-do-too-much",
        ("s3:DeleteObject", "s3:DeleteBucket", "s3:PutBucketPolicy"),
    ),
    DocumentKind.KEY_POLICY: ("service-administers-key", ("kms:PutKeyPolicy", "kms:ScheduleKeyDeletion")),
}
_MARK: Final = "personalize"


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedDocument:
    """A document that others own too: its kind, what a finding calls it, and its text."""

    kind: DocumentKind
    resource: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What was found in one document.

    `perhaps` are findings that matter only if the document names a role that Amazon Personalize may assume; `named`
    are the ARNs of the roles that it names.
    """

    findings: tuple[Finding, ...] = ()
    perhaps: tuple[Finding, ...] = ()
    named: tuple[str, ...] = ()


def judge(document: SharedDocument, place: Place) -> Judged:
    """Return what is to be said about a bucket or key policy."""
    try:
        listed = documents.statements(documents.parse(document.text))
    except DocumentError as error:
        return Judged(findings=(_unparsed(document, error),))
    numbered = [(statements.named(one, number), one) for number, one in enumerate(listed, 1)]
    serving = [(where, one) for where, one in numbered if statements.names_service(one)]
    dead = tuple(_told(document, _dead(numbered), place))
    if not serving and not any(_is_near(one) for one in listed):
        named = tuple(dict.fromkeys(arn for one in listed for arn in _roles(one)))
        return Judged(perhaps=dead, named=named) if dead else Judged()
    spots = [spot for where, one in serving for spot in _spots(document.kind, where, one, place)]
    spots += [Spot("open-to-everybody", where) for where, one in numbered if serving and _is_open(one)]
    spots += [Spot("statement-without-effect", where, about) for where, about in idle_actions(serving)]
    return Judged(findings=(*dead, *_told(document, spots, place)))


def judge_dead(kind: DocumentKind, resource: str, text: str, place: Place) -> Iterator[Finding]:
    """Yield that a document names deleted principals."""
    listed = statements.statements_of(text)
    numbered = [(statements.named(one, number), one) for number, one in enumerate(listed, 1)]
    yield from _told(SharedDocument(kind=kind, resource=resource, text=text), _dead(numbered), place)


def _dead(numbered: list[tuple[str, dict[str, Json]]]) -> list[Spot]:
    found = ((where, documents.dead_principals([one])) for where, one in numbered)
    return [Spot("dead-principal", where, ", ".join(dict.fromkeys(dead))) for where, dead in found if dead]


def _is_near(statement: Statement) -> bool:
    sid = statement.get("Sid")
    return isinstance(sid, str) and _MARK in sid.lower()


def _roles(statement: Statement) -> list[str]:
    return [arn for arn in statements.principals(statement, "AWS") if ":role/" in arn]


def _is_open(statement: Statement) -> bool:
    return statements.allows(statement) and statements.is_for_everybody(statement)


def _spots(kind: DocumentKind, where: str, statement: dict[str, Json], place: Place) -> Iterator[Spot]:
    if not statements.allows(statement):
        return
    lacking = [part for part in ("Action", "Resource") if part not in statement and f"Not{part}" not in statement]
    if lacking:
        yield Spot("statement-without-effect", where, f"it has no {' and no '.join(lacking)}, so it does nothing")
        return
    if not trust.has_source_condition(statement):
        yield Spot("resource-without-source-conditions", where)
    check, actions = _TOO_MUCH[kind]
    shown = [action for action in actions if statements.covers_action(statement, action)]
    if shown:
        yield Spot(check, where, ", ".join(shown))
    others = [account for account in statements.accounts(statement) if account != place.account]
    if others:
        yield Spot("shared-with-other-accounts", where, ", ".join(others))


def _told(document: SharedDocument, spots: list[Spot], place: Place) -> Iterator[Finding]:
    policy = document.kind.replace("-", " ")
    for check, where, about in gathered(spots):
        text = _TEXTS[check]
        yield found(
            check,
            document.resource,
            text.message.format(about=about),
            f"{where} of the {policy}",
            text.remedy.format(arn=document.resource, account=place.account, partition=place.partition, about=about),
        )


def _unparsed(document: SharedDocument, error: DocumentError) -> Finding:
    why = f"{error.message}: {error.reason}" if error.reason else error.message
    policy = document.kind.replace("-", " ")
    return found(
        "not-readable",
        document.resource,
        f"the {policy} cannot be read strictly, so what it allows is not known",
        why,
        "its owner should look at it and store it again",
    )


_CONDITIONS: Final = (
    '"StringEquals": {{"aws:SourceAccount": "{account}"}}, "ArnLike": {{"aws:SourceArn": '
    '"arn:{partition}:personalize:*:{account}:*"}}'
)
_TEXTS: Final = {
    "dead-principal": Text(
        "names users or roles that were deleted: {about}. They let nobody in, and AWS refuses to store the policy "
        "again as long as they stand there",
        "personalize-perms audit --fix dead-principal:{arn}",
    ),
    "open-to-everybody": Text(
        "lets everybody in, beside Amazon Personalize",
        "its owner should name the principals one by one, or say who by a condition",
    ),
    "shared-with-other-accounts": Text(
        "lets other accounts in with the same statement as Amazon Personalize: {about}",
        "its owner should give them a statement of their own, so that each can have its own conditions, or remove them",
    ),
    "service-may-do-too-much": Text(
        "lets Amazon Personalize do what none of its workflows does: {about}",
        "its owner should leave s3:GetObject, s3:ListBucket and, for results, s3:PutObject",
    ),
    "service-administers-key": Text(
        "lets Amazon Personalize change who uses the key, or delete it: {about}",
        "its owner should leave kms:Decrypt, kms:GenerateDataKey, kms:DescribeKey, kms:CreateGrant and kms:ListGrants, "
        "and for exports kms:GenerateDataKeyWithoutPlaintext",
    ),
    "resource-without-source-conditions": Text(
        "lets Amazon Personalize in for any account. AWS's guide shows it so, and does not say whether Amazon "
        "Personalize sends what a condition would need",
        f"to try it, and to be able to take it back: --source-conditions all. The conditions: {_CONDITIONS}",
    ),
    "statement-without-effect": Text("{about}", "its owner should correct the statement, or remove it"),
}
"""What each check found, and what to do about it."""
