"""Writes that meet faults: none is sent blindly again, and "done" is what was read back."""

import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest

from personalize_perms import documents
from personalize_perms.aws.errors import AwsError, Fault
from personalize_perms.engine.chain import unseal
from personalize_perms.engine.executor import Executor
from personalize_perms.engine.journal import Journal
from personalize_perms.engine.operations import Operations
from personalize_perms.engine.pace import DEADLINE, Clock
from personalize_perms.model.caller import Caller
from personalize_perms.model.changes import Action, Change, Outcome, Plan, Status, Wave
from personalize_perms.model.errors import AccessDenied
from personalize_perms.model.live import Absent, PolicyEntities, Present, Read, Unreadable
from personalize_perms.model.names import AccountId
from personalize_perms.model.operations import (
    Attach,
    CreateRole,
    DeletePolicyVersion,
    DeleteRole,
    Detach,
    PutBucketPolicy,
    UpdateTrust,
)
from personalize_perms.model.resources import PrincipalKind
from personalize_perms.model.settings import Place

CALLER = Caller(place=Place(account=AccountId("111122223333"), region="eu-west-1", partition="aws"), arn="")
FOREIGN = {"Sid": "Theirs", "Effect": "Deny"}
OURS = {"Sid": "Ours", "Effect": "Allow"}
BEFORE = json.dumps({"Version": "2012-10-17", "Statement": [FOREIGN]})
AFTER = json.dumps({"Version": "2012-10-17", "Statement": [FOREIGN, OURS]})


def fault(kind: Fault) -> AwsError:
    return AwsError(kind, code=kind, message="so it goes", action="s3:PutBucketPolicy", resource="b")


@dataclass
class FakeS3:
    """One bucket policy; `script` says what each write does: nothing, a fault, or applied and then a fault."""

    text: str | None = BEFORE
    script: Iterator[object] = field(default_factory=lambda: iter(()))
    sent: int = 0
    stale: int = 0
    after_read: Callable[["FakeS3"], None] = lambda _: None

    def read_bucket_policy(self, _: str) -> Read[str]:
        if self.stale and self.text == AFTER:
            self.stale -= 1
            return Present(BEFORE)
        found: Read[str] = Present(self.text) if self.text is not None else Absent()
        self.after_read(self)
        return found

    def write_bucket_policy(self, op: PutBucketPolicy) -> None:
        self.sent += 1
        match next(self.script, "done"):
            case ("theirs", Fault() as kind, str() as theirs):
                self.text = theirs
                raise fault(kind)
            case ("applied", Fault() as kind):
                self.text = op.document_json
                raise fault(kind)
            case Fault() as kind:
                raise fault(kind)
            case _:
                self.text = op.document_json


class Time:
    def __init__(self) -> None:
        self.seconds = 0.0

    def clock(self) -> Clock:
        return Clock(now=lambda: self.seconds, wait=self.wait, jitter=lambda _, longest: longest)

    def wait(self, _: Event, seconds: float) -> None:
        self.seconds += seconds


class Heard:
    def __init__(self) -> None:
        self.waits: list[str] = []

    def finished(self, outcome: Outcome) -> None:
        pass

    def waiting(self, change: Change, why: str, elapsed: float, limit: float) -> None:
        self.waits.append(why)
        assert elapsed <= limit


def put(before: str | None = BEFORE, after: str | None = AFTER, wave: Wave = Wave.GRANT) -> Change:
    operation = PutBucketPolicy(bucket="b", before_json=before, document_json=after)
    return Change(action=Action.UPDATE, kind="bucket-policy", resource="b", reason="", operation=operation, wave=wave)


def apply(
    s3: FakeS3,
    tmp_path: Path,
    *changes: Change,
    iam: Any = None,
    time: Time | None = None,
    taking_back: bool = False,
) -> tuple[tuple[Outcome, ...], list[Any]]:
    account = SimpleNamespace(caller=CALLER, s3=s3, iam=iam, kms=None)
    plan = Plan(name="n", caller=CALLER, role_arn="", changes=changes or (put(),), documents=())
    journal = Journal.open(plan, tmp_path, command="apply")
    clock = (time or Time()).clock()
    outcomes = Executor(account, journal, Heard(), clock, taking_back=taking_back).apply(plan)  # type: ignore[arg-type]
    journal.close()
    return outcomes, [json.loads(record) for record in unseal(journal.path.read_bytes())[0]]


