"""People who sign in through IAM Identity Center: the permission set, its assignments, and what others have there."""

import pytest
from account import DATA, Account, Program
from fake_aws import ACCOUNT, REGION, FakeAws, after, loses_the_answer, refuses

from personalize_perms.model import ownership
from strict.identity_center import CENTER, IdentityCenter

OTHER = "222222222222"
IN = ("--input", f"s3://{DATA}/in/")
SET = (*IN, "--permission-set", "people", "--assign-group", "analysts")
MORE = (*SET, "--assign-user", "ada", "--assign-account", ACCOUNT, "--assign-account", OTHER)
POLICY = "personalize-user-access"


@pytest.fixture
def center(aws: FakeAws, account: Account) -> IdentityCenter:
    """An organisation whose management account this is, and a bucket."""
    account.bucket()
    CENTER.enable(REGION, groups=("analysts", "operators"), users=("ada",))
    CENTER.elsewhere[OTHER] = [POLICY]
    return CENTER


def test_a_permission_set_is_made_referred_assigned_and_the_second_run_is_silent(
    center: IdentityCenter, program: Program
) -> None:
    done = program.converges(*MORE)
    assert done.written.count("CreateAccountAssignment") == 4
    assert center.assigned("people") == {(a, who) for a in (ACCOUNT, OTHER) for who in ("analysts", "ada")}
    assert center.named("people").policies == [("/", POLICY)]


def test_undo_takes_the_assignments_the_reference_and_the_set(
    center: IdentityCenter, account: Account, program: Program
) -> None:
    before = account.meaning()
    program.apply(*MORE)
    assert any(role.startswith("AWSReservedSSO_people_") for role in account.roles())
    done = program.json("undo", "--yes")
    assert done.code == 0, done.err
    assert (center.sets, center.assignments) == ({}, [])
    assert account.meaning() == before
    assert program.json("undo", "--yes").writes == []


def test_undo_works_from_a_machine_without_a_journal_and_without_settings(
    center: IdentityCenter, account: Account, program: Program, monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    before = account.meaning()
    program.apply(*MORE)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "elsewhere"))
    assert program.json("undo", "--yes").code == 0
    assert (center.sets, center.assignments) == ({}, [])
    assert account.meaning() == before


def test_an_assignment_of_others_stays_and_so_does_what_it_needs(
    center: IdentityCenter, account: Account, program: Program
) -> None:
    program.apply(*SET)
    center.give("people", ACCOUNT, "operators")
    program.is_silent(*SET)
    done = program.json("undo", "--yes")
    assert done.code == 0, done.err
    assert center.assigned("people") == {(ACCOUNT, "operators")}
    assert center.named("people").policies == [("/", POLICY)]
    assert POLICY in account.policies()
    assert "others assigned it" in str(done.findings["leftover"]) + done.err


def test_what_others_assigned_stays_theirs_although_the_settings_name_it_later(
    center: IdentityCenter, program: Program
) -> None:
    program.apply(*SET)
    center.give("people", ACCOUNT, "operators")
    program.apply(*SET, "--assign-group", "operators")
    assert program.json("undo", "--yes").code == 0
    assert center.assigned("people") == {(ACCOUNT, "operators")}


def test_a_set_that_cannot_be_seen_any_more_is_not_said_to_be_gone(center: IdentityCenter, program: Program) -> None:
    program.apply(*SET)
    region, center.region = center.region, "nowhere-1"
    done = program.json("undo", "--yes")
    assert done.code == 1
    assert "cannot be seen" in str(done.data["changes"])
    center.region = region
    assert program.json("undo", "--yes").code == 0
    assert (center.sets, center.assignments) == ({}, [])


def test_what_others_put_into_the_set_keeps_it(center: IdentityCenter, account: Account, program: Program) -> None:
    program.apply(*SET)
    center.named("people").policies.append(("/", "theirs"))
    center.named("people").inline = "{}"
    account.policy("theirs")
    done = program.json("undo", "--yes")
    assert done.code == 0, done.err
    assert center.assignments == []
    assert center.named("people").policies == [("/", "theirs")]
    assert POLICY not in account.policies()
    assert "DeletePermissionSet" not in done.written


