"""Examines one set-up: what differs from its settings, and whether the whole chain lets each chosen workflow run.

A job that fails with "insufficient privileges" can be at the fault of six documents. Here every link is asked about
with the documents as they are, and a link that cannot be seen is said to be unknown.
"""

from personalize_perms.doctor.examining import examine, examine_asking

__all__ = ["examine", "examine_asking"]
