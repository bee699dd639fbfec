"""How many calls the main job makes, and how many of them one after the other."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from personalize_perms.aws.account import open_account
from personalize_perms.aws.session import AwsSession
from personalize_perms.engine import observe, planner
from personalize_perms.engine.executor import Executor
from personalize_perms.engine.journal import Journal
from personalize_perms.model.changes import Change, Outcome, Status
from personalize_perms.model.names import S3Location
from personalize_perms.model.settings import Settings, Workflow
from personalize_perms.templates import Templates

LATENCY = 0.2
FOREIGN = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*",'
    '"Resource":"arn:aws:s3:::%s/*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}'
)
BUCKETS = ("acme-input", "acme-output")
SETTINGS = Settings(
    inputs=(S3Location(bucket=BUCKETS[0]),),
    outputs=(S3Location(bucket=BUCKETS[1]),),
    workflows=(Workflow.IMPORT, Workflow.EXPORT),
    attach_groups=("data-science",),
)


class Calls:
    """Counts the calls of one run, each slowed down, and the longest chain of calls that waited for each other."""

    def __init__(self) -> None:
        self.spans: list[tuple[float, float]] = []
        self._lock = threading.Lock()

    def slow_down(self, **_: object) -> None:
        start = time.monotonic()
        time.sleep(LATENCY)
        with self._lock:
            self.spans.append((start, time.monotonic()))

    @property
    def depth(self) -> int:
        depths: list[tuple[float, int]] = []
        for start, end in sorted(self.spans):
            depths.append((end, 1 + max((depth for ended, depth in depths if ended <= start), default=0)))
        return max(depth for _, depth in depths)


class Silent:
    def finished(self, outcome: Outcome) -> None:
        assert outcome.status is Status.DONE, outcome

    def waiting(self, change: Change, why: str, elapsed: float, limit: float) -> None:
        raise AssertionError(f"nothing should wait here: {why}")


@contextmanager
def account_with_two_encrypted_buckets() -> Iterator[None]:
    with mock_aws():
        key = boto3.client("kms").create_key()["KeyMetadata"]["Arn"]
        s3 = boto3.client("s3")
        default = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}
        for bucket in BUCKETS:
            s3.create_bucket(Bucket=bucket)
            s3.put_bucket_policy(Bucket=bucket, Policy=FOREIGN % bucket)
            s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [default]})
        boto3.client("iam").create_group(GroupName="data-science")
        yield


def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> tuple[Calls, int]:
    calls = Calls()
    prepare = AwsSession._prepare

    def slowed(self: AwsSession, client: object, service: str) -> None:
        prepare(self, client, service)  # type: ignore[arg-type]
        client.meta.events.register("before-call", calls.slow_down)  # type: ignore[attr-defined]

    with monkeypatch.context() as patched:
        patched.setattr(AwsSession, "_prepare", slowed)
        account = open_account(AwsSession(None, None), None)
        seen = observe.observe(account, SETTINGS, Templates.load(None))
        plan = planner.plan(seen.desired, seen.live, seen.refusals)
        assert not plan.refusals
        if plan.writes:
            journal = Journal.open(plan, tmp_path, command="apply")
            Executor(account, journal, Silent()).apply(plan)
            journal.close()
    return calls, len(plan.writes)


def depths(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> tuple[int, int]:
    """The round trips of a fresh run and of the one after it."""
    with account_with_two_encrypted_buckets():
        fresh, written = run(monkeypatch, tmp_path)
        assert written == 8
        assert len(fresh.spans) <= 45
        again, written = run(monkeypatch, tmp_path)
        assert written == 0
        assert len(again.spans) <= 16
    return fresh.depth, again.depth


def test_the_main_job_takes_few_calls_and_fewer_round_trips(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    # A busy machine makes calls look as if they had waited for each other, never the other way round.
    found = []
    for number in range(4):
        found.append(depths(monkeypatch, tmp_path / str(number)))
        if min(fresh for fresh, _ in found) <= 6 and min(again for _, again in found) <= 3:
            break
    assert min(fresh for fresh, _ in found) <= 6, found
    assert min(again for _, again in found) <= 3, found
