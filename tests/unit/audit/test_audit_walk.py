"""The walk through an account: what it reads, how often, in how much memory, and what it says it could not see."""

import tracemalloc
from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest
from audit_samples import (
    ACCOUNT,
    BUCKET_LETS,
    DEAD,
    KEY,
    KEY_LETS,
    OTHER,
    READS,
    ROLE,
    ROOT,
    allow,
    checks,
    document,
    policy,
    role,
    trusts,
)
from memory_inventory import MemoryInventory, denied

from personalize_perms.aws.errors import AwsError, Fault
from personalize_perms.model.findings import Verdict
from personalize_perms.model.inventory import GroupDetail, InventoryPage, RoleDetail, UserDetail
from personalize_perms.model.live import RoleContents

DATA = f"arn:aws:iam::{ACCOUNT}:policy/data"
LOOSE = trusts(condition={})
ANYBODY = allow("iam:PassRole", "*")


def page(*roles: RoleDetail, **rest: object) -> InventoryPage:
    return InventoryPage(roles=roles, **rest)  # type: ignore[arg-type]


def account(*pages: InventoryPage, **rest: object) -> MemoryInventory:
    return MemoryInventory(pages=lambda: iter(pages), **rest)  # type: ignore[arg-type]


CLEAN = {
    "buckets": {"data": document(BUCKET_LETS), "logs": None},
    "keys": {KEY: document(ROOT, KEY_LETS)},
    "managed": {DATA: document(READS)},
}


def test_a_clean_account_has_no_findings() -> None:
    ada = UserDetail(arn="arn:ada", name="ada", inline={"p": document(allow("personalize:*", "*"))})
    walked = account(page(role(attached=(DATA,)), users=(ada,), policies=(policy("data", READS),)), **CLEAN)
    found = walked.walk()
    assert found.findings == ()
    assert found.counts == {"users and groups": 1, "roles": 1, "policies": 1, "buckets": 2, "keys": 1}
    buckets = [heard for heard in walked.heard if heard[0] == "buckets"]
    assert buckets == [("buckets", 1, 2), ("buckets", 2, 2)]


def test_everything_is_judged_where_it_stands() -> None:
    group = GroupDetail(arn="arn:group", name="g", inline={"p": document(allow("personalize:PutEvent", "*"))})
    wide = replace(role(LOOSE, attached=(DATA,)), boundary_arn=f"arn:aws:iam::{ACCOUNT}:policy/edge")
    walked = account(
        page(groups=(group,), policies=(policy("idle", allow("personalize:*", "*"), attached=0),)),
        page(wide, policies=(policy("passes", ANYBODY),)),
        buckets={"data": document({**BUCKET_LETS, "Condition": {}})},
        keys={KEY: document(ROOT, {**KEY_LETS, "Action": "kms:*"})},
        managed={DATA: document(allow("s3:*", "*")), wide.boundary_arn: document(allow("s3:*", "*"))},
    )
    assert sorted(checks(walked.walk().findings)) == [
        "misspelt-action",
        "pass-any-role",
        "resource-without-source-conditions",
        "role-reaches-every-bucket",
        "service-administers-key",
        "trust-without-source-conditions",
        "unused-policy",
    ]


@pytest.mark.parametrize("name", ["AmazonS3FullAccess", "AdministratorAccess"])
def test_the_wide_policies_of_aws_are_known_without_being_read(name: str) -> None:
    walked = account(page(role(attached=(f"arn:aws:iam::aws:policy/{name}",))))
    expected = {"AmazonS3FullAccess": "role-reaches-every-bucket", "AdministratorAccess": "role-is-administrator"}
    assert checks(walked.walk().findings) == [expected[name]]
    assert walked.asked["iam:GetPolicy"] == 0


def test_a_policy_that_many_roles_have_is_read_once() -> None:
    roles = [replace(role(attached=(DATA,)), arn=f"{ROLE}-{number}") for number in range(50)]
    walked = account(page(*roles), managed=CLEAN["managed"], workers=1)
    assert walked.walk().findings == ()
    assert walked.asked["iam:GetPolicy"] == 1


