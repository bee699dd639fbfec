"""The places where a test can break a run: before a call, after it with the answer lost, after the answer."""

import signal
import subprocess
import sys

import pytest
from account import DATA
from fake_aws import REGION, FakeAws

from strict.clients import Clients

# To the server it is the program: it makes two buckets and says so.
CHILD = f"""
import boto3
from botocore.config import Config
config = Config(user_agent_extra="personalize-perms/0", retries={{"total_max_attempts": 1}})
s3 = boto3.client("s3", config=config)
for name in ("acme-one", "acme-two"):
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={{"LocationConstraint": "{REGION}"}})
    print(name, flush=True)
"""


@pytest.fixture
def child(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    return [sys.executable, "-c", CHILD]


def buckets(plain: Clients) -> list[str]:
    return [bucket["Name"] for bucket in plain.s3.list_buckets()["Buckets"]]


@pytest.mark.parametrize(
    ("moment", "made", "said"),
    [("before", ["acme-one"], "acme-one\n"), ("lost", ["acme-one", "acme-two"], "acme-one\n")],
)
def test_a_process_is_killed_at_a_call(
    moment: str, made: list[str], said: str, aws: FakeAws, plain: Clients, child: list[str]
) -> None:
    aws.at(2, moment, aws.kill)
    with subprocess.Popen(child, stdout=subprocess.PIPE, text=True) as process:
        aws.pid = process.pid
        out, _ = process.communicate(timeout=60)
    assert (process.returncode, out) == (-signal.SIGKILL, said)
    assert buckets(plain) == made
    assert len(aws.calls) == 2


def test_what_is_done_after_the_answer_comes_after_it(aws: FakeAws, plain: Clients, child: list[str]) -> None:
    seen: list[list[str]] = []
    aws.at(1, "answered", lambda: seen.append(buckets(plain)))
    done = subprocess.run(child, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "acme-one\nacme-two\n")
    assert seen[0][0] == "acme-one"


def test_an_action_without_an_answer_lets_the_call_through_and_one_with_an_answer_replaces_it(
    aws: FakeAws, plain: Clients, child: list[str]
) -> None:
    here = {"CreateBucketConfiguration": {"LocationConstraint": REGION}}
    aws.at(1, "before", lambda: plain.s3.create_bucket(Bucket=DATA, **here) and None)
    aws.at(2, "before", lambda: (503, "<Error><Code>SlowDown</Code><Message>later</Message></Error>"))
    done = subprocess.run(child, capture_output=True, text=True, timeout=60)
    assert "SlowDown" in done.stderr
    assert buckets(plain) == [DATA, "acme-one"]


def test_calls_are_counted_from_the_last_clearing(aws: FakeAws, plain: Clients, child: list[str]) -> None:
    subprocess.run(child, capture_output=True, timeout=60)
    aws.calls.clear()
    aws.at(1, "before", lambda: (0, ""))
    done = subprocess.run(child, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "acme-one" in done.stderr
    assert len(aws.calls) == 1


def test_without_a_process_nothing_can_be_killed(aws: FakeAws) -> None:
    with pytest.raises(AssertionError, match="pid"):
        aws.kill()


def test_the_documents_of_others_are_theirs(aws: FakeAws, plain: Clients, child: list[str]) -> None:
    """A client of somebody else is neither counted nor held to any rule."""
    subprocess.run(child, capture_output=True, timeout=60)
    counted = len(aws.calls)
    plain.s3.put_bucket_policy(Bucket="acme-one", Policy="no JSON")
    assert plain.s3.get_bucket_policy(Bucket="acme-one")["Policy"] == "no JSON"
    assert len(aws.calls) == counted
