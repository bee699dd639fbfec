"""What others wrote survives: on buckets, keys and adopted roles, through apply, re-apply and taking ours back."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from account import (
    DATA,
    RESULTS,
    SERVICE,
    WHAT_AWS_REFUSES,
    Account,
    Document,
    Program,
    document,
    root_keeps,
    sids,
    trusts,
)
from fake_aws import Answer, Call, FakeAws, refuses

from personalize_perms.model import ownership
from strict import same_meaning

INPUT = ("--input", f"s3://{DATA}/in/")
DENY: Document = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": f"arn:aws:s3:::{DATA}/*"}
TLS = {**DENY, "Condition": {"Bool": {"aws:SecureTransport": False}, "NumericLessThan": {"s3:TlsVersion": [1.2, 2]}}}
SHAPES: dict[str, dict[str, Any]] = {
    "a single statement that is not in a list": {"Version": "2012-10-17", "Statement": DENY},
    "strings and lists of strings": document(
        {**DENY, "Sid": "A", "Action": ["s3:GetObject", "s3:getobject"], "Resource": [DENY["Resource"]]},
        {**DENY, "Sid": "B", "Action": "S3:PutObject"},
    ),
    "no Sid, and an empty one": document(DENY, {**DENY, "Sid": ""}, DENY),
    "equal Sids": document({**DENY, "Sid": "Twice"}, {**DENY, "Sid": "Twice", "Action": "s3:GetObject"}),
    "the same statement twice": document({**DENY, "Sid": "Same"}, {**DENY, "Sid": "Same"}),
    "an older version and an Id": {"Id": "Policy1415115909152", "Version": "2008-10-17", "Statement": [DENY]},
    "no version at all": {"Statement": [{**DENY, "Sid": "Old"}]},
    "NotPrincipal, NotAction and NotResource": document(
        {
            "Sid": "Nots",
            "Effect": "Deny",
            "NotPrincipal": {"AWS": ["arn:aws:iam::123456789012:root", "123456789012"], "Service": SERVICE},
            "NotAction": "s3:List*",
            "NotResource": f"arn:aws:s3:::{DATA}/public/*",
        }
    ),
    "conditions of many kinds": document(
        TLS,
        {
            **DENY,
            "Condition": {
                "ForAllValues:StringLikeIfExists": {"aws:TagKeys": []},
                "Null": {"aws:SourceVpce": "true"},
                "IpAddress": {"aws:SourceIp": ["192.0.2.0/24", "2001:db8::/32"]},
                "DateGreaterThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"},
            },
        },
    ),
    "elements that nobody knows": document(
        {**DENY, "Sid": "Odd", "Comment": {"by": ["ops", None, 1, 1.5, True]}}, Metadata={"owner": "ops"}
    ),
    "unicode, escapes and astral characters": document({**DENY, "Sid": "Käse\u2028🧀"}, Id='política \\ " \x7f\u0301'),
    "numbers that a float would round": document(
        {**DENY, "Condition": {"NumericEquals": {"s3:max-keys": 12345678901234567890}}}
    ),
    "a Sid that looks almost like ours": document({**DENY, "Sid": ownership.sid_prefix("personalize")}),
}


@pytest.fixture
def lenient(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let moto store whatever is given: its grammar refuses, or stumbles over, what an account may well hold."""
    aws.strict.lenient(*WHAT_AWS_REFUSES)
    monkeypatch.setattr("moto.iam.policy_validation.IAMTrustPolicyDocumentValidator.validate", lambda _: None)
    monkeypatch.setattr("moto.kms.responses.validate_policy", lambda *_: None)


def listed(found: Document) -> list[Document]:
    statements = found["Statement"]
    return statements if isinstance(statements, list) else [statements]


def survives(before: Document, now: Document) -> None:
    """Assert that all of `before` is in `now`, in its order, and that nothing but statements was added."""
    theirs = listed(before)
    for one, other in zip(listed(now), theirs, strict=False):
        assert same_meaning(document(one), document(other))
    assert {**now, "Statement": None} == {**before, "Statement": None}
    ours = sids(listed(now)[len(theirs) :])
    assert ours
    assert all(ownership.is_own_sid(sid, "personalize") for sid in ours)