def test_who_is_no_longer_named_loses_the_assignment_and_nobody_else(center: IdentityCenter, program: Program) -> None:
    program.apply(*MORE)
    center.give("people", OTHER, "operators")
    done = program.converges(*SET)
    assert center.assigned("people") == {(ACCOUNT, "analysts"), (OTHER, "operators")}
    assert done.written.count("DeleteAccountAssignment") == 3


def test_a_set_that_is_no_longer_wanted_goes(center: IdentityCenter, account: Account, program: Program) -> None:
    program.apply(*MORE)
    program.converges(*IN)
    assert (center.sets, center.assignments) == ({}, [])
    assert POLICY in account.policies()


def test_another_user_policy_is_referred_to_and_provisioned_before_the_old_one_goes(
    center: IdentityCenter, account: Account, program: Program
) -> None:
    program.apply(*SET)
    done = program.converges(*SET, "--user-policy-name", "newer")
    assert center.named("people").policies == [("/", "newer")]
    assert center.named("people").provisioned == {ACCOUNT: [("/", "newer")]}
    assert POLICY not in account.policies()
    assert done.written.count("ProvisionPermissionSet") == 1


def test_what_somebody_left_unprovisioned_is_provisioned(center: IdentityCenter, program: Program) -> None:
    program.apply(*SET)
    center.named("people").provisioned[ACCOUNT] = []
    assert program.converges(*SET).written == ["ProvisionPermissionSet"]


def test_a_set_of_others_with_that_name_is_left_alone(
    center: IdentityCenter, account: Account, aws: FakeAws, program: Program
) -> None:
    others = aws.client("sso-admin")
    others.create_permission_set(
        InstanceArn=others.list_instances()["Instances"][0]["InstanceArn"], Name="people", Description="x", Tags=[]
    )
    before = center.meaning()
    done = program.apply(*SET, code=1)
    assert center.meaning() == before
    assert ("permission-set", f"{REGION}/people") in done.changes("blocked")
    assert "choose another name with --permission-set" in done.err
    assert POLICY in account.policies()


@pytest.mark.parametrize("owner", [("other", ACCOUNT), ("personalize", OTHER)])
def test_a_set_of_another_set_up_or_account_is_left_alone(
    owner: tuple[str, str], center: IdentityCenter, program: Program
) -> None:
    program.apply(*SET)
    center.named("people").tags |= {ownership.TAG_NAME: owner[0], ownership.TAG_ACCOUNT: owner[1]}
    before = center.meaning()
    assert program.apply(*MORE, code=1).changes("blocked")
    assert program.json("undo", "--yes").code == 0
    assert center.meaning()["sets"]["people"][1:2] == before["sets"]["people"][1:2]


def test_without_an_instance_it_says_how_to_name_the_region(account: Account, program: Program) -> None:
    account.bucket()
    done = program.apply(*SET, code=1)
    assert "--identity-center-region" in done.err
    assert "management account" in done.err


def test_identity_center_may_be_in_another_region(center: IdentityCenter, account: Account, program: Program) -> None:
    center.region = "us-east-1"
    before = account.meaning()
    program.converges(*SET, "--identity-center-region", "us-east-1")
    assert center.assigned("people") == {(ACCOUNT, "analysts")}
    assert program.json("undo", "--yes").code == 0
    assert center.sets == {}
    assert account.meaning() == before


def test_a_member_account_is_told_where_to_run_it(center: IdentityCenter, account: Account, program: Program) -> None:
    center.member = True
    done = program.apply(*SET, code=1)
    assert "management account" in done.err
    assert POLICY in account.policies()


def test_a_group_that_is_not_in_the_directory_ends_the_run(center: IdentityCenter, program: Program) -> None:
    done = program.json("apply", "--yes", *IN, "--permission-set", "people", "--assign-group", "nobody")
    assert (done.code, done.writes) == (1, [])
    assert "no group nobody in the directory" in done.errors[0]["message"]


