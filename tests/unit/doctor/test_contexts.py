"""What is known of the requests of Amazon Personalize decides only where it is surely so."""

from typing import Any

import pytest

from personalize_perms.doctor import contexts
from personalize_perms.evaluate import Policies, compiled, decide
from personalize_perms.model.access import Principal, PrincipalType, Question, RequestContext
from personalize_perms.model.findings import Verdict
from personalize_perms.model.live import LiveRole
from personalize_perms.model.settings import Place

PLACE = Place(account="111122223333", region="eu-west-1", partition="aws")
ROLE = LiveRole(
    name="svc",
    arn="arn:aws:iam::111122223333:role/svc",
    role_id="AROAEXAMPLE",
    path="/",
    description="",
    boundary_arn="",
    tags={},
    trust_json="{}",
)
SERVICE = Principal(type=PrincipalType.SERVICE, arn="personalize.amazonaws.com")
AS_ROLE = Principal(type=PrincipalType.ROLE, arn=ROLE.arn, account=PLACE.account)
ALL = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}


def verdict(principal: Principal, context: RequestContext, action: str, *statements: dict[str, Any]) -> Verdict:
    document = compiled({"Version": "2012-10-17", "Statement": list(statements)}, "policy")
    question = Question(
        principal=principal, action=action, resource="arn:x", resource_account=PLACE.account, context=context
    )
    return decide(Policies(resource=document), question).verdict


def under(condition: dict[str, Any]) -> tuple[str, str]:
    """Return what is said of the role's and of the service's reading, where a statement denies under a condition."""
    deny = {**ALL, "Effect": "Deny", "Condition": condition}
    asks = ((AS_ROLE, contexts.of_role(PLACE, ROLE)), (SERVICE, contexts.of_service(PLACE)))
    role, service = (verdict(principal, context, "s3:GetObject", ALL, deny) for principal, context in asks)
    return role, service


ADDRESS = {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        # AWS's own example of a Deny on addresses: a service role's calls are not made "via" a service.
        ({**ADDRESS, "Bool": {"aws:ViaAWSService": "false"}}, ("unknown", "unknown")),
        ({**ADDRESS, "Bool": {"aws:ViaAWSService": "true"}}, ("allowed", "allowed")),
        (
            {"StringNotEquals": {"aws:SourceVpc": "vpc-1"}, "Bool": {"aws:ViaAWSService": "false"}},
            ("denied", "denied"),
        ),
        # Temporary credentials say whether there was a second factor; a service principal has none.
        ({"Bool": {"aws:MultiFactorAuthPresent": "false"}}, ("denied", "allowed")),
        ({"Null": {"aws:MultiFactorAuthAge": "true"}}, ("denied", "denied")),
        # Sessions that were revoked are none of those to come.
        ({"DateLessThan": {"aws:TokenIssueTime": "2024-01-01T00:00:00Z"}}, ("allowed", "allowed")),
        # Nothing below TLS 1.2 reaches AWS; which of the two it is, is not known.
        ({"NumericLessThan": {"s3:TlsVersion": "1.2"}}, ("allowed", "allowed")),
        ({"NumericLessThan": {"s3:TlsVersion": "1.3"}}, ("unknown", "unknown")),
        ({"NumericLessThan": {"s3:TlsVersion": "1.4"}}, ("denied", "denied")),
    ],
)
def test_a_deny_is_judged_by_what_is_surely_in_the_request(condition: Any, expected: tuple[str, str]) -> None:
    assert under(condition) == expected


def test_whether_s3_calls_kms_on_behalf_of_the_role_is_not_known() -> None:
    deny = {**ALL, "Effect": "Deny", "Condition": {"Bool": {"aws:ViaAWSService": "false"}}}
    context = contexts.with_key(contexts.of_role(PLACE, ROLE))
    assert verdict(AS_ROLE, context, "kms:Decrypt", ALL, deny) is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("arn:aws:personalize:eu-west-1:111122223333:*", "allowed"),
        ("arn:aws:personalize:*:111122223333:*", "allowed"),
        ("arn:aws:personalize:us-east-1:111122223333:*", "denied"),
        ("arn:aws:personalize:eu-west-1:999999999999:*", "denied"),
        ("arn:aws:personalize:eu-west-1:111122223333:dataset-group/*", "unknown"),
        ("arn:aws:personalize:eu-west-1:111122223333:dataset-import-job/*", "unknown"),
    ],
)
def test_which_resource_the_service_names_when_it_takes_on_a_role_is_not_known(source: str, expected: str) -> None:
    trusts = {**ALL, "Action": "sts:AssumeRole", "Condition": {"ArnLike": {"aws:SourceArn": source}}}
    assert verdict(SERVICE, contexts.of_assuming(PLACE), "sts:AssumeRole", trusts) == expected
