"""What is built is what is in the checkout, and it works from wherever it is installed."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OFFLINE = [
    *("init", "--dry-run", "--offline", "--account", "111122223333", "--region", "eu-west-1"),
    *("--input", "s3://amzn-s3-demo-bucket/in/"),
]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-d", folder], cwd=ROOT, check=True, capture_output=True
    )
    (found,) = folder.glob("*.whl")
    return found


def run(path: Path, *words: str) -> str:
    code = f"import sys; sys.path.insert(0, {str(path)!r}); from personalize_perms.cli.main import main; main()"
    environment = {**os.environ, "PYTHONSAFEPATH": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code, *words], cwd=path.parent, capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def templates(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.json")}


def test_the_wheel_holds_every_template_and_nothing_else_of_the_folder(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    assert templates(tmp_path / "personalize_perms" / "policies") == templates(ROOT / "policies")
    assert (tmp_path / "personalize_perms" / "py.typed").exists()
    names = zipfile.ZipFile(wheel).namelist()
    assert all(name.startswith(("personalize_perms/", "personalize_perms-")) for name in names)
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_wheel_works_unpacked_and_zipped_as_the_checkout_does(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path / "unpacked")
    here = run(ROOT / "src", *OFFLINE)
    assert "personalize.amazonaws.com" in here
    assert run(tmp_path / "unpacked", *OFFLINE) == here
    assert run(wheel, *OFFLINE) == here


def test_the_sdist_holds_what_a_build_needs(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", tmp_path],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (sdist,) = tmp_path.glob("*.tar.gz")
    subprocess.run(["tar", "xzf", sdist.name], cwd=tmp_path, check=True)
    (folder,) = (path for path in tmp_path.iterdir() if path.is_dir())
    assert templates(folder / "policies") == templates(ROOT / "policies")
    assert {"README.md", "LICENSE", "pyproject.toml", "src", "tests"} <= {path.name for path in folder.iterdir()}
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel"], cwd=folder, check=True, capture_output=True
    )


def test_the_readme_is_the_manual_of_this_very_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cogapp", "--check", "README.md"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{done.stdout}{done.stderr}: run cog -r README.md"


def test_the_readme_gives_two_commands_for_a_machine_with_only_python_and_pip() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for marker, end in (("sandbox", "init --sandbox --yes"), ("test", "pytest -n auto")):
        command = text.split(f"<!-- {marker}-command -->\n```sh\n")[1].split("\n```")[0]
        assert command.startswith("python3 -m venv .venv && .venv/bin/pip install ")
        assert command.endswith(end)
        assert "\n" not in command
