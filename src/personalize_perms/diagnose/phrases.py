"""The language in which the table says what a text says: regular expressions with names for what recurs in them."""

import re
from collections.abc import Mapping
from typing import Final

_PHRASES: Final[Mapping[str, str]] = {
    "<absent>": r"(?:not (?:be )?found|doesn't exist|does not exist|not attachable)",
    "<bad>": r"(?:failed to satisfy|regular expression|not (?:a )?valid|invalid|malformed)",
    "<both>": r"(?:both|together|required?|must|only)",
    # Perhaps the bucket's name; a word that goes on with the sentence is none.
    "<bucket>": r"(?: (?:on|of) [^a-z0-9]{0,3}<the>(?:bucket |s3://|arn:(?:aws[a-z-]{0,20}):s3:::)?[^a-z0-9]{0,3}"
    r"(?!(?:and|or|to|in|for|with|then|that|which|please) )(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\b)?",
    "<cannot>": r"(?:unable to|failed to|not able to|not allowed to|not authorized to|cannot|can not|can't|could not)",
    "<denied>": r"(?:insufficient|privileges?|permissions?|access ?denied|not authorized)",
    "<rights>": r"(?:privileges?|permissions?)",
    "<s3>": r"(?:amazon )?s3",
    "<sso>": r"(?:permission ?sets?|account ?assignments?|identity center|awsreservedsso\w*|target account)",
    "<the>": r"(?:(?:the|your|this|a|an|given|provided|specified) ){0,3}",
    # Within one error: what is said of the next call belongs to that.
    "<gap>": r"(?:(?!when calling).){0,300}?",
    # Within one sentence.
    "<near>": r"[^.]{0,160}?",
}


def compiled(pattern: str) -> re.Pattern[str]:
    """Return the regular expression for a pattern of the table, whatever the letter case of what it meets."""
    for name, phrase in _PHRASES.items():
        pattern = pattern.replace(name, phrase)
    return re.compile(pattern, re.IGNORECASE | re.ASCII)
