"""What stays shut where buckets and keys serve other accounts: asked of the documents as they will be stored. Pure.

Each question is put for somebody whose own policies allow everything, so that the bucket or key policy alone decides:
a role of an account that is not served, one of another path, one outside the organisation, another service. A
statement of others that lets them in is found in the same way.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from personalize_perms import documents, trust
from personalize_perms.documents import DocumentKind
from personalize_perms.evaluate import Document, Policies, Unread, compiled, compiled_text, decide
from personalize_perms.model.access import Principal, PrincipalType, Question, RequestContext
from personalize_perms.model.changes import Plan, Shut
from personalize_perms.model.findings import Finding, Severity, Verdict
from personalize_perms.model.resources import Json
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
            _resources(settings, place, stored.name) if is_bucket else [(action, stored.name) for action in _KMS]
        )
        for asker in askers:
            yield _asked(asker, found, stored.name, resources, place)


def _resources(settings: Settings, place: Place, bucket: str) -> list[tuple[str, str]]:
    arn = f"arn:{place.partition}:s3:::{bucket}"
    used = [location for location in settings.locations if location.bucket == bucket]
    keys = [f"{arn}/{one.prefix}{'' if one.prefix.endswith('/') or not one.prefix else '/'}example" for one in used]
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
