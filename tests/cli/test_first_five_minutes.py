"""The first five minutes of three people, as the manual tells them: its very lines are run."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from account import DATA, RESULTS, Account, Program, Run, document, role_arn, trusts
from fake_aws import ACCOUNT
from test_plan_page import read, section, words

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
EXAMPLE_ACCOUNT = "111122223333"


def told(person: str, language: str) -> str:
    """Return the first block of a language in somebody's walkthrough, for the account of these tests."""
    text = README.split(f"<!-- walkthrough: {person} -->")[1]
    (block, *_) = re.findall(rf"```{language}\n(.+?)\n```", text, re.DOTALL)
    return block.replace(EXAMPLE_ACCOUNT, ACCOUNT)


def carried_out(program: Program, line: str) -> Run:
    """Run a line of the manual as a shell would, comment and redirection included."""
    words_, target = shlex.split(line, comments=True), ""
    if ">" in words_:
        words_, (target,) = words_[: words_.index(">")], words_[words_.index(">") + 1 :]
    assert words_[0] == "personalize-perms"
    run = program.run(*words_[1:])
    if target:
        Path(target).write_text(run.out, encoding="utf-8")
    return run


def others_are_here(account: Account) -> None:
    theirs = {"Sid": "Theirs", "Effect": "Deny", "Principal": "*", "Action": "s3:DeleteBucket"}
    account.bucket(DATA, document({**theirs, "Resource": f"arn:aws:s3:::{DATA}"}))
    account.bucket(RESULTS)
    account.role("data-platform", document(trusts({"Service": "ec2.amazonaws.com"})))


def test_a_data_scientist_gets_imports_to_work(
    account: Account, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    others_are_here(account)
    lines = told("data scientist", "sh").splitlines()
    sandbox, *real = lines
    assert "--sandbox" in sandbox
    runs = [carried_out(program, line) for line in real]
    drawn, planned, done, checked, undone = runs
    assert [run.code for run in runs] == [0] * 5, [run.err for run in runs]
    assert drawn.calls == ()
    assert f"Amazon Personalize may read objects under s3://{DATA}/in/" in re.sub(r"\s+", " ", drawn.out)
    assert f"Amazon Personalize may read objects under s3://{DATA}/in/" in planned.out
    assert planned.writes == []
    assert done.out == f"{role_arn('personalize-service-role')}\n"
    assert Path("personalize-perms.toml").is_file()
    assert "Nothing found" in checked.out
    assert "- delete   role" in undone.out
    assert "< narrower" in undone.out
    assert undone.writes == []
    assert "Theirs" in [statement.get("Sid") for statement in account.bucket_policy()["Statement"]]


def test_the_sandbox_of_the_manual_is_in_the_process(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    (line,) = [line for line in told("data scientist", "sh").splitlines() if "--sandbox" in line]
    run = carried_out(program, line)
    assert run.code == 0, run.err
    assert run.calls == ()
    assert re.fullmatch(r"arn:aws:iam::\d{12}:role/personalize-service-role\n", run.out)


def workflow_of(event: str) -> list[str]:
    """Return the lines of the manual's workflow that run the program for an event."""
    workflow = yaml.safe_load(told("platform engineer", "yaml"))
    assert {"pull_request", "push", "schedule"} <= set(workflow[True])  # YAML 1.1 takes `on` for true
    assert workflow["permissions"] == {"id-token": "write", "contents": "read"}
    steps = workflow["jobs"]["permissions"]["steps"]
    login = next(step for step in steps if step.get("uses", "").startswith("aws-actions/configure-aws-credentials"))
    assert set(login["with"]) == {"role-to-assume", "aws-region"}  # and no keys
    chosen = [step for step in steps if step.get("if", f"== '{event}'").endswith(f"== '{event}'")]
    return [step["run"] for step in chosen if step.get("run", "").startswith("personalize-perms")]


def test_a_platform_engineer_plans_applies_and_checks(account: Account, program: Program) -> None:
    others_are_here(account)
    Path("personalize-perms.toml").write_text(told("platform engineer", "toml"), encoding="utf-8")
    (plan,), (apply,), (check,) = map(workflow_of, ("pull_request", "push", "schedule"))
    planned = carried_out(program, plan)
    assert (planned.code, planned.writes) == (0, []), planned.err
    assert Path("plan.html").is_file()
    assert carried_out(program, "personalize-perms plan --fail-on-changes").code == 3
    applied = carried_out(program, apply)
    assert applied.code == 0, applied.err
    assert carried_out(program, "personalize-perms plan --fail-on-changes").code == 0
    checked = carried_out(program, check)
    assert (checked.code, checked.writes) == (0, []), checked.out
    account.put_bucket_policy(DATA, document({**account.bucket_policy()["Statement"][0]}))
    broken = carried_out(program, check)
    assert broken.code == 3
    assert broken.out.startswith("::error")


def test_a_security_reviewer_needs_the_page_the_data_and_nothing_else(
    account: Account, program: Program, tmp_path: Path
) -> None:
    others_are_here(account)
    Path("personalize-perms.toml").write_text(told("platform engineer", "toml"), encoding="utf-8")
    (plan,) = workflow_of("pull_request")
    carried_out(program, plan)
    desk = tmp_path / "desk"
    desk.mkdir()
    for name in ("plan.html", "review.json"):
        Path(name).rename(desk / name)
    commands = [line for line in told("security reviewer", "sh").splitlines() if not line.startswith("#")]
    answers = [
        subprocess.run(
            ["/bin/sh", "-c", command.replace("python3", shlex.quote(sys.executable), 1)],
            cwd=desk,
            capture_output=True,
            text=True,
            check=True,
            env={"PATH": "/usr/bin:/bin"},
        ).stdout
        for command in commands
    ]
    reach, means, digest = answers
    assert f"broader update bucket-policy {DATA}\n" in reach
    assert f"+ Amazon Personalize may read objects under s3://{DATA}/in/\n" in means
    page = read(desk / "plan.html")
    assert digest.strip() in words(next(page.iter("dl")))
    assert ACCOUNT in words(next(page.iter("dl")))
    assert "stay as they are, to the letter: 1" in section(page, "short")
    data = json.loads((desk / "review.json").read_text())["data"]
    assert {entry["kind"] for entry in data["documents"]} >= {"managed-policy", "trust-policy", "bucket-policy"}
