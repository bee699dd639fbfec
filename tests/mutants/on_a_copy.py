"""A plugin for the tests that run on a copy of the package: it makes sure that they do."""

import os
from pathlib import Path

import pytest

import personalize_perms


def pytest_configure() -> None:
    copy, loaded = os.environ["PACKAGE_COPY"], Path(personalize_perms.__file__)
    if not loaded.is_relative_to(copy):
        raise pytest.UsageError(f"the tests would run on {loaded}, which is not in {copy}")
