"""What stays shut where buckets and keys serve other accounts: asked of the documents as they will be stored. Pure.

Each question is put for somebody whose own policies allow everything, so that the bucket or key policy alone decides:
a role of an account that is not served, one of another path, one outside the organisation, another service. A
statement of others that lets them in is found in the same way.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from personalize_perms import documents, trust
from personalize_perms.documents import DocumentKind
from personalize_perms.evaluate import Document, Policies, Unread, compiled, compiled_text, decide
from personalize_perms.model import ownership
from personalize_perms.model.access import Principal, PrincipalType, Question, RequestContext
from personalize_perms.model.changes import Plan, Shut
from personalize_perms.model.findings import Finding, Severity, Verdict
from personalize_perms.model.resources import Json, Statement
from personalize_perms.model.settings import Place, Settings, SourceConditions
from personalize_perms.steps import served

_STRANGER: Final = "000000000000"
"""An account that nobody has."""
_OTHER_ORG: Final = "o-0000000000"
_OTHER_SERVICE: Final = "glue.amazonaws.com"
_EVERYTHING: Final[dict[str, Json]] = {
    "Version": documents.VERSION,
    "Statement": [{"Sid": "Everything", "Effect": "Allow", "Action": "*", "Resource": "*"}],
}
_OWN: Final = "policies of its own, which allow everything here"
_S3: Final = ("s3:GetObject", "s3:PutObject", "s3:ListBucket")
_KMS: Final = ("kms:Decrypt", "kms:GenerateDataKey", "kms:CreateGrant")
_SOURCES: Final = frozenset({"aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths"})

Asker = tuple[str, Principal, RequestContext]


def proven(plan: Plan, settings: Settings) -> Plan:
    """Return the plan with what stays shut, and a finding for whatever does not."""
    shut = tuple(_proofs(plan, settings))
    return replace(plan, shut=shut, findings=(*plan.findings, *(_open(one) for one in shut if _matters(one))))


def _proofs(plan: Plan, settings: Settings) -> Iterator[Shut]:
    place = plan.caller.place
    askers = tuple(_askers(settings, place))
    for stored in plan.documents:
        is_bucket = stored.kind == DocumentKind.BUCKET_POLICY
        if not is_bucket and stored.kind != DocumentKind.KEY_POLICY:
            continue
        found = compiled_text(stored.text, f"{stored.kind.replace('-', ' ')} {stored.name}")
        resources = (
            _resources(settings, place, stored.name, stored.document)
            if is_bucket
            else [(action, stored.name) for action in _KMS]
        )
        for asker in (*askers, *_named(stored.document, plan.name, settings, place)):
            yield _asked(asker, found, stored.name, resources, place)


def _allowing(document: Mapping[str, Json]) -> Iterator[Statement]:
    return (one for one in documents.statements(document) if one.get("Effect") == "Allow")


def _texts(value: Json) -> list[str]:
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)]


def _named(document: Mapping[str, Json], name: str, settings: Settings, place: Place) -> Iterator[Asker]:
    """Yield the other accounts, and the roles of theirs, that statements of others name."""
    served_accounts = {place.account, *map(str, settings.serve_accounts)}
    found: dict[str, str] = {}
    for statement in _allowing(document):
        principal = statement.get("Principal")
        if ownership.is_own_sid(statement.get("Sid"), name) or not isinstance(principal, dict):
            continue
        for text in _texts(principal.get("AWS")):
            match = re.fullmatch(r"(?:arn:[^:]+:iam::)?([0-9]{12})(:root|:role/.+)?", text)
            if match and match[1] not in served_accounts:
                is_role = (match[2] or "").startswith(":role/")
                found[text if is_role else f"arn:{place.partition}:iam::{match[1]}:role/example"] = match[1]
    for arn, account in found.items():
        yield _role(f"{arn}, whom a statement of others names", arn, account, settings.serve_org or _OTHER_ORG)


def _resources(settings: Settings, place: Place, bucket: str, document: Mapping[str, Json]) -> list[tuple[str, str]]:
    arn = f"arn:{place.partition}:s3:::{bucket}"
    used = [location for location in settings.locations if location.bucket == bucket]
    keys = [f"{arn}/{one.prefix}{'' if one.prefix.endswith('/') or not one.prefix else '/'}example" for one in used]
    # A statement of others may open a part of what is served.
    begin = tuple(f"{arn}/{one.prefix}" for one in used)
    named = (text for one in _allowing(document) for text in _texts(one.get("Resource")))
    keys += [text.replace("*", "example").replace("?", "e") for text in named if text.startswith(begin)]
    return [(action, arn if action == "s3:ListBucket" else key) for action in _S3 for key in dict.fromkeys(keys)]


def _askers(settings: Settings, place: Place) -> Iterator[Asker]:
    pattern = served.role_pattern(settings, place)
    served_account = str(settings.serve_accounts[0]) if settings.serve_accounts else "111111111111"
    served_role = pattern.replace("iam::*:", f"iam::{served_account}:").replace("*", "example")
    inside = settings.serve_org or _OTHER_ORG
    resource = served_role.partition(f":{served_account}:")[2]
    stranger = f"arn:{place.partition}:iam::{_STRANGER}:{resource}"
    another = f"arn:{place.partition}:iam::{served_account}:role/another/role"
    if settings.serve_accounts:
        yield _role("the same role of an account that is not served", stranger, _STRANGER, inside)
    if settings.serve_org:
        yield _role("the same role outside the organisation", stranger, _STRANGER, _OTHER_ORG)
    yield _role("another role of a served account", another, served_account, inside)
    service = Principal(type=PrincipalType.SERVICE, arn=_OTHER_SERVICE)
    yield f"another service ({_OTHER_SERVICE})", service, RequestContext(absent=_SOURCES)
    if settings.source_conditions is SourceConditions.ALL:
        sources = {
            "aws:sourceaccount": (_STRANGER,),
            "aws:sourcearn": (f"arn:{place.partition}:personalize:{place.region}:{_STRANGER}:dataset-group/example",),
            "aws:sourceorgid": (_OTHER_ORG,),
        }
        personalize = Principal(type=PrincipalType.SERVICE, arn=trust.SERVICE)
        yield "Amazon Personalize for an account that is not served", personalize, RequestContext(present=sources)


def _role(who: str, arn: str, account: str, organisation: str) -> Asker:
    context = RequestContext(
        present={"aws:principalorgid": (organisation,), "aws:securetransport": ("true",)}, absent=_SOURCES
    )
    return who, Principal(type=PrincipalType.ROLE, arn=arn, account=account), context


def _asked(
    asker: Asker, document: Document | Unread, where: str, resources: Sequence[tuple[str, str]], place: Place
) -> Shut:
    who, principal, context = asker
    own = () if principal.type is PrincipalType.SERVICE else (compiled(_EVERYTHING, _OWN),)
    decisions = [
        decide(
            Policies(identity=own, resource=document),
            Question(
                principal=principal, action=action, resource=resource, resource_account=place.account, context=context
            ),
        )
        for action, resource in resources
    ]
    open_ones = [one for one in decisions if one.verdict is not Verdict.DENIED]
    worst = next((one for one in open_ones if one.verdict is Verdict.ALLOWED), next(iter(open_ones), decisions[0]))
    return Shut(who=who, resource=where, verdict=worst.verdict, because=worst.because)


def _matters(shut: Shut) -> bool:
    return shut.verdict is not Verdict.DENIED


def _open(shut: Shut) -> Finding:
    may = "may" if shut.verdict is Verdict.ALLOWED else "may perhaps"
    return Finding(
        check="open-beyond-served",
        severity=Severity.MEDIUM,
        verdict=shut.verdict,
        resource=shut.resource,
        message=f"{shut.who} {may} reach it, too",
        reason=shut.because,
        remedy=f"look at the statement that lets it in: {shut.because}",
        docs=served.DOCS,
    )
