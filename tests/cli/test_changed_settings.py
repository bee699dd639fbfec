"""Settings that change, and things removed by hand: just the difference is made good, from any machine."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from account import (
    DATA,
    RESULTS,
    Account,
    Document,
    Program,
    document,
    policy_arn,
    role_arn,
    root_keeps,
    sids,
    trusts,
    user_arn,
)
from fake_aws import ACCOUNT, Answer, Call, refuses

from personalize_perms.model import ownership
from strict import identity

OTHER = "acme-other"
IN = ("--input", f"s3://{DATA}/in/")
OUT = ("--workflow", "import", "--workflow", "export", "--output", f"s3://{RESULTS}/out/")
FULL = (*IN, *OUT, "--attach-user", "ada", "--attach-group", "analysts", "--assumable-by", user_arn("grace"))
SERVICE_POLICY = "personalize-service-access"
USER_POLICY = "personalize-user-access"
KEY = "alias/data"
ADOPTED = ("--role-arn", role_arn("legacy"))


def filled(account: Account) -> str:
    """Fill the account as others left it; return the key that `KEY` names."""
    theirs = {"Sid": "Theirs", "Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject"}
    for bucket in (DATA, RESULTS):
        account.bucket(bucket, document({**theirs, "Resource": f"arn:aws:s3:::{bucket}/*"}, Id=bucket))
    account.bucket(OTHER)
    key = account.key(document(root_keeps(), {**root_keeps(), "Sid": "Second", "Action": "kms:Decrypt"}))
    account.kms.create_alias(AliasName=KEY, TargetKeyId=key)
    for user in ("ada", "grace", "eve"):
        account.iam.create_user(UserName=user)
    account.iam.create_group(GroupName="analysts")
    account.role("legacy", document(trusts({"Service": "glue.amazonaws.com"}, Sid="Glue")))
    account.role("notebook", document(trusts({"Service": "sagemaker.amazonaws.com"})))
    return key


def state(account: Account, key: str) -> Document:
    """Return what is there by its meaning, without what differs from run to run."""
    found = account.snapshot()
    for role in found["roles"].values():
        role["AssumeRolePolicyDocument"] = unquote(role["AssumeRolePolicyDocument"])
        role["Tags"] = [tag for tag in role.get("Tags", []) if tag["Key"] != "personalize-perms:run"]
        for name in ("RoleId", "CreateDate"):
            del role[name]
    for name, (text, _, holders, tags) in found["policies"].items():
        tags.pop("personalize-perms:run")
        found["policies"][name] = [json.dumps(text), sorted(holders), tags]
    found["grants"] = {key: sorted(grants) for key, grants in found["grants"].items()}
    found = json.loads(json.dumps(found).replace(key.rpartition("/")[2], "the-key"))
    for role in found["roles"].values():
        role["AssumeRolePolicyDocument"] = identity(role["AssumeRolePolicyDocument"])
    for kind in ("buckets", "keys"):
        found[kind] = {name: identity(text) for name, text in found[kind].items()}
    for policy in found["policies"].values():
        policy[0] = identity(policy[0])
    return found


# Each follows on the one before, and the first on the last: between two of them lies what the second's name says.
SETTINGS: dict[str, tuple[str, ...]] = {
    "everything else, back on a role of ours": IN,
    "a key more": (*IN, "--kms-key", KEY),
    "a grant instead of the key policy": (*IN, "--kms-key", KEY, "--kms-access", "grant"),
    "another role, while a grant is there": (
        *(*IN, "--kms-key", KEY, "--kms-access", "grant"),
        *("--role-name", "another"),
    ),
    "no grant, a bucket more, people": (*FULL, "--kms-key", KEY),
    "strict": (*FULL, "--kms-key", KEY, "--hardening", "strict"),
    "documented, on an adopted role": (*FULL, "--kms-key", KEY, *ADOPTED),
    "another name of the user policy, on a role of ours": (*FULL, "--kms-key", KEY, "--user-policy-name", "people"),
    "no key and no user access": (*IN, *OUT, "--user-access", "none"),
    "other people, another preset": (
        *(*IN, *OUT, "--attach-role", "notebook", "--assumable-by", user_arn("ada"), "--require-mfa"),
        *("--user-access", "runtime", "--attach-user", "eve"),
    ),
    "a workflow and a user less, source conditions everywhere": (
        *(*IN, "--kms-key", KEY, "--source-conditions", "all"),
        *("--role-description", "Ours; see the wiki"),
    ),
    "everything else, on an adopted role": ("--input", f"s3://{OTHER}", *ADOPTED, "--hardening", "strict"),
}


@pytest.fixture(scope="module")
def expected() -> dict[str, Document]:
    """What each of `SETTINGS` leads to from nothing, as far as it was asked for."""
    return {}


@pytest.mark.parametrize("change", SETTINGS)
def test_changed_settings_lead_to_what_they_would_from_nothing(
    change: str,
    account: Account,
    program: Program,
    expected: dict[str, Document],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    names = list(SETTINGS)
    before = SETTINGS[names[names.index(change) - 1]]
    if change not in expected:
        key = filled(account)
        program.apply(*SETTINGS[change])
        expected[change] = state(account, key)
        account.server.reset()
    key = filled(account)
    program.apply(*before)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another machine"))
    program.converges(*SETTINGS[change])
    assert state(account, key) == expected[change]


def test_only_what_changes_is_written(account: Account, program: Program) -> None:
    key = filled(account)
    program.apply(*FULL)
    tagged = (*FULL, "--tag", "team=x")
    assert program.apply(*tagged).written == ["TagPolicy", "TagPolicy", "TagRole", "TagRole"]
    assert program.apply(*tagged, "--role-description", "Ours").written == ["UpdateRoleDescription"]
    described = (*tagged, "--role-description", "Ours")
    boundary = account.policy("boundary")
    assert program.apply(*described, "--permissions-boundary", boundary).written == ["PutRolePermissionsBoundary"] * 2
    bounded = (*described, "--permissions-boundary", boundary)
    assert program.apply(*bounded, "--attach-user", "eve").written == ["AttachUserPolicy", "TagPolicy"]
    assert program.apply(*bounded).written == ["DetachUserPolicy", "TagPolicy"]
    assert program.apply(*bounded, "--kms-key", key).written == ["CreatePolicyVersion", "PutKeyPolicy", "TagPolicy"]
    assert program.apply(*bounded, "--kms-key", key, "--kms-access", "grant").written == [
        "CreateGrant",
        "PutKeyPolicy",
        "TagPolicy",
    ]


def test_a_boundary_that_is_no_longer_named_stays(account: Account, program: Program) -> None:
    account.bucket()
    boundary = account.policy("boundary")
    program.apply(*IN, "--permissions-boundary", boundary)
    program.is_silent(*IN)


# Removed by hand


def lost_statement_of_a_bucket(account: Account, _: str) -> str:
    policy = account.bucket_policy()
    policy["Statement"].pop()
    account.put_bucket_policy(DATA, policy)
    return "PutBucketPolicy"


def lost_bucket_policy(account: Account, _: str) -> str:
    account.s3.delete_bucket_policy(Bucket=DATA)
    return "PutBucketPolicy"


def changed_statement_of_a_bucket(account: Account, _: str) -> str:
    policy = account.bucket_policy()
    policy["Statement"][-1]["Action"] = "s3:*"
    account.put_bucket_policy(DATA, policy)
    return "PutBucketPolicy"


def lost_statement_of_a_key(account: Account, key: str) -> str:
    policy = account.key_policy(key)
    policy["Statement"].pop()
    account.put_key_policy(key, policy)
    return "PutKeyPolicy"


def lost_grant(account: Account, key: str) -> str:
    (grant,) = account.grants(key)
    account.kms.revoke_grant(KeyId=key, GrantId=grant["GrantId"])
    return "CreateGrant"


def lost_attachment(account: Account, _: str) -> str:
    account.iam.detach_role_policy(RoleName="personalize-service-role", PolicyArn=policy_arn(SERVICE_POLICY))
    return "AttachRolePolicy"


def lost_attachment_of_a_user(account: Account, _: str) -> str:
    account.iam.detach_user_policy(UserName="ada", PolicyArn=policy_arn(USER_POLICY))
    return "AttachUserPolicy"


def lost_tag_of_the_role(account: Account, _: str) -> str:
    account.iam.untag_role(RoleName="personalize-service-role", TagKeys=["personalize-perms"])
    return "TagRole"


def lost_tags_of_the_policy(account: Account, _: str) -> str:
    keys = ["personalize-perms", "personalize-perms:granted-1"]
    account.iam.untag_policy(PolicyArn=policy_arn(SERVICE_POLICY), TagKeys=keys)
    return "TagPolicy"


def changed_trust(account: Account, _: str) -> str:
    trust = account.trust("personalize-service-role")
    del trust["Statement"][0]["Condition"]
    account.iam.update_assume_role_policy(RoleName="personalize-service-role", PolicyDocument=json.dumps(trust))
    return "UpdateAssumeRolePolicy"


def other_default_version(account: Account, _: str) -> str:
    policy = account.policy_document(SERVICE_POLICY)
    policy["Statement"].pop()
    account.iam.create_policy_version(
        PolicyArn=policy_arn(SERVICE_POLICY), PolicyDocument=json.dumps(policy), SetAsDefault=True
    )
    return "CreatePolicyVersion"


@pytest.mark.parametrize(
    "remove",
    [
        lost_statement_of_a_bucket,
        lost_bucket_policy,
        changed_statement_of_a_bucket,
        lost_statement_of_a_key,
        lost_grant,
        lost_attachment,
        lost_attachment_of_a_user,
        lost_tag_of_the_role,
        lost_tags_of_the_policy,
        changed_trust,
        other_default_version,
    ],
)
def test_what_was_removed_by_hand_is_put_back_and_nothing_else(remove: Any, account: Account, program: Program) -> None:
    key = filled(account)
    settings = (*FULL, "--kms-key", KEY, "--kms-access", "grant")
    program.apply(*settings)
    whole = state(account, key)
    operation = remove(account, key)
    done = program.converges(*settings)
    assert done.written == [operation]
    if remove is not lost_bucket_policy:
        assert state(account, key) == whole


def test_a_role_that_was_deleted_is_made_again_with_what_hangs_on_it(account: Account, program: Program) -> None:
    filled(account)
    program.apply(*IN)
    account.iam.detach_role_policy(RoleName="personalize-service-role", PolicyArn=policy_arn(SERVICE_POLICY))
    account.iam.delete_role(RoleName="personalize-service-role")
    assert program.converges(*IN).written == ["AttachRolePolicy", "CreateRole"]


# What others attached


def test_what_others_attached_to_our_policies_is_never_removed(account: Account, program: Program) -> None:
    filled(account)
    program.apply(*FULL)
    for policy in (SERVICE_POLICY, USER_POLICY):
        account.iam.attach_user_policy(UserName="eve", PolicyArn=policy_arn(policy))
        account.iam.attach_role_policy(RoleName="notebook", PolicyArn=policy_arn(policy))
    program.is_silent(*FULL)
    program.converges(*IN, "--user-policy-name", "people")
    assert account.holders(USER_POLICY) == {"user/eve", "role/notebook"}
    assert {"user/eve", "role/notebook"} <= account.holders(SERVICE_POLICY)
    program.converges(*IN, "--user-access", "none", "--role-name", "another")
    assert account.holders(USER_POLICY) == {"user/eve", "role/notebook"}
    assert account.holders(SERVICE_POLICY) == {"user/eve", "role/notebook", "role/another"}


def test_a_group_is_not_taken_for_the_user_of_the_same_name(account: Account, program: Program) -> None:
    account.bucket()
    account.iam.create_user(UserName="same")
    account.iam.create_group(GroupName="same")
    program.apply(*IN, "--attach-user", "same")
    account.iam.attach_group_policy(GroupName="same", PolicyArn=policy_arn(USER_POLICY))
    program.converges(*IN)
    assert account.holders(USER_POLICY) == {"group/same"}
    program.apply(*IN, "--attach-user", "same")
    program.converges(*IN, "--user-policy-name", "people")
    assert account.holders(USER_POLICY) == {"group/same"}


def test_a_dropped_user_keeps_what_others_gave_them(account: Account, program: Program) -> None:
    filled(account)
    program.apply(*IN, "--attach-user", "ada")
    account.iam.attach_user_policy(UserName="ada", PolicyArn=policy_arn(SERVICE_POLICY))
    program.converges(*IN)
    assert account.holders(USER_POLICY) == set()
    assert "user/ada" in account.holders(SERVICE_POLICY)


@pytest.mark.parametrize("what", ["policy", "inline policy", "instance profile"])
def test_a_role_of_ours_on_which_others_hung_something_stays(what: str, account: Account, program: Program) -> None:
    filled(account)
    program.apply(*IN)
    name = "personalize-service-role"
    if what == "policy":
        account.iam.attach_role_policy(RoleName=name, PolicyArn=account.policy("theirs"))
    elif what == "inline policy":
        text = json.dumps(document({"Effect": "Allow", "Action": "s3:*", "Resource": "*"}))
        account.iam.put_role_policy(RoleName=name, PolicyName="theirs", PolicyDocument=text)
    else:
        account.iam.create_instance_profile(InstanceProfileName="theirs")
        account.iam.add_role_to_instance_profile(InstanceProfileName="theirs", RoleName=name)
    done = program.converges(*IN, "--role-name", "another")
    assert name in account.roles()
    assert done.findings["leftover"]["resource"] == role_arn(name)


def test_a_role_of_ours_that_others_let_somebody_into_stays_without_our_statement(
    account: Account, program: Program
) -> None:
    account.bucket()
    program.apply(*IN)
    trust = account.trust("personalize-service-role")
    theirs = trusts({"Service": "glue.amazonaws.com"}, Sid="Glue")
    trust["Statement"].append(theirs)
    account.iam.update_assume_role_policy(RoleName="personalize-service-role", PolicyDocument=json.dumps(trust))
    program.converges(*IN, "--role-name", "another")
    assert account.trust("personalize-service-role")["Statement"] == [theirs]
    assert account.holders(SERVICE_POLICY) == {"role/another"}


def test_statements_that_others_wrote_into_a_policy_of_ours_stay(account: Account, program: Program) -> None:
    account.bucket()
    account.iam.create_user(UserName="ada")
    program.apply(*IN, "--attach-user", "ada")
    theirs = {"Sid": "Theirs", "Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}
    for name in (SERVICE_POLICY, USER_POLICY):
        text = account.policy_document(name)
        text["Statement"].insert(0, theirs)
        account.iam.create_policy_version(
            PolicyArn=policy_arn(name), PolicyDocument=json.dumps(text), SetAsDefault=True
        )
    program.is_silent(*IN, "--attach-user", "ada")
    done = program.converges(*IN, "--hardening", "strict", "--user-policy-name", "people")
    assert account.policy_document(SERVICE_POLICY)["Statement"][0] == theirs
    assert account.policy_document(USER_POLICY)["Statement"][0] == theirs
    assert account.holders(USER_POLICY) == set()
    assert done.findings["leftover"]["resource"] == policy_arn(USER_POLICY)


def test_a_policy_of_ours_that_others_use_as_a_boundary_stays(account: Account, program: Program) -> None:
    account.bucket()
    program.apply(*IN)
    account.role("bounded", document(), PermissionsBoundary=policy_arn(USER_POLICY))
    program.converges(*IN, "--user-policy-name", "people")
    assert USER_POLICY in account.policies()


@pytest.mark.parametrize(
    ("operation", "about", "settings", "blocked"),
    [
        ("GetRole", '"first"', IN, ("role", role_arn("first"))),
        ("GetPolicy", "old-people", IN, ("managed-policy", policy_arn("old-people"))),
        ("ListGrants", "", IN, ("grant", "")),
        ("GetKeyPolicy", "", IN, ("key-policy", "")),
        ("GetBucketPolicy", RESULTS, IN, ("bucket-policy", RESULTS)),
    ],
)
def test_what_may_not_be_looked_at_is_not_forgotten(
    operation: str,
    about: str,
    settings: tuple[str, ...],
    blocked: tuple[str, str],
    account: Account,
    program: Program,
) -> None:
    key = filled(account)
    whole = (*IN, *OUT, "--role-name", "first", "--user-policy-name", "old-people")
    program.apply(*whole, "--kms-key", KEY, "--kms-access", "grant")

    def denies(call: Call, forward: Callable[[], Answer]) -> Answer:
        return refuses("AccessDenied", 403)(call, forward) if about in call.about else forward()

    account.server.on(operation, *[denies] * 40)
    done = program.converges(*settings, code=1)
    ((kind, resource),) = done.changes("blocked")
    assert (kind, resource) == blocked or (kind, resource) == (blocked[0], key)
    account.server.forget()
    program.converges(*settings)
    assert "first" not in account.roles()
    assert "old-people" not in account.policies()
    assert account.grants(key) == []
    assert sids(account.key_policy(key)) == ["Root", "Second"]
    assert sids(account.bucket_policy(RESULTS)) == ["Theirs"]


def test_an_adopted_role_is_never_deleted_even_if_only_our_statement_is_left(
    account: Account, program: Program
) -> None:
    account.bucket()
    arn = account.role("legacy", document(trusts({"Service": "personalize.amazonaws.com"}, Sid="Loose")))
    program.apply(*IN, "--role-arn", arn)
    trust = account.trust("legacy")
    trust["Statement"] = trust["Statement"][1:]
    account.iam.update_assume_role_policy(RoleName="legacy", PolicyDocument=json.dumps(trust))
    program.is_silent(*IN, "--role-arn", arn)
    program.converges(*IN)
    assert "legacy" in account.roles()
    assert account.holders(SERVICE_POLICY) == {"role/personalize-service-role"}


# Versions of managed policies


def test_more_changes_than_a_policy_can_have_versions(account: Account, program: Program) -> None:
    account.bucket()
    for number in range(7):
        program.apply("--input", f"s3://{DATA}/{number}/", "--hardening", ("documented", "strict")[number % 2])
        assert account.versions(SERVICE_POLICY) == min(number + 1, 5)
    assert "/6/" in account.policy_text(SERVICE_POLICY)


def test_a_version_that_others_made_is_not_deleted_to_make_room(account: Account, program: Program) -> None:
    account.bucket()
    program.apply(*IN)
    arn = policy_arn(SERVICE_POLICY)
    text = account.policy_text(SERVICE_POLICY)
    theirs = json.dumps(document({"Sid": "Theirs", "Effect": "Allow", "Action": "s3:*", "Resource": "*"}))
    account.iam.create_policy_version(PolicyArn=arn, PolicyDocument=theirs)
    account.iam.create_policy_version(PolicyArn=arn, PolicyDocument=text, SetAsDefault=True)
    account.iam.delete_policy_version(PolicyArn=arn, VersionId="v1")
    for _ in range(3):
        account.iam.create_policy_version(PolicyArn=arn, PolicyDocument=text)
    refused = program.apply("--input", f"s3://{DATA}/else/", code=1)
    assert refused.written == []
    assert refused.errors[0]["code"] == "limit"
    assert refused.errors[0]["hint"] == f"aws iam delete-policy-version --policy-arn {arn} --version-id v2"


# Several set-ups in one account


NAMES = ("team", "team-a", "teama", "team.a", "Team2")


@pytest.mark.parametrize("access", ["key-policy", "grant"])
def test_a_key_that_may_still_encrypt_a_bucket_is_kept_where_that_may_not_be_read(
    access: str, account: Account, program: Program
) -> None:
    key = filled(account)
    account.bucket("acme-encrypted", key=key)
    wanted = ("--workflow", "batch", *IN, "--output", "s3://acme-encrypted/out/", "--kms-access", access)
    program.apply(*wanted)
    before = state(account, key)

    account.server.on("GetBucketEncryption", *[refuses("AccessDenied", 403)] * 40)
    program.is_silent(*wanted)
    kept = program.json("plan", *wanted)
    assert state(account, key) == before
    assert f"what was granted on {key} before stays" in kept.findings["bucket-encryption"]["message"]

    narrower = program.converges("--workflow", "import", *IN, "--kms-access", access)
    assert ("bucket-policy", "acme-encrypted") in narrower.changes("delete")
    assert len(account.key_policy(key)["Statement"]) == 3

    account.server.forget()
    program.converges("--workflow", "import", *IN, "--kms-access", access)
    assert account.grants(key) == []
    assert len(account.key_policy(key)["Statement"]) == 2


@pytest.mark.parametrize("role", [(), ADOPTED])
def test_a_set_up_that_moves_to_another_region_says_what_that_ends(
    role: tuple[str, ...], account: Account, program: Program
) -> None:
    filled(account)
    account.bucket("acme-ohio", region="us-east-2")
    program.apply(*IN, *role)
    there = ("--input", "s3://acme-ohio", "--region", "us-east-2", *role)
    moving = program.json("plan", *there).findings["another-region"]
    assert "is for eu-west-1 so far" in moving["message"]
    assert "--name" in moving["remedy"]

    assert "another-region" not in program.json("plan", *there, "--name", "ohio").findings
    program.apply(*there)
    assert "another-region" not in program.json("plan", *there).findings


def test_a_boundary_that_the_settings_no_longer_name_stays_and_is_named(account: Account, program: Program) -> None:
    filled(account)
    boundary = account.policy("boundary")
    program.apply(*IN, "--permissions-boundary", boundary)
    assert program.json("plan", *IN, "--permissions-boundary", boundary).findings == {}
    program.is_silent(*IN)
    found = program.json("plan", *IN).findings["permissions-boundary-stays"]
    assert boundary in found["message"]
    assert "--role-name personalize-service-role" in found["remedy"]


def makers(policy: Document) -> set[str]:
    """Return the set-ups whose statements are in a document, and make sure that the rest is theirs."""
    made_by = {sid: [name for name in NAMES if ownership.is_own_sid(sid, name)] for sid in sids(policy)}
    assert {sid for sid, names in made_by.items() if not names} <= {"Theirs", "Root", "Second"}
    return {name for names in made_by.values() for name in names}


def test_set_ups_side_by_side_leave_each_other_as_they_are(account: Account, program: Program) -> None:
    key = filled(account)
    wide = ("--kms-key", KEY, *OUT, *IN)
    narrow = ("--input", f"s3://{DATA}/in/")
    for name in NAMES:
        program.apply("--name", name, *wide)
    program.converges("--name", "team-a", *narrow, "--hardening", "strict")
    elsewhere = ("--input", f"s3://{OTHER}", "--role-name", "elsewhere", "--user-access", "none")
    program.converges("--name", "teama", *elsewhere)
    for name in ("team", "team.a", "Team2"):
        program.is_silent("--name", name, *wide)
    assert makers(account.key_policy(key)) == {"team", "team.a", "Team2"}
    assert makers(account.bucket_policy()) == {"team", "team-a", "team.a", "Team2"}
    assert makers(account.bucket_policy(RESULTS)) == {"team", "team.a", "Team2"}
    assert makers(account.bucket_policy(OTHER)) == {"teama"}
    program.is_silent("--name", "team-a", *narrow, "--hardening", "strict")


def test_set_ups_may_share_a_user_a_grant_key_and_an_adopted_role(account: Account, program: Program) -> None:
    key = filled(account)
    shared = (*IN, "--kms-key", KEY, "--kms-access", "grant", "--attach-user", "ada", *ADOPTED)
    for name in ("team", "team-a"):
        program.converges("--name", name, *shared)
    program.is_silent("--name", "team", *shared)
    assert len(account.grants(key)) == 2
    program.converges("--name", "team-a", "--input", f"s3://{OTHER}")
    program.is_silent("--name", "team", *shared)
    assert len(account.grants(key)) == 1
    assert account.holders("team-user-access") == {"user/ada"}
    assert len(account.trust("legacy")["Statement"]) == 2


def test_two_set_ups_cannot_share_a_role_that_one_of_them_made(account: Account, program: Program) -> None:
    filled(account)
    program.apply("--name", "team", *IN)
    refused = program.apply("--name", "team-a", *IN, "--role-name", "team-service-role", code=1)
    assert refused.written == []
    assert refused.errors[0]["code"] == "conflict"
    assert f"--role-arn {role_arn('team-service-role')}" in refused.errors[0]["hint"]


def test_one_set_up_may_adopt_the_role_of_another_which_stays_the_others(account: Account, program: Program) -> None:
    filled(account)
    program.apply("--name", "team", *IN)
    adopting = ("--name", "team-a", *IN, "--role-arn", role_arn("team-service-role"))
    program.converges(*adopting)
    program.is_silent("--name", "team", *IN)
    program.converges("--name", "team-a", *IN)
    program.is_silent("--name", "team", *IN)
    assert "team-service-role" in account.roles()
    assert ACCOUNT in str(account.trust("team-service-role"))
