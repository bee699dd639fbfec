"""Nothing heavy is imported before it is needed."""

import os
import subprocess
import sys

import pytest

LIBRARIES = ("boto3", "botocore", "questionary", "prompt_toolkit", "rich", "moto", "tomlkit")
HEAVY = (*LIBRARIES, "personalize_perms.aws.iam")
_NOT_OFFLINE = ("model.live", "model.examination", "model.operations", "documents.merging", "engine.planner")
NOT_OFFLINE = tuple(f"personalize_perms.{name}" for name in _NOT_OFFLINE)
EXPORT = "export {} --quiet --offline --account 111122223333 --region eu-west-1 --workflow metrics-cloudwatch"
_PLACE = "--dry-run --offline --account 111122223333 --region eu-west-1"
ROLLOUT = f"rollout {_PLACE} --workflow metrics-cloudwatch --accounts 444455556666 --format json"
OFFLINE = "init --dry-run --offline --account 111122223333 --region eu-west-1 --input s3://amzn-s3-demo-bucket"


@pytest.mark.parametrize(
    "words",
    [
        "--help",
        "--version",
        "init --help",
        "apply --help",
        "check --help",
        "check --offline",
        "diagnose --help",
        "diagnose quota:LimitExceededException",
        "completion bash",
        "explain",
        "plan --no-such-option",
        "apply",
        "check",
        OFFLINE,
        f"{OFFLINE} --format json",
        "export --help",
        EXPORT.format("cloudformation"),
        EXPORT.format("aws-cli"),
        "rollout --help",
        ROLLOUT,
    ],
)
def test_what_needs_no_account_imports_nothing_heavy(words: str) -> None:
    code = (
        "import sys\n"
        "from personalize_perms.cli.main import main\n"
        "try: main(sys.argv[1:])\n"
        f"finally: print('HEAVY', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code, *words.split()], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "HEAVY []", done.stderr


def test_the_first_question_waits_for_nothing_of_aws_and_nothing_that_only_later_lines_need() -> None:
    code = (
        "import sys\n"
        "from personalize_perms.cli.main import main\n"
        "from personalize_perms.cli.request import Request\n"
        "from personalize_perms.wizard.interactive import DrawnPrompter\n"
        "def choose_many(*_, **__): raise KeyboardInterrupt\n"
        "Request.may_ask, DrawnPrompter.choose_many = True, choose_many\n"
        "try: main(['init'])\n"
        "finally: print([name for name in sys.argv[1:] if name in sys.modules])"
    )
    heavy = [name for name in HEAVY if name != "prompt_toolkit"]
    environment = {**os.environ, "AWS_REGION": "eu-west-1"}
    done = subprocess.run([sys.executable, "-c", code, *heavy], env=environment, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr
    assert "nothing was changed" in done.stderr


def test_the_offline_dry_run_imports_nothing_of_what_reads_an_account() -> None:
    code = (
        "import sys\n"
        "from personalize_perms.cli.main import main\n"
        "try: main(sys.argv[1:])\n"
        f"finally: print([name for name in {NOT_OFFLINE!r} if name in sys.modules])"
    )
    words = [*OFFLINE.split(), "--format", "json"]
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr
