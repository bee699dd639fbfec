"""How many questions the evaluator answers in a second, on one core, with documents of ten statements.

`python -m benchmarks evaluator` runs it. No test holds the figure: it is the machine's as much as ours.
"""

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from benchmarks.results import Row
from benchmarks.running import Figures
from personalize_perms.evaluate import Policies, compiled, decide
from personalize_perms.model.access import Decision, Principal, PrincipalType, Question, RequestContext

ACCOUNT = "111122223333"
ROLE = Principal(type=PrincipalType.ROLE, arn=f"arn:aws:iam::{ACCOUNT}:role/svc", account=ACCOUNT, session="run")
SERVICE = Principal(type=PrincipalType.SERVICE, arn="personalize.amazonaws.com")
ACTIONS = ("s3:GetObject", "s3:ListBucket", "s3:PutObject", "s3:DeleteObject", "s3:GetBucketAcl")
SECONDS = 2.0


def document(*, named: bool) -> dict[str, Any]:
    """Return a document of ten statements such as real ones have, with conditions, wildcards and variables."""
    source = {"StringEquals": {"aws:SourceAccount": ACCOUNT}, "ArnLike": {"aws:SourceArn": "arn:aws:personalize:*:*:*"}}
    whole: list[dict[str, Any]] = [
        {
            "Effect": "Allow",
            "Action": ["s3:Get*", "s3:ListBucket"],
            "Resource": [f"arn:aws:s3:::acme-{n}", f"arn:aws:s3:::acme-{n}/in/*"],
            "Condition": source,
        }
        for n in range(6)
    ]
    whole += [
        {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::acme-*/home/${aws:username}/*"},
        {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::acme-?/out/*.csv"},
        {
            "Effect": "Deny",
            "Action": "s3:*",
            "Resource": "*",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
        {
            "Effect": "Deny",
            "NotAction": "s3:Get*",
            "Resource": "arn:aws:s3:::acme-*",
            "Condition": {"NotIpAddress": {"aws:SourceIp": ["10.0.0.0/8", "203.0.113.0/24"]}},
        },
    ]
    if named:
        for number, statement in enumerate(whole):
            service = {"Service": "personalize.amazonaws.com", "AWS": ROLE.arn}
            statement["Principal"] = (
                "*" if statement["Effect"] == "Deny" else service if number % 2 else {"AWS": ROLE.arn}
            )
    return {"Version": "2012-10-17", "Statement": whole}


def questions() -> list[Question]:
    """Return questions that differ in principal, action, resource and context."""
    contexts = [
        RequestContext(
            present={
                "aws:securetransport": ("true",),
                "aws:sourceip": (address,),
                "aws:sourceaccount": (ACCOUNT,),
                "aws:sourcearn": (f"arn:aws:personalize:eu-west-1:{ACCOUNT}:dataset/x",),
            },
            complete=complete,
        )
        for address in ("10.1.2.3", "198.51.100.7")
        for complete in (True, False)
    ]
    return [
        Question(principal=principal, action=action, resource=resource, resource_account=ACCOUNT, context=context)
        for principal in (ROLE, SERVICE)
        for action in ACTIONS
        for resource in ("arn:aws:s3:::acme-1", "arn:aws:s3:::acme-5/in/users.csv", "arn:aws:s3:::acme-2/out/a.csv")
        for context in contexts
    ]


def rate(ask: Callable[[Question], Decision]) -> float:
    """Return how many questions are answered in a second of processor time."""
    asked, several, begun = 0, questions(), time.process_time()
    while time.process_time() - begun < SECONDS:
        for question in several:
            ask(question)
        asked += len(several)
    return asked / (time.process_time() - begun)


def measure() -> Iterator[Row]:
    """Yield how many questions are answered in a second."""
    own, bucket = compiled(document(named=False), "role policy"), compiled(document(named=True), "bucket policy")
    full = compiled({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}, "full access")
    limited = Policies(identity=(own,), resource=bucket, boundary=full, service_control=((full,), (full,)))
    for words, policies in [
        ("role policy", Policies(identity=(own,))),
        ("role and bucket policy", Policies(identity=(own,), resource=bucket)),
        ("with boundary and service control", limited),
    ]:
        found = rate(partial(decide, policies))
        figures = Figures(wall=SECONDS, cpu=SECONDS, peak=0.0)
        yield Row(
            case="evaluator, questions a second", what=words, who="program", runs=1, figures=figures, factor=found
        )
