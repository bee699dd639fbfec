"""The table of symptoms. The order counts: a row claims its part of a text before those below it."""

from typing import Final

from personalize_perms.diagnose import administration, others, permissions
from personalize_perms.diagnose.symptoms import Symptom

SYMPTOMS: Final[tuple[Symptom, ...]] = (
    *permissions.SYMPTOMS,
    *administration.SYMPTOMS,
    *others.SYMPTOMS,
)
"""All rows, the most specific first."""
