"""The shell script of an export: it does what `apply` does, again and again, and loses nothing of others."""

import json
import subprocess
from pathlib import Path

import pytest
from account import (
    DATA,
    RESULTS,
    WHAT_AWS_REFUSES,
    Account,
    Document,
    Program,
    document,
    policy_arn,
    root_keeps,
    sids,
    trusts,
)
from fake_aws import ACCOUNT, FakeAws
from stand_in_aws import StandInAws
from test_main_job import WHOLE

from personalize_perms.model.ownership import TAG_RUN
from strict import foreign, same_meaning

RUNS = [
    WHOLE,
    (*WHOLE, "--kms-access", "grant", "--hardening", "strict"),
]


def lived_in(account: Account, *, encrypted: bool = True) -> str:
    """An account in which others have put much of their own; return the key."""
    insecure = {"Bool": {"aws:SecureTransport": "false"}}
    everything = [f"arn:aws:s3:::{DATA}", f"arn:aws:s3:::{DATA}/*"]
    tls = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": everything, "Condition": insecure}
    home = f"arn:aws:s3:::{DATA}/home/${{aws:username}}/%{{x}}$*"
    own = {"Sid": "Home", "Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "s3:GetObject", "Resource": home}
    key = account.key(document(root_keeps(), root_keeps(Sid="Theirs", Action=["kms:Describe*"]), Id="keys"))
    account.bucket(DATA, document(tls, {**tls, "Sid": "Again"}, own, Id="theirs"), key=key if encrypted else "")
    account.bucket(RESULTS)
    for user in ("ada", "grace"):
        account.iam.create_user(UserName=user)
    account.iam.create_group(GroupName="analysts")
    account.role("notebook", document(trusts({"Service": "sagemaker.amazonaws.com"})))
    return key


def scripts(program: Program, *settings: str) -> tuple[str, str]:
    """The script and the one that takes it back."""
    made = program.run("export", "aws-cli", *settings)
    back = program.run("export", "aws-cli", "--undo", *settings)
    assert (made.code, back.code, made.writes) == (0, 0, []), made.err
    return made.out, back.out


def comparable(account: Account) -> Document:
    """What the account means, without what differs between any two runs."""
    found = account.meaning()
    for role in found["roles"].values():
        role["Tags"] = sorted((tag["Key"], tag["Value"]) for tag in role.get("Tags", []) if tag["Key"] != TAG_RUN)
        for name in ("RoleId", "CreateDate", "RoleLastUsed"):
            role.pop(name, None)
    found["policies"] = {
        name: (identity, holders, {key: value for key, value in tags.items() if key != TAG_RUN})
        for name, (identity, _, holders, tags) in found["policies"].items()
    }
    return found


def done(shell: StandInAws, script: str) -> subprocess.CompletedProcess[str]:
    ran = shell.run(script)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stderr == ""
    return ran


def is_clean(program: Program, *settings: str) -> None:
    checked = program.json("check", *settings)
    drift = [one for one in checked.data["findings"] if one["check"] != "direct-attachment"]
    assert (checked.code, drift) == (0, [])
    assert {link["verdict"] for link in checked.data["links"]} == {"allowed"}
    program.is_silent(*settings)


@pytest.mark.parametrize("settings", RUNS)
def test_the_script_does_what_apply_does_and_the_other_takes_it_back(
    settings: tuple[str, ...], account: Account, program: Program, shell: StandInAws
) -> None:
    lived_in(account)
    before = comparable(account)
    forth, back = scripts(program, *settings)
    done(shell, forth)
    by_script = comparable(account)
    is_clean(program, *settings)
    again = shell.run(forth, real_python=True)
    assert again.returncode == 0, again.stderr
    assert shell.writes == []
    assert {line[0] for line in again.stdout.splitlines()[1:]} == {"="}

    done(shell, back)
    assert comparable(account) == before
    done(shell, back)
    assert shell.writes == []

    program.apply(*settings)
    assert comparable(account) == by_script


ALLOWS = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}
SMALL = ("--input", f"s3://{DATA}/in/", "--user-access", "none")


def lose(shell: StandInAws, number: int, when: str) -> None:
    """Let one of the next run's writes fail, before or after it took effect."""
    shell.lose = lambda words: when if shell.is_write(words) and len(shell.writes) == number + 1 else ""


@pytest.mark.parametrize("number", [0, 2, 4, *(pytest.param(n, marks=pytest.mark.long) for n in (1, 3, 5))])
def test_whatever_fails_the_next_run_goes_on_from_there(
    number: int, account: Account, program: Program, shell: StandInAws
) -> None:
    lived_in(account)
    before = account.bucket_text(), comparable(account)
    forth, back = scripts(program, *SMALL)
    lose(shell, number, "after" if number % 4 else "before")
    broken = shell.run(forth)
    assert (broken.returncode, len(shell.writes)) == (255 if number == 1 else 1, number + 1), broken.stderr
    assert "onnect" in broken.stderr
    assert same_meaning(foreign(account.bucket_text(), "personalize"), before[0])
    shell.lose = lambda _: ""
    done(shell, forth)
    is_clean(program, *SMALL)
    lose(shell, number, "before" if number % 4 else "after")
    assert shell.run(back).returncode != 0
    shell.lose = lambda _: ""
    done(shell, back)
    assert comparable(account) == before[1]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"Version": "2012-10-17", "Statement": [], "Statement": []}', "a key twice"),
        ('{"Version": "2012-10-17", "Statement": "Allow"}', "no Statement"),
        ("[1]", "not a JSON object"),
        ("<policy/>", "not JSON"),
    ],
)
def test_a_document_that_could_be_misunderstood_is_left_alone(
    text: str, why: str, account: Account, aws: FakeAws, program: Program, shell: StandInAws
) -> None:
    account.bucket(DATA)
    forth, back = scripts(program, "--without-resource-policies", *SMALL)
    forth, back = scripts(program, *SMALL)
    aws.strict.canonical = False
    aws.strict.lenient(*WHAT_AWS_REFUSES)
    account.put_bucket_policy(DATA, text)
    for script in (forth, back):
        ran = shell.run(script)
        assert ran.returncode != 0
        assert why in ran.stderr
        assert account.bucket_text() == text


