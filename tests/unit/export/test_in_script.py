"""The Python inside the script and the program's own document algebra: two authors of the same answers."""

import ast
import json
from pathlib import Path
from tempfile import TemporaryDirectory

import policies
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalize_perms import documents
from personalize_perms.export import in_script
from personalize_perms.model import ownership
from personalize_perms.model.errors import DocumentError

NAME = "team-a"
PREFIX = ownership.sid_prefix(NAME)
READS = {"Sid": f"{PREFIX}PersonalizeReadsInput", "Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "*"}
LISTS = {"Sid": f"{PREFIX}PersonalizeListsInput", "Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": "*"}
OURS = st.lists(st.sampled_from([READS, LISTS, {**READS, "Action": "S3:getobject"}, {**LISTS, "Resource": "x"}]))
WORDS = st.sets(st.text("abcGk/-=012", min_size=1, max_size=90), max_size=12)


def is_own(sid: object) -> bool:
    return ownership.is_own_sid(sid, NAME)


@given(policies.statements(), policies.statements())
def test_statements_are_the_same_for_both(one: dict[str, object], other: dict[str, object]) -> None:
    for statement in (one, other):
        assert in_script.normalised(statement, "aws") == documents.normalised(statement, "aws")
        assert in_script.is_own(statement, PREFIX) == is_own(statement.get("Sid"))


@given(policies.documents(), OURS, st.sampled_from([[], [READS], [READS, LISTS], [LISTS, READS]]))
def test_both_edit_a_document_alike(document: dict[str, object], ours: list[object], wanted: list[object]) -> None:
    document = {**document, "Statement": [*documents.statements(document), *ours]}  # type: ignore[arg-type]
    edit = documents.edit(document, wanted, is_own, "aws")  # type: ignore[arg-type]
    edited = in_script.edited(document, wanted, PREFIX, "aws")  # type: ignore[arg-type]
    assert edited == edit.document
    assert (edited is not document) == edit.changed


@given(policies.documents(), OURS)
def test_a_file_is_merged_and_taken_back_without_a_trace(document: dict[str, object], ours: list[object]) -> None:
    with TemporaryDirectory() as folder:
        live, wanted, new, back = (str(Path(folder) / name) for name in ("live", "wanted", "new", "back"))
        Path(live).write_text(json.dumps(document))
        in_script.write(wanted, documents.new_document([READS, LISTS]))
        assert in_script.merge(live, wanted, PREFIX, "aws", new) == "changed"
        assert in_script.merge(new, wanted, PREFIX, "aws", back) == "same"
        assert in_script.equal(live, new, "aws") == "different"
        assert in_script.foreign(live, PREFIX) == in_script.foreign(new, PREFIX)
        left = in_script.merge(new, "", PREFIX, "aws", back)
        assert left == ("changed" if documents.statements(document) else "empty")  # type: ignore[arg-type]
        assert documents.same_document(Path(back).read_text(), Path(live).read_text(), "aws")
        del ours


@given(st.binary(max_size=40) | st.sampled_from(["NaN", "1e999", "0.1000000000000000055", '{"a": 1, "a": 1}']))
def test_both_refuse_what_could_be_misunderstood(text: bytes | str) -> None:
    inner = text if isinstance(text, str) else text.decode("latin-1")
    for whole in (inner, f'{{"Statement": [], "Id": {inner}}}'):
        if not whole.strip():
            continue
        with TemporaryDirectory() as folder:
            path = Path(folder) / "live"
            path.write_text(whole, encoding="utf-8")
            try:
                expected = documents.parse(whole)
            except DocumentError:
                with pytest.raises(SystemExit):
                    in_script.parse(str(path))
            else:
                assert in_script.parse(str(path)) == expected


@given(WORDS)
def test_both_keep_the_same_ledger(words: set[str]) -> None:
    tags = ownership.write_ledger(words)
    encoded = in_script.ledger(tags)
    assert in_script.packed(encoded) == tags
    assert ownership.read_ledger(in_script.packed(encoded)) == words


def test_it_runs_on_an_old_python_and_imports_nothing_of_the_program() -> None:
    tree = ast.parse(Path(in_script.__file__).read_text(), feature_version=(3, 7))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported <= {"__future__", "json", "re", "sys", "collections", "decimal", "typing"}
