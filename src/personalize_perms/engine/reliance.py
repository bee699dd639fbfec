"""Who of others relies on something of ours, as far as the documents that were read tell. Pure.

A statement that names a role goes dead when the role is deleted: AWS then shows a unique id in its place, and refuses
to store the whole document again until somebody takes it out.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

import json
from collections.abc import Iterator

from personalize_perms import documents
from personalize_perms.documents import DocumentKind
from personalize_perms.engine.draft import Draft
from personalize_perms.model.errors import DocumentError
from personalize_perms.model.live import Present


def named_by_others(draft: Draft, arn: str) -> list[str]:
    """Return the buckets, keys and roles whose policy holds a statement that is not ours and names `arn`."""
    return [resource for kind, resource, text in _documents(draft) if _names(draft, kind, resource, text, arn)]


def _documents(draft: Draft) -> Iterator[tuple[DocumentKind, str, str]]:
    live = draft.live
    for bucket in live.buckets.values():
        if isinstance(bucket.policy_json, Present):
            yield DocumentKind.BUCKET_POLICY, bucket.name, bucket.policy_json.value
    for arn, key in live.keys.items():
        if isinstance(key.policy_json, Present):
            yield DocumentKind.KEY_POLICY, arn, key.policy_json.value
    for role in live.roles.values():
        if isinstance(role, Present):
            yield DocumentKind.TRUST_POLICY, role.value.arn, role.value.trust_json


def _names(draft: Draft, kind: DocumentKind, resource: str, text: str, arn: str) -> bool:
    quoted = json.dumps(arn)
    if quoted not in text:
        return False
    try:
        document = documents.parse(text)
    except DocumentError:
        return True  # whose statement it is cannot be told
    spared = draft.spared(kind, resource, document)
    return any(
        quoted in json.dumps(statement)
        for statement in documents.statements(document)
        if not draft.is_own(statement.get("Sid")) or statement.get("Sid") in spared
    )
