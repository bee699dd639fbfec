import json
from pathlib import Path
from typing import Any

import pytest

from personalize_perms.model.errors import TemplateError
from personalize_perms.templates import Reason, Templates

CHECKOUT = Path(__file__).parents[2]
PACKAGED = Templates.load(None)


def statement(**changes: Any) -> dict[str, Any]:
    return {"Sid": "Reads", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", **changes}


def folder(tmp_path: Path, document: Any, name: str = "user/own") -> Templates:
    path = tmp_path / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return Templates.load(tmp_path)


def policy(*statements: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def rendered(tmp_path: Path, one: dict[str, Any], values: dict[str, Any], **available: Any) -> dict[str, Any]:
    found = folder(tmp_path, policy(one)).render("user/own", values, available=available)
    return dict(found[0])


def test_every_packaged_template_is_well_formed_and_is_found_by_its_name() -> None:
    files = {str(path.relative_to(CHECKOUT / "policies"))[:-5] for path in CHECKOUT.glob("policies/*/*.json")}
    assert set(PACKAGED.names()) == files
    for name in files:
        assert PACKAGED.statements(name)


def test_packaged_templates_are_written_as_a_reviewer_expects_them() -> None:
    for path in CHECKOUT.glob("policies/**/*.json"):
        text = path.read_text(encoding="utf-8")
        assert text == json.dumps(json.loads(text), indent=2) + "\n", path


def test_no_partition_is_spelled_out_in_the_program_or_in_a_template() -> None:
    files = [*CHECKOUT.glob("src/**/*.py"), *CHECKOUT.glob("policies/**/*.json")]
    assert len(files) > 40
    spelled_out = [path.name for path in files if "arn:aws" in path.read_text(encoding="utf-8")]
    assert spelled_out == ["examples.py"]  # lines of --help to copy: no run reads them


def test_every_sid_has_one_reason_and_no_reason_is_left_over() -> None:
    sids = {one["Sid"] for name in PACKAGED.names() for one in PACKAGED.statements(name)}
    assert set(PACKAGED.reasons) == sids


def test_every_reason_is_a_sentence_and_names_a_page_of_aws() -> None:
    for reason in PACKAGED.reasons.values():
        assert reason.why.endswith(".")
        assert reason.docs.startswith("https://docs.aws.amazon.com/")


def test_a_placeholder_is_filled_in_values_and_in_keys(tmp_path: Path) -> None:
    one = statement(Resource="arn:${Partition}:s3:::x", Condition={"StringEquals": {"${Issuer}:aud": "${Audience}"}})
    found = rendered(tmp_path, one, {"Partition": "aws-cn", "Issuer": "idp.example/a", "Audience": "me"})
    assert found["Resource"] == "arn:aws-cn:s3:::x"
    assert found["Condition"] == {"StringEquals": {"idp.example/a:aud": "me"}}


def test_a_string_in_a_list_becomes_one_string_for_each_value(tmp_path: Path) -> None:
    one = statement(Resource=["arn:${P}:s3:::first", "arn:${P}:s3:::${Folder}*", "arn:${P}:s3:::${Object}"])
    found = rendered(tmp_path, one, {"P": "aws", "Folder": ("a/", "b/"), "Object": ()})
    assert found["Resource"] == ["arn:aws:s3:::first", "arn:aws:s3:::a/*", "arn:aws:s3:::b/*"]


def test_a_policy_variable_of_iam_stays_as_it_is(tmp_path: Path) -> None:
    one = statement(Resource="arn:x/${aws:username}/${lower}")
    assert rendered(tmp_path, one, {})["Resource"] == "arn:x/${aws:username}/${lower}"


def test_a_value_is_never_looked_at_again_for_placeholders_or_quotes(tmp_path: Path) -> None:
    one = statement(Resource="${A}-${B}")
    assert rendered(tmp_path, one, {"A": '"}]$B', "B": "{A}\\n"})["Resource"] == '"}]$B-{A}\\n'


def test_rendering_leaves_the_template_as_it_was(tmp_path: Path) -> None:
    templates = folder(tmp_path, policy(statement(Resource=["${A}"])))
    assert templates.render("user/own", {"A": "one"}) != templates.render("user/own", {"A": "two"})
    assert templates.statements("user/own")[0]["Resource"] == ["${A}"]


def test_an_unknown_placeholder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=r"user/own has the unknown placeholder \$\{Other\}"):
        rendered(tmp_path, statement(Resource="${Other}"), {})


def test_an_unused_value_is_an_error_unless_it_is_only_available(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=r"own\.json does not use \$\{ServiceRoleArn\}"):
        rendered(tmp_path, statement(), {"ServiceRoleArn": "arn"})
    assert rendered(tmp_path, statement(), {}, Region="eu-west-1")["Resource"] == "*"


@pytest.mark.parametrize("value", ["a*", "a?b", "${aws:username}", "", ("good", "b*"), ("good", "")])
def test_a_value_that_would_widen_a_policy_is_refused(tmp_path: Path, value: str | tuple[str, ...]) -> None:
    with pytest.raises(TemplateError, match=r"of \$\{A\} would widen"):
        rendered(tmp_path, statement(Resource=["${A}"]), {"A": value})


def test_a_list_that_would_become_empty_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="nothing is left"):
        rendered(tmp_path, statement(Resource=["${A}"]), {"A": ()})


def test_several_values_where_one_is_expected_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="put it into a list"):
        rendered(tmp_path, statement(Resource="${A}"), {"A": ("one", "two")})