def test_deleted_principals_beside_a_role_of_personalize_are_named_whenever_it_is_read() -> None:
    other = f"arn:aws:iam::{OTHER}:role/x"
    dead = allow("s3:GetObject", "*", Principal={"AWS": [DEAD, other, ROLE]})
    strange = {**dead, "Principal": {"AWS": [DEAD, other]}}
    walked = account(page(role()), buckets={"one": document(dead), "two": document(strange)})
    (found,) = walked.walk().findings
    assert (found.check, found.resource) == ("dead-principal", "arn:aws:s3:::one")


def test_deleted_principals_in_the_trust_policy_of_such_a_role_are_named() -> None:
    walked = account(page(role(trusts({"AWS": DEAD}, {}), trusts())))
    assert checks(walked.walk().findings) == ["dead-principal"]


# What may not be read


def test_a_thousand_refusals_of_one_kind_are_one_finding() -> None:
    names = {f"bucket-{number:04}": denied("s3:GetBucketPolicy", f"bucket-{number:04}") for number in range(1000)}
    found = account(page(role()), buckets={**names, "data": document(BUCKET_LETS)}).walk().findings
    (one,) = found
    assert (one.check, one.verdict) == ("not-readable", Verdict.UNKNOWN)
    assert one.resource.count("arn:aws:s3:::bucket-") == 3
    assert one.resource.endswith(" and 997 more")
    assert "1000 not read" in one.message
    assert "s3:GetBucketPolicy" in one.reason


@pytest.mark.parametrize(
    ("action", "count"),
    [
        ("s3:ListAllMyBuckets", 1),
        ("s3:GetBucketPolicy", 2),
        ("kms:ListKeys", 1),
        ("kms:GetKeyPolicy", 1),
        ("iam:GetPolicy", 1),
    ],
)
def test_every_refused_read_is_unknown_and_everything_else_is_still_told(action: str, count: int) -> None:
    walked = account(page(role(LOOSE, attached=(DATA,))), **CLEAN, refused=frozenset({action}))
    found = {finding.check: finding for finding in walked.walk().findings}
    assert set(found) == {"not-readable", "trust-without-source-conditions"}
    unknown = found["not-readable"]
    assert unknown.verdict is Verdict.UNKNOWN
    assert unknown.reason.startswith(f"{action}: AccessDenied")
    assert action in unknown.remedy
    assert walked.asked[action] == count


def without_bulk(**rest: object) -> MemoryInventory:
    def refused() -> Iterator[InventoryPage]:
        raise denied("iam:GetAccountAuthorizationDetails")
        yield

    return MemoryInventory(pages=refused, **rest)  # type: ignore[arg-type]


def test_without_the_bulk_call_the_roles_of_personalize_are_read_one_by_one() -> None:
    bare = replace(role(LOOSE), inline={}, last_used="", created="")
    other = replace(bare, arn="arn:other", name="other", trust_json=document(trusts({"Service": "glue.amazonaws.com"})))
    walked = without_bulk(
        bare=lambda: iter([page(other), page(bare)]),
        contents={"personalize": RoleContents(attached_policy_arns=(DATA,), inline_policy_names=("own",))},
        managed={DATA: document(allow("s3:*", "*"))},
        inline={"own": document(allow("kms:*", "*"))},
    )
    found = {finding.check: finding for finding in walked.walk().findings}
    assert set(found) == {
        "not-readable",
        "role-administers-keys",
        "role-reaches-every-bucket",
        "trust-without-source-conditions",
    }
    assert "who may pass roles" in found["not-readable"].message
    assert walked.asked["iam:ListAttachedRolePolicies"] == 1


def test_a_role_whose_policies_may_not_be_read_is_still_judged_by_its_trust() -> None:
    walked = without_bulk(
        bare=lambda: iter([page(replace(role(LOOSE), inline={}))]), refused=frozenset({"iam:ListAttachedRolePolicies"})
    )
    found = walked.walk().findings
    assert sorted(checks(found)) == ["not-readable", "not-readable", "trust-without-source-conditions"]


def test_without_any_list_of_roles_it_is_not_known_which_there_are() -> None:
    def refused() -> Iterator[InventoryPage]:
        raise denied("iam:ListRoles")
        yield

    found = without_bulk(bare=refused, **CLEAN).walk().findings
    assert checks(found) == ["not-readable", "not-readable"]
    assert any("which roles Amazon Personalize may assume is not known" in one.message for one in found)


