"""IAM and STS: one function for each operation, from the parameters of the query to the members of the answer."""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any
from urllib.parse import quote

from benchmarks.server.world import ACCOUNT, MADE, Policy, Principal, Refused, World

Params = Mapping[str, str]
Answer = dict[str, Any]
Operation = Callable[[World, Params], Answer]
OPERATIONS: dict[str, Operation] = {}
_KINDS = {"User": "user", "Group": "group", "Role": "role"}
_QUOTAS = {
    "AttachedPoliciesPerUserQuota": 10,
    "AttachedPoliciesPerGroupQuota": 10,
    "AttachedPoliciesPerRoleQuota": 25,
    "AssumeRolePolicySizeQuota": 2048,
}


def operation(name: str) -> Callable[[Operation], Operation]:
    def keep(function: Operation) -> Operation:
        OPERATIONS[name] = function
        return function

    return keep


def encoded(document: str) -> str:
    """Return a document as IAM sends it."""
    return quote(document, safe="")


def tagged(params: Params) -> dict[str, str]:
    numbers = (key.split(".")[2] for key in params if re.fullmatch(r"Tags\.member\.\d+\.Key", key))
    return {params[f"Tags.member.{n}.Key"]: params[f"Tags.member.{n}.Value"] for n in numbers}


def listed(params: Params, name: str) -> list[str]:
    return [value for key, value in params.items() if key.startswith(f"{name}.member.")]


def paged(items: list[Any], params: Params) -> tuple[list[Any], Answer]:
    """Return one page, and what says whether there are more."""
    start, size = int(params.get("Marker", 0)), int(params.get("MaxItems", 100))
    more = len(items) > start + size
    return items[start : start + size], {"IsTruncated": more, **({"Marker": str(start + size)} if more else {})}


def _tags(tags: Mapping[str, str]) -> list[Answer]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _policy(policy: Policy, *, tags: bool = False) -> Answer:
    return {
        "PolicyName": policy.name,
        "PolicyId": f"ANPA{abs(hash(policy.arn)):016X}"[:20],
        "Arn": policy.arn,
        "Path": policy.path,
        "DefaultVersionId": policy.default,
        "AttachmentCount": len(policy.holders),
        "PermissionsBoundaryUsageCount": 0,
        "IsAttachable": True,
        "Description": policy.description,
        "CreateDate": MADE,
        "UpdateDate": MADE,
        **({"Tags": _tags(policy.tags)} if tags else {}),
    }


def _principal(one: Principal) -> Answer:
    title = one.kind.title()
    found: Answer = {
        "Path": one.path,
        f"{title}Name": one.name,
        f"{title}Id": one.unique_id,
        "Arn": one.arn,
        "CreateDate": MADE,
    }
    if one.kind == "role":
        found |= {"AssumeRolePolicyDocument": encoded(one.trust), "Description": one.description}
        found |= {"MaxSessionDuration": 3600}
    if one.boundary:
        kind = "PermissionsBoundaryPolicy"
        found["PermissionsBoundary"] = {
            "PermissionsBoundaryType": kind,
            "PermissionsBoundaryArn": one.boundary,
        }
    return found


def _version(policy: Policy, version: str, *, document: bool) -> Answer:
    return {
        **({"Document": encoded(policy.versions[version])} if document else {}),
        "VersionId": version,
        "IsDefaultVersion": version == policy.default,
        "CreateDate": MADE,
    }


# Managed policies


@operation("GetPolicy")
def get_policy(world: World, params: Params) -> Answer:
    return {"Policy": _policy(world.policy(params["PolicyArn"]), tags=True)}


@operation("GetPolicyVersion")
def get_policy_version(world: World, params: Params) -> Answer:
    policy, version = world.policy(params["PolicyArn"]), params["VersionId"]
    if version not in policy.versions:
        raise Refused("NoSuchEntity", f"Policy {policy.arn} version {version} does not exist.", 404)
    return {"PolicyVersion": _version(policy, version, document=True)}


