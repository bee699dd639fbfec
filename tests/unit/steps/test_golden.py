"""Every rendered document, byte for byte: a change there is what a reviewer of permissions should see.

REWRITE_GOLDEN=1 python -m pytest tests/unit/steps/test_golden.py writes them anew.
"""

import json
import os
from pathlib import Path

import golden_samples
import pytest
import step_samples as samples

from personalize_perms.model.resources import Statement
from personalize_perms.templates import Templates

GOLDEN = Path(__file__).parents[2] / "golden"
CASES = [(partition, name) for partition, place in samples.PLACES.items() for name in golden_samples.cases(place)]


@pytest.mark.parametrize(("partition", "name"), CASES)
def test_the_documents_are_the_ones_that_were_reviewed(partition: str, name: str) -> None:
    place = samples.PLACES[partition]
    desired = golden_samples.desire(golden_samples.cases(place)[name], place)
    text = json.dumps(golden_samples.shown(desired), indent=2) + "\n"
    path = GOLDEN / partition / f"{name}.json"
    if os.environ.get("REWRITE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    assert path.read_bytes().decode() == text


def test_no_golden_file_is_left_over() -> None:
    found = {(path.parent.name, path.stem) for path in GOLDEN.glob("*/*.json")}
    assert found == set(CASES)


class _Watched(Templates):
    """Templates that remember which of them were used."""

    seen: set[str]

    def statements(self, name: str) -> tuple[Statement, ...]:
        self.seen.add(name)
        return super().statements(name)


@pytest.mark.parametrize("partition", samples.PLACES)
def test_every_template_is_shown_in_some_golden_file(partition: str) -> None:
    watched = _Watched.load(None)
    watched.seen = set()
    place = samples.PLACES[partition]
    for settings in golden_samples.cases(place).values():
        golden_samples.desire(settings, place, watched)
    assert watched.seen == set(watched.names())