@pytest.mark.parametrize("shape", SHAPES)
def test_what_stands_in_the_policy_of_a_bucket_a_key_or_an_adopted_role_stays(
    shape: str, account: Account, program: Program, lenient: None
) -> None:
    before = {**SHAPES[shape], "Statement": listed(SHAPES[shape])}
    with_root = {**before, "Statement": [root_keeps(), *before["Statement"]]}
    account.bucket(DATA, SHAPES[shape])
    account.bucket(RESULTS)
    key = account.key(with_root)
    arn = account.role("legacy", SHAPES[shape], Path="/team/", Description="theirs", MaxSessionDuration=7200)

    program.converges(*INPUT, "--kms-key", key, "--role-arn", arn)
    survives(before, account.bucket_policy())
    survives(with_root, account.key_policy(key))
    survives(before, account.trust("legacy"))

    program.converges("--input", f"s3://{RESULTS}")
    assert same_meaning(account.bucket_policy(), before)
    assert same_meaning(account.key_policy(key), with_root)
    assert same_meaning(account.trust("legacy"), before)
    role = account.iam.get_role(RoleName="legacy")["Role"]
    assert (role["Description"], role["MaxSessionDuration"], role.get("Tags", [])) == ("theirs", 7200, [])


def test_a_key_policy_that_is_one_statement_stays_whole(account: Account, program: Program, lenient: None) -> None:
    key = account.key({"Version": "2012-10-17", "Statement": root_keeps()})
    account.bucket(DATA, key=key)
    program.converges(*INPUT)
    assert same_meaning(document(account.key_policy(key)["Statement"][0]), document(root_keeps()))


def test_what_others_add_to_a_role_and_a_policy_of_ours_stays(account: Account, program: Program) -> None:
    account.bucket()
    program.apply(*INPUT)
    trust = account.trust("personalize-service-role")
    theirs = trusts({"Service": "glue.amazonaws.com"}, Sid="Glue")
    trust["Statement"].insert(0, theirs)
    account.iam.update_assume_role_policy(RoleName="personalize-service-role", PolicyDocument=json.dumps(trust))
    program.is_silent(*INPUT)
    program.converges(*INPUT, "--hardening", "strict")
    assert account.trust("personalize-service-role")["Statement"][0] == theirs


def other_way(value: str | list[str]) -> str | list[str]:
    if isinstance(value, str):
        return [value]
    return value[::-1] if len(value) > 1 else value[0]


def respelled(text: str) -> str:
    """Return a policy as AWS may show it: elements and statements in another order, lists of one as strings."""
    policy = json.loads(text)
    for statement in policy["Statement"]:
        statement["Action"], statement["Resource"] = other_way(statement["Action"]), other_way(statement["Resource"])
        statement["Principal"] = {kind: other_way(who) for kind, who in statement["Principal"].items()}
    policy["Statement"] = [dict(reversed(statement.items())) for statement in reversed(policy["Statement"])]
    return json.dumps(dict(reversed(policy.items())))


def test_what_aws_respells_is_still_taken_for_ours(account: Account, program: Program) -> None:
    theirs = {"Sid": "Theirs", "Effect": "Deny", "Principal": {"AWS": ["123456789012"]}, "Action": "s3:*"}
    account.bucket(DATA, document({**theirs, "Resource": [f"arn:aws:s3:::{DATA}", f"arn:aws:s3:::{DATA}/*"]}))
    key = account.key()

    def bucket_answer(_: Call, forward: Callable[[], Answer]) -> Answer:
        status, text = forward()
        return status, respelled(text)

    def key_answer(_: Call, forward: Callable[[], Answer]) -> Answer:
        status, text = forward()
        return status, json.dumps({**json.loads(text), "Policy": respelled(json.loads(text)["Policy"])})

    account.server.on("GetBucketPolicy", *[bucket_answer] * 40)
    account.server.on("GetKeyPolicy", *[key_answer] * 40)
    settings = (*INPUT, "--kms-key", key, "--hardening", "strict", "--source-conditions", "all")
    program.converges(*settings)
    assert account.bucket_policy()["Statement"][0]["Sid"] == "Theirs"


BROKEN = {
    "a key that stands twice": '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Effect": "Allow"}]}',
    "no JSON": "{'Statement': []}",
    "an empty text": "",
    "no JSON object": "[]",
    "nesting without end": '{"Statement": [{"Effect": "Deny", "Condition": ' + "[" * 5000 + "]" * 5000 + "}]}",
    "nesting that is too deep": '{"Statement": [{"Effect": "Deny", "Condition": ' + "[" * 60 + "]" * 60 + "}]}",
    "a number without end": '{"Statement": [{"Effect": "Deny", "Condition": ' + "9" * 5000 + "}]}",
    "infinity": '{"Statement": [{"Effect": "Deny", "Condition": Infinity}]}',
    "a Sid that is no string": '{"Statement": [{"Effect": "Deny", "Sid": 7}]}',
    "statements that are no objects": '{"Statement": [{"Effect": "Deny"}, "x"]}',
}