@operation("ListPolicyVersions")
def list_policy_versions(world: World, params: Params) -> Answer:
    policy = world.policy(params["PolicyArn"])
    return {"Versions": [_version(policy, each, document=False) for each in policy.versions], "IsTruncated": False}


@operation("ListPolicies")
def list_policies(world: World, params: Params) -> Answer:
    found = [each for each in world.policies.values() if each.path.startswith(params.get("PathPrefix", "/"))]
    page, more = paged(found, params)
    return {"Policies": [_policy(each) for each in page], **more}


@operation("ListEntitiesForPolicy")
def list_entities_for_policy(world: World, params: Params) -> Answer:
    page, more = paged(sorted(world.policy(params["PolicyArn"]).holders), params)
    answer: Answer = {f"Policy{title}s": [] for title in _KINDS}
    for kind, name in page:
        one = world.principals[kind][name]
        answer[f"Policy{kind.title()}s"].append({f"{kind.title()}Name": name, f"{kind.title()}Id": one.unique_id})
    return {**answer, **more}


@operation("CreatePolicy")
def create_policy(world: World, params: Params) -> Answer:
    arn = f"arn:aws:iam::{ACCOUNT}:policy{params.get('Path', '/')}{params['PolicyName']}"
    if arn in world.policies:
        raise Refused("EntityAlreadyExists", f"A policy called {params['PolicyName']} already exists.", 409)
    policy = Policy(arn, {"v1": params["PolicyDocument"]}, "v1", params.get("Description", ""), tagged(params))
    world.policies[arn] = policy
    return {"Policy": _policy(policy, tags=True)}


@operation("CreatePolicyVersion")
def create_policy_version(world: World, params: Params) -> Answer:
    policy = world.policy(params["PolicyArn"])
    if len(policy.versions) > 4:
        raise Refused("LimitExceeded", "A managed policy can have up to 5 versions.", 409)
    policy.made += 1
    version = f"v{policy.made}"
    policy.versions[version] = params["PolicyDocument"]
    if params.get("SetAsDefault") == "true":
        policy.default = version
    return {"PolicyVersion": _version(policy, version, document=False)}


@operation("DeletePolicyVersion")
def delete_policy_version(world: World, params: Params) -> Answer:
    policy = world.policy(params["PolicyArn"])
    if params["VersionId"] == policy.default:
        raise Refused("DeleteConflict", "Cannot delete the default version of a policy.", 409)
    policy.versions.pop(params["VersionId"], None)
    return {}


@operation("DeletePolicy")
def delete_policy(world: World, params: Params) -> Answer:
    policy = world.policy(params["PolicyArn"])
    if policy.holders or len(policy.versions) > 1:
        raise Refused("DeleteConflict", "Cannot delete a policy that is attached or has other versions.", 409)
    del world.policies[policy.arn]
    return {}


@operation("TagPolicy")
def tag_policy(world: World, params: Params) -> Answer:
    world.policy(params["PolicyArn"]).tags.update(tagged(params))
    return {}


@operation("UntagPolicy")
def untag_policy(world: World, params: Params) -> Answer:
    for key in listed(params, "TagKeys"):
        world.policy(params["PolicyArn"]).tags.pop(key, None)
    return {}


# Users, groups and roles


def _get(kind: str, world: World, params: Params) -> Answer:
    title = kind.title()
    one = world.principal(kind, params[f"{title}Name"])
    return {title: {**_principal(one), "Tags": _tags(one.tags)}}


def _list(kind: str, world: World, params: Params) -> Answer:
    page, more = paged(list(world.principals[kind].values()), params)
    return {f"{kind.title()}s": [_principal(one) for one in page], **more}


def _attached(kind: str, world: World, params: Params) -> Answer:
    page, more = paged(world.principal(kind, params[f"{kind.title()}Name"]).attached, params)
    return {"AttachedPolicies": [_reference(arn) for arn in page], **more}


