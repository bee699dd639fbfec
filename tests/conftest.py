"""Every test runs with its own directories, dummy credentials, and no way to a real network."""

import os
import socket
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How fast a machine is says nothing about the program.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

_LOCAL = ("127.", "::1", "localhost")
_EVERY_THIRD = {
    *("test_a_fault_of_our_own_is_named_first_and_mended_by_apply", "test_a_fault_of_others_is_named_first"),
    *("test_a_plan_says_what_it_may_not_read", "test_what_is_printed_is_enough"),
    "test_the_cause_is_named_first_and_the_change_that_is_offered_mends_it",
    "test_changed_settings_lead_to_what_they_would_from_nothing",
    "test_what_was_removed_by_hand_is_put_back_and_nothing_else",
    "test_what_stands_in_the_policy_of_a_bucket_a_key_or_an_adopted_role_stays",
    "test_what_is_there_stops_everything_or_only_what_it_concerns",
    *("test_everything_is_as_it_was_before", "test_the_run_waits_for_aws_and_ends_where_it_should"),
    "test_the_script_does_what_apply_does_and_the_other_takes_it_back",
    "test_terraform_code_leaves_an_account_as_apply_does",
    *("test_what_cannot_work_is_refused_before_the_first_write", "test_a_stop_ends_the_waiting_for_aws"),
}
"""Dear tests over many like cases, each of which is a few runs of the whole program: the other cases are `long`."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    seen: Counter[str] = Counter()
    for item in items:
        function = item.name.partition("[")[0]
        if function in _EVERY_THIRD and not item.get_closest_marker("long"):
            seen[function] += 1
            if seen[function] % 3 != 1:
                item.add_marker("long")


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith(("AWS_", "PERSONALIZE_PERMS_"))]:
        monkeypatch.delenv(name)
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": str(tmp_path / "no-aws-config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "no-aws-credentials"),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "NO_COLOR": "1",
        "COLUMNS": "100",
        "TERM": "xterm",
    }.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        host = address[0] if isinstance(address, tuple) else address
        if self.family != getattr(socket, "AF_UNIX", None) and not str(host).startswith(_LOCAL):
            raise AssertionError(f"a test tried to connect to {host}")
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", guarded)
