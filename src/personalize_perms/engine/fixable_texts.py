"""Reads the documents that a fix, or the way back from it, starts from: as they are now, not as a walk saw them."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from personalize_perms import documents
from personalize_perms.aws.account import Account
from personalize_perms.documents import DocumentKind
from personalize_perms.engine.past import Place
from personalize_perms.model.live import Present, Read

_QUOTA = "AssumeRolePolicySizeQuota"


def read_texts(account: Account, places: Iterable[Place]) -> dict[Place, Read[str]]:
    """Return the text of each document; a refusal is a value. Raises `AwsError` where AWS cannot be asked."""
    wanted = [*dict.fromkeys(places)]
    with ThreadPoolExecutor(account.workers) as pool:
        return dict(zip(wanted, pool.map(lambda place: _read(account, *place), wanted), strict=True))


def read_trust_quota(account: Account, texts: Iterable[Read[str]]) -> int:
    """Return how long a trust policy may be: AWS's default, or the account's own where one of `texts` may need it."""
    default = documents.LIMITS[DocumentKind.TRUST_POLICY]
    if not any(isinstance(text, Present) and len(text.value) > default // 2 for text in texts):
        return default
    quotas = account.iam.read_quotas()
    return quotas.value.get(_QUOTA, default) if isinstance(quotas, Present) else default


def _read(account: Account, kind: DocumentKind, name: str) -> Read[str]:
    match kind:
        case DocumentKind.BUCKET_POLICY:
            return account.s3.read_bucket_policy(name)
        case DocumentKind.KEY_POLICY:
            return account.kms.read_key_policy(name)
        case DocumentKind.MANAGED_POLICY:
            return account.iam.read_managed_text(name)
        case DocumentKind.TRUST_POLICY:
            role = account.iam.read_role(name)
            return Present(role.value.trust_json) if isinstance(role, Present) else role
