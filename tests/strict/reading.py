"""What AWS answers where moto says less, or says it in the very bytes that were sent."""

import json
import re
from collections.abc import Callable
from html import escape, unescape
from urllib.parse import quote, unquote

from strict import call_rules, world
from strict.requests import Request, Response

_IAM_DOCUMENT = re.compile(r"<(?P<name>AssumeRolePolicyDocument|Document)>(?P<text>[^<]*)<")
_BUCKET = re.compile(r"<Name>(?P<name>[^<]+)</Name>")
_SSE_S3 = (
    '<ServerSideEncryptionConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Rule>'
    "<ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault>"
    "<BucketKeyEnabled>false</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>"
)


def documents_respelled(request: Request, response: Response, spell: Callable[[str], str]) -> Response:
    """Respell the documents in an answer."""
    if not response.done:
        return response
    if request.name == "GetBucketPolicy":
        return response.with_body(spell(response.body.decode()).encode())
    if request.name == "GetKeyPolicy":
        answer = json.loads(response.body)
        return response.with_body(json.dumps({**answer, "Policy": spell(answer["Policy"])}).encode())
    if request.service != "iam" or b"Document>" not in response.body:
        return response

    def encoded(found: re.Match[str]) -> str:
        # Moto sends some documents percent-encoded and some escaped; AWS encodes all.
        sent = found["text"]
        text = unescape(sent) if '"' in unescape(sent) else unquote(sent)
        return f"<{found['name']}>{escape(quote(spell(text), safe=''))}<"

    return response.with_body(_IAM_DOCUMENT.sub(encoded, response.body.decode()).encode())


def completed(request: Request, response: Response) -> Response:
    """Add what AWS always says, or leave out what was not asked for."""
    match request.name:
        case "GetBucketEncryption" if b"ServerSideEncryptionConfigurationNotFoundError" in response.body:
            # https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-encryption-faq.html
            return response.with_body(_SSE_S3.encode())
        case "ListGrants" if response.done and "GranteePrincipal" in request.params:
            answer = json.loads(response.body)
            wanted = request.params["GranteePrincipal"]
            answer["Grants"] = [grant for grant in answer["Grants"] if grant["GranteePrincipal"] == wanted]
            return response.with_body(json.dumps(answer).encode())
        case "GetPolicy" if response.done:
            count = call_rules.boundary_uses(request, request.text("PolicyArn"))
            used = f"<PermissionsBoundaryUsageCount>{count}</PermissionsBoundaryUsageCount>".encode()
            return response.with_body(response.body.replace(b"<IsAttachable>", used + b"<IsAttachable>", 1))
    if request.service == "s3" and request.path == "/" and "max-buckets" in request.params and response.done:
        # https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html: in paged answers only
        return response.with_body(_BUCKET.sub(_with_region(request), response.body.decode()).encode())
    return response


def _with_region(request: Request):
    regions = world.bucket_regions(request)
    return lambda found: f"{found[0]}<BucketRegion>{regions[found['name']]}</BucketRegion>"
