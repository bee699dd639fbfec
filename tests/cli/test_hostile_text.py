"""Text that others wrote is shown, never acted out: no control, bidirectional or markup character gets through."""

import hashlib
import io
import json
import re
import shutil
import unicodedata
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from account import DATA, WHAT_AWS_REFUSES, Account, Program, Run, document, role_arn, root_keeps, trusts
from fake_aws import ACCOUNT, Answer, Call, FakeAws, refuses

from personalize_perms.engine.chain import seal, unseal
from personalize_perms.model import ownership
from personalize_perms.report.lines import Line
from personalize_perms.report.printer import Printer
from terminal.pseudo_terminal import Terminal

IN = ("--input", f"s3://{DATA}/in/")
EVIL = "\x1b]52;c;cm0gLXJm\x07\x1b[2J\x1b[1A\x9b31m\u202egnp.exe\u2066\u200f\ufeff\r\x08\x7f[/][red]\n+ create  nothing"


def is_inert(run: Run) -> None:
    """Assert that nothing in either stream could steer a terminal, and that no line was forged."""
    assert "something unexpected" not in run.err
    for stream in (run.out, run.err):
        bad = {character for character in stream if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co")}
        assert bad <= {"\n"}, bad
        assert not {"\u2028", "\u2029"} & set(stream)
        assert not [line for line in stream.splitlines() if line.strip().startswith("+ create  nothing")]


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


@pytest.mark.parametrize("output", ["text", "json", "junit", "github"])
def test_what_a_check_finds_is_inert(
    output: str, account: Account, program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    deny = {"Sid": EVIL, "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": f"arn:aws:s3:::{DATA}/*"}
    odd = {**deny, EVIL: [EVIL], "Condition": {"StringEquals": {EVIL: EVIL}}}
    account.bucket(DATA, json.dumps(document(deny, odd, Id=EVIL), ensure_ascii=False))
    account.role("legacy", document(trusts({"Service": "personalize.amazonaws.com"}, Sid=EVIL)))
    account.server.strict.lenient(*WHAT_AWS_REFUSES)
    account.server.on("SimulatePrincipalPolicy", refuses("AccessDenied", 403, EVIL.replace("\x1b", "")[:40]))
    run = program.run("check", *IN, "--role-arn", role_arn("legacy"), "--format", output)
    assert run.code == 3, run.err
    is_inert(run)
    if output == "github":
        summary = (tmp_path / "summary.md").read_text()
        is_inert(Run(3, summary, "", ()))
        assert "[/]" not in summary


@pytest.mark.parametrize("output", ["text", "json"])
def test_what_is_diagnosed_is_inert(output: str, aws: FakeAws, account: Account, program: Program) -> None:
    account.bucket()
    failed = {"eventName": EVIL, "eventSource": "personalize.amazonaws.com", "errorCode": EVIL, "errorMessage": EVIL}
    known = "Insufficient privileges for accessing data in Amazon S3"
    parameters = {"roleArn": f"{role_arn('x')}{EVIL}", "dataSource": {"dataLocation": f"s3://{DATA}/{EVIL}"}}
    Path("event.json").write_text(json.dumps({**failed, "requestParameters": parameters, "eventTime": EVIL}))
    Path("broken.json").write_text(json.dumps(failed)[:-1] + f', "{EVIL}": 1}}', encoding="utf-8", newline="")
    Path("\u202eodd\x1b.json").write_text('{"eventName": 1')
    job = {"status": EVIL, "failureReason": f"{known} {EVIL}", "roleArn": EVIL, "dataSource": {"dataLocation": EVIL}}
    aws.on("DescribeDatasetImportJob", *[lambda *_: (200, json.dumps({"datasetImportJob": job}))] * 2)
    arn = f"arn:aws:personalize:eu-west-1:{ACCOUNT}:dataset-import-job/x"
    denial = f"User: {EVIL} is not authorized to perform: s3:GetObject on resource: {EVIL} because no {EVIL} policy"
    for what in (
        EVIL,
        f"{known} {EVIL}",
        denial,
        "event.json",
        "broken.json",
        "\u202eodd\x1b.json",
        arn,
        f"arn:{EVIL[1:]}",
    ):
        run = program.run("diagnose", what, *IN, "--format", output)
        assert run.code in (0, 1, 2, 3), run.err
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


WORSE = (
    "\x1b]8;;https://example.com\x1b\\\x9d0;owned\x9c\u061c\u200b\u200d\u2060\u2069\u2029[link=x]\t\x0b\x0c"
    + "x" * 5000
)
NOT_IN_XML = str.maketrans(dict.fromkeys(range(32)))
"""What no answer in XML can hold."""


def test_what_an_undo_shows_is_inert(account: Account, program: Program) -> None:
    account.bucket()
    key = account.key()
    program.apply(*IN, "--kms-key", key)
    role = role_arn("personalize-service-role")
    arn = json.dumps({"datasetGroups": [{"datasetGroupArn": EVIL + WORSE, "status": EVIL}]})
    described = json.dumps({"datasetGroup": {"datasetGroupArn": EVIL + WORSE, "status": EVIL, "roleArn": role}})
    ours = account.bucket_policy()["Statement"][0]
    theirs = {**ours, "Principal": {"AWS": EVIL, "Service": WORSE}}
    account.put_bucket_policy(DATA, document(theirs, {**theirs, "Sid": WORSE}, Id=EVIL))
    account.server.strict.lenient(*WHAT_AWS_REFUSES)
    account.server.on("ListDatasetGroups", *[lambda *_: (200, arn)] * 9)
    account.server.on("DescribeDatasetGroup", *[lambda *_: (200, described)] * 9)
    for words in (("--dry-run",), ("--yes",), ("--yes", "--confirm", "personalize-service-role")):
        for output in ("text", "json"):
            run = program.run("undo", *words, *IN, "--kms-key", key, "--verbose", "--format", output)
            is_inert(run)
            if "--confirm" not in words:
                assert "owned" in run.err


def test_tags_paths_and_names_in_answers_are_inert(account: Account, aws: FakeAws, program: Program) -> None:
    account.bucket()
    program.apply(*IN)
    evil = (EVIL + WORSE).translate(NOT_IN_XML)
    ledger = f"<Key>{ownership.TAG_LEDGER}9</Key><Value>{evil}</Value>"
    member = f"<Tags><member>{ledger}</member><member><Key>{evil}</Key><Value>{evil}</Value></member>"
    for operation, old, new in (
        ("GetPolicy", "<Tags>", member),
        ("GetRole", "<Path>/</Path>", f"<Path>/{evil}/</Path>"),
        ("GetRole", "</Arn>", f"{evil}</Arn>"),
        ("ListEntitiesForPolicy", "</RoleName>", f"{evil}</RoleName>"),
        ("GetCallerIdentity", "</Arn>", f"{evil}</Arn>"),
        ("GetCallerIdentity", "</Account>", f"{evil}</Account>"),
    ):

        def handler(_: Call, forward: Callable[[], Answer], old: str = old, new: str = new) -> Answer:
            status, text = forward()
            return status, text.replace(old, new)

        for command in ("plan", "undo"):
            for output in ("text", "json"):
                aws.on(operation, *[handler] * 30)
                words = ("--dry-run",) if command == "undo" else ()
                run = program.run(command, *IN, *words, "--format", output)
                aws.forget()
                is_inert(run)


def test_what_stands_in_own_templates_is_inert(account: Account, program: Program) -> None:
    account.bucket()
    shutil.copytree(Path(__file__).parents[2] / "policies", "mine")
    path = Path("mine/user/admin.json")
    template = json.loads(path.read_text())
    action = template["Statement"][0]["Action"]
    for part, value in (
        ("Action", [EVIL]),
        ("Action", 7),
        ("Action", [7]),
        ("Action", {EVIL: EVIL}),
        ("Sid", EVIL),
        ("Resource", [EVIL]),
        ("Resource", 7),
        ("Condition", {EVIL: EVIL}),
    ):
        changed = {**template["Statement"][0], "Action": action, part: value}
        path.write_text(json.dumps({**template, "Statement": [changed, *template["Statement"][1:]]}))
        for command in (("explain",), ("plan",), ("apply", "--dry-run")):
            for output in ("text", "json"):
                run = program.run(*command, *IN, "--policies-dir", "mine", "--format", output)
                is_inert(run)
    path.write_text(json.dumps(template))
    Path("mine/reasons.json").write_text(json.dumps({template["Statement"][0]["Sid"]: {"why": EVIL, "docs": EVIL}}))
    for output in ("text", "json"):
        is_inert(program.run("explain", *IN, "--policies-dir", "mine", "--format", output))
        is_inert(program.run("plan", *IN, "--policies-dir", "mine", "--format", output))


def test_what_files_are_called_is_inert(
    account: Account, program: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    account.bucket()
    name = "\x1b[2J\u202e\x9b[red]\udcff" + "x" * 80 + "\n+ create  nothing"
    for output in ("text", "json"):
        more = ("--format", output)
        is_inert(program.run("plan", *IN, "--out", name, *more))
        assert Path(name).exists()
        is_inert(program.run("apply", name, "--dry-run", *more))
        is_inert(program.run("plan", *IN, "--out", f"{name}/x", *more))
        is_inert(program.run("plan", *IN, "--policies-dir", name, *more))
        is_inert(program.run("plan", "--config", name, *more))
        is_inert(program.run("plan", "--profile", name.replace("\udcff", ""), *more))
    done = program.run("apply", name, "--yes")
    assert done.code == 0
    is_inert(done)
    is_inert(program.run("apply", name, "--yes"))
    Path(name).chmod(0o600)
    Path(name).write_text("{")
    is_inert(program.run("apply", name, "--yes"))
    state = tmp_path / name
    state.write_text("a file")
    monkeypatch.setenv("XDG_STATE_HOME", str(state))
    for output in ("text", "json"):
        run = program.run("undo", *IN, "--yes", "--format", output)
        assert run.code == 1
        is_inert(run)


def test_what_a_forged_plan_says_is_inert(account: Account, program: Program) -> None:
    account.bucket()
    made = program.json("plan", *IN, "--out", "plan.json")
    assert made.code == 0
    whole = json.loads(Path("plan.json").read_text())
    change = whole["plan"]["changes"][0]
    for forged in (
        {"account": EVIL},
        {"region": EVIL},
        {"endpoint": EVIL},
        {"created": EVIL, "live": {EVIL: EVIL}},
        {"live": {**whole["plan"]["live"], EVIL: WORSE}},
        {"name": EVIL, "role_arn": EVIL, "tool": EVIL},
        {"changes": [{**change, "kind": EVIL, "resource": EVIL, "reason": EVIL, "details": [EVIL]}]},
        {"settings": {EVIL: [EVIL]}},
        {"settings": {**whole["plan"]["settings"], "name": [EVIL]}},
        {EVIL: EVIL},
        {"policies_dir": EVIL},
    ):
        plan = {**whole["plan"], **forged}
        text = json.dumps([1, plan], sort_keys=True, separators=(",", ":"))
        digest = hashlib.sha256(text.encode()).hexdigest()
        Path("plan.json").write_text(json.dumps({**whole, "digest": digest, "plan": plan}, indent=2) + "\n")
        for output in ("text", "json"):
            run = program.run("apply", "plan.json", "--yes", "--format", output)
            assert (run.code, run.writes) in ((1, []), (2, []))
            is_inert(run)


def test_what_a_journal_says_is_inert(account: Account, program: Program, tmp_path: Path) -> None:
    account.bucket()
    program.apply(*IN)
    (path,) = (tmp_path / "state").rglob("*.jsonl")
    header, intent = (json.loads(record) for record in unseal(path.read_bytes())[0][:2])
    evil = {**intent, "resource": EVIL + WORSE, "kind": EVIL}
    header["command"] = EVIL
    first, digest = seal(header, "")
    path.write_bytes(first + seal(evil, digest)[0])
    for output in ("text", "json"):
        before = path.read_bytes()
        run = program.run("apply", *IN, "--yes", "--format", output)
        assert "was interrupted" in run.err
        is_inert(run)
        path.write_bytes(before)
    path.write_bytes(first + seal({**evil, "intent": EVIL}, digest)[0])
    run = program.run("apply", *IN, "--yes")
    assert "cannot be believed" in run.err
    is_inert(run)


STYLING = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.filterwarnings("ignore:.*forkpty:DeprecationWarning")
@pytest.mark.parametrize("words", [("plan",), ("apply", "--yes"), ("undo", "--yes")])
def test_a_coloured_terminal_gets_our_own_styling_and_nothing_else(
    words: tuple[str, ...], account: Account, program: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if words[0] == "undo":
        account.bucket()
        program.apply(*IN)
        account.s3.delete_bucket_policy(Bucket=DATA)
        account.s3.delete_bucket(Bucket=DATA)
    theirs = {"Sid": EVIL, "Effect": "Deny", "Principal": "*", "Action": WORSE, "Resource": "*"}
    account.bucket(DATA, json.dumps(document(theirs, Id=EVIL))[:-1] + f', "{WORSE[-9:]}": 1, "{WORSE[-9:]}": 2}}')
    monkeypatch.delenv("NO_COLOR")
    terminal = Terminal(tmp_path, *words, *IN, "--role-arn", account.role("legacy", document(trusts("*", Sid=EVIL))))
    assert terminal.end() == 1
    shown = terminal.received.replace("\r\n", "\n")
    assert STYLING.search(shown)
    is_inert(Run(1, terminal.result, STYLING.sub("", shown), ()))


FORMATS = ("text", "json", "junit", "github")


def test_what_an_audit_shows_is_inert(account: Account, program: Program) -> None:
    account.server.strict.lenient(*WHAT_AWS_REFUSES)
    evil = {"Sid": EVIL, "Condition": {EVIL: {EVIL: EVIL}}}
    arns = [EVIL, "AROAEXAMPLEEXAMPLE123", "444455556666"]
    lets = {"Effect": "Allow", "Principal": {"Service": "personalize.amazonaws.com", "AWS": arns}, "Resource": [EVIL]}
    account.bucket(DATA, json.dumps(document({**lets, **evil, "Action": ["s3:Delete*", EVIL]}, Id=EVIL)))
    account.bucket("acme-odd", f'{{"Statement": "personalize {"x" * 9}", "Statement": 1}}')
    account.key(json.dumps(document(root_keeps(), {**lets, **evil, "Action": "kms:*"})))
    arn = account.role("legacy", document(trusts({"Service": "personalize.amazonaws.com"}, Sid=EVIL)))
    wide = {"Effect": "Allow", "Action": ["s3:*", "iam:PassRole"], "Resource": "*"}
    text = json.dumps(document(wide))
    account.iam.put_role_policy(RoleName="legacy", PolicyName="$(x)[/][red]", PolicyDocument=text)
    for output in FORMATS:
        run = program.run("audit", "--format", output, "--verbose")
        assert run.code == 3
        is_inert(run)
    for words in (("--fix", "all", "--dry-run"), ("--fix", "all", "--yes"), ("--fix", EVIL, "--yes")):
        is_inert(program.run("audit", *words))
    assert EVIL not in account.trust_text("legacy").replace(json.dumps(EVIL)[1:-1], "")
    is_inert(program.run("undo", "--name", "audit", "--yes"))
    assert arn


def test_names_that_an_audit_is_told_are_inert(account: Account, aws: FakeAws, program: Program) -> None:
    account.bucket()
    account.key()
    account.role("legacy", document(trusts({"Service": "personalize.amazonaws.com"})))
    typo = {"Sid": "Typo", "Effect": "Allow", "Action": ["personalize:Nothing", "s3:*"], "Resource": "*"}
    text = json.dumps(document(typo))
    account.iam.put_role_policy(RoleName="legacy", PolicyName="own", PolicyDocument=text)
    evil = (EVIL + WORSE).translate(NOT_IN_XML)
    for operation, old in (
        ("GetAccountAuthorizationDetails", "</Arn>"),
        ("GetAccountAuthorizationDetails", "</RoleName>"),
        ("GetAccountAuthorizationDetails", "Nothing"),
        ("GetAccountAuthorizationDetails", "Typo"),
        ("ListBuckets", "</Name>"),
        ("ListKeys", '"}'),
    ):

        def handler(call: Call, forward: Callable[[], Answer], old: str = old) -> Answer:
            status, text = forward()
            escaped = json.dumps(EVIL)[1:-1]
            new = escaped if call.service == "kms" else evil if old.startswith("<") else quote(escaped)
            return status, text.replace(old, new + old)

        for words in (("--format", "github"), ("--fix", "all", "--yes")):
            aws.on(operation, handler)
            is_inert(program.run("audit", *words))
        aws.forget()
    for operation in ("GetAccountAuthorizationDetails", "ListRoles", "GetBucketPolicy", "ListKeys"):
        aws.on(operation, refuses("AccessDenied", 403, "\u202e\u2066[/]"))
        is_inert(program.run("audit", "--format", "junit"))
        aws.forget()