def _inline_names(kind: str, world: World, params: Params) -> Answer:
    page, more = paged(list(world.principal(kind, params[f"{kind.title()}Name"]).inline), params)
    return {"PolicyNames": page, **more}


def _inline(kind: str, world: World, params: Params) -> Answer:
    one, name = world.principal(kind, params[f"{kind.title()}Name"]), params["PolicyName"]
    if name not in one.inline:
        raise Refused("NoSuchEntity", f"The {kind} policy with name {name} cannot be found.", 404)
    return {f"{kind.title()}Name": one.name, "PolicyName": name, "PolicyDocument": encoded(one.inline[name])}


def _attach(kind: str, world: World, params: Params) -> Answer:
    one, policy = world.principal(kind, params[f"{kind.title()}Name"]), world.policy(params["PolicyArn"])
    if policy.arn not in one.attached:
        one.attached.append(policy.arn)
    policy.holders.add((kind, one.name))
    return {}


def _detach(kind: str, world: World, params: Params) -> Answer:
    one, policy = world.principal(kind, params[f"{kind.title()}Name"]), world.policy(params["PolicyArn"])
    if policy.arn not in one.attached:
        raise Refused("NoSuchEntity", f"Policy {policy.arn} was not found.", 404)
    one.attached.remove(policy.arn)
    policy.holders.discard((kind, one.name))
    return {}


