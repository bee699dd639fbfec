"""`plan --html FILE`: one valid page that says what the plan says, holds nothing that acts, and overwrites nothing."""

import base64
import hashlib
import json
import os
import re
import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import html5lib
import pytest
from account import (
    DATA,
    SERVICE,
    WHAT_AWS_REFUSES,
    Account,
    Program,
    document,
    policy_arn,
    root_keeps,
    trusts,
    user_arn,
)
from fake_aws import refuses
from test_hostile_text import EVIL, WORSE

IN = ("--input", f"s3://{DATA}/in/")
PAGE = Path("plan.html")
INERT = {"script", "img", "link", "iframe", "object", "embed", "form", "base", "video", "audio", "svg", "template"}


def parsed(text: str) -> Any:
    """The page as a browser would see it; anything that is not valid HTML raises."""
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(text)


def read(path: Path = PAGE) -> Any:
    return parsed(path.read_text(encoding="utf-8"))


def words(element: Any) -> str:
    return re.sub(r"\s+", " ", "".join(element.itertext()))


def section(page: Any, anchor: str) -> str:
    (found,) = [one for one in page.iter("section") if one.get("id") == anchor]
    return words(found)


def filled(account: Account) -> tuple[str, ...]:
    """An account with a bucket, a key and statements of others; return the words that set it up."""
    account.bucket(
        DATA, document({**trusts("*"), "Sid": "Theirs", "Effect": "Deny", "Action": "s3:*", "Resource": "*"})
    )
    account.iam.create_user(UserName="ada")
    return (*IN, "--kms-key", account.key(), "--assumable-by", user_arn("ada"), "--require-mfa")


def test_the_page_says_what_the_plan_says(account: Account, program: Program) -> None:
    account.server.strict.lenient("within the bucket")
    run = program.json("plan", *filled(account), "--html", str(PAGE))
    assert run.code == 0, run.err
    page = read()
    facts = dict(zip(map(words, page.iter("dt")), map(words, page.iter("dd")), strict=True))
    assert facts["Account"] == run.data["account"]
    assert run.data["region"] in facts["Region"]
    assert facts["Digest of the plan (SHA-256)"] == run.data["digest"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", facts["Planned"])
    changes = section(page, "changes")
    for change in run.data["changes"]:
        assert f"{change['action']} {change['kind']} {change['resource']}" in changes
        for statement in change["statements"]:
            assert statement["statement"] in changes
            assert all(sentence["text"] in changes for sentence in statement["means"])
    assert "docs.aws.amazon.com/personalize/latest/dg/granting-personalize-s3-access.html" in changes
    stored = [json.loads(words(code)) for code in page.findall(".//details//pre/code")]
    assert stored == [entry["document"] for entry in run.data["documents"]]
    assert f"the service role may read objects under s3://{DATA}/in/" in section(page, "picture")
    assert "1 statement of others in the bucket policy" in section(page, "picture")
    assert "Nothing beside the changes." in section(page, "to-know")


def test_whoever_has_the_user_policy_from_others_is_in_the_picture_and_who_loses_it_is_not(
    account: Account, program: Program
) -> None:
    account.bucket()
    for name in ("eve", "ada"):
        account.iam.create_user(UserName=name)
    program.apply(*IN, "--attach-user", "ada")
    account.iam.attach_user_policy(UserName="eve", PolicyArn=policy_arn("personalize-user-access"))
    program.run("plan", *IN, "--html", str(PAGE))
    picture = section(read(), "picture")
    assert "the user eve (= there)" in picture
    assert "which these settings do not give" in picture
    assert "ada" not in picture
    assert "< narrower in 1" in section(read(), "short")


def test_what_may_not_be_read_is_not_called_new_or_there(account: Account, program: Program) -> None:
    account.bucket()
    account.server.on("GetBucketPolicy", *[refuses("AccessDenied", 403, "no")] * 3)
    run = program.run("plan", *IN, "--html", str(PAGE))
    account.server.forget()
    assert run.code == 1
    page = read()
    assert "! blocked bucket-policy" in section(page, "changes").replace("!blocked", "! blocked")
    assert "Amazon Personalize may list the objects of s3://acme-data (? not known)" in section(page, "picture")


def test_the_page_holds_nothing_that_acts_or_is_fetched(account: Account, program: Program) -> None:
    account.server.strict.lenient("within the bucket")
    program.run("plan", *filled(account), "--html", str(PAGE))
    page = read()
    assert not INERT & {element.tag for element in page.iter()}
    for element in page.iter():
        assert not [name for name in element.attrib if name.startswith("on") or name in ("style", "src", "srcset")]
        link = element.get("href", "#")
        assert link.startswith(("#", "https://docs.aws.amazon.com/"))
        if link.startswith("#") and len(link) > 1:
            assert page.find(f".//*[@id='{link[1:]}']") is not None
    (style,) = page.iter("style")
    assert "url(" not in style.text
    assert "@import" not in style.text
    digest = base64.b64encode(hashlib.sha256(style.text.encode()).digest()).decode()
    (policy,) = [meta.get("content") for meta in page.iter("meta") if meta.get("http-equiv")]
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}'")


