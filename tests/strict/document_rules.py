"""What AWS refuses in a policy document, by the kind of document."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from strict import world
from strict.canonical import listed
from strict.requests import Refused, Request

_INVALID_PRINCIPAL = {
    "trust": 'Invalid principal in policy: "{kind}":"{who}"',
    "bucket": "Invalid principal in policy",
    "key": "Policy contains a statement with one or more invalid principals.",
}
_UNIQUE_ID = re.compile(r"(AROA|AIDA|AGPA|ANPA|AIPA)[A-Z0-9]{12,}")
_NOT_ALLOWED = re.compile("[^\t\n\r\u0020-\u00ff]")
_SERVICES = frozenset(
    f"{name}.amazonaws.com"
    for name in """
    personalize s3 ec2 lambda glue sagemaker forecast events states ecs-tasks ecs firehose kinesis logs delivery.logs
    logging.s3 cloudtrail config cloudformation codebuild codepipeline batch redshift rds dms dynamodb sns sqs
    apigateway scheduler pipes backup datasync databrew athena quicksight bedrock comprehend rekognition transcribe
    translate polly cloudfront replicator.s3 billingreports ses ssm sso airflow airflow-env elasticmapreduce
    """.split()  # noqa: SIM905 - a list of words
)
# What makes a statement about everybody not public.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
_NARROWING = frozenset(
    """
    aws:sourceip aws:sourcearn aws:sourcevpc aws:sourcevpce aws:sourceowner aws:sourceaccount aws:userid
    aws:principalorgid aws:principalarn aws:principalaccount s3:dataaccesspointarn s3:dataaccesspointaccount
    """.split()  # noqa: SIM905 - a list of words
)


@dataclass(frozen=True)
class Kind:
    """One kind of document: where it is sent, how large it may be, and how its faults are called."""

    name: str
    part: str
    malformed: str
    limit: int
    too_large: tuple[str, str, int]


_IDENTITY = Kind(
    "identity",
    "PolicyDocument",
    "MalformedPolicyDocument",
    6144,
    ("LimitExceeded", "Cannot exceed quota for PolicySize: 6144", 409),
)
_TOO_LARGE_TRUST = ("LimitExceeded", "Cannot exceed quota for ACLSizePerRole: 2048", 409)
_TRUST = Kind("trust", "PolicyDocument", "MalformedPolicyDocument", 2048, _TOO_LARGE_TRUST)
_NEW_TRUST = Kind("trust", "AssumeRolePolicyDocument", "MalformedPolicyDocument", 2048, _TOO_LARGE_TRUST)
_TOO_LARGE_BUCKET = ("MalformedPolicy", "Policy exceeds the maximum allowed document size.", 400)
_BUCKET = Kind("bucket", "", "MalformedPolicy", 20 * 1024, _TOO_LARGE_BUCKET)
_TOO_LARGE_KEY = ("LimitExceededException", "Key policy is larger than 32 KB.", 400)
_KEY = Kind("key", "Policy", "MalformedPolicyDocumentException", 32 * 1024, _TOO_LARGE_KEY)

KINDS = {
    "CreatePolicy": _IDENTITY,
    "CreatePolicyVersion": _IDENTITY,
    "CreateRole": _NEW_TRUST,
    "UpdateAssumeRolePolicy": _TRUST,
    "PutBucketPolicy": _BUCKET,
    "PutKeyPolicy": _KEY,
}


def text_of(request: Request) -> str:
    kind = KINDS[request.name]
    return request.text(kind.part) if kind.part else request.body


def malformed(request: Request, message: str) -> Refused:
    return Refused(KINDS[request.name].malformed, message)


def _statements(request: Request) -> list[dict[str, Any]]:
    """The statements of a document that is JSON and an object; whether it is, is a rule of its own."""
    try:
        document = json.loads(text_of(request))
    except (ValueError, RecursionError):
        return []
    found = listed(document.get("Statement", [])) if isinstance(document, dict) else []
    return [statement for statement in found if isinstance(statement, dict)]


def size(request: Request) -> None:
    kind = KINDS[request.name]
    text = text_of(request)
    counted = len(text.encode("utf-8", "surrogateescape")) if kind in (_BUCKET, _KEY) else len("".join(text.split()))
    if counted > kind.limit:
        raise Refused(*kind.too_large)


def characters(request: Request) -> None:
    if _NOT_ALLOWED.search(text_of(request)):
        code = "ValidationException" if request.service == "kms" else "ValidationError"
        raise Refused(code, "The specified value for policyDocument is invalid: characters beyond U+00FF")


def grammar(request: Request) -> None:
    try:
        document = json.loads(text_of(request))
    except (ValueError, RecursionError) as error:
        raise malformed(request, "Policies must be valid JSON and the first byte must be '{'") from error
    if not isinstance(document, dict) or not all(isinstance(one, dict) for one in listed(document.get("Statement"))):
        raise malformed(request, "Syntax errors in policy.")
    if any(statement.get("Effect") not in ("Allow", "Deny") for statement in _statements(request)):
        raise malformed(request, "Missing required field Effect")


def some_statement(request: Request) -> None:
    if not _statements(request):
        raise malformed(request, "Could not parse the policy: Statement is empty!")


def known_elements(request: Request) -> None:
    known = {
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    }
    for statement in _statements(request):
        if unknown := set(statement) - known:
            raise malformed(request, f"Unknown field {min(unknown)}")


def sid_alphabet(request: Request) -> None:
    if any(not re.fullmatch("[A-Za-z0-9]*", str(statement.get("Sid", ""))) for statement in _statements(request)):
        raise malformed(request, "Statement IDs (SID) must be alpha-numeric.")


def sids_once(request: Request) -> None:
    sids = [statement["Sid"] for statement in _statements(request) if statement.get("Sid")]
    if len(set(map(str, sids))) != len(sids):
        raise malformed(request, "Statement IDs (SID) in a single policy must be unique.")


def principal_required(request: Request) -> None:
    if any(not {"Principal", "NotPrincipal"} & set(statement) for statement in _statements(request)):
        raise malformed(request, "Missing required field Principal")


def principal_forbidden(request: Request) -> None:
    if any({"Principal", "NotPrincipal"} & set(statement) for statement in _statements(request)):
        raise malformed(request, "Policy document should not specify a principal.")


def named(request: Request) -> Iterator[tuple[str, str]]:
    """Kind and name of every principal in a document."""
    for statement in _statements(request):
        for element in ("Principal", "NotPrincipal"):
            who = statement.get(element, {})
            for kind, names in ({"AWS": who} if isinstance(who, str) else who).items():
                yield from ((kind, str(name)) for name in listed(names))


def invalid_principal(request: Request, kind: str, who: str) -> Refused:
    return malformed(request, _INVALID_PRINCIPAL[KINDS[request.name].name].format(kind=kind, who=who))


def principals_exist(request: Request) -> None:
    ours = re.compile(rf"arn:[a-z-]+:iam::{world.ACCOUNT}:(user|role)/.+")
    known = world.principals(request)
    for kind, who in named(request):
        if kind == "AWS" and ours.fullmatch(who) and who not in known:
            raise invalid_principal(request, kind, who)


def principals_alive(request: Request) -> None:
    for kind, who in named(request):
        if kind == "AWS" and _UNIQUE_ID.fullmatch(who):
            raise invalid_principal(request, kind, who)


def services_known(request: Request) -> None:
    for kind, who in named(request):
        if kind == "Service" and who.removesuffix(".cn") not in _SERVICES:
            raise invalid_principal(request, kind, who)


def within_the_bucket(request: Request) -> None:
    own = re.compile(rf"arn:{request.partition}:s3:::{re.escape(request.bucket)}(/.*)?")
    for statement in _statements(request):
        resources = listed(statement.get("Resource", statement.get("NotResource", [])))
        if not resources or not all(isinstance(one, str) and own.fullmatch(one) for one in resources):
            raise malformed(request, "Policy has invalid resource")


def actions_apply(request: Request) -> None:
    """S3 refuses an action of which it knows that it is about none of the statement's resources."""
    of_objects = re.compile(
        r"s3:(get|put|delete|restore|abort)object.*|s3:abortmultipartupload|s3:listmultipartuploadparts"
    )
    of_buckets = re.compile(r"s3:(list(bucket|bucketversions|bucketmultipartuploads)|(get|put|delete)bucket.*)")
    for statement in _statements(request):
        resources = [str(one) for one in listed(statement.get("Resource", []))]
        objects = any("/" in one or one == "*" for one in resources)
        buckets = any("/" not in one for one in resources)
        for action in listed(statement.get("Action", [])):
            name = str(action).lower()
            lost = (of_objects.fullmatch(name) and not objects) or (of_buckets.fullmatch(name) and not buckets)
            if resources and lost:
                raise malformed(request, "Action does not apply to any resource(s) in statement")


