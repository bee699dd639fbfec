"""Decides what a set of policy documents allows, and which statement decided. Pure.

AWS's own simulator takes no trust policy, plays no service principal and no bucket policy for a role. So this room
holds IAM's grammar whole, and says `unknown` rather than guess where a value or a document that is not known decides.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from personalize_perms.evaluate.context import absent_keys, principal_keys
from personalize_perms.evaluate.decide import decide
from personalize_perms.evaluate.policies import Grant, Policies
from personalize_perms.evaluate.statements import Document, Unread, compiled, compiled_text

__all__ = [
    "Document",
    "Grant",
    "Policies",
    "Unread",
    "absent_keys",
    "compiled",
    "compiled_text",
    "decide",
    "principal_keys",
]