def test_a_policy_that_is_not_in_the_account_fails_with_the_reason_of_aws_and_the_next_command(
    center: IdentityCenter, account: Account, program: Program
) -> None:
    center.elsewhere.clear()
    done = program.apply(*SET, "--assign-account", OTHER, code=1)
    failed = [outcome for outcome in done.data["outcomes"] if outcome["status"] == "failed"]
    assert len(failed) == 1
    assert "does not exist or is not attachable" in failed[0]["message"]
    assert f"rollout --accounts {OTHER}" in done.err
    assert center.assignments == []
    center.elsewhere[OTHER] = [POLICY]
    program.converges(*SET, "--assign-account", OTHER)


def test_a_policy_of_another_account_is_named_as_what_cannot_be_seen(center: IdentityCenter, program: Program) -> None:
    found = program.json("plan", *MORE).findings["policy-of-another-account"]
    assert (found["verdict"], found["resource"]) == ("unknown", OTHER)


def test_every_lost_answer_is_settled_by_looking(
    center: IdentityCenter, aws: FakeAws, account: Account, program: Program
) -> None:
    names = (
        *("CreatePermissionSet", "AttachCustomerManagedPolicyReferenceToPermissionSet", "CreateAccountAssignment"),
        *("TagResource", "DetachCustomerManagedPolicyReferenceFromPermissionSet", "ProvisionPermissionSet"),
        *("DeleteAccountAssignment", "DeletePermissionSet", "UntagResource"),
    )
    before = account.meaning()
    for settings in (SET, (*MORE, "--user-policy-name", "newer"), SET):
        center.elsewhere[OTHER] = [POLICY, "newer"]
        for name in names:
            aws.on(name, *[loses_the_answer] * 10)
        effects = len(aws.strict.effects)
        done = program.apply(*settings)
        aws.forget()
        assert {outcome["status"] for outcome in done.data["outcomes"]} == {"done"}
        new = aws.strict.effects[effects:]
        assert len(new) == len(set(new)), "something took effect twice"
        program.is_silent(*settings)
    for name in names:
        aws.on(name, *[loses_the_answer] * 10)
    assert program.json("undo", "--yes").code == 0
    assert (center.sets, account.meaning()) == ({}, before)


@pytest.mark.parametrize("code", ["ThrottlingException", "ConflictException", "InternalServerException"])
def test_what_passes_is_waited_for(code: str, center: IdentityCenter, aws: FakeAws, program: Program) -> None:
    for name in ("AttachCustomerManagedPolicyReferenceToPermissionSet", "CreateAccountAssignment"):
        aws.on(name, refuses(code, 500 if code.startswith("Internal") else 400))
    program.converges(*SET)


def test_a_set_that_others_make_meanwhile_is_not_taken_for_ours(
    center: IdentityCenter, aws: FakeAws, program: Program
) -> None:
    def make() -> None:
        others = aws.client("sso-admin")
        arn = others.list_instances()["Instances"][0]["InstanceArn"]
        others.create_permission_set(InstanceArn=arn, Name="people", Description="theirs", Tags=[])

    aws.on("CreatePermissionSet", after(make))
    done = program.apply(*SET, code=1)
    assert "AttachCustomerManagedPolicyReferenceToPermissionSet" not in done.written
    assert center.assignments == []


def test_a_failed_run_is_taken_back_with_its_permission_set(
    center: IdentityCenter, aws: FakeAws, account: Account, program: Program
) -> None:
    before = account.meaning()
    center.elsewhere.clear()
    done = program.apply(*MORE, "--on-failure", "undo", code=1)
    assert (center.sets, center.assignments) == ({}, []), done.err
    assert account.meaning() == before


def test_a_failed_change_of_the_policy_is_taken_back_and_provisioned(
    center: IdentityCenter, aws: FakeAws, account: Account, program: Program
) -> None:
    program.apply(*SET)
    kept = center.meaning()
    center.elsewhere.clear()
    program.apply(*MORE, "--user-policy-name", "newer", "--on-failure", "undo", code=1)
    assert center.meaning() == kept
    assert "newer" not in account.policies()


def test_check_says_what_differs(center: IdentityCenter, program: Program) -> None:
    program.apply(*SET)
    clean = program.json("check", *SET)
    assert clean.code == 0, clean.out
    center.assignments.clear()
    center.named("people").policies.clear()
    found = program.json("check", *SET)
    assert found.code == 3
    assert {"drift-assignment", "drift-permission-set-policy"} <= found.findings.keys()


