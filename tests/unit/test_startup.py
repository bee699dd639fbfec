"""Nothing heavy is imported before it is needed."""

import subprocess
import sys

import pytest

HEAVY = ("boto3", "botocore", "questionary", "prompt_toolkit", "rich", "moto", "tomlkit", "personalize_perms.aws.iam")
EXPORT = "export {} --quiet --offline --account 111122223333 --region eu-west-1 --workflow metrics-cloudwatch"
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
    ],
)
def test_what_needs_no_account_imports_no_heavy_library(words: str) -> None:
    code = (
        "import sys\n"
        "from personalize_perms.cli.main import main\n"
        "try: main(sys.argv[1:])\n"
        f"finally: print('HEAVY', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code, *words.split()], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "HEAVY []", done.stderr
