"""The shell script of an export: it does what `apply` does, again and again, and loses nothing of others."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from account import DATA, RESULTS, Account, Document, Program, document, root_keeps, sids, trusts
from fake_aws import ACCOUNT, REGION, FakeAws
from stand_in_aws import StandInAws
from test_main_job import WHOLE

from personalize_perms.model.ownership import TAG_RUN
from strict import foreign

RUNS = [
    WHOLE,
    (*WHOLE, "--kms-access", "grant", "--hardening", "strict"),
]


def lived_in(account: Account) -> str:
    """An account in which others have put much of their own; return the key."""
    insecure = {"Bool": {"aws:SecureTransport": "false"}}
    everything = [f"arn:aws:s3:::{DATA}", f"arn:aws:s3:::{DATA}/*"]
    tls = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": everything, "Condition": insecure}
    home = f"arn:aws:s3:::{DATA}/home/${{aws:username}}/%{{x}}$*"
    own = {"Sid": "Home", "Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "s3:GetObject", "Resource": home}
    key = account.key(document(root_keeps(), root_keeps(Sid="Theirs", Action=["kms:Describe*"]), Id="keys"))
    account.bucket(DATA, document(tls, {**tls, "Sid": "Again"}, own, Id="theirs"), key=key)
    account.bucket(RESULTS)
    for user in ("ada", "grace"):
        account.iam.create_user(UserName=user)
    account.iam.create_group(GroupName="analysts")
    account.role("notebook", document(trusts({"Service": "sagemaker.amazonaws.com"})))
    return key


@pytest.fixture
def shell(aws: FakeAws, tmp_path: Path) -> Iterator[StandInAws]:
    folder = tmp_path / "bin"
    folder.mkdir()
    command = StandInAws(aws, folder)
    yield command
    command.stop()


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
    again = done(shell, forth)
    assert shell.writes == []
    assert {line[0] for line in again.stdout.splitlines()[1:]} == {"="}

    done(shell, back)
    assert comparable(account) == before
    done(shell, back)
    assert shell.writes == []

    program.apply(*settings)
    assert comparable(account) == by_script
