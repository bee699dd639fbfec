"""The floor without botocore: requests that are signed by hand, all that can travel at once; nothing is verified."""

import datetime as dt
import hashlib
import hmac
import http.client
import json
import os
import re
import ssl
import sys
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from urllib.parse import unquote, urlencode, urlsplit

from shared import merged, policy_arn, read_job, role_policies

URL = urlsplit(os.environ["AWS_ENDPOINT_URL"])
REGION, KEY_ID, SECRET = (os.environ[f"AWS_{name}"] for name in ("REGION", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY"))
TLS = ssl.create_default_context(cafile=os.environ.get("AWS_CA_BUNDLE")) if URL.scheme == "https" else None
WORKERS = int(sys.argv[2])
_thread = threading.local()


def connection() -> http.client.HTTPConnection:
    if not hasattr(_thread, "open"):
        host, port = URL.hostname or "", URL.port
        _thread.open = (
            http.client.HTTPSConnection(host, port, context=TLS) if TLS else http.client.HTTPConnection(host, port)
        )
    found: http.client.HTTPConnection = _thread.open
    return found


def _signed(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def send(service: str, verb: str, path: str, query: str, body: bytes, more: dict[str, str]) -> tuple[int, str]:
    """Send one request with signature version 4; return status and body of the answer."""
    now = dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%SZ")
    region = "us-east-1" if service == "iam" else REGION
    digest = hashlib.sha256(body).hexdigest()
    headers = {"host": URL.netloc, "x-amz-content-sha256": digest, "x-amz-date": now, **more}
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    canonical = f"{verb}\n{path}\n{query}\n{lines}\n{names}\n{digest}"
    scope = f"{now[:8]}/{region}/{service}/aws4_request"
    key = f"AWS4{SECRET}".encode()
    for part in scope.split("/"):
        key = _signed(key, part)
    text = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={KEY_ID}/{scope}, SignedHeaders={names}, Signature={signature}"
    )
    connection().request(verb, f"{path}?{query}" if query else path, body, headers)
    answer = connection().getresponse()
    found = answer.read().decode()
    if answer.status >= 300 and answer.status != 404:
        raise SystemExit(f"{service} {path} {answer.status}: {found}")
    return answer.status, found


def query(service: str, action: str, **parameters: str) -> str:
    """Ask IAM or STS; empty if there is no such thing."""
    body = urlencode({"Action": action, "Version": "2010-05-08", **parameters}).encode()
    kind = {"content-type": "application/x-www-form-urlencoded"}
    status, found = send(service, "POST", "/", "", body, kind)
    return found if status < 300 else ""


def kms(action: str, **parameters: str) -> str:
    kind = {"content-type": "application/x-amz-json-1.1", "x-amz-target": f"TrentService.{action}"}
    return send("kms", "POST", "/", "", json.dumps(parameters).encode(), kind)[1]


def bucket_policy(name: str) -> str | None:
    status, found = send("s3", "GET", f"/{name}", "policy=", b"", {})
    return found if status < 300 else None


def put_bucket_policy(name: str, text: str) -> None:
    send("s3", "PUT", f"/{name}", "policy=", text.encode(), {})


def main() -> None:  # noqa: C901 - a script: each line is one call
    job = read_job()
    role = job["role"]
    pool = ThreadPoolExecutor(WORKERS)
    who = pool.submit(query, "sts", "GetCallerIdentity")
    local = pool.submit(partial(query, "iam", "ListPolicies", Scope="Local", MaxItems="1000"))
    there = pool.submit(partial(query, "iam", "GetRole", RoleName=role))
    of_role = pool.submit(partial(query, "iam", "ListAttachedRolePolicies", RoleName=role))
    of_group = pool.submit(partial(query, "iam", "ListAttachedGroupPolicies", GroupName=job["group"]))
    key = pool.submit(partial(kms, "GetKeyPolicy", KeyId=job["key"], PolicyName="default"))
    read = {name: pool.submit(bucket_policy, name) for name in job["buckets"]}

    versions = dict(re.findall(r"<Arn>([^<]+)</Arn>.*?<DefaultVersionId>([^<]+)<", local.result()))
    second: list[Callable[[], object]] = []
    for name, document in job["policies"].items():
        arn, text = policy_arn(job, name), json.dumps(document)
        if arn in versions:
            second.append(partial(query, "iam", "GetPolicyVersion", PolicyArn=arn, VersionId=versions[arn]))
        else:
            second.append(partial(query, "iam", "CreatePolicy", PolicyName=name, PolicyDocument=text))
    if not there.result():
        trust = json.dumps(job["trust"])
        second.append(partial(query, "iam", "CreateRole", RoleName=role, AssumeRolePolicyDocument=trust))
    done(pool, second)

    held = unquote(of_role.result() + of_group.result())
    third: list[Callable[[], object]] = []
    for name in role_policies(job):
        arn = policy_arn(job, name)
        if arn not in held:
            third.append(partial(query, "iam", "AttachRolePolicy", RoleName=role, PolicyArn=arn))
    for name in job["user_policies"]:
        arn = policy_arn(job, name)
        if arn not in held:
            third.append(partial(query, "iam", "AttachGroupPolicy", GroupName=job["group"], PolicyArn=arn))
    text_of_key = merged(json.loads(key.result())["Policy"], job["key_statements"])
    if text_of_key:
        third.append(partial(kms, "PutKeyPolicy", KeyId=job["key"], PolicyName="default", Policy=text_of_key))
    for name, future in read.items():
        text_of_bucket = merged(future.result(), job["buckets"][name])
        if text_of_bucket:
            third.append(partial(put_bucket_policy, name, text_of_bucket))
    done(pool, third)
    who.result()
    pool.shutdown()


def done(pool: ThreadPoolExecutor, calls: Iterable[Callable[[], object]]) -> None:
    for future in [pool.submit(call) for call in calls]:
        future.result()


if __name__ == "__main__":
    main()
