"""Nobody is locked out: the guards of AWS are never skipped, and whoever could administer a key still can."""

from account import DATA, RESULTS, Account, Program, document, root_keeps
from fake_aws import FakeAws

SETTINGS = (
    *("--input", f"s3://{DATA}/in/", "--workflow", "import", "--workflow", "export"),
    *("--output", f"s3://{RESULTS}/out/", "--kms-key", "alias/data"),
)


def test_no_call_skips_a_guard_of_aws(account: Account, aws: FakeAws, program: Program) -> None:
    account.bucket(DATA)
    account.bucket(RESULTS)
    key = account.key(document(root_keeps()))
    account.kms.create_alias(AliasName="alias/data", TargetKeyId=key)
    runs = [
        program.apply(*SETTINGS),
        program.apply(*SETTINGS, "--kms-access", "grant", "--hardening", "strict"),
        program.json("undo", "--yes", *SETTINGS),
    ]
    assert [run.code for run in runs] == [0, 0, 0]
    written = [name for run in runs for name in run.written]
    assert {"PutKeyPolicy", "PutBucketPolicy", "DeleteBucketPolicy", "CreateGrant", "RevokeGrant"} <= set(written)
    assert aws.strict.breaches == []
    assert account.key_policy(key)["Statement"] == [root_keeps()]


def test_a_key_that_only_our_statement_would_be_left_on_is_not_touched(account: Account, program: Program) -> None:
    account.bucket(DATA)
    key = account.key(document(root_keeps()))
    account.kms.create_alias(AliasName="alias/data", TargetKeyId=key)
    program.apply("--input", f"s3://{DATA}/in/", "--kms-key", "alias/data")
    ours = [statement for statement in account.key_policy(key)["Statement"] if statement["Sid"] != "Root"]
    account.put_key_policy(key, document(*ours))
    done = program.json("undo", "--yes")
    assert done.code == 1
    assert ("key-policy", key) in done.changes("blocked")
    assert account.key_policy(key)["Statement"] == ours