@pytest.mark.parametrize("broken", [name for name in BROKEN if BROKEN[name]])
def test_a_bucket_policy_that_cannot_be_read_strictly_is_left_alone_and_the_rest_is_done(
    broken: str, account: Account, program: Program
) -> None:
    account.bucket(DATA, BROKEN[broken])
    account.bucket(RESULTS)
    both = (*INPUT, "--workflow", "import", "--workflow", "export", "--output", f"s3://{RESULTS}")
    done = program.converges(*both, code=1)
    assert account.bucket_text() == BROKEN[broken]
    assert done.changes("blocked") == [("bucket-policy", DATA)]
    assert [error["code"] for error in done.errors] == ["blocked"]
    assert "left alone" in done.errors[0]["message"]
    assert done.envelope["status"] == "partial"
    assert account.bucket_text(RESULTS) is not None
    assert account.holders("personalize-service-access") == {"role/personalize-service-role"}


@pytest.mark.parametrize("broken", ["a key that stands twice", "no JSON", "nesting without end"])
def test_a_key_policy_that_cannot_be_read_strictly_is_left_alone_and_the_rest_is_done(
    broken: str, account: Account, program: Program, lenient: None
) -> None:
    key = account.key(BROKEN[broken])
    account.bucket(DATA, key=key)
    done = program.converges(*INPUT, code=1)
    assert account.key_text(key) == BROKEN[broken]
    assert done.changes("blocked") == [("key-policy", key)]
    assert account.bucket_text() is not None


def test_a_trust_policy_that_cannot_be_read_strictly_is_left_alone_and_the_rest_is_done(
    account: Account, program: Program
) -> None:
    # Moto itself reads trust policies, so this one is such that only a strict reader minds.
    twice = '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Effect": "Allow"}]}'
    arn = account.role("legacy", twice)
    account.bucket()
    done = program.converges(*INPUT, "--role-arn", arn, code=1)
    assert account.trust_text("legacy") == twice
    assert done.changes("blocked") == [("trust-policy", arn)]
    assert account.bucket_text() is not None


def test_a_bucket_policy_that_names_a_deleted_role_is_blocked_with_its_unique_id(
    account: Account, program: Program
) -> None:
    dead = "AROAEXAMPLEEXAMPLE12"
    before = document({**DENY, "Principal": {"AWS": dead}})
    account.bucket(DATA, before)
    done = program.converges(*INPUT, code=1)
    assert dead in done.errors[0]["message"]
    assert account.bucket_policy() == before


def test_a_blocked_change_is_shown_to_a_person_too(account: Account, program: Program) -> None:
    account.bucket(DATA, "no JSON")
    done = program.run("apply", "--yes", *INPUT)
    assert (done.code, done.out) == (1, "")
    assert f"! blocked  bucket-policy {DATA}" in done.err
    assert "1 blocked" in done.err
    assert program.run("plan", *INPUT).code == 1


def test_a_bucket_that_is_dropped_while_its_policy_cannot_be_read_is_not_forgotten(
    account: Account, program: Program
) -> None:
    account.bucket(DATA)
    account.bucket(RESULTS)
    program.apply(*INPUT)
    ours = account.bucket_text()
    account.put_bucket_policy(DATA, "no JSON any more")
    program.converges("--input", f"s3://{RESULTS}", code=1)
    account.put_bucket_policy(DATA, ours or "")
    program.converges("--input", f"s3://{RESULTS}")
    assert account.bucket_text() is None


@pytest.mark.parametrize("way", ["keep", "undo"])
def test_a_person_is_not_told_that_the_rest_was_done_where_it_was_not(
    way: str, account: Account, program: Program
) -> None:
    account.bucket(DATA, "not JSON")
    account.bucket(RESULTS)
    wanted = ("apply", "--yes", "--input", f"s3://{DATA}", "--input", f"s3://{RESULTS}")
    account.server.on("PutBucketPolicy", *[refuses("AccessDenied", 403)] * 40)
    failed = program.run(*wanted, "--on-failure", way)
    assert failed.code == 1
    assert "Blocked changes were left out" in failed.err
    assert "everything else was done" not in failed.err

    account.server.forget()
    assert "Blocked changes were left out; everything else was done" in program.run(*wanted).err