def test_a_write_is_journalled_before_it_is_sent_and_done_when_read_back(tmp_path: Path) -> None:
    s3 = FakeS3()
    (outcome,), journal = apply(s3, tmp_path)
    assert (outcome.status, s3.sent, s3.text) == (Status.DONE, 1, AFTER)
    header, intent, end = journal
    assert header["account"] == "111122223333"
    assert intent["operation"]["before_json"] == BEFORE
    assert end["outcome"] == "done"


def test_the_journal_is_private(tmp_path: Path) -> None:
    apply(FakeS3(), tmp_path / "state")
    (path,) = (tmp_path / "state").iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("kind", [Fault.THROTTLED, Fault.CONFLICT, Fault.UNKNOWN, Fault.UNREACHABLE])
def test_a_fault_that_passes_is_waited_for(kind: Fault, tmp_path: Path) -> None:
    s3 = FakeS3(script=iter([kind, kind]))
    (outcome,), _ = apply(s3, tmp_path)
    assert (outcome.status, s3.sent, s3.text) == (Status.DONE, 3, AFTER)


def test_an_answer_that_was_lost_after_the_write_is_settled_by_reading(tmp_path: Path) -> None:
    s3 = FakeS3(script=iter([("applied", Fault.UNKNOWN)]))
    (outcome,), _ = apply(s3, tmp_path)
    assert (outcome.status, s3.sent) == (Status.DONE, 1)


@pytest.mark.parametrize("kind", [Fault.DENIED, Fault.REFUSED, Fault.LIMIT, Fault.CREDENTIALS, Fault.NOT_YET])
def test_a_fault_that_does_not_pass_is_not_repeated(kind: Fault, tmp_path: Path) -> None:
    s3 = FakeS3(script=iter([kind] * 9))
    (outcome,), journal = apply(s3, tmp_path)
    assert (outcome.status, s3.sent, s3.text) == (Status.FAILED, 1, BEFORE)
    assert outcome.hint
    assert journal[-1]["outcome"] == "failed"


def test_throttling_ends_after_a_bounded_number_of_sends(tmp_path: Path) -> None:
    s3 = FakeS3(script=iter([Fault.THROTTLED] * 99))
    (outcome,), _ = apply(s3, tmp_path)
    assert outcome.status is Status.FAILED
    assert s3.sent <= 8


def test_a_document_that_changed_since_the_plan_is_left_alone(tmp_path: Path) -> None:
    s3 = FakeS3(text=json.dumps({"Version": "2012-10-17", "Statement": [FOREIGN, {"Sid": "New", "Effect": "Deny"}]}))
    (outcome,), _ = apply(s3, tmp_path)
    assert (outcome.status, s3.sent) == (Status.FAILED, 0)
    assert "changed by someone else" in outcome.message


def test_a_conflict_is_answered_by_reading_again_and_both_edits_are_kept(tmp_path: Path) -> None:
    theirs = json.dumps({"Version": "2012-10-17", "Statement": [FOREIGN, {"Sid": "New", "Effect": "Deny"}]})
    s3 = FakeS3(script=iter([("theirs", Fault.CONFLICT, theirs)]))
    (outcome,), journal = apply(s3, tmp_path)
    assert (outcome.status, s3.sent) == (Status.DONE, 2)
    assert s3.text is not None
    assert [statement["Sid"] for statement in json.loads(s3.text)["Statement"]] == ["Theirs", "New", "Ours"]
    intents = [line["operation"]["before_json"] for line in journal if "operation" in line]
    assert intents == [BEFORE, theirs]


def test_after_a_conflict_it_is_read_again_however_long_the_reading_before_took(tmp_path: Path) -> None:
    theirs = json.dumps({"Version": "2012-10-17", "Statement": [FOREIGN, {"Sid": "New", "Effect": "Deny"}]})
    time, s3 = Time(), FakeS3(script=iter([("theirs", Fault.CONFLICT, theirs)]))
    s3.after_read = lambda _: time.wait(Event(), 5.0)
    (outcome,), _ = apply(s3, tmp_path, time=time)
    assert outcome.status is Status.DONE
    assert "New" in str(s3.text)
    assert "Ours" in str(s3.text)


