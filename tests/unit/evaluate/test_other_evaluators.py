"""Ours against an evaluator that others wrote, on generated questions: not one `allowed` or `denied` that AWS gainsays.

The file holds questions and the other evaluator's answers. Where the two differ, what AWS documents decided, and the
case says so; of each kind of difference a few are kept.
"""

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from personalize_perms.evaluate import Document, Policies, compiled, decide
from personalize_perms.model.access import Principal, PrincipalType, Question, RequestContext

_FILE = Path(__file__).parent / "cases" / "generated.json.gz"

# Why ours is right: what AWS says, and where (below https://docs.aws.amazon.com/IAM/latest/UserGuide/ if not whole).
DEPARTURES = {
    "epoch-dates": (
        "A date may be written in seconds since 1970, in the policy and in aws:EpochTime.",
        "reference_policies_elements_condition_operators.html",
    ),
    "ipv6-beside-ipv4": (
        "NotIpAddress is every address but those given, so an IPv6 address beside IPv4 ranges too.",
        "reference_policies_elements_condition_operators.html",
    ),
    "not-principal": (
        "Whoever is not named is denied, even where the account is named; who is named in part may be denied.",
        "reference_policies_elements_notprincipal.html",
    ),
    "old-version": (
        "Without Version 2012-10-17, policy variables are text like any other.",
        "reference_policies_elements_version.html",
    ),
    "root-keeps-its-bucket": (
        "An account's root can always read, put and delete the policy of its bucket.",
        "https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html",
    ),
    "session-policy": (
        "A silent session policy does not hold back what a resource grants to everyone or to the session.",
        "reference_policies_evaluation-logic_policy-eval-denyallow.html",
    ),
    "set-operator-if-exists": (
        "Of ForAnyValue with IfExists and no key, AWS says both that it fails and that it holds.",
        "reference_policies_condition-single-vs-multi-valued-context-keys.html",
    ),
    "variable-without-value": (
        "Inverted operators match a variable without a value, and such a resource matches none.",
        "reference_policies_variables.html",
    ),
    "whole-internet": (
        "0.0.0.0/0 is every IPv4 address.",
        "reference_policies_elements_condition_operators.html",
    ),
}
FULL = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}


@cache
def _cases() -> Any:
    return json.loads(gzip.decompress(_FILE.read_bytes()))


def _answered(reason: str | None) -> Iterator[tuple[dict[str, Any], str]]:
    for case in _cases()["cases"]:
        if case.get("reason") == reason:
            yield case, decide(_policies(case["policies"]), _question(case)).verdict.value


def _policies(given: dict[str, Any]) -> Policies:
    def made(kind: str) -> Document | None:
        return compiled(given[kind], kind) if kind in given else None

    # AWS attaches RCPFullAWSAccess everywhere; the other evaluator does so by itself.
    default = compiled({"Statement": FULL}, "RCPFullAWSAccess")
    return Policies(
        identity=tuple(compiled(one, "identity") for one in given.get("identity", ())),
        boundary=made("boundary"),
        session=made("session"),
        service_control=tuple(tuple(compiled(one, "scp") for one in level) for level in given.get("scp", ())),
        resource_control=tuple((default, *(compiled(one, "rcp") for one in level)) for level in given.get("rcp", ())),
        resource=made("policy"),
    )


def _question(case: dict[str, Any]) -> Question:
    kind, arn, account, session = case["principal"]
    return Question(
        principal=Principal(type=PrincipalType(kind), arn=arn, account=account, session=session),
        action=case["action"],
        resource=case["resource"],
        resource_account=_cases()["owner"],
        context=RequestContext(
            present={
                key.lower(): tuple(values) if isinstance(values, list) else (values,)
                for key, values in case.get("context", {}).items()
            },
            complete=True,
        ),
    )


def test_no_answer_differs_from_theirs_without_a_reason_that_aws_documents() -> None:
    wrong = [(found, case) for case, found in _answered(None) if found != case["theirs"]]
    assert not wrong, f"{len(wrong)} differ; of the first, ours is {wrong[0][0]}: {json.dumps(wrong[0][1])}"


@pytest.mark.parametrize("reason", DEPARTURES)
def test_where_the_other_departs_from_the_documentation_ours_does_not(reason: str) -> None:
    several = [*_answered(reason)]
    assert several
    for case, found in several:
        assert found == case["documented"] != case["theirs"]


def test_the_questions_are_many_and_of_every_kind() -> None:
    cases = _cases()["cases"]
    agreed = [case for case in cases if "reason" not in case]
    assert {case["reason"] for case in cases if "reason" in case} == {*DEPARTURES}
    assert Counter(case["theirs"] for case in agreed).keys() == {"allowed", "denied"}
    assert min(Counter(case["theirs"] for case in agreed).values()) >= 1500
    assert {case["principal"][0] for case in agreed} == {*PrincipalType}
    assert {kind for case in agreed for kind in case["policies"]} == {
        *("identity", "boundary", "session", "scp", "rcp", "policy")
    }
