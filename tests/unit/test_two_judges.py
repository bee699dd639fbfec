"""The evaluator and the tests' own small judge, which share no code and no author, agree on what both know."""

from typing import Any

import judge
from hypothesis import given, settings
from hypothesis import strategies as st

from personalize_perms.evaluate import Policies, compiled, decide
from personalize_perms.model.access import Principal, PrincipalType, Question, RequestContext
from personalize_perms.model.findings import Verdict

ACCOUNT = "111122223333"
ROLE = Principal(type=PrincipalType.ROLE, arn=f"arn:aws:iam::{ACCOUNT}:role/svc", account=ACCOUNT)
CONDITIONS = {
    "StringEquals": ("aws:SourceAccount", [ACCOUNT, "1*", "444455556666"]),
    "StringLike": ("AWS:sourceaccount", [ACCOUNT, "1*", "444?55556666"]),
    "Bool": ("aws:SecureTransport", ["true", "false"]),
    "ArnLike": ("aws:SourceArn", ["arn:aws:s3:::*", "arn:aws:personalize:*:111122223333:*"]),
}
CONTEXTS = st.fixed_dictionaries(
    {},
    optional={
        "aws:sourceaccount": st.sampled_from([ACCOUNT, "444455556666"]),
        "aws:securetransport": st.sampled_from(["true", "false"]),
        "aws:sourcearn": st.sampled_from(["arn:aws:s3:::acme", "arn:aws:personalize:eu-west-1:111122223333:x:y"]),
    },
)


def some(values: list[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=2)


@st.composite
def statements(draw: st.DrawFn) -> dict[str, Any]:
    condition = {
        operator: {CONDITIONS[operator][0]: draw(some(CONDITIONS[operator][1]))}
        for operator in draw(st.sets(st.sampled_from([*CONDITIONS]), max_size=2))
    }
    return {
        "Effect": draw(st.sampled_from(["Allow", "Allow", "Deny"])),
        "Action": draw(some(["*", "s3:*", "s3:Get*", "S3:PUTOBJECT", "s3:?etObject"])),
        "Resource": draw(some(["*", "arn:aws:s3:::acme/*", "arn:aws:s3:::acme/in/x", "arn:aws:s3:::a*/?n/x"])),
        **({"Condition": condition} if condition else {}),
    }


@given(
    st.lists(statements(), min_size=1, max_size=4),
    st.sampled_from(["s3:GetObject", "s3:PutObject"]),
    st.sampled_from(["arn:aws:s3:::acme/in/x", "arn:aws:s3:::acme/In/x", "arn:aws:s3:::other/in/x"]),
    CONTEXTS,
)
@settings(max_examples=200, deadline=None)
def test_two_judges_agree(several: list[dict[str, Any]], action: str, resource: str, given: dict[str, str]) -> None:
    document = {"Version": "2012-10-17", "Statement": several}
    found = decide(
        Policies(identity=(compiled(document, "it"),)),
        Question(
            principal=ROLE,
            action=action,
            resource=resource,
            resource_account=ACCOUNT,
            context=RequestContext(present={key: (value,) for key, value in given.items()}, complete=True),
        ),
    )
    request = judge.Request(action=action, resource=resource, context=given)
    assert found.verdict is (Verdict.ALLOWED if judge.allowed([document], request) else Verdict.DENIED)