def test_the_scripts_touch_no_role_or_policy_of_others(account: Account, program: Program, shell: StandInAws) -> None:
    account.bucket(DATA)
    forth, back = scripts(program, *SMALL)
    account.role("personalize-service-role", document(trusts({"AWS": ACCOUNT})))
    before = account.meaning()
    ran = shell.run(forth)
    assert "exists and was not made by the set-up personalize" in ran.stderr
    assert ran.returncode == 1
    ran = shell.run(back)
    assert "it was not made by the set-up personalize" in ran.stdout
    assert (ran.returncode, account.meaning(), shell.writes) == (1, before, [])


def test_what_others_use_or_changed_is_not_taken_back(account: Account, program: Program, shell: StandInAws) -> None:
    account.bucket(DATA)
    account.role("notebook", document(trusts({"Service": "sagemaker.amazonaws.com"})))
    forth, back = scripts(program, *SMALL)
    done(shell, forth)
    service = policy_arn("personalize-service-access")
    account.iam.attach_role_policy(RoleName="notebook", PolicyArn=service)
    account.iam.put_role_policy(
        RoleName="personalize-service-role", PolicyName="more", PolicyDocument=json.dumps(document(ALLOWS))
    )
    ran = shell.run(back)
    assert ran.returncode == 1
    assert f"! managed-policy {service} stays: attached to notebook" in ran.stdout
    assert "stays: it has more" in ran.stdout
    assert account.bucket_text() is None
    assert account.holders("personalize-service-access") == {"role/notebook"}


def test_what_was_granted_before_stays_remembered(account: Account, program: Program, shell: StandInAws) -> None:
    first, second = account.key(), account.key()
    account.bucket(DATA)
    program.apply(*SMALL, "--kms-key", first)
    forth, back = scripts(program, *SMALL, "--kms-key", second)
    done(shell, forth)
    remembered = account.tags("personalize-service-access")["personalize-perms:granted-1"]
    assert all(key.rpartition("/")[2] in remembered for key in (first, second))
    ran = shell.run(back)
    assert "granted more than this script knows" in ran.stdout
    assert ran.returncode == 1
    program.apply(*SMALL, "--kms-key", second)
    assert sids(account.key_policy(first)) == ["Root"]


def test_an_adopted_role_keeps_the_trust_of_others(account: Account, program: Program, shell: StandInAws) -> None:
    account.bucket(DATA)
    arn = account.role("theirs", document(trusts({"Service": "glue.amazonaws.com"}, Sid="Glue"), Id="x"))
    settings = (*SMALL, "--role-arn", arn)
    forth, back = scripts(program, *settings)
    before = comparable(account)
    done(shell, forth)
    is_clean(program, *settings)
    assert sids(account.trust("theirs"))[0] == "Glue"
    done(shell, back)
    assert comparable(account) == before


def test_a_new_role_may_take_a_while_to_be_known(
    account: Account, aws: FakeAws, program: Program, shell: StandInAws
) -> None:
    lived_in(account)
    forth, _ = scripts(program, *SMALL)
    aws.strict.delay(3)
    aws.strict.stale(2)
    done(shell, forth)
    aws.strict.settle()
    is_clean(program, *SMALL)


def test_the_scripts_work_in_their_own_account_only(account: Account, program: Program, shell: StandInAws) -> None:
    made = program.run("export", "aws-cli", "--offline", "--account", "444455556666", "--region", "eu-west-1", *SMALL)
    assert made.calls == ()
    ran = shell.run(made.out)
    assert (ran.returncode, shell.writes) == (1, [])
    assert "this script is for account 444455556666" in ran.stderr


def test_whatever_a_name_holds_is_a_name(account: Account, program: Program, shell: StandInAws, tmp_path: Path) -> None:
    account.bucket(DATA)
    odd = (*SMALL, "--name", "a.b-c_d", "--role-path", "/a'b\"$(touch>x)`touch>y`;#%{z}/")
    settings = (*odd, "--role-description", "$(touch x)\nEND_OF_FILE\n'\"\\ é", "--tag", "a b:/=c @+-d")
    before = comparable(account)
    forth, back = scripts(program, *settings)
    done(shell, forth)
    by_script = comparable(account)
    program.is_silent(*settings)
    again = done(shell, forth)
    assert {line[0] for line in again.stdout.splitlines()[1:]} == {"="}
    done(shell, back)
    assert comparable(account) == before
    program.apply(*settings)
    assert comparable(account) == by_script
    assert not [path for path in (Path(), tmp_path) if (path / "x").exists() or (path / "y").exists()]
