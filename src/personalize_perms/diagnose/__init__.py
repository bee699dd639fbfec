"""From what went wrong, as AWS words it, to what it means and which links of the chain to look at. Pure.

Nothing here guesses: a text that is not in the table is said not to be, and then every link is looked at.
"""

from personalize_perms.diagnose.complaints import Complaint
from personalize_perms.diagnose.facts import Facts
from personalize_perms.diagnose.reading import Reading, read
from personalize_perms.diagnose.symptoms import Nature, Symptom
from personalize_perms.diagnose.table import SYMPTOMS

__all__ = ["SYMPTOMS", "Complaint", "Facts", "Nature", "Reading", "Symptom", "read"]
