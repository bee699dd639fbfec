"""A central bucket and key that serve many accounts: one merged statement set, undoable, and provably shut."""

import json
import shutil
from pathlib import Path

import pytest
from account import DATA, SERVICE, Account, Document, Program, Run, document, root_keeps, sids
from fake_aws import ACCOUNT, REGION

CHECKOUT = Path(__file__).parents[2]
ORG = "o-a1b2c3d4e5"
ONE, OTHER = "111122223333", "444455556666"
FOREIGN = {
    "Sid": "Foreign",
    "Effect": "Allow",
    "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
    "Action": "s3:GetObject",
    "Resource": f"arn:aws:s3:::{DATA}/*",
}
INPUT = ("--name", "central", "--input", f"s3://{DATA}/in/")
OF_ORG = (*INPUT, "--serve-org", ORG, "--role-path", "/personalize/")
OF_TWO = (*INPUT, "--serve-account", ONE, "--serve-account", OTHER, "--role-name", "reader")


def for_roles(policy: Document) -> list[Document]:
    return [one for one in policy["Statement"] if "AWS" in one["Principal"] and one["Sid"].startswith("central")]


def for_service(policy: Document) -> list[Document]:
    return [one for one in policy["Statement"] if one["Principal"] == {"Service": SERVICE}]


def shut(run: Run) -> dict[tuple[str, str], str]:
    return {(one["resource"], one["who"]): one["verdict"] for one in run.data["shut"]}


def test_an_organisation_gets_one_statement_set_by_path_and_undo_takes_it_back(
    account: Account, program: Program
) -> None:
    account.bucket(policy=document(FOREIGN))
    key = account.key()
    before = account.meaning()
    words = (*OF_ORG, "--kms-key", key)
    program.converges(*words)
    for policy in (account.bucket_policy(), account.key_policy(key)):
        for one in for_roles(policy):
            assert one["Principal"] in ({"AWS": "*"}, {"AWS": ["*"]})
            assert one["Condition"]["StringEquals"] == {"aws:PrincipalOrgID": ORG}
            assert one["Condition"]["ArnLike"] == {"aws:PrincipalArn": "arn:aws:iam::*:role/personalize/*"}
        assert for_roles(policy)
        assert for_service(policy)
    assert account.roles() == set()
    assert account.policies() == set()
    program.json("undo", "--yes", *words)
    assert account.meaning() == before


def test_roles_that_are_named_are_listed_as_principals(account: Account, program: Program) -> None:
    account.bucket(policy=document(FOREIGN))
    program.converges(*OF_TWO)
    (statement,) = for_roles(account.bucket_policy())
    assert set(statement["Principal"]["AWS"]) == {f"arn:aws:iam::{one}:role/reader" for one in (ONE, OTHER)}
    assert "Condition" not in statement


