"""stdout is the result and nothing else, in words or as one envelope; commands that only look write nothing."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from account import DATA, Account, Program, document, role_arn, trusts
from fake_aws import ACCOUNT, REGION, FakeAws

from personalize_perms.cli import setup

IN = ("--input", f"s3://{DATA}/in/")
ARN = role_arn("personalize-service-role")
OFFLINE = ("--dry-run", "--offline", "--account", ACCOUNT, "--region", REGION)


@pytest.mark.parametrize("command", ["apply", "init"])
def test_stdout_is_the_role_and_nothing_else(command: str, account: Account, program: Program) -> None:
    account.bucket()
    first = program.run(command, "--yes", *IN)
    assert (first.code, first.out) == (0, f"{ARN}\n")
    again = program.run(command, "--yes", *IN)
    assert (again.code, again.out) == (0, f"{ARN}\n")
    assert "Nothing to do" in again.err


def test_quiet_says_nothing_but_the_result(account: Account, program: Program) -> None:
    account.bucket()
    done = program.run("apply", "--yes", "--quiet", *IN)
    assert (done.code, done.out, done.err) == (0, f"{ARN}\n", "")


@pytest.mark.parametrize("command", [("plan",), ("apply", "--dry-run"), ("init", "--dry-run", "--yes")])
def test_looking_writes_nothing(command: tuple[str, ...], account: Account, program: Program, tmp_path: Path) -> None:
    account.bucket()
    account.role("legacy", document(trusts({"Service": "glue.amazonaws.com"})))
    for settings in (IN, (*IN, "--role-arn", role_arn("legacy"), "--tighten-trust")):
        for done in (program.run(*command, *settings), program.json(*command, *settings)):
            assert done.code == 0
            assert done.calls
            assert done.writes == []
    assert list(Path.cwd().iterdir()) == []
    assert not (tmp_path / "state").exists()


def test_the_plan_goes_to_stdout_and_the_talk_to_stderr(account: Account, program: Program) -> None:
    account.bucket()
    done = program.run("plan", *IN)
    assert "4 to create" not in done.err
    assert "5 to create, 0 to update, 0 to delete, 0 to keep, 0 blocked" in done.out
    assert f"Account {ACCOUNT}" in done.err


def test_a_plan_can_fail_on_changes(account: Account, program: Program) -> None:
    account.bucket()
    done = program.json("plan", *IN, "--fail-on-changes")
    assert (done.code, done.envelope["status"]) == (3, "success")
    program.apply(*IN)
    assert program.json("plan", *IN, "--fail-on-changes").code == 0


def test_the_envelope_of_a_success_has_everything_that_is_promised(account: Account, program: Program) -> None:
    account.bucket()
    done = program.apply(*IN)
    assert {name: done.envelope[name] for name in ("format", "command", "status", "exit_code", "errors")} == {
        "format": 1,
        "command": "apply",
        "status": "success",
        "exit_code": 0,
        "errors": [],
    }
    assert {name: done.data[name] for name in ("account", "region", "partition", "role_arn")} == {
        "account": ACCOUNT,
        "region": REGION,
        "partition": "aws",
        "role_arn": ARN,
    }
    assert {"documents", "changes", "outcomes", "findings"} <= done.data.keys()
    assert {"action", "kind", "resource", "reason"} <= done.data["changes"][0].keys()
    assert {"kind", "name", "document"} <= done.data["documents"][0].keys()


@pytest.mark.parametrize(
    ("words", "command", "code"),
    [
        ((), "", 2),
        (("nonsense",), "", 2),
        (("apply", "--nonsense"), "apply", 2),
        (("apply", "--input"), "apply", 2),
        (("apply", "--workflow", "nonsense"), "apply", 2),
        (("apply", "unexpected"), "apply", 2),
        (("apply", "--config", "nowhere.toml"), "apply", 2),
        (("apply", "--config", "broken.toml"), "apply", 2),
        (("apply", "--policies-dir", "nowhere"), "apply", 2),
        (("apply", "--policies-dir", ".", "--yes", *IN), "apply", 1),
        (("apply",), "apply", 2),
        (("apply", *IN), "apply", 2),
        (("plan", "--offline", *IN), "plan", 2),
        (("apply", "--offline", *IN), "apply", 2),
        (("apply", "--dry-run", "--offline", *IN), "apply", 2),
        (("apply", "--yes", *IN, "--profile", "nobody"), "apply", 1),
        (("apply", "--yes", "--input", "s3://no-such-bucket"), "apply", 1),
    ],
)
def test_every_failure_has_an_envelope_too(
    words: tuple[str, ...], command: str, code: int, account: Account, program: Program
) -> None:
    account.bucket()
    Path("broken.toml").write_text("= not TOML")
    done = program.run(*words, *(("--format", "json") if words else ("--format=json",)))
    assert (done.code, done.envelope["exit_code"]) == (code, code)
    assert (done.envelope["format"], done.envelope["status"], done.envelope["command"]) == (1, "error", command)
    assert done.errors
    assert all({"code", "message", "hint"} == error.keys() and error["message"] for error in done.errors)
    assert done.err
    text = program.run(*words)
    assert (text.code, text.writes) == (code, [])
    assert words == () or text.out == ""


def test_something_unexpected_is_told_without_a_traceback(
    account: Account, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(setup, "plan_live", broken)
    done = program.json("apply", "--yes", *IN)
    assert done.code == done.envelope["exit_code"] == 1
    assert "a bug" in done.errors[0]["message"]
    assert "Traceback" not in done.err
    assert "Traceback" in program.run("apply", "--yes", *IN, "--debug").err


def test_stopping_by_the_keyboard_ends_with_130(
    account: Account, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(setup, "plan_live", stopped)
    done = program.json("apply", "--yes", *IN)
    assert done.code == done.envelope["exit_code"] == 130
    assert done.errors[0]["code"] == "cancelled"


def test_the_format_may_come_from_a_variable(
    account: Account, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PERSONALIZE_PERMS_FORMAT", "json")
    assert program.run("apply", "--nonsense").envelope["exit_code"] == 2
    assert program.run("explain").envelope["command"] == "explain"
    assert program.run("apply", "--nonsense", "--format", "text").out == ""


# Offline


def test_offline_needs_neither_credentials_nor_a_call(
    aws: FakeAws, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name)
    monkeypatch.setattr("socket.socket.connect", no_call)
    done = program.json("apply", *OFFLINE, *IN)
    assert done.code == 0
    assert done.data["changes"] == []
    assert {"managed-policy", "trust-policy", "bucket-policy"} == {kind for kind, _ in done.documents()}


def no_call(*_: object) -> None:
    raise AssertionError("a connection was opened")


def test_offline_renders_what_a_fresh_account_would_get(account: Account, program: Program) -> None:
    account.bucket()
    offline = program.json("apply", *OFFLINE, *IN).documents()
    live = program.json("apply", "--dry-run", *IN).documents()
    assert offline == live


@pytest.mark.parametrize(("region", "partition"), [("us-west-2", "aws"), ("cn-north-1", "aws-cn")])
def test_offline_renders_for_each_partition(region: str, partition: str, program: Program) -> None:
    done = program.json("apply", "--dry-run", "--offline", "--account", ACCOUNT, "--region", region, *IN)
    assert done.data["partition"] == partition
    assert done.data["role_arn"].startswith(f"arn:{partition}:iam::")
    others = {"aws": "arn:aws-cn:", "aws-cn": "arn:aws:"}
    assert others[partition] not in json.dumps(done.data["documents"])


def test_offline_the_heavy_libraries_stay_on_the_shelf() -> None:
    heavy = ("boto3", "botocore", "rich", "questionary", "prompt_toolkit", "moto", "tomlkit")
    code = (
        "import sys\nfrom personalize_perms.cli.main import main\n"
        f"try: main(sys.argv[1:])\nfinally: print([n for n in {heavy!r} if n in sys.modules], file=sys.stderr)"
    )
    words = [sys.executable, "-c", code, "apply", *OFFLINE, *IN, "--kms-key", "1234abcd-12ab-34cd-56ef-1234567890ab"]
    done = subprocess.run(words, capture_output=True, text=True, env=os.environ)
    assert done.returncode == 0
    assert done.stderr.splitlines()[-1] == "[]"


# What reads our output


def test_a_reader_that_goes_away_ends_the_program_quietly(aws: FakeAws, account: Account) -> None:
    account.bucket()
    words = [sys.executable, "-m", "personalize_perms", "apply", "--dry-run", *IN]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ)
    assert process.stdout
    assert process.stderr
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    assert process.wait() == 1
    assert b"Traceback" not in err
    assert b"Exception ignored" not in err


FULL = [Path(name) for name in ("/dev/full",) if Path(name).exists()]


@pytest.mark.parametrize("full", FULL)
@pytest.mark.parametrize("words", ["--help", "completion bash", "plan", "plan --format json", "apply --yes"])
def test_a_full_disk_under_the_result_is_told_without_a_traceback(
    words: str, full: Path, aws: FakeAws, account: Account
) -> None:
    account.bucket()
    command = [
        sys.executable,
        "-m",
        "personalize_perms",
        *words.split(),
        *(IN if "plan" in words or "apply" in words else ()),
    ]
    with full.open("wb") as nowhere:
        done = subprocess.run(command, stdout=nowhere, stderr=subprocess.PIPE, text=True, env=os.environ)
    assert done.returncode == 1
    assert done.stderr.count("Error: the output could not be written") == 1
    for word in ("Traceback", "Exception ignored", "a bug"):
        assert word not in done.stderr


@pytest.mark.parametrize("full", FULL)
def test_a_full_disk_under_the_talk_ends_the_run_before_it_begins(full: Path, aws: FakeAws, account: Account) -> None:
    account.bucket()
    with full.open("wb") as nowhere:
        done = subprocess.run(
            [sys.executable, "-m", "personalize_perms", "apply", "--yes", *IN],
            stdout=subprocess.PIPE,
            stderr=nowhere,
            env=os.environ,
        )
    assert done.returncode == 1
    assert account.bucket_text() is None


@pytest.mark.parametrize("closed", [1, 2])
def test_a_closed_stream_does_not_end_the_run(closed: int, aws: FakeAws, account: Account) -> None:
    account.bucket()
    run = f"import os, sys; os.close({closed}); os.execv(sys.executable, [sys.executable, '-m', *sys.argv[1:]])"
    done = subprocess.run(
        [sys.executable, "-c", run, "personalize_perms", "apply", "--yes", *IN],
        capture_output=True,
        text=True,
        env=os.environ,
    )
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)
    assert account.bucket_text() is not None


def test_text_outside_the_streams_encoding_does_not_end_the_run(aws: FakeAws, account: Account) -> None:
    statement = {
        "Sid": "Käse🧀",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": f"arn:aws:s3:::{DATA}/*",
    }
    account.bucket(DATA, json.dumps(document(statement), ensure_ascii=False))
    words = [sys.executable, "-m", "personalize_perms", "apply", *IN]
    environment: Mapping[str, str] = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    for more in (["--dry-run"], ["--yes"], ["--dry-run"]):
        done = subprocess.run([*words, *more], capture_output=True, env=environment)
        assert done.returncode == 0, done.stderr


def test_yes_is_not_read_from_a_pipe(aws: FakeAws, account: Account) -> None:
    account.bucket()
    words = [sys.executable, "-m", "personalize_perms", "apply", *IN]
    done = subprocess.run(words, input="y\nyes\n", capture_output=True, text=True, env=os.environ)
    assert (done.returncode, done.stdout) == (2, "")
    assert aws.writes == []


def test_colour_is_only_for_a_terminal(account: Account, program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    account.bucket()
    monkeypatch.delenv("NO_COLOR")
    done = program.run("plan", *IN)
    assert "\x1b" not in done.out + done.err
    assert not isinstance(sys.stdout, io.StringIO) or not sys.stdout.isatty()


def test_a_misspelt_command_is_told_what_was_meant(program: Program) -> None:
    run = program.run("aply")
    assert run.code == 2
    assert "apply" in run.err
