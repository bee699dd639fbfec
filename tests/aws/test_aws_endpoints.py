import botocore.session
import pytest

from personalize_perms.aws import endpoints
from personalize_perms.model.errors import EndpointError


@pytest.mark.parametrize(
    "url",
    [
        "https://s3.eu-west-1.amazonaws.com",
        "https://proxy.acme.example:8443/aws",
        "http://localhost:5000",
        "http://LOCALHOST:5000",
        "http://127.0.0.1:5000",
        "http://127.8.9.1/",
        "http://[::1]:5000",
    ],
)
def test_tls_and_this_machine_are_allowed(url: str) -> None:
    endpoints.check(url, "s3")


@pytest.mark.parametrize(
    "url",
    [
        "http://s3.eu-west-1.amazonaws.com",
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "http://evil.example/localhost",
        "http://localhost@evil.example",
        "http://evil.example\\@127.0.0.1",
        "http://127.0.0.1\\@evil.example",
        "http://127.0.0.1\t.evil.example",
        "http://127.0.0.1#@evil.example",
        "http://127.0.0.1?@evil.example",
        "http://0.0.0.0:5000",
        "http://10.0.0.1",
        "http://169.254.169.254",
        "http://2130706433",
        "http://127.1",
        "http://[::ffff:10.0.0.1]",
        "http://localhost.",
        "http://\uff11\uff12\uff17.0.0.1",
        "localhost:5000",
        "ftp://localhost",
        "http://",
        "https://user:secret@proxy.example",
        "http://localhost:5000\n",
    ],
)
def test_whatever_may_lead_elsewhere_in_the_clear_is_refused(url: str) -> None:
    with pytest.raises(EndpointError) as caught:
        endpoints.check(url, "s3")
    assert caught.value.hint
    assert not endpoints.is_loopback(url)


def test_a_password_in_an_endpoint_is_not_shown() -> None:
    with pytest.raises(EndpointError) as caught:
        endpoints.check("https://user:secret@proxy.example", "s3")
    assert "secret" not in caught.value.reason + caught.value.message


def test_endpoints_are_found_as_botocore_finds_them(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    config = tmp_path / "config"
    config.write_text(
        "[default]\nregion = eu-west-1\nendpoint_url = https://all.example\nservices = mine\n"
        "[services mine]\nkms =\n  endpoint_url = https://kms.example\ns3 =\n  endpoint_url = https://s3.example\n"
        "sso_admin =\n  endpoint_url = https://sso.example\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://own-s3.example")
    core = botocore.session.Session()

    found = endpoints.configured(core)

    assert found == {
        "sts": "https://all.example",
        "iam": "https://all.example",
        "kms": "https://kms.example",
        "s3": "https://own-s3.example",
        "personalize": "https://all.example",
        "accessanalyzer": "https://all.example",
        "cloudformation": "https://all.example",
        "sso-admin": "https://sso.example",
        "identitystore": "https://all.example",
    }
    assert {service: core.create_client(service).meta.endpoint_url for service in found} == found


def test_the_variable_for_all_services_counts_more_than_the_profile(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    config = tmp_path / "config"
    config.write_text("[default]\nendpoint_url = https://profile.example\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://variable.example")
    assert set(endpoints.configured(botocore.session.Session()).values()) == {"https://variable.example"}


def test_configured_endpoints_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://evil.example")
    monkeypatch.setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")
    assert endpoints.configured(botocore.session.Session()) == {}