def _reference(arn: str) -> Answer:
    return {"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn}


for _title, _kind in _KINDS.items():
    OPERATIONS[f"Get{_title}"] = partial(_get, _kind)
    OPERATIONS[f"List{_title}s"] = partial(_list, _kind)
    OPERATIONS[f"ListAttached{_title}Policies"] = partial(_attached, _kind)
    OPERATIONS[f"List{_title}Policies"] = partial(_inline_names, _kind)
    OPERATIONS[f"Get{_title}Policy"] = partial(_inline, _kind)
    OPERATIONS[f"Attach{_title}Policy"] = partial(_attach, _kind)
    OPERATIONS[f"Detach{_title}Policy"] = partial(_detach, _kind)


@operation("ListGroupsForUser")
def list_groups_for_user(world: World, params: Params) -> Answer:
    names = world.principal("user", params["UserName"]).groups
    return {"Groups": [_principal(world.principals["group"][name]) for name in names], "IsTruncated": False}


@operation("CreateRole")
def create_role(world: World, params: Params) -> Answer:
    name = params["RoleName"]
    if name in world.principals["role"]:
        raise Refused("EntityAlreadyExists", f"Role with name {name} already exists.", 409)
    role = Principal(
        "role",
        name,
        params.get("Path", "/"),
        params["AssumeRolePolicyDocument"],
        params.get("Description", ""),
        params.get("PermissionsBoundary", ""),
        tagged(params),
    )
    world.add(role)
    return {"Role": {**_principal(role), "Tags": _tags(role.tags)}}


@operation("DeleteRole")
def delete_role(world: World, params: Params) -> Answer:
    role = world.principal("role", params["RoleName"])
    if role.attached or role.inline:
        raise Refused("DeleteConflict", "Cannot delete entity, must detach all policies first.", 409)
    del world.principals["role"][role.name]
    return {}


@operation("UpdateAssumeRolePolicy")
def update_assume_role_policy(world: World, params: Params) -> Answer:
    world.principal("role", params["RoleName"]).trust = params["PolicyDocument"]
    return {}


@operation("ListInstanceProfilesForRole")
def list_instance_profiles_for_role(world: World, params: Params) -> Answer:
    world.principal("role", params["RoleName"])
    return {"InstanceProfiles": [], "IsTruncated": False}


# The whole account


@operation("GetAccountSummary")
def get_account_summary(world: World, params: Params) -> Answer:
    return {"SummaryMap": _Map(_QUOTAS)}


@operation("ListAccountAliases")
def list_account_aliases(world: World, params: Params) -> Answer:
    return {"AccountAliases": ["acme"], "IsTruncated": False}


@operation("GetAccountAuthorizationDetails")
def get_account_authorization_details(world: World, params: Params) -> Answer:
    wanted = listed(params, "Filter") or [*_KINDS, "LocalManagedPolicy"]
    items: list[Principal | Policy] = []
    for title, kind in _KINDS.items():
        items += world.principals[kind].values() if title in wanted else ()
    items += world.policies.values() if "LocalManagedPolicy" in wanted else ()
    page, more = paged(items, params)
    lists: Answer = {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [], "Policies": []}
    for one in page:
        if isinstance(one, Policy):
            versions = [_version(one, version, document=True) for version in one.versions]
            lists["Policies"].append({**_policy(one), "PolicyVersionList": versions})
        else:
            lists[f"{one.kind.title()}DetailList"].append(_detail(one))
    return {**lists, **more}


def _detail(one: Principal) -> Answer:
    title = one.kind.title()
    inline = [{"PolicyName": name, "PolicyDocument": encoded(text)} for name, text in one.inline.items()]
    more: Answer = {"GroupList": one.groups, "Tags": _tags(one.tags)}
    if one.kind == "role":
        more = {"InstanceProfileList": [], "RoleLastUsed": {}, "Tags": _tags(one.tags)}
    return {
        **_principal(one),
        f"{title}PolicyList": inline,
        "AttachedManagedPolicies": [_reference(arn) for arn in one.attached],
        **({} if one.kind == "group" else more),
    }


# As XML


class _Map(dict[str, Any]):
    """A map of the query protocol, which has entries instead of members."""


def xml(name: str, value: Any) -> str:
    """Return one element of an answer of the query protocol."""
    match value:
        case _Map():
            entries = ("<entry>" + xml("key", key) + xml("value", one) + "</entry>" for key, one in value.items())
            return f"<{name}>{''.join(entries)}</{name}>"
        case dict():
            return f"<{name}>{members(value)}</{name}>"
        case list():
            return f"<{name}>{''.join(xml('member', one) for one in value)}</{name}>"
        case bool():
            return f"<{name}>{str(value).lower()}</{name}>"
    return f"<{name}>{escaped(str(value))}</{name}>"


def members(values: Mapping[str, Any]) -> str:
    return "".join(xml(name, value) for name, value in values.items())


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&#34;")


def answer(world: World, service: str, params: Params) -> bytes:
    """Return the body of an answer of IAM or STS."""
    name = params.get("Action", "")
    if service == "sts" and name == "GetCallerIdentity":
        arn = f"arn:aws:iam::{ACCOUNT}:user/ada"
        found: Answer = {"Arn": arn, "UserId": "AIDAEXAMPLEEXAMPLE00", "Account": ACCOUNT}
    elif service == "iam" and name in OPERATIONS:
        found = OPERATIONS[name](world, params)
    else:
        raise Refused("AccessDenied", f"User: ada is not authorized to perform: {service}:{name}", 403)
    space = {
        "iam": "https://iam.amazonaws.com/doc/2010-05-08/",
        "sts": "https://sts.amazonaws.com/doc/2011-06-15/",
    }[service]
    result = f"<{name}Result>{members(found)}</{name}Result>"
    return f'<{name}Response xmlns="{space}">{result}{_METADATA}</{name}Response>'.encode()


_METADATA = "<ResponseMetadata><RequestId>00000000-0000-4000-8000-000000000000</RequestId></ResponseMetadata>"


def refusal(refused: Refused) -> bytes:
    error = f"<Error><Type>Sender</Type><Code>{refused.code}</Code>{xml('Message', refused.message)}</Error>"
    return f"<ErrorResponse>{error}<RequestId>00000000-0000-4000-8000-000000000000</RequestId></ErrorResponse>".encode()


def changing(names: Iterable[str]) -> set[str]:
    """Return those of the operations that write."""
    return {name for name in names if not name.startswith(("Get", "List"))}


WRITES = changing(OPERATIONS)
