import gc
import threading

import botocore.session
import pytest
from moto import mock_aws
from wire import Wire, answer, refusal

from personalize_perms.aws.session import AwsSession
from personalize_perms.model.errors import AwsFailure, CredentialsError, EndpointError, SettingsError
from personalize_perms.model.regions import PERSONALIZE_REGIONS


def test_the_caller_is_asked_once_and_known_by_account_region_and_partition(session: AwsSession, wire: Wire) -> None:
    calls = wire.records("sts")
    caller = session.caller("123456789012")
    assert (caller.place.account, caller.place.region, caller.place.partition) == ("123456789012", "eu-west-1", "aws")
    assert caller.arn.startswith("arn:aws:sts::123456789012:")
    assert caller.endpoint == ""
    assert [name for name, _ in calls] == ["GetCallerIdentity"]


def _is_throttled(wire: Wire, times: int) -> None:
    refused = [refusal("sts", 400, "Throttling") for _ in range(times)]
    answers = iter([*refused, _identity("123456789012", "arn:aws:iam::123456789012:user/ada")])
    wire.answers("sts", "GetCallerIdentity", lambda: next(answers))


def test_who_is_throttled_asks_again(session: AwsSession, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    _is_throttled(wire, 7)
    assert session.caller(None).place.account == "123456789012"


def test_who_is_throttled_eight_times_gives_up(
    session: AwsSession, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    _is_throttled(wire, 8)
    with pytest.raises(AwsFailure, match="throttling"):
        session.caller(None)


def test_another_account_than_the_expected_is_refused_and_both_are_named(session: AwsSession) -> None:
    with pytest.raises(CredentialsError) as caught:
        session.caller("999999999999")
    assert "123456789012" in caught.value.message
    assert "999999999999" in caught.value.message


def test_credentials_of_another_partition_are_refused(session: AwsSession, wire: Wire) -> None:
    wire.answers("sts", "GetCallerIdentity", lambda: _identity("123456789012", "arn:aws-cn:iam::123456789012:user/ada"))
    with pytest.raises(CredentialsError, match="partition aws, the credentials in aws-cn"):
        session.caller(None)


@pytest.mark.parametrize(
    ("account", "arn"), [("*", "arn:aws:iam::123456789012:root"), ("123456789012", "arn:aws:iam::123456789012:user/*")]
)
def test_an_identity_that_would_widen_a_policy_is_refused(
    session: AwsSession, wire: Wire, account: str, arn: str
) -> None:
    wire.answers("sts", "GetCallerIdentity", lambda: _identity(account, arn))
    with pytest.raises(CredentialsError, match="STS did not say"):
        session.caller(None)


def _identity(account: str, arn: str):

    return answer(
        200,
        "<GetCallerIdentityResponse><GetCallerIdentityResult>"
        f"<Arn>{arn}</Arn><UserId>U</UserId><Account>{account}</Account>"
        "</GetCallerIdentityResult></GetCallerIdentityResponse>",
    )


def test_the_region_is_the_given_one_then_aws_region_then_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-west-2")
    assert AwsSession(None, None).region == "us-west-2"
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    assert AwsSession(None, None).region == "eu-central-1"
    assert AwsSession(None, "us-east-2").region == "us-east-2"


def test_the_region_of_the_profile_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    (tmp_path / "config").write_text("[profile team]\nregion = ap-south-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    assert AwsSession("team", None).region == "ap-south-1"


def test_without_a_region_the_flag_is_named() -> None:
    with pytest.raises(SettingsError) as caught:
        AwsSession(None, None).caller(None)
    assert "--region" in caught.value.hint


def test_what_is_not_a_region_is_refused_before_any_client() -> None:
    with pytest.raises(SettingsError):
        AwsSession(None, "evil.example/").caller(None)


@pytest.mark.parametrize("region", ["eu-north-1", "us-gov-west-1", "xx-nowhere-1"])
def test_a_region_without_personalize_is_refused_before_anything_is_sent(region: str) -> None:
    with pytest.raises(SettingsError, match="not available") as caught:
        AwsSession(None, region).caller(None)
    assert "--region" in caught.value.hint


def test_a_region_that_only_botocore_knows_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PERSONALIZE_REGIONS, "aws", ("us-east-1",))
    with mock_aws():
        assert AwsSession(None, "eu-west-1").caller(None).place.partition == "aws"


@pytest.mark.parametrize(("profile", "variable"), [("absent", None), (None, "absent")])
def test_an_unknown_profile_is_named_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, profile: str | None, variable: str | None
) -> None:
    if variable:
        monkeypatch.setenv("AWS_PROFILE", variable)
    with pytest.raises(CredentialsError, match="'absent'") as caught:
        AwsSession(profile, "eu-west-1").caller(None)
    assert "--profile" in caught.value.hint


def test_a_broken_configuration_file_is_a_matter_of_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    (tmp_path / "config").write_text("not a section\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    with pytest.raises(CredentialsError, match="configuration"):
        AwsSession(None, "eu-west-1").caller(None)


def test_no_credentials_say_how_to_sign_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(CredentialsError, match="no AWS credentials") as caught:
        AwsSession(None, "eu-west-1").caller(None)
    assert "--profile" in caught.value.hint


def test_half_of_a_key_pair_is_a_matter_of_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(CredentialsError):
        AwsSession(None, "eu-west-1").caller(None)


def test_expired_credentials_say_so(session: AwsSession, wire: Wire) -> None:
    wire.refuses("sts", "GetCallerIdentity", "ExpiredToken", 403)
    with pytest.raises(CredentialsError, match="not accepted") as caught:
        session.caller(None)
    assert "ExpiredToken" in caught.value.reason
    assert caught.value.hint


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_KMS"])
def test_an_endpoint_in_the_clear_is_refused_before_anything_is_sent(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "http://localhost.evil.example")
    session = AwsSession(None, "eu-west-1")
    with pytest.raises(EndpointError):
        session.caller(None)
    with pytest.raises(EndpointError):
        session.reader("s3")


def test_the_callers_endpoint_shows_every_url_that_is_not_awss_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:5000")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://s3.example")
    assert AwsSession(None, "eu-west-1").endpoint == "http://127.0.0.1:5000 https://s3.example"


def test_buckets_are_in_the_path_on_this_machine_and_in_the_host_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "addressing_style" not in (AwsSession(None, "eu-west-1").reader("s3").meta.config.s3 or {})
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://localhost:5000")
    assert AwsSession(None, "eu-west-1").reader("s3").meta.config.s3["addressing_style"] == "path"


def test_a_write_is_sent_once_whatever_the_environment_says(monkeypatch: pytest.MonkeyPatch, session, wire) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "7")
    monkeypatch.setenv("AWS_RETRY_MODE", "adaptive")
    sent = wire.refuses("iam", "DeleteRole", "ServiceUnavailable", 503)
    with pytest.raises(session.writer("iam").exceptions.ClientError):
        session.writer("iam").delete_role(RoleName="r")
    assert len(sent) == 1


