"""What is known of the requests that Amazon Personalize makes: the condition keys they carry, and those they lack.

Everything else stays unknown, and so does a verdict that depends on it. Not documented, so left out: which source
keys the service sends to S3 and KMS, its addresses, its upload headers, its encryption context.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from personalize_perms.model.access import RequestContext
from personalize_perms.model.live import LiveRole
from personalize_perms.model.settings import Place

# Amazon Personalize does not talk to VPCs: buckets that let in a VPC only cannot be used.
# https://docs.aws.amazon.com/personalize/latest/dg/granting-personalize-s3-access.html
_NO_VPC: Final = frozenset(
    {"aws:sourcevpc", "aws:sourcevpce", "aws:sourcevpcarn", "aws:vpcsourceip", "aws:vpceaccount", "aws:vpceorgid"}
)
_NO_PERSON: Final = frozenset({"aws:multifactorauthage", "aws:username", "aws:federatedprovider", "aws:referer"})
_NO_SESSION: Final = frozenset({"aws:multifactorauthpresent", "aws:tokenissuetime"})
_SOURCES: Final = frozenset({"aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths"})
# What S3 and KMS say when one calls the other on somebody's behalf. The first is in every request, and false both of
# direct calls and of those that a service makes with a service role.
_VIA_SERVICE: Final = "aws:viaawsservice"
_ON_BEHALF: Final = frozenset({"aws:calledvia", "aws:calledviafirst", "aws:calledvialast"})
# AWS takes nothing older than TLS 1.2.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/network-isolation.html
_TLS: Final = {"s3:tlsversion": (("1.2",), ("1.3",))}
# Which of its resources Amazon Personalize names as the source when it takes on a role is not documented.
_SOURCE_KINDS: Final = (
    "dataset-group",
    "dataset",
    "dataset-import-job",
    "dataset-export-job",
    "data-deletion-job",
    "batch-inference-job",
    "batch-segment-job",
    "metric-attribution",
)
# The resource part of each ARN of Amazon Personalize in a trust policy.
_NAMED: Final = re.compile(r'"arn:[^":]*:personalize:[^":]*:[^":]*:([^"]+)"')


def _common(place: Place) -> dict[str, tuple[str, ...]]:
    now = datetime.now(UTC)
    return {
        "aws:securetransport": ("true",),
        "aws:requestedregion": (place.region,),
        "aws:resourceaccount": (place.account,),
        "s3:resourceaccount": (place.account,),
        _VIA_SERVICE: ("false",),
        "aws:currenttime": (now.strftime("%Y-%m-%dT%H:%M:%SZ"),),
        "aws:epochtime": (str(int(now.timestamp())),),
    }


def of_service(place: Place) -> RequestContext:
    """Return what is known of the service's own calls."""
    nobody = {"aws:principalarn", "aws:principalaccount", "aws:principaltype", "aws:userid"}
    absent = _NO_VPC | _NO_PERSON | _NO_SESSION | nobody | _ON_BEHALF
    return RequestContext(present=_common(place), absent=absent, possible=_TLS)


def of_role(place: Place, role: LiveRole) -> RequestContext:
    """Return what is known of the calls that the service makes with the role.

    The name of its session is not documented; one that stands for any is taken. Each job begins a new session, and
    whoever has temporary credentials is said to have, or not to have, a second factor.
    """
    common = _common(place)
    present = {
        **common,
        "aws:tokenissuetime": common["aws:currenttime"],
        "aws:multifactorauthpresent": ("false",),
        "kms:calleraccount": (place.account,),
        "aws:userid": (f"{role.role_id}:personalize",),
        **{f"aws:principaltag/{key.lower()}": (value,) for key, value in role.tags.items()},
    }
    absent = _NO_VPC | _NO_PERSON | _SOURCES | {"aws:principaltag/"} | _ON_BEHALF
    return RequestContext(present=present, absent=absent, possible=_TLS)


def of_foreign_role(place: Place, account: str, organisation: str) -> RequestContext:
    """Return what is known of the calls that the service makes with a role of another account."""
    present = {
        **_common(place),
        "aws:multifactorauthpresent": ("false",),
        "kms:calleraccount": (account,),
        **({"aws:principalorgid": (organisation,)} if organisation else {}),
    }
    return RequestContext(present=present, absent=_NO_VPC | _NO_PERSON | _SOURCES | _ON_BEHALF, possible=_TLS)


def of_owner(context: RequestContext, owner: str) -> RequestContext:
    """Return the context of a call on what another account owns; without an `owner` it is not known which."""
    keys = ("aws:resourceaccount", "s3:resourceaccount")
    present = {key: values for key, values in context.present.items() if key not in keys}
    return replace(context, present={**present, **(dict.fromkeys(keys, (owner,)) if owner else {})})


def of_assuming(place: Place, *, trust_json: str = "") -> RequestContext:
    """Return what is known of the call by which the service takes on a role.

    The resource for which it does so may be any, also one that the role's own trust policy names.
    https://docs.aws.amazon.com/personalize/latest/dg/cross-service-confused-deputy-prevention.html
    """
    named = (found[1].replace("*", "example").replace("?", "e") for found in _NAMED.finditer(trust_json))
    sources = dict.fromkeys((*(f"{kind}/example" for kind in _SOURCE_KINDS), *named))
    return RequestContext(
        present={**_common(place), "aws:sourceaccount": (place.account,)},
        absent=_NO_VPC | _NO_PERSON | _NO_SESSION | {"sts:externalid"},
        possible={"aws:sourcearn": tuple((place.arn("personalize", one, regional=True),) for one in sources)},
    )


def with_key(context: RequestContext) -> RequestContext:
    """Return the context of a call that may come to KMS through S3 or from the service itself: that is not known."""
    present = {key: values for key, values in context.present.items() if key != _VIA_SERVICE}
    return replace(context, present=present, absent=context.absent - _ON_BEHALF)


def of_person(place: Place, *, mfa: bool, present: Mapping[str, str] | None = None) -> RequestContext:
    """Return what is known of a person's calls; `mfa` tells that they signed in with a second factor."""
    known = {"aws:multifactorauthpresent": ("true",)} if mfa else {}
    own = {key.lower(): (value,) for key, value in (present or {}).items()}
    common = {key: value for key, value in _common(place).items() if key != "s3:resourceaccount"}
    return RequestContext(present={**common, **known, **own}, absent=_SOURCES)
