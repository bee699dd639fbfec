"""A test that cannot fail shows nothing: each guarantee is broken in a copy of the package, and its test must fail."""

import compileall
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from py_compile import PycInvalidationMode

import pytest
from mistakes import MISTAKES, Mistake

CHECKOUT = Path(__file__).parents[2]
FAILED = 1  # as pytest ends when tests failed, and not because it found none or could not read them
QUICK = [mistake for mistake in MISTAKES if not mistake.test.startswith(("tests/cli/", "tests/aws/"))]
ORDINARY = QUICK[::4]
"""Every fourth, from every file: each costs a process."""
LONG = [mistake for mistake in MISTAKES if mistake not in ORDINARY]


@pytest.fixture(scope="session")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("copy")
    unneeded = shutil.ignore_patterns("__pycache__", ".*")
    for name in ("src", "policies"):
        shutil.copytree(CHECKOUT / name, folder / name, ignore=unneeded)
    shutil.copy(CHECKOUT / "pyproject.toml", folder)
    # What was compiled is told by the text itself: a mistake may come and go within the resolution of the clock.
    compileall.compile_dir(folder / "src", quiet=1, invalidation_mode=PycInvalidationMode.CHECKED_HASH)
    return folder


def run(copy: Path, tests: Sequence[str], tmp_path: Path) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment = {
        **inherited,
        "PACKAGE_COPY": str(copy),
        "PYTHONPATH": os.pathsep.join((str(copy / "src"), str(Path(__file__).parent))),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "HYPOTHESIS_STORAGE_DIRECTORY": str(tmp_path / "hypothesis"),
    }
    options = ("-x", "-q", "-p", "no:cacheprovider", "-p", "on_a_copy", f"--basetemp={tmp_path / 'inner'}")
    command = [sys.executable, "-m", "pytest", *options, *tests]
    return subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, timeout=300)


def is_noticed(mistake: Mistake, copy: Path, tmp_path: Path) -> None:
    path = copy / "src" / "personalize_perms" / mistake.file
    text = path.read_text(encoding="utf-8")
    assert text.count(mistake.right) == 1, f"{mistake.file} changed: this row is about what it does not hold (once)"
    path.write_text(text.replace(mistake.right, mistake.wrong), encoding="utf-8")
    try:
        done = run(copy, [mistake.test], tmp_path)
    finally:
        path.write_text(text, encoding="utf-8")
    assert done.returncode == FAILED, done.stdout + done.stderr
    # A mistake that no program could live with would be noticed by any test.
    assert not any(name in done.stdout for name in ("NameError", "UnboundLocalError", "SyntaxError", "ImportError"))


def all_pass(mistakes: Sequence[Mistake], copy: Path, tmp_path: Path) -> None:
    done = run(copy, sorted({mistake.test for mistake in mistakes}), tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("mistake", ORDINARY, ids=lambda mistake: mistake.name)
def test_a_mistake_is_noticed(mistake: Mistake, copy: Path, tmp_path: Path) -> None:
    is_noticed(mistake, copy, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("mistake", LONG, ids=lambda mistake: mistake.name)
def test_any_other_mistake_is_noticed(mistake: Mistake, copy: Path, tmp_path: Path) -> None:
    is_noticed(mistake, copy, tmp_path)


def test_without_a_mistake_the_same_tests_pass(copy: Path, tmp_path: Path) -> None:
    all_pass(ORDINARY, copy, tmp_path)


@pytest.mark.long
def test_without_a_mistake_the_same_tests_of_the_whole_program_pass(copy: Path, tmp_path: Path) -> None:
    all_pass(LONG, copy, tmp_path)


def test_there_are_enough_mistakes_and_no_two_are_the_same() -> None:
    assert len(ORDINARY) >= 25
    assert len({mistake.name for mistake in MISTAKES}) == len(MISTAKES)
    assert len({(mistake.file, mistake.right, mistake.wrong) for mistake in MISTAKES}) == len(MISTAKES)