def test_a_read_is_sent_again_after_a_server_failure(monkeypatch: pytest.MonkeyPatch, session, wire) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    sent = wire.refuses("iam", "GetRole", "ServiceUnavailable", 503)
    with pytest.raises(session.reader("iam").exceptions.ClientError):
        session.reader("iam").get_role(RoleName="r")
    assert len(sent) == 5


@pytest.mark.parametrize("service", ["iam", "kms", "s3", "sts"])
def test_clients_wait_bounded_hold_enough_connections_and_say_who_they_are(service) -> None:
    session = AwsSession(None, "eu-west-1", workers=23)
    for client in (session.reader(service), session.writer(service)):
        config = client.meta.config
        assert (config.connect_timeout, config.read_timeout, config.max_pool_connections) == (5, 20, 23)
        assert "personalize-perms/" in config.user_agent
        assert client.meta.endpoint_url.startswith("https://")


def test_each_client_is_built_once_even_when_threads_ask_together() -> None:
    session = AwsSession(None, "eu-west-1")
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(session.reader("kms"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(client) for client in found}) == 1
    assert session.writer("kms") is not found[0]


def test_the_collector_is_left_as_it_was() -> None:
    assert gc.isenabled()
    AwsSession(None, "eu-west-1").reader("sts")
    assert gc.isenabled()


def test_the_packaged_table_of_regions_is_botocores() -> None:
    core = botocore.session.Session()
    known = {
        partition: tuple(sorted(core.get_available_regions("personalize", partition_name=partition)))
        for partition in core.get_available_partitions()
    }
    assert {partition: regions for partition, regions in known.items() if regions} == {
        partition: tuple(sorted(regions)) for partition, regions in PERSONALIZE_REGIONS.items()
    }


def test_what_is_asked_next_is_built_while_the_first_question_travels(session: AwsSession, wire: Wire) -> None:
    built = threading.Event()

    def slow() -> tuple[int, str]:
        assert built.wait(30), "the clients were not built meanwhile"
        return _identity("123456789012", "arn:aws:iam::123456789012:user/ada")

    client = session._client

    def watched(service: str, elsewhere: str, *, writes: bool) -> object:
        found = client(service, elsewhere, writes=writes)  # type: ignore[arg-type]
        if {("iam", "", False), ("s3", "", False), ("kms", "", False)} <= session._clients.keys():
            built.set()
        return found

    session._client = watched  # type: ignore[method-assign, assignment]
    wire.answers("sts", "GetCallerIdentity", slow)
    assert session.caller(None).place.account == "123456789012"


def test_a_client_that_cannot_be_built_meanwhile_says_so_when_it_is_asked_for(session: AwsSession) -> None:
    prepare, tried = session._prepare, threading.Event()

    def failing(client: object, service: str) -> None:
        if service == "iam":
            tried.set()
            raise ValueError("no such thing")
        prepare(client, service)  # type: ignore[arg-type]

    session._prepare = failing  # type: ignore[method-assign, assignment]
    assert session.caller(None).place.account == "123456789012"
    assert tried.wait(30)
    with pytest.raises(ValueError, match="no such thing"):
        session.reader("iam")


def test_nothing_is_built_ahead_where_a_person_waits(session: AwsSession) -> None:
    session.builds_ahead = False
    before = threading.active_count()
    session.caller(None)
    assert threading.active_count() == before
    assert set(session._clients) == {("sts", "", False)}