def test_a_person_with_a_keyboard_or_a_screen_reader_finds_the_way(account: Account, program: Program) -> None:
    account.server.strict.lenient("within the bucket")
    program.run("plan", *filled(account), "--html", str(PAGE))
    page = read()
    assert page.get("lang") == "en"
    first = next(element for element in page.find("body").iter() if element.tag in ("a", "summary"))
    assert (first.get("href"), words(first)) == ("#content", "Skip to the content")
    assert [page.find(f".//{landmark}") is not None for landmark in ("header", "nav", "main")] == [True] * 3
    levels = [int(element.tag[1]) for element in page.iter() if re.fullmatch("h[1-6]", element.tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    ids = [element.get("id") for element in page.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert not [element for element in page.iter() if element.get("tabindex")]


def test_what_others_wrote_stands_there_escaped_and_inert(account: Account, program: Program) -> None:
    markup = "</code><script>alert(1)</script><img src=x onerror=alert(1)>&lt;!--"
    evil = f"{markup}{EVIL}{WORSE.rstrip('x')}"
    deny = {"Sid": evil, "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": f"arn:aws:s3:::{DATA}/*"}
    odd = {evil: [evil], "Effect": "Deny", "Principal": {"AWS": evil}, "Condition": {evil: {evil: evil}}}
    account.bucket(DATA, json.dumps(document(deny, odd, Id=evil), ensure_ascii=False))
    key = account.key(json.dumps(document(root_keeps(Sid=evil), Id=evil)))
    arn = account.role("legacy", document(trusts({"Service": SERVICE}, Sid=evil)))
    account.server.strict.lenient(*WHAT_AWS_REFUSES)
    ways = ("--role-arn", arn, "--tighten-trust", "--diff", "full", "--html", str(PAGE))
    run = program.run("plan", *IN, "--kms-key", key, *ways)
    assert run.code == 0, run.err
    text = PAGE.read_text(encoding="utf-8")
    assert "alert(1)" in text
    assert all(character.isprintable() or character == "\n" for character in text)
    page = parsed(text)
    assert not INERT & {element.tag for element in page.iter()}
    assert not [name for element in page.iter() for name in element.attrib if name.startswith("on")]


def test_reasons_of_own_templates_are_text_and_only_web_pages_are_links(
    account: Account, program: Program, tmp_path: Path
) -> None:
    account.bucket()
    shutil.copytree(Path(__file__).parents[2] / "policies", "mine")
    reasons = json.loads(Path("mine/reasons.json").read_text())
    reasons["AdministerPersonalize"] = {"why": "<b>because</b>", "docs": "javascript:alert(1)"}
    reasons["PassServiceRole"] = {"why": "", "docs": "https://evil.example/\"onclick='x'"}
    reasons["RoleReadsInput"] = {"why": "ours", "docs": "https://wiki.example/why"}
    Path("mine/reasons.json").write_text(json.dumps(reasons))
    program.run("plan", *IN, "--policies-dir", "mine", "--html", str(PAGE))
    page = read()
    links = [element.get("href") for element in page.iter("a")]
    assert "https://wiki.example/why" in links
    assert not [link for link in links if "evil" in link or "javascript" in link]
    assert "<b>because</b> javascript:alert(1)" in section(page, "changes")


def test_a_saved_plan_and_its_page_are_of_one_moment(account: Account, program: Program) -> None:
    account.bucket()
    run = program.json("plan", *IN, "--out", "plan.json", "--html", str(PAGE))
    assert json.loads(Path("plan.json").read_text())["digest"] == run.data["digest"]
    facts = words(next(read().iter("dl")))
    assert run.data["digest"] in facts
    assert "personalize-perms apply plan.json" in facts
    assert run.data["digest"] in run.err


def test_a_page_is_written_again_and_nothing_else_is_overwritten(account: Account, program: Program) -> None:
    account.bucket()
    assert program.run("plan", *IN, "--html", str(PAGE)).code == 0
    assert os.name == "nt" or PAGE.stat().st_mode & 0o777 == 0o600
    program.apply(*IN)
    assert program.run("plan", *IN, "--html", str(PAGE)).code == 0
    assert "Nothing to do" in section(read(), "short")
    theirs = Path("theirs.html")
    theirs.write_text("<!DOCTYPE html><p>a page of somebody else")
    Path("pipe").touch() if os.name == "nt" else os.mkfifo("pipe")
    Path("link.html").symlink_to("nowhere.html")
    Path("folder").mkdir()
    for name in ("theirs.html", "pipe", "folder", "link.html", "missing/plan.html", "-"):
        run = program.run("plan", *IN, "--html", name)
        assert run.code == 2, name
        assert "--html" in run.err or "mkdir" in run.err
        assert run.calls == ()  # before the account is read
    assert theirs.read_text() == "<!DOCTYPE html><p>a page of somebody else"
    assert Path("link.html").is_symlink()


def test_a_plan_that_is_refused_gets_no_page(account: Account, program: Program) -> None:
    run = program.run("plan", *IN, "--html", str(PAGE))
    assert run.code == 1
    assert "No page was written" in run.err
    assert not PAGE.exists()


def test_the_full_difference_is_on_the_page_too(account: Account, program: Program) -> None:
    account.bucket()
    program.run("plan", *IN, "--diff", "full", "--html", str(PAGE))
    assert f"+++ bucket-policy {DATA} as it will be" in section(read(), "changes")


@pytest.mark.parametrize("form", ["text", "mermaid", "html"])
def test_the_picture_is_drawn_without_a_call_in_every_form(form: str, program: Program) -> None:
    run = program.run("explain", "--graph", form, *IN)
    assert run.code == 0, run.err
    assert run.calls == ()
    said = run.out
    if form == "html":
        said = words(parsed(run.out))
    assert f"may read objects under s3://{DATA}/in/" in said


def test_mermaid_gets_no_character_that_it_would_act_on(program: Program) -> None:
    role = "arn:aws:iam::111122223333:role/a,b=c@d_e.f+g-h"
    lines = program.run("explain", "--graph", "mermaid", *IN, "--role-arn", role).out.splitlines()
    assert lines[1] == "flowchart LR"
    for line in lines[2:]:
        assert re.fullmatch(
            r'\s*(subgraph \w+\["[\w ]+"\]|end|n\d+\["[^"\[\]{}<>|]*"\]|n\d+ -->\|"[^"\[\]{}<>|]*"\| n\d+|%% .*)', line
        ), line
    assert [line for line in lines if role in line]


def test_the_picture_as_data(program: Program) -> None:
    graph = program.json("explain", "--graph", "text", *IN).data["graph"]
    names = {node["name"] for node in graph["nodes"]}
    assert {f"s3://{DATA}", "Amazon Personalize"} <= names
    assert {edge["source"] for edge in graph["edges"]} <= names
