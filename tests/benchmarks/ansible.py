"""Ansible's part, where it is installed: the same job as a playbook of `amazon.aws`."""

import shutil
from pathlib import Path


def is_installed() -> bool:
    return False


def words(job: Path) -> list[str]:
    return [
        shutil.which("ansible-playbook") or "",
        str(Path(__file__).parent / "peers" / "playbook.yml"),
        "-e",
        f"@{job}",
    ]