def test_a_bulk_call_that_breaks_off_loses_nothing_that_was_found() -> None:
    def broken() -> Iterator[InventoryPage]:
        yield page(role(LOOSE), policies=(policy("passes", ANYBODY),))
        raise AwsError(Fault.THROTTLED, code="Throttling", message="slow", action="iam:X", resource="*")

    walked = MemoryInventory(
        pages=broken,
        bare=lambda: iter([page(replace(role(LOOSE), inline={}))]),
        contents={"personalize": RoleContents(attached_policy_arns=(DATA,))},
        **CLEAN,
    )
    found = walked.walk()
    assert sorted(checks(found.findings)) == ["not-readable", "pass-any-role", "trust-without-source-conditions"]
    assert found.counts["roles"] == 1


def test_credentials_that_ran_out_end_the_walk() -> None:
    error = AwsError(Fault.CREDENTIALS, code="ExpiredToken", message="x", action="s3:GetBucketPolicy", resource="data")
    with pytest.raises(AwsError, match="ExpiredToken"):
        account(page(role()), buckets={"data": error}).walk()


# Large accounts

BUCKETS, ROLES, PER_PAGE = 1000, 5000, 500
FILLING = [allow("s3:GetObject", f"arn:aws:s3:::other-{number:03}/*") for number in range(30)]


class Large(Mapping[str, str]):
    """The policies of many buckets, each made when it is read; every tenth lets Personalize in loosely."""

    def __getitem__(self, name: str) -> str:
        loose = [{**BUCKET_LETS, "Condition": {}}] if int(name[-4:]) % 10 == 0 else []
        return document(*loose, *({**one, "Principal": {"AWS": ACCOUNT}, "Sid": name} for one in FILLING * 3))

    def __iter__(self) -> Iterator[str]:
        return (f"bucket-{number:04}" for number in range(BUCKETS))

    def __len__(self) -> int:
        return BUCKETS


def many_roles() -> Iterator[InventoryPage]:
    """Pages of roles with long policies; every hundredth may be assumed by Personalize, loosely."""
    for start in range(0, ROLES, PER_PAGE):
        yield page(
            *(
                replace(
                    role(LOOSE if number % 100 == 0 else trusts({"Service": f"s{number}.amazonaws.com"}, {})),
                    arn=f"{ROLE}-{number}",
                    inline={"own": document(*FILLING[:20], allow("s3:GetObject", f"arn:aws:s3:::own-{number}/*"))},
                )
                for number in range(start, start + PER_PAGE)
            )
        )


def test_a_large_account_is_walked_in_bounded_memory_with_one_read_a_bucket() -> None:
    walked = MemoryInventory(pages=many_roles, buckets=Large(), workers=16)
    tracemalloc.start()
    found = walked.walk()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    kinds = checks(found.findings)
    assert kinds.count("trust-without-source-conditions") == ROLES // 100
    assert kinds.count("resource-without-source-conditions") == BUCKETS // 10
    assert walked.asked == {
        "inventory": ROLES // PER_PAGE,
        "s3:ListAllMyBuckets": 1,
        "s3:GetBucketPolicy": BUCKETS,
        "kms:ListKeys": 1,
    }
    # All documents together have 23 million characters.
    assert peak < 10_000_000
    assert (found.counts["buckets"], found.counts["roles"]) == (BUCKETS, ROLES)
    assert ("buckets", BUCKETS, BUCKETS) in walked.heard


def test_aws_own_policy_for_personalize_lets_people_pass_every_role() -> None:
    arn = "arn:aws:iam::aws:policy/service-role/AmazonPersonalizeFullAccess"
    ada = UserDetail(arn="arn:ada", name="ada", attached=(arn,))
    glue = replace(role(trusts({"Service": "glue.amazonaws.com"}, {}), attached=(arn,)), arn="arn:glue")
    found = account(page(role(attached=(arn,)), glue, users=(ada,))).walk().findings
    assert {(one.check, one.resource) for one in found} == {
        ("role-has-full-access-policy", ROLE),
        ("pass-any-role", "arn:ada"),
        ("pass-any-role", "arn:glue"),
    }


def test_use_matters_only_where_personalize_is_named() -> None:
    idle = role(trusts(), last_used="")
    anybody = replace(role(trusts("*", {}), last_used=""), arn="arn:anybody")
    found = account(page(idle, anybody)).walk().findings
    assert {(one.check, one.resource) for one in found} == {
        ("unused-role", ROLE),
        ("trust-open-to-everybody", "arn:anybody"),
    }