def test_an_edit_that_may_have_been_stored_before_it_was_made_again_is_journalled_as_perhaps_done(
    tmp_path: Path,
) -> None:
    theirs = json.dumps({"Version": "2012-10-17", "Statement": [FOREIGN, {"Sid": "New", "Effect": "Deny"}]})
    s3 = FakeS3(script=iter([("theirs", Fault.UNKNOWN, theirs)]))
    (outcome,), journal = apply(s3, tmp_path)
    assert (outcome.status, s3.sent) == (Status.DONE, 2)
    ends = [(line["outcome"], line["sent"]) for line in journal if "outcome" in line]
    assert ends == [("failed", True), ("done", False)]


def test_what_went_while_our_edit_met_another_one_is_told_and_not_made_anew(tmp_path: Path) -> None:
    class Going(FakeIam):
        texts = iter([BEFORE])

        def read_role(self, _: str) -> Read[Any]:
            text = next(self.texts, None)
            return Absent() if text is None else Present(SimpleNamespace(trust_json=text))

        def write_update_trust(self, _: UpdateTrust) -> None:
            raise fault(Fault.CONFLICT)

    operation = UpdateTrust(role_name="r", before_json=BEFORE, document_json=AFTER)
    change = Change(action=Action.UPDATE, kind="trust-policy", resource="r", reason="", operation=operation)
    (outcome,), _ = apply(FakeS3(), tmp_path, change, iam=Going())
    assert outcome.status is Status.FAILED
    assert "r is no longer there" in outcome.message


def test_an_old_answer_right_after_the_write_is_waited_out(tmp_path: Path) -> None:
    s3 = FakeS3(stale=4)
    (outcome,), _ = apply(s3, tmp_path)
    assert (outcome.status, s3.sent) == (Status.DONE, 1)


def test_a_write_that_never_shows_is_not_called_done(tmp_path: Path) -> None:
    s3 = FakeS3(stale=10_000)
    (outcome,), _ = apply(s3, tmp_path)
    assert (outcome.status, s3.sent) == (Status.FAILED, 1)
    assert f"{DEADLINE:.0f}" in outcome.message or "does not show" in outcome.message


def test_a_colleagues_addition_after_ours_does_not_make_ours_undone(tmp_path: Path) -> None:
    both = json.dumps({"Version": "2012-10-17", "Statement": [OURS, {"Sid": "New", "Effect": "Deny"}, FOREIGN]})

    def add(s3: FakeS3) -> None:
        if s3.sent:
            s3.text = both

    s3 = FakeS3(after_read=add)
    s3.script = iter([("applied", Fault.UNKNOWN)])
    (outcome,), _ = apply(s3, tmp_path)
    assert (outcome.status, s3.sent) == (Status.DONE, 1)


def test_the_last_statement_goes_with_the_policy_and_an_absent_one_is_fine(tmp_path: Path) -> None:
    only_ours = json.dumps(documents.new_document([OURS]))
    s3 = FakeS3(text=only_ours, script=iter([("applied", Fault.ABSENT)]))
    (outcome,), _ = apply(s3, tmp_path, put(only_ours, None))
    assert (outcome.status, s3.text) == (Status.DONE, None)


def test_after_a_failure_later_waves_are_skipped_and_named(tmp_path: Path) -> None:
    s3 = FakeS3(script=iter([Fault.DENIED]))
    later = put(AFTER, BEFORE, wave=Wave.CLEAR)
    outcomes, _ = apply(s3, tmp_path, put(), later)
    assert [outcome.status for outcome in outcomes] == [Status.FAILED, Status.SKIPPED]
    assert "earlier change failed" in outcomes[1].message


@dataclass
class FakeIam:
    """One role; `tags` are those of whoever created it."""

    tags: dict[str, str] | None = None
    sent: int = 0

    def read_role(self, name: str) -> Read[Any]:
        if self.tags is None:
            return Absent()
        arn = f"arn:aws:iam::111122223333:role/{name}"
        return Present(SimpleNamespace(arn=arn, boundary_arn="", trust_json=AFTER, tags=self.tags))

    def write_create_role(self, op: CreateRole) -> None:
        self.sent += 1
        if self.tags is not None:
            raise fault(Fault.EXISTS)
        self.tags = dict(op.tags)


