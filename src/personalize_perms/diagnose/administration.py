"""The symptoms that come up while permissions are set up, and those of which AWS says too little.

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

from typing import Final

from personalize_perms.diagnose.symptoms import CHAIN, Nature, Symptom
from personalize_perms.model.examination import Link

_DENIED: Final = "https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html"
_BPA: Final = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html"
_PRINCIPALS: Final = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html"

SYMPTOMS: Final = (
    Symptom(
        id="block-public-access",
        nature=Nature.PERMISSION,
        meaning="S3 refuses the whole bucket policy: Block Public Access is on and a statement in it, not that for "
        "Personalize, counts as public; or the caller may not write it",
        next_step="find the public statement, or ask whoever owns the bucket to store the policy",
        docs=_BPA,
        says=(
            r"\bblockpublicpolicy\b",
            r"\bpublic policies are (?:blocked|prevented)\b",
            r"\baccess ?denied(?:exception)?\W{1,4}(?:[^:.]{0,40}\bwhen )?calling the putbucketpolicy\b",
        ),
        denies=(r"s3:putbucketpolicy",),
        links=(Link.BLOCK_PUBLIC_ACCESS, Link.BUCKET_POLICY),
    ),
    Symptom(
        id="bucket-owner",
        nature=Nature.PERMISSION,
        meaning="only an identity of the account that owns the bucket may read or write its policy",
        next_step="run this with credentials of the bucket's account, or hand its owner the statement (export)",
        docs="https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies.html",
        says=(
            r"\bmethod ?not ?allowed\b.{0,40}(?:put|get)bucketpolicy",
            r"\bmethod ?not ?allowed\b<gap>(?:bucket ?policy|against this resource)",
            r"\bbucket ?policy\b<near>\b(?:method ?not ?allowed|405)\b",
        ),
    ),
    Symptom(
        id="identity-center",
        nature=Nature.PERMISSION,
        meaning="the permission set refers to a customer managed policy that the target account does not have under "
        "exactly this name and path",
        next_step="create the policy in the target account first (personalize-perms apply there), then assign again",
        docs="https://docs.aws.amazon.com/singlesignon/latest/userguide/howtocmp.html",
        says=(
            r"\b<sso>\b<gap>\bpolic(?:y|ies)\b<near><absent>",
            r"\bpolic(?:y|ies)\b<near><absent><gap>\b<sso>",
        ),
    ),
    Symptom(
        id="dead-principal",
        nature=Nature.PERMISSION,
        meaning="the policy names a user or role that AWS does not know: it was deleted, or made only seconds ago",
        next_step="wait a minute if it is new; else its owner has to take the dead principal out, or name it again",
        docs=_PRINCIPALS,
        says=(
            r"\binvalid principals? in policy\b",
            r"\b(?:one or more )invalid principals?\b",
            r"\bnot refer to a valid principal\b",
        ),
        links=(Link.BUCKET_POLICY, Link.KEY_POLICY, Link.TRUST),
    ),
    Symptom(
        id="administration",
        nature=Nature.PERMISSION,
        meaning="whoever makes the call lacks an action that setting things up needs, not one of Amazon Personalize",
        next_step="personalize-perms explain --tool-permissions prints what each command needs",
        docs=_DENIED,
        denies=(r"(?:iam|s3|kms|sts|sso|identitystore|cloudformation|organizations|access-analyzer):[a-z*]{3,80}",),
    ),
    Symptom(
        id="encoded",
        nature=Nature.PERMISSION,
        meaning="AWS says why only in an encoded message",
        next_step="aws sts decode-authorization-message --encoded-message MESSAGE says what was denied",
        docs="https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html",
        says=(r"\bencoded authorization failure message\b",),
    ),
    Symptom(
        id="denied",
        nature=Nature.PERMISSION,
        meaning="something was denied, but this text does not say to whom, or by which policy",
        next_step="every link of the chain is looked at; the CloudTrail event of the call says more",
        docs=_DENIED,
        says=(
            r"\baccess ?denied(?:exception)?\b",
            r"\bunauthorizedoperation\b",
            r"\bnot authorized\b",
            r"\binsufficient <rights>",
        ),
        links=CHAIN,
        weak=True,
    ),
)
"""Rows about permissions to set permissions up, the most specific first."""
