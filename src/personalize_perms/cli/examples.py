"""What `--help` says besides the options: examples first, then the environment and the exit codes."""

from collections.abc import Mapping, Sequence
from typing import Final

import click

EXAMPLES: Final[Mapping[str, Sequence[tuple[str, str]]]] = {
    "init": (
        ("asks what is open, shows, confirms", "init"),
        ("try it without an account", "init --sandbox"),
        ("look only", "init --dry-run"),
        ("without questions", "init --input s3://acme-data/in/ --yes"),
    ),
    "plan": (
        ("what would change", "plan"),
        ("to be reviewed, and applied later", "plan --out plan.json"),
        ("in CI: exit code 3 for changes", "plan --fail-on-changes"),
    ),
    "apply": (
        ("from the settings file", "apply"),
        ("in CI", "apply --yes --expect-account 111122223333"),
        ("exactly a saved plan", "apply plan.json"),
    ),
    "check": (
        ("drift, and every link", "check"),
        ("stricter, for a schedule", "check --fail-on low --format github"),
    ),
    "diagnose": (
        ("an error's text", 'diagnose "Insufficient privileges for accessing data in S3"'),
        ("a job that failed", "diagnose arn:aws:personalize:eu-west-1:111122223333:dataset-import-job/movies"),
    ),
    "audit": (
        ("the whole account", "audit"),
        ("pick what is to be tightened", "audit --fix"),
    ),
    "undo": (
        ("what would go", "undo --dry-run"),
        ("take it back", "undo"),
    ),
    "export": (
        ("as Terraform", "export terraform --out personalize.tf"),
        ("as a script for others", "export aws-cli --out scripts/"),
    ),
    "rollout": (
        ("to every account of a unit", "rollout --ou ou-ab12-cd34ef56 --input s3://acme-data/in/"),
        ("to these accounts", "rollout --accounts 111122223333,444455556666 --dry-run"),
    ),
    "explain": (
        ("why each statement is there", "explain"),
        ("what you need yourself", "explain --tool-permissions --for apply"),
    ),
}
"""Command -> what is done, and the words after the program's name."""

_ENVIRONMENT: Final = (
    ("PERSONALIZE_PERMS_...", "Each setting: its flag in capitals, as PERSONALIZE_PERMS_USER_ACCESS. A flag wins."),
    ("AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL, ...", "As in every AWS tool."),
    ("NO_COLOR", "No colour."),
    ("ACCESSIBLE=1, TERM=dumb", "Questions by numbered lines, for screen readers."),
)
_EXIT_CODES: Final = (
    ("0", "Done, or nothing to do."),
    ("1", "Failed, or not all was done."),
    ("2", "Wrong usage, or an answer is missing."),
    ("3", "Findings at or above --fail-on; changes with --fail-on-changes."),
    ("130", "Stopped by Ctrl-C or by a no."),
)


def write_examples(name: str, program: str, formatter: click.HelpFormatter) -> None:
    """Write the examples of a command, if it has any."""
    examples = EXAMPLES.get(name, ())
    if examples:
        width = max(len(words) for _, words in examples)
        with formatter.section("Examples"):
            for about, words in examples:
                # Not wrapped: an example is there to be copied.
                formatter.write(f"{'':{formatter.current_indent}}{program} {words:{width}}  # {about}\n")


def write_surroundings(formatter: click.HelpFormatter) -> None:
    """Write what the environment and the exit code mean; alike for every command."""
    for title, rows in (("Environment", _ENVIRONMENT), ("Exit codes", _EXIT_CODES)):
        with formatter.section(title):
            formatter.write_dl(rows)