def create() -> Change:
    arn = "arn:aws:iam::111122223333:role/r"
    operation = CreateRole(
        name="r",
        arn=arn,
        path="/",
        description="",
        boundary_arn="",
        document_json=AFTER,
        tags={"personalize-perms": "n"},
    )
    return Change(action=Action.CREATE, kind="role", resource=arn, reason="", operation=operation, wave=Wave.PROVIDE)


def test_a_role_that_somebody_made_meanwhile_is_not_taken_for_ours(tmp_path: Path) -> None:
    iam = FakeIam(tags={"personalize-perms": "n", "personalize-perms:run": "another"})
    (outcome,), _ = apply(FakeS3(), tmp_path, create(), iam=iam)
    assert (outcome.status, iam.sent) == (Status.FAILED, 1)


def test_a_create_carries_the_run_that_made_it(tmp_path: Path) -> None:
    iam = FakeIam()
    (outcome,), journal = apply(FakeS3(), tmp_path, create(), iam=iam)
    assert outcome.status is Status.DONE
    assert iam.tags is not None
    assert iam.tags["personalize-perms:run"] == journal[0]["run"]


def test_a_role_that_is_not_visible_everywhere_is_waited_for_as_long_as_the_deadline(tmp_path: Path) -> None:
    s3 = FakeS3(script=iter([Fault.NOT_YET] * 20))
    outcomes, _ = apply(s3, tmp_path, create(), put(), iam=FakeIam())
    assert [outcome.status for outcome in outcomes] == [Status.DONE, Status.DONE]
    assert s3.sent == 21


def test_a_lost_answer_that_shows_a_little_late_is_not_sent_again(tmp_path: Path) -> None:
    s3 = FakeS3(script=iter([("applied", Fault.UNKNOWN)]), stale=2)
    (outcome,), _ = apply(s3, tmp_path)
    assert (outcome.status, s3.sent) == (Status.DONE, 1)


class AtOnce:
    """A pool whose calls are over when they are submitted: the quickest that threads can be."""

    def __init__(self, _: int) -> None:
        pass

    def shutdown(self, **_: object) -> None:
        pass

    def submit(self, call: Callable[..., None], *arguments: object) -> "Future[None]":
        future: Future[None] = Future()
        call(*arguments)
        future.set_result(None)
        return future


