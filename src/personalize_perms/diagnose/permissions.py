"""The symptoms that a missing permission to do the work causes: on S3, on keys, on the role, of the people.

https://docs.aws.amazon.com/personalize/latest/dg/error-messages.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

from typing import Final

from personalize_perms.diagnose.symptoms import PERSONALIZE, Nature, Symptom
from personalize_perms.model.examination import Link
from personalize_perms.model.settings import Workflow

_S3: Final = f"{PERSONALIZE}granting-personalize-s3-access.html"
_KMS: Final = f"{PERSONALIZE}granting-personalize-key-access.html"
_USER: Final = f"{PERSONALIZE}grant-user-permissions.html"
_TRUST: Final = f"{PERSONALIZE}cross-service-confused-deputy-prevention.html"
_KEYS: Final = (Link.KEY_STATE, Link.KEY_POLICY, Link.KEY_GRANT, Link.ROLE_POLICY)
_KEY_TROUBLE: Final = (
    r"\bkms\.?(?:invalid ?state|disabled|access ?denied)(?: ?exception)?\b",
    r"\bdisabledexception\b",
    r"arn:(?:aws[a-z-]{0,20}):kms:[!-~]{1,200}? is (?:disabled|(?:in )?pending ?(?:deletion|import))",
    r"\bkms key (?:[!-~]{1,200} )?(?:is|was|has been) (?:disabled|deleted|(?:in )?pending ?deletion|revoked)",
    r"\bkey access (?:was|has been|is) (?:revoked|denied|lost)",
    r"\b(?:insufficient|no|missing|lacks?) (?:<rights>|access) (?:on|for|to|with) (?:\w+ ){0,4}(?:kms )?key\b",
    r"\binsufficient <rights> [^.]{0,60}\bkms\b",
    r"\b<cannot> (?:access|use|decrypt|encrypt)\b[^.]{0,60}\bkms\b",
    r"\bciphertext refers to a (?:customer master|kms) key that does not exist",
)
_WITH_GROUP: Final = (
    r"\b(?:creat(?:e|ing|ion of) ?<the>filter|filter creation|get ?recommendations|get ?personalized ?ranking)\b"
)

SYMPTOMS: Final = (
    Symptom(
        id="bucket-policy",
        nature=Nature.PERMISSION,
        meaning="the bucket's policy does not let Amazon Personalize itself in, whatever the role may do",
        next_step="add the statement for personalize.amazonaws.com; look for a Deny or a prefix that leaves it out",
        docs=f"{_S3}#attach-bucket-policy",
        says=(
            r"\binsufficient <rights> for accessing data in <s3>\b<gap>fix <the>bucket policy<bucket>",
            r"\binsufficient <rights> for accessing data in <s3>\b<gap>#attach-bucket-policy\b",
        ),
        links=(Link.BUCKET_REGION, Link.BLOCK_PUBLIC_ACCESS, Link.BUCKET_POLICY),
    ),
    Symptom(
        id="s3-access",
        nature=Nature.PERMISSION,
        meaning="Amazon Personalize or its role cannot reach the data in S3; any of several documents can be why",
        next_step="see which link fails: Region, role policy, bucket policy, encryption and key, a Deny",
        docs=_S3,
        says=(
            r"\binsufficient <rights> (?:for|to) access(?:ing)? <the>data in <s3>\b",
            r"\b<cannot> access <the><s3> (?:bucket|location|data|path)\b",
            r"\b(?:doesn't|does not) have (?:access|permissions?) to <the><s3> (?:bucket|location|data)\b",
        ),
        links=(
            Link.BUCKET_REGION,
            Link.ROLE_POLICY,
            Link.BOUNDARY,
            Link.BUCKET_POLICY,
            Link.BUCKET_ENCRYPTION,
            Link.KEY_STATE,
            Link.KEY_POLICY,
            Link.KEY_GRANT,
            Link.SERVICE_CONTROL,
        ),
    ),
    Symptom(
        id="pass-role-elsewhere",
        nature=Nature.PERMISSION,
        meaning="a role of another account cannot be passed: role and caller must be of the same account",
        next_step="use a service role of the account in which you use Amazon Personalize",
        docs="https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html",
        says=(r"\bcross-account pass ?role is not allowed\b",),
    ),
    Symptom(
        id="pass-role",
        nature=Nature.PERMISSION,
        meaning="whoever starts the work may not pass the service role to Amazon Personalize",
        next_step="allow iam:PassRole on exactly that role, for personalize.amazonaws.com; compare its ARN and path",
        docs=_USER,
        says=(r"\b(?:not (?:authorized|allowed)|no <rights>|not have <rights>) to pass <the>role\b",),
        denies=(r"iam:passrole",),
        links=(Link.PASS_ROLE,),
    ),
    Symptom(
        id="data-insights",
        nature=Nature.PERMISSION,
        meaning="the console's analysis needs the actions ListDataInsightsJobs and GetDataInsights, which AWS's "
        "guide spells in the singular",
        next_step="allow the actions as AWS's service reference spells them, in the plural",
        docs=f"{PERSONALIZE}analyze-data-minimum-permissions.html",
        denies=(r"personalize:(?:create|describe|list|get)datainsights?(?:jobs?)?",),
        links=(Link.USER_POLICY,),
    ),
    Symptom(
        id="tag-resource",
        nature=Nature.PERMISSION,
        meaning="creating something with tags needs personalize:TagResource besides the create action",
        next_step="allow personalize:TagResource, or create it without tags",
        docs=f"{PERSONALIZE}tags-iam.html",
        denies=(r"personalize:(?:un)?tagresource",),
        links=(Link.USER_POLICY,),
    ),
    Symptom(
        id="user-action",
        nature=Nature.PERMISSION,
        meaning="whoever makes the call lacks this action of Amazon Personalize, or the resource it is about",
        next_step="allow it; List* and PutEvents need Resource *, creating solutions and recommenders the recipe too",
        docs=_USER,
        denies=(r"personalize:[a-z]{3,80}",),
        links=(Link.USER_POLICY,),
    ),
    Symptom(
        id="export-encrypted-group",
        nature=Nature.PERMISSION,
        meaning="exporting from a dataset group with a KMS key needs one action more on the key than AWS's example",
        next_step="allow kms:GenerateDataKeyWithoutPlaintext in the key policy, for the role and the service",
        docs=_KMS,
        says=(r"\bgeneratedatakeywithoutplaintext\b",),
        denies=(r"kms:generatedatakeywithoutplaintext",),
        links=(Link.KEY_POLICY, Link.KEY_GRANT, Link.KEY_STATE, Link.ROLE_POLICY),
        workflows=(Workflow.EXPORT, Workflow.ENCRYPTED_DATASET_GROUP),
    ),
    Symptom(
        id="encrypted-group",
        nature=Nature.PERMISSION,
        meaning="the dataset group's KMS key can no longer be used: access revoked, key disabled or to be deleted",
        next_step="enable the key, and put its policy or grant back",
        docs=_KMS,
        says=(
            *(f"{_WITH_GROUP}.{{0,300}}?{trouble}" for trouble in _KEY_TROUBLE),
            *(f"{trouble}<gap>{_WITH_GROUP}" for trouble in _KEY_TROUBLE),
        ),
        links=_KEYS,
        workflows=(Workflow.ENCRYPTED_DATASET_GROUP,),
    ),
    Symptom(
        id="key-access",
        nature=Nature.PERMISSION,
        meaning="the KMS key cannot be used: its policy or grant leaves somebody out, or it is not enabled",
        next_step="let both the role and personalize.amazonaws.com in by the key policy, and enable the key",
        docs=_KMS,
        says=_KEY_TROUBLE,
        denies=(r"kms:[a-z*]{3,60}",),
        links=(Link.KEY_POLICY, Link.KEY_GRANT, Link.KEY_STATE, Link.ROLE_POLICY, Link.BOUNDARY),
    ),
    Symptom(
        id="people-role",
        nature=Nature.PERMISSION,
        meaning="this user may not take on the role that works with Amazon Personalize",
        next_step="name the user in the role's trust policy (--assumable-by), and sign in with MFA if it asks for that",
        docs=_USER,
        denies=(r"sts:assumerole\w*",),
        by=r"arn:(?:aws[a-z-]*):(?:iam::\d{12}:user|sts::\d{12}:(?:assumed-role|federated-user))/.*",
        links=(Link.ASSUME_ROLE,),
    ),
    Symptom(
        id="trust",
        nature=Nature.PERMISSION,
        meaning="Amazon Personalize cannot take on the role: its trust policy does not let it in for this account "
        "and Region, or the role is so new that AWS does not know it everywhere",
        next_step="if the role was made in the last minute, try again; else compare its trust policy",
        docs=_TRUST,
        says=(
            r"\brole\S{0,300} (?:[^.]{0,60} )?(?:cannot|can not|can't|could not) be assumed\b",
            r"\b<cannot> assume <the>(?:service |iam )?role\b",
            r"\bpersonalize(?:\.amazonaws\.com)? (?:is |does )?(?:<cannot>|not have permissions? to) assume\b",
        ),
        denies=(r"sts:assumerole\w*",),
        links=(Link.TRUST,),
    ),
    Symptom(
        id="metric-attribution",
        nature=Nature.PERMISSION,
        meaning="the role may not report metrics: creating a metric attribution sends a test metric to CloudWatch",
        next_step="allow cloudwatch:PutMetricData on *, and s3:PutObject where metrics go to S3",
        docs=f"{PERSONALIZE}metric-attribution-requirements.html",
        says=(
            r"\bmetric ?attribution<gap>\b<denied>",
            r"\b<denied>\b<near>\bputmetricdata\b",
        ),
        denies=(r"cloudwatch:putmetricdata",),
        links=(
            Link.ROLE_POLICY,
            Link.BOUNDARY,
            Link.BUCKET_POLICY,
            Link.KEY_STATE,
            Link.KEY_POLICY,
            Link.KEY_GRANT,
        ),
        workflows=(Workflow.METRICS_CLOUDWATCH,),
    ),
    Symptom(
        id="output",
        nature=Nature.PERMISSION,
        meaning="reading works, but results cannot be written: s3:PutObject is missing on the role or in the bucket's "
        "policy, or the key of the bucket",
        next_step="allow s3:PutObject on the output location in both documents, and the bucket's key",
        docs=_S3,
        says=(
            r"\binsufficient <rights> (?:for|to) (?:writ\w+|put\w*|sav\w+|stor\w+)\b<near>\b<s3>\b",
            r"\b<cannot> (?:write|put|export|upload|save)\b<gap>\b<denied>",
        ),
        denies=(r"s3:putobject\w*", r"s3:abortmultipartupload"),
        links=(
            Link.ROLE_POLICY,
            Link.BOUNDARY,
            Link.BUCKET_POLICY,
            Link.BUCKET_ENCRYPTION,
            Link.KEY_STATE,
            Link.KEY_POLICY,
            Link.KEY_GRANT,
        ),
    ),
    Symptom(
        id="input",
        nature=Nature.PERMISSION,
        meaning="the data in S3 cannot be read or listed by whoever is named",
        next_step="allow s3:GetObject on the objects and s3:ListBucket on the bucket, in the document named below",
        docs=_S3,
        denies=(r"s3:(?:getobject\w*|listbucket\w*|headobject|headbucket|getbucketlocation)",),
        links=(
            Link.ROLE_POLICY,
            Link.BOUNDARY,
            Link.BUCKET_POLICY,
            Link.BUCKET_ENCRYPTION,
            Link.KEY_STATE,
            Link.KEY_POLICY,
            Link.KEY_GRANT,
        ),
    ),
)
"""Rows about permissions to do the work, the most specific first."""
