"""The page as a browser shows and prints it: readable in light and dark, narrow and wide, and on two sheets."""

import json
from pathlib import Path

import pytest
from account import DATA, Account, Program, document, root_keeps, trusts
from browser import DARK, LIGHT, examined, needs_axe, needs_chromium, sheets
from test_hostile_text import EVIL
from test_plan_page import IN, PAGE, filled


@pytest.fixture
def common(account: Account, program: Program) -> Path:
    """The page of the common set-up: one bucket, its key, and somebody who may take on a role."""
    account.server.strict.lenient("within the bucket")
    assert program.run("plan", *filled(account), "--html", str(PAGE)).code == 0
    return PAGE


@needs_axe
@pytest.mark.parametrize(("scheme", "width"), [(LIGHT, 1200), (DARK, 400)], ids=["light and wide", "dark and narrow"])
def test_axe_finds_nothing_in_light_and_dark_narrow_and_wide(
    scheme: int, width: int, common: Path, tmp_path: Path
) -> None:
    found = examined(tmp_path, common, scheme=scheme, width=width)
    assert found["violations"] == []
    assert found["unsure"] == []
    assert found["passed"] > 10
    assert found["ground"] == {LIGHT: "rgb(255, 255, 255)", DARK: "rgb(20, 24, 29)"}[scheme]
    assert found["wide"] <= 0  # nothing has to be scrolled sideways


@needs_axe
def test_a_page_with_everything_on_it_is_clean_too(account: Account, program: Program, tmp_path: Path) -> None:
    account.server.strict.lenient("within the bucket", "known elements", "characters", "Sid alphabet")
    deny = {"Sid": EVIL, "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": f"arn:aws:s3:::{DATA}/*"}
    account.bucket(DATA, json.dumps(document(deny, Id="x" * 400), ensure_ascii=False))
    key = account.key(document(root_keeps()))
    legacy = account.role("legacy", document(trusts({"Service": "personalize.amazonaws.com"})))
    program.apply(*IN, "--kms-key", key, "--role-name", "old")
    account.server.strict.lenient("within the bucket", "known elements", "characters", "Sid alphabet")
    more = ("--tighten-trust", "--diff", "full", "--html", str(PAGE))
    other = ("--input", f"s3://{DATA}/other/", "--source-conditions", "all", "--hardening", "strict")
    assert program.run("plan", *other, "--role-arn", legacy, *more).code == 0
    found = examined(tmp_path, PAGE, scheme=DARK, width=400)
    assert (found["violations"], found["unsure"]) == ([], [])
    assert found["wide"] <= 0


@needs_axe
def test_the_page_of_the_picture_alone_is_clean(program: Program, tmp_path: Path) -> None:
    PAGE.write_text(program.run("explain", "--graph", "html", *IN).out, encoding="utf-8")
    found = examined(tmp_path, PAGE, scheme=LIGHT, width=400)
    assert (found["violations"], found["unsure"]) == ([], [])


@needs_chromium
def test_the_common_set_up_is_printed_on_two_sheets(common: Path, tmp_path: Path) -> None:
    assert sheets(tmp_path, common) == 2
