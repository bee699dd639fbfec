"""The symptoms that no permission causes, and the documents that AWS does not take: each with the next step.

https://docs.aws.amazon.com/personalize/latest/dg/error-messages.html
"""

from typing import Final

from personalize_perms.diagnose.symptoms import PERSONALIZE, Nature, Symptom

_ERRORS: Final = f"{PERSONALIZE}error-messages.html"
_LIMITS: Final = f"{PERSONALIZE}limits.html"
_IAM_LIMITS: Final = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"
_KMS_POLICY: Final = "https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html"
_REGIONS: Final = "https://docs.aws.amazon.com/general/latest/gr/personalize.html"
_SIGN_IN: Final = "https://docs.aws.amazon.com/cli/latest/userguide/cli-chap-configure.html"
_RETRIES: Final = "https://docs.aws.amazon.com/general/latest/gr/api-retries.html"

SYMPTOMS: Final = (
    Symptom(
        id="data-location",
        nature=Nature.PARAMETER,
        meaning="the path of the data is not written as Amazon Personalize wants it",
        next_step="write s3://BUCKET/FOLDER/FILE.csv, or s3://BUCKET/FOLDER/ for all files in it",
        docs=_ERRORS,
        says=(r"\binvalid data ?location\b",),
    ),
    Symptom(
        id="batch-path",
        nature=Nature.PARAMETER,
        meaning="a path of the batch job is not written as Amazon Personalize wants it, or output is input",
        next_step="input: a JSON file; output: a folder with '/' at its end, another one than the input's",
        docs=_ERRORS,
        says=(r"\binvalid (?:amazon )?s3 (?:input|output) (?:path|location)\b",),
    ),
    Symptom(
        id="pending-quota",
        nature=Nature.QUOTA,
        meaning="as many of these as the quota allows are pending or in progress",
        next_step="wait until one has ended, or ask AWS to raise the quota",
        docs=_LIMITS,
        says=(r"\bmore than \d+ [a-z -]{0,60}?\b(?:with|in) (?:the |a )?(?:pending|in[_ ]progress)\b",),
    ),
    Symptom(
        id="active-quota",
        nature=Nature.QUOTA,
        meaning="as many of these as the quota allows are active",
        next_step="delete one that is no longer needed, or ask AWS to raise the quota",
        docs=_LIMITS,
        says=(r"\bmore than \d+ [a-z -]{0,60}?\b(?:with|in) (?:the |an )?active (?:state|status)\b",),
    ),
    Symptom(
        id="data",
        nature=Nature.DATA,
        meaning="the data itself is refused, which shows that it could be read: the permissions work",
        next_step="correct the file (columns, lengths, amount of data), then start the job again",
        docs=f"{PERSONALIZE}data-prep-formatting.html",
        says=(
            r"\binput csv is missing\b",
            r"\bmissing (?:the )?following columns?\b",
            r"\blength cannot be more than\b",
            r"\bfewer than [\d,]+ (?:unique |distinct )?(?:users?|items?|interactions?)\b",
            r"\b(?:csv|schema)\b[^.]{0,80}\b(?:does not match|doesn't match|mismatch|do not match|malformed)\b",
        ),
    ),
    Symptom(
        id="kms-key-arn",
        nature=Nature.PARAMETER,
        meaning="the parameter kmsKeyArn takes the ARN of a key, not of an alias, and goes with roleArn: both or none",
        next_step="aws kms describe-key --key-id ALIAS prints the key's ARN; give it and the role's together",
        docs=f"{PERSONALIZE}API_CreateDatasetGroup.html",
        says=(
            r"\bkms ?key ?arn\b<near>\b<bad>",
            r"\b<bad>\b<near>\bkms ?key ?arn\b",
            r"\bkms ?key ?arn\b<near>\brole ?arn\b<near>\b<both>\b",
            r"\brole ?arn\b<near>\bkms ?key ?arn\b<near>\b<both>\b",
            r"\brole ?arn\b<near>\b(?:without|required? (?:when|if)|requires|invalid unless)\b<near>\bkms ?key",
        ),
    ),
    Symptom(
        id="role-arn",
        nature=Nature.PARAMETER,
        meaning="the parameter roleArn is not the ARN of a role as Amazon Personalize takes it",
        next_step="aws iam get-role --role-name NAME prints the ARN, with its path",
        docs=f"{PERSONALIZE}set-up-required-permissions.html",
        says=(
            r"\brole ?arn\b<near>\b(?:failed to satisfy|regular expression|malformed)",
            r"\b(?:failed to satisfy|malformed)\b<near>\brole ?arn\b",
        ),
    ),
    Symptom(
        id="key-lockout",
        nature=Nature.DOCUMENT,
        meaning="KMS refuses a key policy after which the caller could not change it again",
        next_step="keep the statement of the administrators: personalize-perms apply only adds statements",
        docs=_KMS_POLICY,
        says=(r"\bnew key policy will not allow you to update the key policy\b",),
    ),
    Symptom(
        id="principal-in-role-policy",
        nature=Nature.DOCUMENT,
        meaning="a bucket, key or trust policy was given as the permissions policy of a role: those name no Principal",
        next_step="the role's policy is the same without Principal: personalize-perms plan shows both",
        docs=f"{PERSONALIZE}granting-personalize-s3-access.html",
        says=(
            r"\bshould not specify a principal\b",
            r"\bprohibited field (?:\w+ )?principal\b",
            r"\bmalformed ?policy ?document\b<near>\b(?:unsupported|not allowed|has) [^.]{0,30}\bprincipal\b",
        ),
    ),
    Symptom(
        id="trust-quota",
        nature=Nature.QUOTA,
        meaning="the role's trust policy is longer than the quota allows",
        next_step="trust fewer principals, or ask AWS to raise the quota 'Role trust policy length'",
        docs=_IAM_LIMITS,
        says=(r"\baclsizeperrole\b",),
    ),
    Symptom(
        id="iam-quota",
        nature=Nature.QUOTA,
        meaning="an IAM quota is used up: the length of a policy, or how many there may be",
        next_step="name fewer buckets or a common prefix, remove what is unused, or ask AWS to raise the quota",
        docs=_IAM_LIMITS,
        says=(r"\bcannot exceed quota for \w{3,60}\b",),
    ),
    Symptom(
        id="region",
        nature=Nature.REGION,
        meaning="the bucket is in another Region than the call: Amazon Personalize works with data in its own Region",
        next_step="use a bucket in the Region of Amazon Personalize, or --region with the bucket's",
        docs=f"{PERSONALIZE}API_BatchInferenceJobInput.html",
        says=(
            r"\bpermanent ?redirect\b",
            r"\baddressed using the specified endpoint\b",
            r"\bbucket is in this region: (?P<region>[a-z0-9-]{5,25})\b",
            r"\bregion '?[a-z0-9-]{5,25}'? is wrong; expecting '?(?P<region>[a-z0-9-]{5,25})\b",
            r"\billegal ?location ?constraint\w*",
            r"\b(?:bucket|s3|input data)\b[^.]{0,80}?\b(?:different|another|other|wrong|the same) (?:aws )?region\b",
        ),
    ),
    Symptom(
        id="no-such-region",
        nature=Nature.REGION,
        meaning="Amazon Personalize is not in this Region, or cannot be reached from here",
        next_step="choose a Region in which it is, with --region or AWS_REGION; check the network",
        docs=_REGIONS,
        says=(
            r"\bcould not connect to the endpoint url: ?[\"']?https://personalize[a-z-]{0,20}\.",
            r"\bcould not resolve host: personalize\b",
        ),
    ),
    Symptom(
        id="credentials",
        nature=Nature.CREDENTIALS,
        meaning="the call was not accepted as anybody's: the credentials are missing, wrong or expired",
        next_step="sign in again (aws sso login, or new keys); aws sts get-caller-identity shows who you are",
        docs=_SIGN_IN,
        says=(
            r"\b(?:expired ?token(?:exception)?|request ?expired|token ?refresh ?required)\b",
            r"\bsecurity token included in the request is (?:expired|invalid)\b",
            r"\b(?:invalid ?client ?token ?id|unrecognized ?client ?exception|invalid ?access ?key ?id)\b",
            r"\b(?:signature ?does ?not ?match|missing ?authentication ?token\w*)\b",
            r"\bunable to locate credentials\b",
            r"\bsso session .{0,80}?(?:expired|invalid)\b",
        ),
    ),
    Symptom(
        id="bucket-or-file",
        nature=Nature.PARAMETER,
        meaning="the bucket, or the file in it, is not there under this name",
        next_step="check the path letter by letter: aws s3 ls s3://BUCKET/PREFIX/",
        docs=_ERRORS,
        says=(
            r"\bno ?such ?(?:bucket|key)\b(?! ?policy)",
            r"\bspecified (?:bucket|key) does not exist\b",
            r"\b(?:no|cannot find|could not find) (?:\w+ ){0,2}files? (?:found )?(?:in|at) <the>(?:s3|path|location)\b",
        ),
    ),
    Symptom(
        id="busy",
        nature=Nature.STATE,
        meaning="what it is about is still in use, being made, or not ready",
        next_step="wait until it is ACTIVE, or delete what depends on it first",
        docs=_ERRORS,
        says=(r"\bresource ?in ?use ?exception\b", r"\b(?:is not|must be) (?:in )?(?:an )?active (?:state|status)?"),
    ),
    Symptom(
        id="exists",
        nature=Nature.STATE,
        meaning="something of that name is there already",
        next_step="use it, or choose another name",
        docs=_ERRORS,
        says=(r"\bresource ?already ?exists ?exception\b",),
    ),
    Symptom(
        id="not-found",
        nature=Nature.STATE,
        meaning="Amazon Personalize knows nothing of that ARN in this account and Region",
        next_step="check the ARN, its Region and account: aws personalize list-dataset-groups",
        docs=_ERRORS,
        says=(r"\bresource ?not ?found ?exception\b",),
    ),
    Symptom(
        id="throttled",
        nature=Nature.QUOTA,
        meaning="there were too many calls in a short time",
        next_step="wait a little and try again, with longer pauses",
        docs=_RETRIES,
        says=(r"\b(?:throttling|throttled)(?: ?exception)?\b", r"\brate exceeded\b", r"\btoo ?many ?requests"),
    ),
    Symptom(
        id="quota",
        nature=Nature.QUOTA,
        meaning="a quota of AWS is used up",
        next_step="delete what is no longer needed, or ask AWS to raise the quota",
        docs=_LIMITS,
        says=(r"\blimit ?exceeded(?: ?exception)?\b", r"\bservice ?quota ?exceeded(?: ?exception)?\b"),
        weak=True,
    ),
)
"""Rows about anything else, the most specific first."""
