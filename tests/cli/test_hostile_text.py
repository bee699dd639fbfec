"""Text that others wrote is shown, never acted out: no control, bidirectional or markup character gets through."""

import io
import json
import unicodedata
from pathlib import Path

import pytest
from account import DATA, WHAT_AWS_REFUSES, Account, Program, Run, document, role_arn, root_keeps, trusts
from fake_aws import FakeAws, refuses

from personalize_perms.report.lines import Line
from personalize_perms.report.printer import Printer

IN = ("--input", f"s3://{DATA}/in/")
EVIL = "\x1b]52;c;cm0gLXJm\x07\x1b[2J\x1b[1A\x9b31m\u202egnp.exe\u2066\u200f\ufeff\r\x08\x7f[/][red]\n+ create  nothing"


def is_inert(run: Run) -> None:
    """Assert that nothing in either stream could steer a terminal, and that no line was forged."""
    for stream in (run.out, run.err):
        bad = {character for character in stream if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co")}
        assert bad <= {"\n"}, bad
        assert "\u2028" not in stream
        assert not [line for line in stream.splitlines() if line.startswith("+ create  nothing")]


def every_way(program: Program, *words: str) -> list[Run]:
    """Run every command that would show it, in both formats; apply comes last."""
    commands = [("plan",), ("apply", "--dry-run"), ("apply", "--yes", "--verbose")]
    return [program.run(*command, *words, "--format", output) for command in commands for output in ("text", "json")]


def test_what_stands_in_documents_is_inert(account: Account, program: Program) -> None:
    deny = {"Sid": EVIL, "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": f"arn:aws:s3:::{DATA}/*"}
    odd = {EVIL: [EVIL], "Effect": "Deny", "Principal": {"AWS": EVIL}, "Condition": {EVIL: {EVIL: EVIL}}}
    text = json.dumps(document(deny, odd, Id=EVIL), ensure_ascii=False)
    account.bucket(DATA, text)
    key = account.key(json.dumps(document(root_keeps(Sid=EVIL), Id=EVIL)))
    arn = account.role("legacy", document(trusts({"Service": "personalize.amazonaws.com"}, Sid=EVIL)))
    account.server.strict.lenient(*WHAT_AWS_REFUSES)
    for run in every_way(program, *IN, "--kms-key", key, "--role-arn", arn):
        assert run.code == 0
        is_inert(run)
    for run in every_way(program, *IN, "--kms-key", key, "--role-arn", arn, "--tighten-trust"):
        assert run.code == 0
        is_inert(run)


@pytest.mark.parametrize(
    "text",
    [f"not JSON {EVIL}", json.dumps({"Statement": [{"Effect": "Deny"}]})[:-1] + f', "{EVIL}": 1, "{EVIL}": 2}}'],
    ids=["no JSON", "a key that stands twice"],
)
def test_what_stands_in_a_document_that_is_refused_is_inert(text: str, account: Account, program: Program) -> None:
    account.bucket(DATA, text)
    for run in every_way(program, *IN):
        assert run.code == 1
        is_inert(run)


def test_the_key_that_a_bucket_names_is_inert_whatever_it_is(account: Account, program: Program) -> None:
    account.bucket(DATA, key="arn:aws:kms:\u202e*[/]")
    for run in every_way(program, *IN):
        assert run.code == 1
        assert not run.writes
        is_inert(run)
    assert program.json("plan", *IN).errors[0]["code"] == "key-unusable"


def test_what_aws_says_is_inert(aws: FakeAws, account: Account, program: Program) -> None:
    account.bucket()
    key = account.key()
    for operation in ("GetKeyPolicy", "PutKeyPolicy"):
        for output in ("text", "json"):
            aws.forget()
            aws.on(operation, *[refuses("AccessDeniedException", 400, EVIL)] * 3)
            run = program.run("apply", "--yes", *IN, "--kms-key", key, "--verbose", "--format", output)
            assert run.code == 1
            is_inert(run)
    aws.forget()
    bidi = "\u202e\u2066[/]"
    aws.on("GetCallerIdentity", refuses("AccessDenied", 403, bidi))
    is_inert(program.run("apply", "--yes", *IN))
    aws.on("CreateRole", refuses("MalformedPolicyDocument", 400, bidi))
    is_inert(program.run("apply", "--yes", *IN, "--role-name", "another"))


def test_what_the_description_of_a_role_was_is_inert(account: Account, program: Program) -> None:
    account.bucket()
    program.apply(*IN)
    account.iam.update_role_description(RoleName="personalize-service-role", Description="\u202e[/]\x85")
    for run in every_way(program, *IN):
        is_inert(run)


def test_what_a_settings_file_says_is_inert(account: Account, program: Program) -> None:
    escaped = json.dumps(EVIL)
    for line in (f"name = {escaped}", f"{escaped} = 1", f"input = [{escaped}]", f"workflow = {escaped}", f"= {EVIL}"):
        Path("personalize-perms.toml").write_text(line, encoding="utf-8", newline="")
        for output in ("text", "json"):
            run = program.run("plan", "--format", output)
            assert run.code == 2
            is_inert(run)


def test_what_was_typed_is_inert_too(program: Program) -> None:
    for words in (("plan", "--name", EVIL), ("plan", f"--{EVIL}"), (EVIL,), ("plan", EVIL), ("plan", "--config", EVIL)):
        for output in ("text", "json"):
            run = program.run(*words, "--format", output)
            assert run.code == 2
            is_inert(run)


def test_markup_is_text_on_a_coloured_terminal_too() -> None:
    stream = io.StringIO()
    printer = Printer(stream, colour=True)
    markup = "[/] [red]red[/red] [link=https://example.com]x[/link] :warning:"
    printer.lines([Line(markup, "title"), Line(markup)])
    assert stream.getvalue().count(markup) == 2
    assert "https://example.com" in stream.getvalue()
    assert "\x1b]8" not in stream.getvalue()


def test_a_long_name_is_shown_whole(program: Program, account: Account) -> None:
    account.bucket()
    arn = role_arn("x" * 64)
    assert arn in program.run("plan", *IN, "--role-arn", arn).err