def test_check_says_what_the_role_of_identity_center_may_do(
    center: IdentityCenter, account: Account, program: Program
) -> None:
    program.apply(*SET)
    role = next(name for name in account.roles() if name.startswith("AWSReservedSSO_people_"))
    assert role in program.run("check", *SET, "-v").out + program.json("check", *SET).out
    deny = '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "personalize:*", "Resource": "*"}]}'
    account.iam.put_role_policy(RoleName=role, PolicyName="no", PolicyDocument=deny)
    denied = program.json("check", *SET)
    assert denied.code == 3
    assert role in str([finding for finding in denied.data["findings"] if finding["verdict"] == "denied"])


def test_a_saved_plan_is_refused_when_an_assignment_changed(center: IdentityCenter, program: Program, tmp_path) -> None:
    program.apply(*SET)
    program.json("plan", *MORE, "--out", str(tmp_path / "plan"))
    center.give("people", OTHER, "operators")
    done = program.json("apply", "--yes", str(tmp_path / "plan"))
    assert (done.code, done.writes) == (1, [])
    assert done.errors[0]["code"] == "plan-stale"


def test_unread_tags_leave_a_set_of_ours_recognised_by_its_words(
    center: IdentityCenter, aws: FakeAws, program: Program
) -> None:
    program.apply(*SET)
    aws.on("ListTagsForResource", refuses("AccessDeniedException"))
    program.is_silent(*SET)
    aws.on("ListTagsForResource", refuses("AccessDeniedException"))
    assert "permission-set-tags-unread" in program.json("plan", *IN, "--permission-set", "people").findings
    aws.on("ListTagsForResource", refuses("AccessDeniedException"))
    assert program.json("undo", "--yes").code == 1
    assert center.assigned("people") == {(ACCOUNT, "analysts")}


def test_the_sandbox_has_no_identity_center_and_says_so(program: Program) -> None:
    done = program.json("apply", "--sandbox", "--yes", "--permission-set", "people")
    assert done.code == 1
    assert "no Identity Center instance is visible" in done.err


def test_a_saved_plan_is_applied(center: IdentityCenter, program: Program, tmp_path) -> None:
    program.json("plan", *MORE, "--out", str(tmp_path / "plan"))
    assert program.json("apply", "--yes", str(tmp_path / "plan")).code == 0
    program.is_silent(*MORE)


def test_without_a_permission_set_identity_center_is_not_asked(
    center: IdentityCenter, account: Account, program: Program
) -> None:
    done = program.apply(*IN)
    assert not [call for call in done.calls if call.service in ("sso", "identitystore")]


def test_the_tool_permissions_name_the_actions(center: IdentityCenter, program: Program) -> None:
    text = program.run("explain", "--tool-permissions", *SET).out
    assert "sso:CreateAccountAssignment" in text
    assert "identitystore:GetGroupId" in text
    assert "sso:CreateAccountAssignment" not in program.run("explain", "--tool-permissions", *IN).out


def test_the_picture_and_the_plan_name_people_not_their_ids(center: IdentityCenter, program: Program, tmp_path) -> None:
    run = program.run("plan", *SET, "--html", "plan.html")
    assert "gives the group analysts the permission set" in run.out
    assert f"in account {ACCOUNT} (> broader)" in run.out
    page = (tmp_path / "work" / "plan.html").read_text(encoding="utf-8")
    assert "the group analysts of Identity Center" in page
    program.apply(*SET)
    assert program.run("plan", *SET, "--html", "plan.html").code == 0
    page = (tmp_path / "work" / "plan.html").read_text(encoding="utf-8")
    assert "(+ new)" not in page


def test_exports_name_it_as_left_out(center: IdentityCenter, program: Program) -> None:
    for form in ("cloudformation", "terraform", "aws-cli"):
        done = program.json("export", form, *SET)
        assert done.code == 0, done.err
        assert {one["resource"].partition(" ")[0] for one in done.data["left_out"]} == {"permission-set", "assignment"}
        assert "personalize-perms apply" in str(done.data["files"])
