"""The lists that do not depend on the account: what each value means, in the person's words."""

from collections.abc import Mapping
from typing import Final

from personalize_perms.wizard.prompter import Choice
from personalize_perms.wizard.question import Way


def _entries(labels: Mapping[str, str]) -> tuple[Choice, ...]:
    return tuple(Choice(value=str(value), label=label) for value, label in labels.items())


WORKFLOWS: Final = _entries(
    {
        "import": "Import data from S3 (interactions, items, users, actions)",
        "data-deletion": "Delete users' data (data deletion jobs)",
        "export": "Export datasets to S3",
        "batch": "Batch recommendations and user segments, from S3 to S3",
        "metrics-s3": "Publish metrics reports to S3",
        "metrics-cloudwatch": "Publish metrics to CloudWatch",
        "encrypted-dataset-group": "Encrypt dataset groups with a KMS key of your own",
    }
)
ACCESS: Final = _entries(
    {
        "admin": "admin: everything in Amazon Personalize",
        "data-engineer": "data-engineer: schemas, datasets, imports, exports, deletions",
        "ml-engineer": "ml-engineer: solutions, campaigns, recommenders, filters",
        "runtime": "runtime: get recommendations",
        "event-producer": "event-producer: send events, items, users and actions",
        "batch-operator": "batch-operator: batch inference and batch segment jobs",
        "metrics-operator": "metrics-operator: metric attributions",
        "analyst": "analyst: look at everything, change nothing",
        "none": "none: make no policy for people",
    }
)
WAYS: Final = _entries(
    {
        Way.USERS: "A role that IAM users you name may assume (recommended)",
        Way.USERS_WITH_MFA: "The same, but only after multi-factor authentication",
        Way.IDENTITY_CENTER: "A permission set of IAM Identity Center (recommended where your organisation uses it)",
        Way.SAML: "A role for SAML federation",
        Way.OIDC: "A role for OIDC federation",
        Way.ROLE: "Attach the policy to an existing role",
        Way.GROUP: "Attach the policy to a group (AWS does not recommend it)",
        Way.USER: "Attach the policy to a user (AWS does not recommend it)",
        Way.NONE: "Not yet: only make the policy",
    }
)
HARDENING: Final = _entries(
    {
        "documented": "documented: as AWS's guide shows them, scoped to your resources (wider than it must be)",
        "strict": "strict: the tightest form that the guide's facts allow (what AWS adds one day may be denied)",
    }
)
KMS_ACCESS: Final = _entries(
    {
        "key-policy": "key-policy: a statement in the key's policy, visible where everybody looks",
        "grant": "grant: the policy names only the service; the role gets a KMS grant, seen with ListGrants",
    }
)
CONDITIONS: Final = _entries(
    {
        "trust": "trust: on the trust policy (always safe)",
        "all": "all: on bucket and key policies too (not proven that the service sends them there)",
    }
)
