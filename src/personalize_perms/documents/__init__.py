"""The algebra of policy documents: parse strictly, compare, append, remove, measure. Pure.

Others own most of what stands in a bucket, key or trust policy. So statements stay a list (never a map by Sid),
existing ones keep their text and order, and equality fails towards "different": it only answers "is ours already
there", "did someone change it" and "did the write land".
Merging with what others did meanwhile is for runs that write: it is imported from its own module.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from personalize_perms.documents.comparing import carries, dead_principals, digest, normalised, same_document
from personalize_perms.documents.editing import Edit, edit
from personalize_perms.documents.measuring import (
    LIMITS,
    MANAGED_POLICY_LIMIT,
    VERSION,
    DocumentKind,
    compact,
    managed_policy_size,
    new_document,
    size,
    to_text,
)
from personalize_perms.documents.reading import parse, statements, strict_json

__all__ = [
    "LIMITS",
    "MANAGED_POLICY_LIMIT",
    "VERSION",
    "DocumentKind",
    "Edit",
    "carries",
    "compact",
    "dead_principals",
    "digest",
    "edit",
    "managed_policy_size",
    "new_document",
    "normalised",
    "parse",
    "same_document",
    "size",
    "statements",
    "strict_json",
    "to_text",
]