def partition(request: Request) -> None:
    for statement in _statements(request):
        for resource in listed(statement.get("Resource", [])):
            found = re.match(r"arn:([^:*$]*):", str(resource))
            if found and found[1] != request.partition:
                raise malformed(request, f'Partition "{found[1]}" is not valid for resource "{resource}".')


def trust_grammar(request: Request) -> None:
    for statement in _statements(request):
        if {"Resource", "NotResource"} & set(statement):
            raise malformed(request, "Has prohibited field Resource")
        actions = [str(action).lower() for action in listed(statement.get("Action", []))]
        if not actions or not all(action.startswith("sts:") for action in actions):
            raise malformed(request, "AssumeRole policy may only specify STS AssumeRole actions.")


def not_public(request: Request) -> None:
    found = world.bucket(request)
    block = found.public_access_block if found else None
    if block and block.block_public_policy and any(map(_is_public, _statements(request))):
        raise Refused("AccessDenied", "Access Denied: public policies are blocked by BlockPublicPolicy", 403)


def _is_public(statement: dict[str, Any]) -> bool:
    who = statement.get("Principal")
    everybody = who == "*" or (isinstance(who, dict) and "*" in listed(who.get("AWS", [])))
    keys = {key.lower() for tests in statement.get("Condition", {}).values() for key in tests}
    return statement.get("Effect") == "Allow" and everybody and not keys & _NARROWING


def no_lockout(request: Request) -> None:
    """The caller must be able to put the policy again."""
    caller = world.caller(request)
    root = f"arn:{request.partition}:iam::{world.ACCOUNT}:root"

    def is_meant(statement: dict[str, Any]) -> bool:
        who = statement.get("Principal")
        named = ["*"] if who == "*" else listed(who.get("AWS", [])) if isinstance(who, dict) else []
        return bool({"*", caller, root, world.ACCOUNT} & set(map(str, named))) and not statement.get("Condition")

    def covers(statement: dict[str, Any]) -> bool:
        patterns = [str(action).lower() for action in listed(statement.get("Action", []))]
        regex = [re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".") for pattern in patterns]
        # A statement without a resource is accepted, and has no effect.
        return bool(statement.get("Resource")) and any(re.fullmatch(one, "kms:putkeypolicy") for one in regex)

    effects = {
        statement.get("Effect") for statement in _statements(request) if is_meant(statement) and covers(statement)
    }
    if effects != {"Allow"}:
        raise malformed(request, "The new key policy will not allow you to update the key policy in the future.")
