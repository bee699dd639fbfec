"""Buckets and keys of another account: our half is made, the owner's half is handed over and never claimed."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from account import Document, Program, Run
from two_accounts import OURS, OWNERS, REGION, TwoAccounts

DATA, KEY_ADMIN = "owners-data", {"AWS": f"arn:aws:iam::{OWNERS}:root"}
ROLE = f"arn:aws:iam::{OURS}:role/personalize-service-role"
THEIRS = {
    "Sid": "Theirs",
    "Effect": "Allow",
    "Principal": KEY_ADMIN,
    "Action": "s3:GetObject",
    "Resource": f"arn:aws:s3:::{DATA}/*",
}


@pytest.fixture(scope="module")
def servers() -> Iterator[TwoAccounts]:
    fake = TwoAccounts()
    yield fake
    fake.stop()


class Two:
    """Both accounts, and the program run in either of them."""

    def __init__(
        self, server: TwoAccounts, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.server = server
        self._monkeypatch = monkeypatch
        self._program = Program(server, capsys)  # type: ignore[arg-type]
        self.s3 = server.client("s3", OWNERS)
        self.kms = server.client("kms", OWNERS)
        self.iam = server.client("iam", OURS)
        self.s3.create_bucket(Bucket=DATA, CreateBucketConfiguration={"LocationConstraint": REGION})
        self.s3.put_bucket_policy(Bucket=DATA, Policy=json.dumps({"Version": "2012-10-17", "Statement": [THEIRS]}))

    def run(self, account: str, *words: str) -> Run:
        for name, value in self.server.credentials(account).items():
            self._monkeypatch.setenv(name, value)
        self.server.sent.clear()
        return self._program.json(*words)

    def text(self, account: str, *words: str) -> Run:
        for name, value in self.server.credentials(account).items():
            self._monkeypatch.setenv(name, value)
        return self._program.run(*words)

    def key(self) -> str:
        root = {"Sid": "Root", "Effect": "Allow", "Principal": KEY_ADMIN, "Action": "kms:*", "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [root]})
        return self.kms.create_key(Policy=policy)["KeyMetadata"]["Arn"]

    @property
    def bucket_policy(self) -> Document:
        return json.loads(self.s3.get_bucket_policy(Bucket=DATA)["Policy"])

    def key_policy(self, arn: str) -> Document:
        return json.loads(self.kms.get_key_policy(KeyId=arn, PolicyName="default")["Policy"])

    def role_statements(self) -> list[Document]:
        arn = f"arn:aws:iam::{OURS}:policy/personalize-service-access"
        version = self.iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        document = self.iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
        return document["Statement"]

    def hand_over(self, run: Run) -> str:
        """Give the owner the settings file of a run; return its name."""
        (half,) = run.data["owners_halves"]
        name = "owner.toml"
        Path(name).write_text(half["settings_file"])
        return name


@pytest.fixture
def two(
    servers: TwoAccounts,
    own_environment: None,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Two:
    servers.reset()
    monkeypatch.setenv("AWS_ENDPOINT_URL", servers.url)
    monkeypatch.setenv("AWS_REGION", REGION)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setattr("personalize_perms.engine.pace._FIRST_PAUSE", 0.01)
    return Two(servers, capsys, monkeypatch)


INPUT = ("--input", f"s3://{DATA}/in/")
DECLARED = (*INPUT, "--bucket-owner", f"{DATA}={OWNERS}")


def test_a_bucket_of_another_account_is_told_from_one_that_may_not_be_read(two: Two) -> None:
    run = two.run(OURS, "apply", "--yes", *INPUT)
    assert run.code == 1
    (blocked,) = [change for change in run.data["changes"] if change["action"] == "blocked"]
    assert (blocked["kind"], blocked["resource"]) == ("bucket-policy", DATA)
    assert "none of this account's" in blocked["reason"]
    assert f"--bucket-owner {DATA}=ACCOUNT" in run.errors[0]["hint"]
    assert run.data["owners_halves"][0]["account"] is None
    assert two.role_statements(), "our half was not made"
    assert two.bucket_policy["Statement"] == [THEIRS]


def test_our_half_is_made_and_the_owners_half_is_handed_over(two: Two) -> None:
    run = two.run(OURS, "apply", "--yes", *DECLARED)
    assert run.code == 0, run.err
    assert "works once the owner's half is" in run.err
    assert "is granted what it needs" not in run.err
    (half,) = run.data["owners_halves"]
    assert half["account"] == OWNERS
    finding = run.findings["other-account"]
    assert (finding["verdict"], finding["resource"]) == ("unknown", DATA)
    assert two.bucket_policy["Statement"] == [THEIRS]
    assert {sent.expected_owner for sent in two.server.sent if sent.about == DATA} == {OWNERS}


def test_the_owners_settings_file_makes_exactly_what_was_shown_and_undo_takes_it_back(two: Two) -> None:
    key = two.key()
    before = two.key_policy(key)
    ours = two.run(OURS, "apply", "--yes", *DECLARED, "--kms-key", key)
    assert ours.code == 0, ours.err
    file = two.hand_over(ours)
    shown = {entry["to"]: entry["statements"] for entry in ours.data["owners_halves"][0]["statements"]}

    done = two.run(OWNERS, "apply", "--yes", "-c", file)
    assert done.code == 0, done.err
    assert two.bucket_policy["Statement"] == [THEIRS, *shown[f"bucket policy {DATA}"]]
    assert two.key_policy(key)["Statement"] == [*before["Statement"], *shown[f"key policy {key}"]]
    assert not two.server.client("iam", OWNERS).list_roles()["Roles"]

    again = two.run(OWNERS, "apply", "--yes", "-c", file)
    assert (again.code, {change["action"] for change in again.data["changes"]}) == (0, {"keep"})
    assert two.run(OWNERS, "check", "-c", file, "--fail-on", "low").findings.keys() == {
        "served-without-source-conditions"
    }

    undone = two.run(OWNERS, "undo", "--yes", "-c", file)
    assert undone.code == 0, undone.err
    assert two.bucket_policy["Statement"] == [THEIRS]
    assert two.key_policy(key) == before


def test_the_owner_can_undo_on_another_machine(two: Two, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    key = two.key()
    file = two.hand_over(two.run(OURS, "plan", *DECLARED, "--kms-key", key))
    assert two.run(OWNERS, "apply", "--yes", "-c", file).code == 0
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "elsewhere"))
    assert two.run(OWNERS, "undo", "--yes", "-c", file).code == 0
    assert two.bucket_policy["Statement"] == [THEIRS]
    assert len(two.key_policy(key)["Statement"]) == 1


def test_check_says_unknown_of_what_only_the_owner_can_see(two: Two) -> None:
    key = two.key()
    words = (*DECLARED, "--kms-key", key)
    assert two.run(OURS, "apply", "--yes", *words).code == 0
    run = two.run(OURS, "check", *words)
    assert run.code == 0, run.data["findings"]
    assert {finding["verdict"] for finding in run.data["findings"]} == {"unknown"}
    assert {link["verdict"] for link in run.data["links"] if link["resource"] in (DATA, key)} == {"unknown"}
    assert two.run(OURS, "check", *words, "--fail-on", "unknown").code == 3


def test_check_says_denied_where_our_own_half_is_missing(two: Two) -> None:
    key = two.key()
    words = (*DECLARED, "--kms-key", key)
    assert two.run(OURS, "apply", "--yes", *words).code == 0
    arn = f"arn:aws:iam::{OURS}:policy/personalize-service-access"
    two.iam.detach_role_policy(RoleName="personalize-service-role", PolicyArn=arn)
    run = two.run(OURS, "check", *words)
    assert run.code == 3
    verdicts = {link["resource"]: link["verdict"] for link in run.data["links"] if link["principal"] == ROLE}
    # A grant, which only the key's owner can list, would let the role to the key without a policy of its own.
    assert (verdicts[DATA], verdicts[key]) == ("denied", "unknown")


def test_a_key_of_another_account_is_in_the_roles_own_policy_also_for_imports(two: Two) -> None:
    key = two.key()
    two.run(OURS, "apply", "--yes", *DECLARED, "--kms-key", key)
    (of_key,) = [one for one in two.role_statements() if one["Resource"] in (key, [key])]
    assert set(of_key["Action"]) == {
        f"kms:{name}" for name in ("CreateGrant", "Decrypt", "DescribeKey", "GenerateDataKey", "ListGrants")
    }


def test_conditions_of_the_owners_half_name_the_account_that_uses_personalize(two: Two) -> None:
    run = two.run(OURS, "plan", *DECLARED, "--source-conditions", "all", "--hardening", "strict")
    statements = run.data["owners_halves"][0]["statements"][0]["statements"]
    for_service = [one for one in statements if "Service" in one["Principal"]]
    for_role = [one for one in statements if "AWS" in one["Principal"]]
    assert {one["Condition"]["StringEquals"]["aws:SourceAccount"] for one in for_service} == {OURS}
    assert all(one["Principal"]["AWS"] == [ROLE] and "Condition" not in one for one in for_role)
    assert OWNERS not in json.dumps(statements)


def test_the_owner_cannot_take_the_name_of_a_set_up_of_its_own(two: Two) -> None:
    own = "owners-own"
    two.s3.create_bucket(Bucket=own, CreateBucketConfiguration={"LocationConstraint": REGION})
    assert two.run(OWNERS, "apply", "--yes", "--input", f"s3://{own}/").code == 0
    words = ("--input", f"s3://{own}/", "--serve-account", OURS, "--role-name", "x")
    for command in ("apply", "undo"):
        refused = two.run(OWNERS, command, "--yes", *words)
        assert refused.code == 2
        assert "others cannot be served under it" in refused.errors[0]["message"]


def test_our_undo_leaves_the_owners_bucket_to_its_owner(two: Two) -> None:
    assert two.run(OURS, "apply", "--yes", *DECLARED).code == 0
    run = two.run(OURS, "undo", "--yes")
    assert run.code == 0, run.err
    assert DATA in {finding["resource"] for finding in run.data["findings"]}
    assert not two.iam.list_policies(Scope="Local")["Policies"]
    assert two.bucket_policy["Statement"] == [THEIRS]


def test_the_settings_file_says_what_was_shown_to_people(two: Two) -> None:
    run = two.text(OURS, "plan", *DECLARED)
    assert f"owner-{OWNERS}.toml" in run.out
    assert f'serve-account = ["{OURS}"]' in run.out
    assert f"personalize-perms export aws-cli -c owner-{OWNERS}.toml --offline --account {OWNERS}" in run.out


def test_a_declared_bucket_that_is_nowhere_refuses_the_run(two: Two) -> None:
    run = two.run(OURS, "apply", "--yes", "--input", "s3://nowhere/", "--bucket-owner", f"nowhere={OWNERS}")
    assert (run.code, run.errors[0]["code"]) == (1, "not-found")
