"""Reading commands write nothing: no call that changes anything, no journal, no lock, no settings file."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from account import DATA, Account, Program, document, policy_arn, root_keeps, user_arn
from fake_aws import FakeAws, refuses

from personalize_perms.cli.main import COMMANDS

CONFIG = Path("personalize-perms.toml")
ALLOWED = ("Get", "List", "Describe", "Head", "Simulate", "Validate")
WITH_CALLS = (
    ("plan",),
    ("plan", "--fail-on-changes"),
    ("plan", "--out", "plan.json"),
    ("plan", "--hardening", "strict"),
    ("init", "--dry-run", "--yes"),
    ("apply", "--dry-run"),
    ("apply", "--dry-run", "--name", "another"),
    ("audit",),
    ("audit", "--fail-on", "unknown"),
    ("audit", "--fix", "all", "--dry-run"),
    ("audit", "--fix", "all", "--dry-run", "--yes"),
    ("check",),
    ("check", "--fail-on", "unknown"),
    ("diagnose", "Insufficient privileges for accessing data in Amazon S3"),
    ("diagnose", "something odd", "--out", "plan.json"),
    ("undo", "--dry-run"),
    ("undo", "--dry-run", "--name", "audit"),
    ("undo", "--dry-run", "--yes", "--confirm", "personalize-service-role"),
    ("apply", "plan.json", "--dry-run"),
    ("rollout", "--status"),
    ("rollout", "--dry-run", "--yes", "--accounts", "444455556666"),
)
WITHOUT_CALLS = (
    ("--version",),
    ("--help",),
    *((command, "--help") for command in COMMANDS),
    *(("completion", shell) for shell in ("bash", "zsh", "fish", "powershell")),
    ("explain",),
    ("diagnose", "Invalid Data location"),
    ("explain", "--tool-permissions"),
    ("init", "--dry-run", "--offline", "--account", "123456789012"),
)


def fresh(account: Account, program: Program) -> None:
    """Leave it as it is."""


def applied(account: Account, program: Program) -> None:
    program.apply()


def drifted(account: Account, program: Program) -> None:
    program.apply()
    account.s3.delete_bucket_policy(Bucket=DATA)
    account.iam.update_role_description(RoleName="personalize-service-role", Description="another")
    account.iam.detach_user_policy(UserName="ada", PolicyArn=policy_arn("personalize-user-access"))
    account.iam.update_assume_role_policy(
        RoleName="personalize-service-role",
        PolicyDocument='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":'
        '"glue.amazonaws.com"},"Action":"sts:AssumeRole"}]}',
    )


def half_done(account: Account, program: Program) -> None:
    account.server.on("CreateGrant", *[refuses("AccessDeniedException")] * 9)
    assert program.json("apply", "--yes").code == 1
    account.server.forget()


def interrupted(account: Account, program: Program) -> None:
    """Leave a journal whose last intents have no outcome, as a killed run does."""
    half_done(account, program)
    (journal,) = Path(os.environ["XDG_STATE_HOME"]).rglob("*.jsonl")
    lines = journal.read_bytes().splitlines(keepends=True)
    while b'"outcome"' in lines[-1]:
        lines.pop()
    journal.write_bytes(b"".join(lines))


STATES: tuple[Callable[[Account, Program], None], ...] = (fresh, applied, drifted, interrupted)


def files() -> dict[str, tuple[bytes, int]]:
    """Every file that the program could have written, with its content and when it was touched last."""
    roots = [Path.cwd(), *(Path(os.environ[name]) for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME"))]
    found = [path for root in roots for path in root.rglob("*") if path.is_file() and path.name != "plan.json"]
    return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in found}


@pytest.fixture
def configured(account: Account) -> None:
    """A settings file, and an account that it fits."""
    account.bucket(
        DATA,
        document(
            {
                "Sid": "Theirs",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:DeleteObject",
                "Resource": f"arn:aws:s3:::{DATA}/*",
            }
        ),
    )
    account.kms.create_alias(AliasName="alias/data", TargetKeyId=account.key(document(root_keeps())))
    account.iam.create_user(UserName="ada")
    CONFIG.write_text(
        f'input = ["s3://{DATA}/in/"]\nkms_key = "alias/data"\nkms-access = "grant"\n'
        f'attach-user = "ada"\nassumable-by = "{user_arn("ada")}"\n'
    )


@pytest.mark.parametrize("state", STATES)
def test_no_reading_command_writes(
    state: Callable[[Account, Program], None], configured: None, account: Account, program: Program
) -> None:
    state(account, program)
    before, meaning = files(), account.meaning()
    for words in WITH_CALLS:
        run = program.json(*words)
        assert run.code in (0, 1, 3), run.err
        assert "unexpected" not in run.err
        assert run.calls, words
        assert [call for call in run.calls if not call.name.startswith(ALLOWED)] == []
        assert files() == before, words
    assert account.meaning() == meaning


def test_what_needs_no_account_makes_no_call_at_all(configured: None, aws: FakeAws, program: Program) -> None:
    CONFIG.write_text(f'input = "s3://{DATA}/in/"\n')
    before = files()
    for words in WITHOUT_CALLS:
        run = program.run(*words)
        assert (run.code, run.calls) == (0, ()), (words, run.err)
        assert files() == before, words


def test_completing_in_a_shell_makes_no_call(
    configured: None, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    from click.shell_completion import get_completion_class  # noqa: PLC0415

    from personalize_perms.cli.main import cli  # noqa: PLC0415

    before = files()
    bash = get_completion_class("bash")
    assert bash
    found = bash(cli, {}, "personalize-perms", "_PERSONALIZE_PERMS_COMPLETE").get_completions(["apply"], "--wor")
    assert [item.value for item in found] == ["--workflow"]
    assert program.run("--version").calls == ()
    assert files() == before