def test_two_placeholders_with_several_values_in_one_string_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="two placeholders"):
        rendered(tmp_path, statement(Resource=["${A}/${B}"]), {"A": ("one",), "B": ("two",)})


def test_two_keys_that_become_the_same_are_refused(tmp_path: Path) -> None:
    one = statement(Condition={"StringEquals": {"${A}:aud": "x", "${B}:aud": "y"}})
    with pytest.raises(TemplateError, match="become the same"):
        rendered(tmp_path, one, {"A": "same", "B": "same"})


BAD_STATEMENTS = {
    "no-sid": {key: value for key, value in statement().items() if key != "Sid"},
    "sid-with-a-space": statement(Sid="Reads it"),
    "sid-in-lower-case": statement(Sid="reads"),
    "sid-with-a-line-break": statement(Sid="Reads\n"),
    "deny": statement(Effect="Deny"),
    "not-action": {"Sid": "Reads", "Effect": "Allow", "NotAction": "s3:*", "Resource": "*"},
    "not-resource": {"Sid": "Reads", "Effect": "Allow", "Action": "s3:*", "NotResource": "*"},
    "principal-for-users": statement(Principal={"AWS": "arn:aws:iam::111122223333:root"}),
    "unknown-element": statement(Comment="hello"),
}


@pytest.mark.parametrize("bad", BAD_STATEMENTS.values(), ids=BAD_STATEMENTS)
def test_a_statement_that_is_more_than_a_plain_allow_is_refused(tmp_path: Path, bad: dict[str, Any]) -> None:
    with pytest.raises(TemplateError, match=r"own\.json"):
        folder(tmp_path, policy(bad)).statements("user/own")


BAD_PRINCIPALS: dict[str, Any] = {
    "star": "*",
    "aws-star": {"AWS": "*"},
    "star-in-list": {"AWS": ["arn:aws:iam::111122223333:root", "*"]},
    "star-in-arn": {"AWS": "arn:aws:iam::*:root"},
    "service-star": {"Service": "*.amazonaws.com"},
    "text": "arn:aws:iam::111122223333:root",
    "empty": {},
    "empty-list": {"AWS": []},
}


@pytest.mark.parametrize("principal", BAD_PRINCIPALS.values(), ids=BAD_PRINCIPALS)
def test_a_principal_that_is_not_concrete_is_refused(tmp_path: Path, principal: Any) -> None:
    with pytest.raises(TemplateError, match="the Principal of Reads"):
        folder(tmp_path, policy(statement(Principal=principal)), "bucket/own").statements("bucket/own")


def test_an_excepted_principal_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="must have exactly"):
        folder(tmp_path, policy(statement(NotPrincipal={"AWS": "x"})), "bucket/own").statements("bucket/own")


def test_a_bucket_template_without_a_principal_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="must have exactly"):
        folder(tmp_path, policy(statement()), "bucket/own").statements("bucket/own")


BAD_DOCUMENTS: dict[str, Any] = {
    "not-json": '{"Version": ',
    "not-an-object": "[]",
    "duplicate-key": '{"Version": "2012-10-17", "Statement": [{"Sid": "A", "Sid": "B", "Effect": "Allow"}]}',
    "old-version": {"Version": "2008-10-17", "Statement": [statement()]},
    "an-id": {**policy(statement()), "Id": "x"},
    "no-statement": {"Version": "2012-10-17"},
    "empty-statement": policy(),
    "single-object": {"Version": "2012-10-17", "Statement": statement()},
    "sid-twice": policy(statement(), statement()),
}


@pytest.mark.parametrize("bad", BAD_DOCUMENTS.values(), ids=BAD_DOCUMENTS)
def test_a_file_that_is_not_a_strict_policy_document_is_refused_by_name(tmp_path: Path, bad: Any) -> None:
    with pytest.raises(TemplateError, match=r"own\.json"):
        folder(tmp_path, bad).statements("user/own")


def test_a_file_that_is_not_utf8_is_refused_by_name(tmp_path: Path) -> None:
    templates = folder(tmp_path, policy(statement()))
    (tmp_path / "user" / "own.json").write_bytes(b"\xff")
    with pytest.raises(TemplateError, match=r"own\.json is not UTF-8"):
        templates.statements("user/own")


def test_a_missing_file_is_an_error_and_the_packaged_one_does_not_step_in(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=r"there is no template .*admin\.json"):
        folder(tmp_path, policy(statement())).statements("user/admin")


def test_a_folder_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="is not a folder"):
        Templates.load(tmp_path / "nowhere")


def test_only_the_templates_that_are_used_are_read(tmp_path: Path) -> None:
    templates = folder(tmp_path, policy(statement()))
    folder(tmp_path, "broken", "user/other")
    assert templates.render("user/own", {})


def test_a_folder_of_ones_own_needs_no_reasons(tmp_path: Path) -> None:
    assert folder(tmp_path, policy(statement())).reasons == {}


def test_a_folder_of_ones_own_may_give_its_reasons(tmp_path: Path) -> None:
    folder(tmp_path, {"Reads": {"why": "It must.", "docs": "https://example.com/"}}, "reasons")
    assert Templates.load(tmp_path).reasons == {"Reads": Reason(why="It must.", docs="https://example.com/")}


@pytest.mark.parametrize("bad", ['{"A": {"why": "x"}}', "[]", "nothing", '{"A": {}, "A": {}}', '{"A": "because"}'])
def test_reasons_that_cannot_be_read_are_an_error(tmp_path: Path, bad: str) -> None:
    with pytest.raises(TemplateError, match=r"reasons\.json"):
        _ = folder(tmp_path, bad, "reasons").reasons