def test_a_path_in_chosen_accounts_names_the_accounts_and_picks_their_roles(account: Account, program: Program) -> None:
    account.bucket()
    program.converges(*INPUT, "--serve-account", ONE, "--serve-account", OTHER, "--role-path", "/personalize/")
    (statement,) = for_roles(account.bucket_policy())
    assert set(statement["Principal"]["AWS"]) == {f"arn:aws:iam::{one}:root" for one in (ONE, OTHER)}
    assert statement["Condition"] == {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/personalize/*"}}


def test_accounts_of_an_organisation_are_both_demanded(account: Account, program: Program) -> None:
    account.bucket()
    program.converges(*OF_ORG, "--serve-account", ONE, "--serve-account", OTHER)
    (statement,) = for_roles(account.bucket_policy())
    assert statement["Condition"]["StringEquals"]["aws:PrincipalOrgID"] == ORG
    assert set(statement["Condition"]["StringEquals"]["aws:PrincipalAccount"]) == {ONE, OTHER}


def test_another_account_joins_the_same_statements(account: Account, program: Program) -> None:
    account.bucket(policy=document(FOREIGN))
    program.apply(*INPUT, "--serve-account", ONE, "--role-name", "reader")
    first = sids(account.bucket_policy())
    program.apply(*OF_TWO)
    assert sids(account.bucket_policy()) == first


def test_source_conditions_name_every_served_account(account: Account, program: Program) -> None:
    account.bucket()
    program.converges(*OF_TWO, "--source-conditions", "all")
    (statement,) = for_service(account.bucket_policy())
    assert set(statement["Condition"]["StringEquals"]["aws:SourceAccount"]) == {ONE, OTHER}
    (patterns,) = (keys["aws:SourceArn"] for keys in statement["Condition"].values() if "aws:SourceArn" in keys)
    assert set(patterns) == {f"arn:aws:personalize:{REGION}:{one}:*" for one in (ONE, OTHER)}


def test_source_conditions_name_the_organisation(account: Account, program: Program) -> None:
    account.bucket()
    program.converges(*OF_ORG, "--source-conditions", "all")
    (statement,) = for_service(account.bucket_policy())
    assert statement["Condition"] == {"StringEquals": {"aws:SourceOrgID": ORG}}


def test_too_many_roles_for_a_bucket_policy_are_refused_with_the_way_out(account: Account, program: Program) -> None:
    account.bucket()
    many = [word for number in range(600) for word in ("--serve-account", f"1{number:011}")]
    run = program.json("apply", "--yes", *INPUT, "--role-name", "reader", *many)
    assert (run.code, run.written) == (1, [])
    assert run.errors[0]["code"] == "limit"
    assert "--serve-org" in run.errors[0]["hint"]
    program.converges(*OF_ORG)


@pytest.mark.parametrize(
    ("words", "closed"),
    [
        (
            OF_ORG,
            {
                "the same role outside the organisation",
                "another role of a served account",
                "another service (glue.amazonaws.com)",
            },
        ),
        (
            (*OF_TWO, "--source-conditions", "all", "--hardening", "strict"),
            {
                "the same role of an account that is not served",
                "another role of a served account",
                "another service (glue.amazonaws.com)",
                "Amazon Personalize for an account that is not served",
            },
        ),
    ],
)
def test_what_stays_shut_is_shown(account: Account, program: Program, words: tuple[str, ...], closed: set[str]) -> None:
    account.bucket(policy=document(FOREIGN))
    key = account.key()
    run = program.json("plan", *words, "--kms-key", key)
    assert shut(run) == {(where, who): "denied" for where in (DATA, key) for who in closed}
    text = program.run("plan", *words, "--kms-key", key).out
    assert all(f"denied   {DATA}: {who}" in text for who in closed)


def test_a_statement_of_others_that_lets_strangers_in_is_found(account: Account, program: Program) -> None:
    anybody = {**FOREIGN, "Sid": "Anybody", "Principal": "*"}
    account.bucket(policy=document(anybody))
    run = program.json("plan", *OF_ORG)
    assert shut(run)[DATA, "the same role outside the organisation"] == "allowed"
    assert "Anybody" in run.findings["open-beyond-served"]["reason"]
    assert "open-beyond-served" in program.json("check", *OF_ORG).findings


def test_an_account_that_a_statement_of_others_names_is_asked_about(account: Account, program: Program) -> None:
    stranger = "arn:aws:iam::999900001111:root"
    account.bucket(policy=document({**FOREIGN, "Sid": "Named", "Principal": {"AWS": stranger}}))
    verdicts = shut(program.json("plan", *OF_ORG))
    assert [verdict for (_, who), verdict in verdicts.items() if "999900001111" in who] == ["allowed"]


def test_conditions_of_own_templates_stay_beside_those_of_the_served(program: Program, tmp_path: Path) -> None:
    shutil.copytree(CHECKOUT / "policies", tmp_path / "own")
    for path in (tmp_path / "own" / "bucket").glob("*.json"):
        reviewed = json.loads(path.read_text())
        for statement in reviewed["Statement"]:
            statement["Condition"] = {"Bool": {"aws:SecureTransport": "true"}}
        path.write_text(json.dumps(reviewed, indent=2) + "\n")
    offline = ("--dry-run", "--offline", "--account", ACCOUNT, "--region", REGION)
    own = ("--policies-dir", str(tmp_path / "own"), "--source-conditions", "all")
    run = program.json("apply", *offline, *own, *OF_ORG)
    (policy,) = [one["document"] for one in run.data["documents"] if one["kind"] == "bucket-policy"]
    assert {one["Condition"]["Bool"]["aws:SecureTransport"] for one in policy["Statement"]} == {"true"}
    assert all(len(one["Condition"]) > 1 for one in policy["Statement"])


def test_offline_shows_the_documents_and_what_they_shut_without_a_call(account: Account, program: Program) -> None:
    run = program.json("apply", "--dry-run", "--offline", "--account", ACCOUNT, "--region", REGION, *OF_ORG)
    assert (run.code, run.calls) == (0, ())
    assert set(shut(run).values()) == {"denied"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((*INPUT, "--serve-account", ONE), "--role-name"),
        (("--serve-account", ONE, "--role-name", "x"), "--input"),
        ((*OF_TWO, "--attach-user", "ada"), "--attach-user"),
        ((*OF_ORG, "--kms-access", "grant"), "--kms-access grant is for one role"),
        ((*INPUT, "--serve-account", ACCOUNT, "--role-name", "x"), "is this account"),
        ((*INPUT, "--serve-account", ONE, "--role-arn", f"arn:aws:iam::{OTHER}:role/x"), "is not of the account"),
        ((*INPUT, "--role-arn", f"arn:aws:iam::{OTHER}:role/x"), f"is of the account {OTHER}"),
    ],
)
def test_settings_that_do_not_fit_are_refused(
    account: Account, program: Program, words: tuple[str, ...], said: str
) -> None:
    account.bucket()
    run = program.json("apply", "--yes", *words)
    assert (run.code, run.written) == (2, [])
    assert said in json.dumps(run.errors)


def test_one_role_of_another_account_may_get_a_grant(account: Account, program: Program) -> None:
    key = account.key()
    role = f"arn:aws:iam::{ONE}:role/reader"
    words = ("--name", "central", "--kms-key", key, "--serve-account", ONE, "--role-arn", role, "--kms-access", "grant")
    program.converges(*words)
    assert [grant["GranteePrincipal"] for grant in account.grants(key)] == [role]
    assert for_roles(account.key_policy(key)) == []
    program.json("undo", "--yes", *words)
    assert account.grants(key) == []
    assert account.key_policy(key)["Statement"] == document(root_keeps())["Statement"]
