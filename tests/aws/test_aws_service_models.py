"""What botocore reads of its own descriptions through us is what it would read, less what no call looks at."""

import os
from pathlib import Path
from typing import Any

import botocore
import botocore.session
import pytest
from botocore.loaders import JSONFileLoader, Loader, create_loader

from personalize_perms.aws.service_models import ServiceModels, loader
from personalize_perms.aws.session import AwsSession

SERVICES = ("accessanalyzer", "cloudformation", "iam", "kms", "personalize", "s3", "sts")
ENDPOINTS = str(Path(botocore.__file__).parent / "data" / "endpoints")
NAMES = ("access-analyzer", "cloudformation", "iam", "kms", "personalize", "s3", "sts")


def without_documentation(found: Any) -> Any:
    """Return a description without the texts; a member that is called so is described by a dict."""
    if isinstance(found, dict):
        kept = ((name, one) for name, one in found.items() if name != "documentation" or not isinstance(one, str))
        return {name: without_documentation(one) for name, one in kept}
    return [without_documentation(one) for one in found] if isinstance(found, list) else found


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_described_as_before(service: str) -> None:
    ours, theirs = Loader(file_loader=ServiceModels(NAMES)), Loader(file_loader=JSONFileLoader())
    for kind in ("service-2", "paginators-1", "endpoint-rule-set-1"):
        read = ours.load_service_model(service, kind)
        assert without_documentation(read) == without_documentation(theirs.load_service_model(service, kind))
        assert list(read) == list(theirs.load_service_model(service, kind))


def test_no_text_about_operations_and_shapes_is_kept() -> None:
    model = Loader(file_loader=ServiceModels(NAMES)).load_service_model("s3", "service-2")
    for kind in ("operations", "shapes"):
        assert model[kind] == without_documentation(model[kind])


def test_every_region_is_known_with_the_endpoints_of_the_services_that_are_called() -> None:
    ours, theirs = (one.load_file(ENDPOINTS) for one in (ServiceModels(NAMES), JSONFileLoader()))
    for read, whole in zip(ours["partitions"], theirs["partitions"], strict=True):
        services = {name: found for name, found in whole["services"].items() if name in NAMES}
        assert read == {**whole, "services": services}
    assert set(ours["partitions"][0]["services"]) == set(NAMES)


def test_what_is_not_there_is_not_there(tmp_path: Path) -> None:
    assert ServiceModels(NAMES).load_file(str(tmp_path / "none")) is None


def test_the_services_that_are_called_are_looked_for_where_botocore_would(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "listdir", lambda path: pytest.fail(f"{path} was looked through"))
    for data_path in (None, f"{tmp_path}{os.pathsep}~/data"):
        ours, theirs = loader(data_path, SERVICES, NAMES), create_loader(data_path)
        assert ours.search_paths == theirs.search_paths
        assert sorted(ours.list_available_services("service-2")) == sorted(SERVICES)


def test_a_session_reads_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    client = AwsSession(None, None).reader("sts")
    assert client.meta.service_model.operation_model("GetCallerIdentity").documentation == ""
