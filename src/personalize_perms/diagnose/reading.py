"""What was given to be diagnosed: a text as it was printed, or events of CloudTrail."""

from personalize_perms.diagnose import cloudtrail, matching, texts
from personalize_perms.diagnose.complaints import Complaint
from personalize_perms.diagnose.facts import named_in
from personalize_perms.diagnose.symptoms import UNRECOGNISED
from personalize_perms.model.errors import DocumentError
from personalize_perms.model.values import dataclass

_SHOWN = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The complaints, the most specific first, and what was found beside them, in a line."""

    complaints: tuple[Complaint, ...]
    note: str = ""


def read(text: str) -> Reading:
    """Return what `text` complains of; raise `DocumentError` for one that is too long, or for broken events."""
    if cloudtrail.is_cloudtrail(text):
        events = cloudtrail.read(text)
        failed = events.count - events.fine - events.others
        note = f"{events.count} events: {events.fine} without an error, {failed} that failed"
        return Reading(
            complaints=events.complaints,
            note=f"{note}, {events.others} that failed in other services" if events.others else note,
        )
    if len(text) > texts.LONGEST:
        raise DocumentError(f"the text has {len(text):,} characters", reason=f"at most {texts.LONGEST:,} are looked at")
    found = matching.complaints(text)
    if found or not text.strip():
        return Reading(complaints=found)
    flat = texts.flat(text)
    unknown = Complaint(symptom=UNRECOGNISED, facts=named_in(flat), said=flat[:_SHOWN])
    return Reading(complaints=(unknown,))
