"""Bucket and key policies where they name Amazon Personalize."""

import pytest
from audit_samples import (
    ACCOUNT,
    BUCKET,
    BUCKET_LETS,
    DEAD,
    FROM_HERE,
    KEY,
    KEY_LETS,
    KINDS,
    OTHER,
    PLACE,
    ROLE,
    ROOT,
    SERVICE,
    checks,
    document,
    lets,
)

from personalize_perms.audit.shared import Judged, SharedDocument, judge
from personalize_perms.model.findings import Severity, Verdict


def of(resource: str, *statements: dict) -> Judged:
    return judge(SharedDocument(kind=KINDS[resource], resource=resource, text=document(*statements)), PLACE)


def bucket(*statements: dict) -> list[str]:
    return checks(of(BUCKET, *statements).findings)


def key(*statements: dict) -> list[str]:
    return checks(of(KEY, ROOT, *statements).findings)


DENY = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": f"{BUCKET}/*"}
PUBLIC = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"{BUCKET}/*"}


def test_what_the_guide_shows_with_conditions_is_fine() -> None:
    assert bucket(DENY, BUCKET_LETS) == []
    assert key(KEY_LETS) == []
    split = lets("s3:ListBucket", BUCKET), lets("s3:GetObject", f"{BUCKET}/in/*")
    assert bucket(*split) == []


def test_what_does_not_name_personalize_is_none_of_ours() -> None:
    assert of(BUCKET, DENY, PUBLIC) == Judged()
    assert of(KEY, {**ROOT, "Principal": {"AWS": OTHER}}) == Judged()


def test_no_conditions_on_the_source_is_little_because_the_guide_shows_none() -> None:
    bare = {name: value for name, value in BUCKET_LETS.items() if name != "Condition"}
    (found,) = of(BUCKET, bare).findings
    assert (found.check, found.severity) == ("resource-without-source-conditions", Severity.LOW)
    assert ACCOUNT in found.remedy


@pytest.mark.parametrize("action", ["s3:*", "s3:Delete*", ["s3:GetObject", "s3:PutBucketPolicy"]])
def test_a_bucket_policy_that_lets_the_service_do_too_much_is_named(action: object) -> None:
    assert bucket(lets(action, [BUCKET, f"{BUCKET}/*"])) == ["service-may-do-too-much"]


@pytest.mark.parametrize("action", ["kms:*", "*", ["kms:Decrypt", "kms:ScheduleKeyDeletion"]])
def test_a_key_policy_that_lets_the_service_administer_the_key_is_named(action: object) -> None:
    assert key(lets(action)) == ["service-administers-key"]


@pytest.mark.parametrize("lacking", ["Action", "Resource"])
def test_a_key_statement_without_action_or_resource_does_nothing(lacking: str) -> None:
    spoiled = {name: value for name, value in KEY_LETS.items() if name != lacking}
    (found,) = of(KEY, ROOT, spoiled).findings
    assert (found.check, found.verdict) == ("statement-without-effect", Verdict.DENIED)
    assert lacking in found.message
    assert found.reason == "statement 2 of the key policy"
    assert "/kms/" in found.docs


def test_listing_on_objects_does_nothing() -> None:
    assert bucket(lets(["s3:GetObject", "s3:ListBucket"], f"{BUCKET}/*")) == ["statement-without-effect"]
    assert bucket(lets(["s3:GetObject", "s3:ListBucket"], BUCKET)) == ["statement-without-effect"]


def test_everybody_beside_personalize_is_named() -> None:
    assert bucket(BUCKET_LETS, PUBLIC) == ["open-to-everybody"]
    shared = {"Service": SERVICE, "AWS": "*"}
    assert bucket({**BUCKET_LETS, "Principal": shared, "Condition": {}}) == [
        "resource-without-source-conditions",
        "open-to-everybody",
    ]
    assert bucket(BUCKET_LETS, {**PUBLIC, "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-x"}}}) == []
    assert bucket(BUCKET_LETS, DENY) == []


def test_other_accounts_in_the_same_statement_are_named() -> None:
    principal = {"Service": SERVICE, "AWS": [f"arn:aws:iam::{OTHER}:root", ROLE]}
    (found,) = of(BUCKET, {**BUCKET_LETS, "Principal": principal}).findings
    assert found.check == "shared-with-other-accounts"
    assert OTHER in found.message
    assert ACCOUNT not in found.message
    assert bucket({**BUCKET_LETS, "Principal": {"Service": SERVICE, "AWS": [ROLE, ACCOUNT]}}) == []
    assert bucket({**BUCKET_LETS, "Principal": {"Service": SERVICE, "AWS": OTHER}}) == ["shared-with-other-accounts"]


def test_deleted_principals_are_named_where_personalize_is() -> None:
    dead = {"Sid": "Old", "Effect": "Allow", "Principal": {"AWS": DEAD}, "Action": "s3:GetObject", "Resource": "*"}
    (found,) = of(BUCKET, BUCKET_LETS, dead).findings
    assert found.check == "dead-principal"
    assert DEAD in found.message
    assert found.reason == "statement 2 (Old) of the bucket policy"
    assert key({**dead, "Action": "kms:Decrypt"}, KEY_LETS) == ["dead-principal"]
    assert bucket({**dead, "Sid": "PersonalizeAccess"}) == ["dead-principal"]


def test_deleted_principals_elsewhere_matter_only_beside_a_role_of_personalize() -> None:
    dead = {"Effect": "Allow", "Principal": {"AWS": [DEAD, ROLE]}, "Action": "s3:GetObject", "Resource": "*"}
    found = of(BUCKET, dead)
    assert (found.findings, checks(found.perhaps), found.named) == ((), ["dead-principal"], (ROLE,))


def test_a_text_that_cannot_be_read_strictly_is_unknown() -> None:
    text = '{"Statement": [{"Effect": "Allow", "Effect": "Deny"}]}'
    (found,) = judge(SharedDocument(kind=KINDS[BUCKET], resource=BUCKET, text=text), PLACE).findings
    assert (found.check, found.verdict) == ("not-readable", Verdict.UNKNOWN)


def test_conditions_are_shown_as_the_owner_has_to_write_them() -> None:
    bare = {**KEY_LETS, "Condition": {}}
    (found,) = of(KEY, ROOT, bare).findings
    assert str(FROM_HERE["StringEquals"]).replace("'", '"') in found.remedy