def test_a_change_that_is_read_back_at_once_does_not_stop_the_next_wave(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("personalize_perms.engine.executor.ThreadPoolExecutor", AtOnce)
    outcomes, _ = apply(FakeS3(), tmp_path, put(wave=Wave.GRANT), put(before=AFTER, after=None, wave=Wave.CLEAR))
    assert [outcome.status for outcome in outcomes] == [Status.DONE, Status.DONE]


def test_nothing_is_forgotten_until_everything_before_was_read_back(tmp_path: Path) -> None:
    s3 = FakeS3(stale=1000)
    outcomes, _ = apply(s3, tmp_path, put(wave=Wave.CLEAR), put(wave=Wave.FORGET))
    assert [outcome.status for outcome in outcomes] == [Status.FAILED, Status.SKIPPED]
    assert s3.sent == 1


@pytest.mark.parametrize(
    ("found", "landed"),
    [
        (Absent(), True),
        (Present(PolicyEntities(users=("ada",), groups=(), roles=())), False),
        (Present(PolicyEntities(users=("eve",), groups=(), roles=("ada",))), True),
    ],
    ids=["deleted meanwhile", "still attached", "detached"],
)
def test_a_policy_that_the_next_wave_deleted_is_attached_to_nobody(
    found: Read[PolicyEntities], *, landed: bool
) -> None:
    iam = SimpleNamespace(read_policy_entities=lambda _: found)
    operations = Operations(SimpleNamespace(caller=CALLER, iam=iam), "run")  # type: ignore[arg-type]
    detach = Detach(policy_arn="p", principal_kind=PrincipalKind.USER, principal_name="ada")
    assert operations.landed(detach) is landed


def test_what_may_not_be_read_back_is_said_at_once_and_not_called_undone() -> None:
    found = Unreadable(action="iam:ListEntitiesForPolicy", resource="p", reason="no")
    iam = SimpleNamespace(read_policy_entities=lambda _: found)
    operations = Operations(SimpleNamespace(caller=CALLER, iam=iam), "run")  # type: ignore[arg-type]
    attach = Attach(policy_arn="p", principal_kind=PrincipalKind.USER, principal_name="ada")
    with pytest.raises(AccessDenied, match="iam:ListEntitiesForPolicy"):
        operations.landed(attach)


def test_a_run_whose_journal_breaks_stops_and_tells_what_was_done(tmp_path: Path, monkeypatch: Any) -> None:
    written: list[int] = []
    write = os.write

    def full_disk(descriptor: int, data: bytes) -> int:
        written.append(len(data))
        if len(written) > 2:  # header and intent fit, the outcome does not
            raise OSError(28, "No space left on device")
        return write(descriptor, data)

    s3 = FakeS3()
    later = put(AFTER, BEFORE, wave=Wave.DELETE)
    monkeypatch.setattr(os, "write", full_disk)
    outcomes, _ = apply(s3, tmp_path, put(), later)
    assert outcomes[0].status is Status.DONE
    assert outcomes[1].status is not Status.DONE
    assert s3.sent == 1


def test_a_version_is_gone_with_its_policy() -> None:
    iam = SimpleNamespace(read_policy_versions=lambda _: Absent())
    operations = Operations(SimpleNamespace(caller=CALLER, iam=iam), "run")  # type: ignore[arg-type]
    assert operations.landed(DeletePolicyVersion(arn="p", version_id="v1"))


@pytest.mark.parametrize(
    ("gives", "takes"), [(Wave.PROVIDE, Wave.CLEAR), (Wave.GRANT, Wave.CLEAR), (Wave.CLEAR, Wave.DELETE)]
)
def test_nothing_is_taken_before_what_replaces_it_was_seen(gives: Wave, takes: Wave, tmp_path: Path) -> None:
    s3 = FakeS3(stale=10_000)  # the first write is accepted and never shows
    outcomes, _ = apply(s3, tmp_path, put(wave=gives), put(AFTER, BEFORE, wave=takes))
    assert [outcome.status for outcome in outcomes] == [Status.FAILED, Status.SKIPPED]
    assert s3.sent == 1


# Before the write


def test_the_document_is_read_between_the_intent_and_the_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    s3 = FakeS3(after_read=lambda _: seen.append("read"))
    write, intend = s3.write_bucket_policy, Journal.intend
    s3.write_bucket_policy = lambda op: (seen.append("write"), write(op))[1]  # type: ignore[method-assign, func-returns-value]
    monkeypatch.setattr(Journal, "intend", lambda self, change: (seen.append("intent"), intend(self, change))[1])
    apply(s3, tmp_path)
    assert seen == ["intent", "read", "write", "read"]


@pytest.mark.parametrize(("age", "status"), [(0.9, Status.DONE), (1.1, Status.FAILED)])
def test_a_look_ahead_is_relied_on_for_no_longer_than_it_took(
    age: float, status: Status, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("personalize_perms.engine.executor.ThreadPoolExecutor", AtOnce)
    time, s3, intend = Time(), FakeS3(), Journal.intend
    s3.after_read = lambda _: time.wait(Event(), 1.0)

    def slowly(journal: Journal, change: Change) -> None:
        intend(journal, change)
        if change.kind == "bucket-policy":
            time.seconds += age
            s3.text = json.dumps({"Version": "2012-10-17", "Statement": [FOREIGN, {"Sid": "New", "Effect": "Deny"}]})

    monkeypatch.setattr(Journal, "intend", slowly)
    outcomes, _ = apply(s3, tmp_path, create(), put(), iam=FakeIam(), time=time)
    assert outcomes[1].status is status


def test_a_look_ahead_that_saw_another_document_stops_the_change_however_young_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("personalize_perms.engine.executor.ThreadPoolExecutor", AtOnce)
    theirs = json.dumps({"Version": "2012-10-17", "Statement": [FOREIGN, {"Sid": "New", "Effect": "Deny"}]})
    time, s3 = Time(), FakeS3(text=theirs)
    s3.after_read = lambda _: time.wait(Event(), 1.0)
    outcomes, _ = apply(s3, tmp_path, create(), put(), iam=FakeIam(), time=time)
    assert outcomes[1].status is Status.FAILED
    assert s3.text == theirs


def test_an_intent_that_was_not_sent_is_closed_as_such(tmp_path: Path) -> None:
    theirs = json.dumps({"Version": "2012-10-17", "Statement": [FOREIGN, {"Sid": "New", "Effect": "Deny"}]})
    (outcome,), journal = apply(FakeS3(text=theirs), tmp_path)
    assert outcome.message.startswith("not sent: ")
    assert not outcome.sent
    assert [(line["outcome"], line["message"]) for line in journal if "outcome" in line] == [
        ("failed", outcome.message)
    ]


# Time


def test_a_full_stop_of_a_minute_ends_done_or_cleanly_within_the_deadline(tmp_path: Path) -> None:
    time = Time()
    s3 = FakeS3()
    write = s3.write_bucket_policy

    def stopped(op: PutBucketPolicy) -> None:
        if time.seconds < 60:
            s3.sent += 1
            raise fault(Fault.THROTTLED)
        write(op)

    s3.write_bucket_policy = stopped  # type: ignore[method-assign]
    (outcome,), _ = apply(s3, tmp_path, time=time)
    assert outcome.status is Status.DONE
    assert s3.sent <= 8
    assert time.seconds <= DEADLINE


@pytest.mark.parametrize("slow", [30.0, 119.0, 500.0])
def test_no_waiting_passes_the_deadline(slow: float, tmp_path: Path) -> None:
    time = Time()
    s3 = FakeS3(script=iter([Fault.THROTTLED] * 99))
    write = s3.write_bucket_policy

    def slowly(op: PutBucketPolicy) -> None:
        time.seconds += slow
        write(op)

    s3.write_bucket_policy = slowly  # type: ignore[method-assign]
    (outcome,), _ = apply(s3, tmp_path, time=time)
    assert outcome.status is Status.FAILED
    assert time.seconds <= max(DEADLINE, slow) + slow


def test_a_pause_ends_at_the_deadline(tmp_path: Path) -> None:
    time = Time()
    s3 = FakeS3(script=iter([Fault.THROTTLED] * 99))
    write = s3.write_bucket_policy

    def slowly(op: PutBucketPolicy) -> None:
        time.seconds += 14  # so that the sixth pause would last beyond it
        write(op)

    s3.write_bucket_policy = slowly  # type: ignore[method-assign]
    apply(s3, tmp_path, time=time)
    assert (time.seconds, s3.sent) == (DEADLINE, 6)


@pytest.mark.parametrize("kind", [Fault.THROTTLED, Fault.UNKNOWN, Fault.UNREACHABLE])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_reading_that_fails_in_passing_fails_nothing(kind: Fault, when: str, tmp_path: Path) -> None:
    failures = iter([kind] * 4)

    def fails(s3: FakeS3) -> None:
        if (s3.sent > 0) == (when == "after") and (failure := next(failures, None)):
            raise fault(failure)

    s3 = FakeS3(after_read=fails)
    (outcome,), _ = apply(s3, tmp_path)
    assert (outcome.status, s3.sent) == (Status.DONE, 1)


# What others do at the same time


def test_a_strange_text_is_believed_only_when_it_was_read_three_times_in_a_row(tmp_path: Path) -> None:
    both = json.dumps({"Version": "2012-10-17", "Statement": [FOREIGN, {"Sid": "New", "Effect": "Deny"}]})
    other = both.replace("New", "Other")
    shown = iter([both, BEFORE, both, both, other, other])

    class Flickering(FakeS3):
        def read_bucket_policy(self, bucket: str) -> Read[str]:
            text = next(shown, None) if self.sent else None
            return Present(text) if text else super().read_bucket_policy(bucket)

    s3 = Flickering()
    (outcome,), _ = apply(s3, tmp_path)
    assert (outcome.status, s3.sent) == (Status.DONE, 1)


def test_another_run_that_read_before_our_write_and_writes_after_it_is_seen(tmp_path: Path) -> None:
    time = Time()
    theirs = json.dumps({"Version": "2012-10-17", "Statement": [FOREIGN, {"Sid": "New", "Effect": "Deny"}]})

    class Raced(FakeS3):
        def read_bucket_policy(self, bucket: str) -> Read[str]:
            if self.sent == 1 and time.seconds >= 0.04:
                self.text = theirs
            return super().read_bucket_policy(bucket)

    s3 = Raced()
    (outcome,), _ = apply(s3, tmp_path, time=time)
    assert (outcome.status, s3.sent) == (Status.DONE, 2)
    assert s3.text is not None
    assert [statement["Sid"] for statement in json.loads(s3.text)["Statement"]] == ["Theirs", "New", "Ours"]


def test_colleagues_who_keep_saving_over_ours_are_told_of_after_eight_sends(tmp_path: Path) -> None:
    s3 = FakeS3()
    write = s3.write_bucket_policy

    def and_saved_over(op: PutBucketPolicy) -> None:
        write(op)
        new = {"Sid": f"New{s3.sent}", "Effect": "Deny"}
        s3.text = json.dumps({"Version": "2012-10-17", "Statement": [FOREIGN, new]})

    s3.write_bucket_policy = and_saved_over  # type: ignore[method-assign]
    (outcome,), _ = apply(s3, tmp_path)
    assert outcome.status is Status.FAILED
    assert 1 < s3.sent <= 8


# Stopping, and taking back


def test_a_stop_sends_nothing_more_and_waits_for_nothing(tmp_path: Path) -> None:
    time = Time()
    s3 = FakeS3(stale=1000)
    plan = Plan(
        name="n", caller=CALLER, role_arn="", changes=(put(), put(AFTER, BEFORE, wave=Wave.CLEAR)), documents=()
    )
    journal = Journal.open(plan, tmp_path, command="apply")
    account = SimpleNamespace(caller=CALLER, s3=s3, iam=None, kms=None)
    executor = Executor(account, journal, Heard(), time.clock())  # type: ignore[arg-type]
    s3.after_read = lambda _: executor.stop()
    outcomes = executor.apply(plan)
    journal.close()
    assert [outcome.status for outcome in outcomes] == [Status.FAILED, Status.SKIPPED]
    assert outcomes[0].sent
    assert "you stopped the run" in outcomes[0].message
    assert (s3.sent, time.seconds < 1) == (1, True)


def test_a_stop_also_holds_for_what_waits_its_turn_in_the_same_wave(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("personalize_perms.engine.executor.ThreadPoolExecutor", AtOnce)
    s3 = FakeS3()
    plan = Plan(name="n", caller=CALLER, role_arn="", changes=(put(), put(AFTER, BEFORE)), documents=())
    journal = Journal.open(plan, tmp_path, command="apply")
    account = SimpleNamespace(caller=CALLER, s3=s3, iam=None, kms=None)
    executor = Executor(account, journal, Heard(), Time().clock())  # type: ignore[arg-type]
    s3.after_read = lambda _: executor.stop()
    outcomes = executor.apply(plan)
    journal.close()
    assert [outcome.status for outcome in outcomes] == [Status.DONE, Status.SKIPPED]
    assert s3.sent == 1


def test_taking_back_goes_on_after_a_failure_and_edits_what_is_there_now(tmp_path: Path) -> None:
    own = {"Sid": "Ours", "Effect": "Allow"}
    now = json.dumps({"Version": "2012-10-17", "Statement": [FOREIGN, {"Sid": "New", "Effect": "Deny"}, own]})
    s3 = FakeS3(text=now)
    iam = FakeIam(tags={"personalize-perms:run": "another"})
    made = Change(
        action=Action.DELETE,
        kind="role",
        resource="r",
        reason="",
        operation=DeleteRole(role_name="r", run_id="this"),
        wave=Wave.PROVIDE,
    )
    outcomes, _ = apply(s3, tmp_path, made, put(AFTER, BEFORE), iam=iam, taking_back=True)
    assert [outcome.status for outcome in outcomes] == [Status.FAILED, Status.DONE]
    assert "not made by this run" in outcomes[0].message
    assert s3.text is not None
    assert [statement["Sid"] for statement in json.loads(s3.text)["Statement"]] == ["Theirs", "New"]


def test_taking_back_deletes_nothing_that_a_document_may_still_name(tmp_path: Path) -> None:
    s3 = FakeS3(text=AFTER, script=iter([Fault.DENIED]))
    made = Change(
        action=Action.DELETE,
        kind="role",
        resource="r",
        reason="",
        operation=DeleteRole(role_name="r", run_id="this"),
        wave=Wave.DELETE,
    )
    outcomes, _ = apply(s3, tmp_path, put(AFTER, BEFORE), made, iam=FakeIam(), taking_back=True)
    assert [outcome.status for outcome in outcomes] == [Status.FAILED, Status.SKIPPED]
