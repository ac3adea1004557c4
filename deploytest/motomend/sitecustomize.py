"""Patches the faults of moto 5.2.1 that Terraform hits here.

Python loads a module of this name automatically, before moto_server starts, if its folder is on PYTHONPATH. So only the name of
moto's program must be known, and the installation need not change.
"""

import json
import os

import motomend_authorization  # noqa: F401
import motomend_keys  # noqa: F401
from moto.apigateway.models import Account
from moto.apigateway.responses import APIGatewayResponse
from moto.athena.responses import AthenaResponse
from moto.cloudfront import urls as cloudfront_urls
from moto.cloudfront.exceptions import CloudFrontException
from moto.cloudfront.models import DefaultCacheBehaviour, Origin, ViewerCertificate, random_id
from moto.cloudfront.responses import CloudFrontResponse
from moto.core.responses import ActionResult, EmptyResult
from moto.kinesis.responses import KinesisResponse
from moto.s3.models import FakeBucket
from moto.wafv2.models import FakeWebACL
from moto.wafv2.responses import WAFV2Response

_create_stream = KinesisResponse.create_stream
_apply_patch_operations = Account.apply_patch_operations
_init_behaviour = DefaultCacheBehaviour.__init__
_init_certificate = ViewerCertificate.__init__
_init_origin = Origin.__init__
_get_permission = FakeBucket.get_permission
_create_web_acl = WAFV2Response.create_web_acl
_update_web_acl = WAFV2Response.update_web_acl
_web_acl_to_dict = FakeWebACL.to_dict


def create_stream(self):
    """Moto drops the tags of CreateStream, so the plan after an apply would add them again."""
    result = _create_stream(self)
    tags = self._get_param("Tags")
    if tags:
        self.kinesis_backend.add_tags_to_stream(None, self._get_param("StreamName"), tags)
    return result


def update_integration(self):
    """Moto has no UpdateIntegration. This one changes mapping templates; other operations stay unimplemented."""
    parts = self.path.split("/")
    integration = self.backend.get_integration(parts[2], parts[4], parts[6])
    for operation in self._get_param("patchOperations"):
        field, _, key = operation["path"].removeprefix("/").partition("/")
        if field != "requestTemplates":
            raise NotImplementedError(f"UpdateIntegration of {operation['path']}")
        media_type = key.replace("~1", "/").replace("~0", "~")
        if operation["op"] == "remove":
            del integration.request_templates[media_type]
        else:
            integration.request_templates[media_type] = operation["value"]
    return json.dumps(integration.to_json())


def apply_patch_operations(self, operations):
    """The provider empties the account's logging role (reset_on_delete) by an operation without a value."""
    return _apply_patch_operations(self, [{"value": None, **operation} for operation in operations])


def get_permission(self, action, resource):
    """
    Moto ignores a bucket policy's conditions, so "deny requests without TLS" denies everything. Here a statement with a
    condition has no effect: no caller of moto is CloudFront, and the bucket's owner needs no statement.
    """
    if self.policy is None:
        return _get_permission(self, action, resource)
    written = self.policy
    document = json.loads(written)
    document["Statement"] = [s for s in document["Statement"] if "Condition" not in s]
    self.policy = json.dumps(document).encode()
    try:
        return _get_permission(self, action, resource)
    finally:
        self.policy = written


def init_origin(self, origin):
    """Moto drops an origin's access control, so the plan after an apply would add it again."""
    _init_origin(self, origin)
    self.origin_access_control_id = origin.get("OriginAccessControlId") or ""


def init_behaviour(self, config):
    """Moto returns ForwardedValues even if a cache policy replaces them, as AWS never does."""
    _init_behaviour(self, config)
    if self.cache_policy_id:
        del self.forwarded_values


def init_certificate(self, config):
    """Moto returns a certificate's names even if they are empty, as if it were a custom certificate."""
    _init_certificate(self, config)
    self.iam_certificate_id = self.iam_certificate_id or None
    self.acm_certificate_arn = self.acm_certificate_arn or None


class ResponseHeadersPolicies:
    """Moto has no response headers policies. This class keeps them as they were sent."""

    def __init__(self, backend):
        self.by_id = backend.__dict__.setdefault("response_headers_policies", {})

    def put(self, policy_id, config):
        self.by_id[policy_id] = {"config": config, "etag": random_id()}
        return self.answer(policy_id)

    def answer(self, policy_id):
        if policy_id not in self.by_id:
            raise CloudFrontException("NoSuchResponseHeadersPolicy", "The response headers policy does not exist.")
        policy = self.by_id[policy_id]
        return ActionResult({
            "ResponseHeadersPolicy": {
                "Id": policy_id,
                "LastModifiedTime": "2021-11-27T10:34:26.802Z",  # moto's value for a distribution
                "ResponseHeadersPolicyConfig": policy["config"],
            },
            "ETag": policy["etag"],
        })


def create_response_headers_policy(self):
    return ResponseHeadersPolicies(self.backend).put(random_id(), self._get_param("ResponseHeadersPolicyConfig"))


def get_response_headers_policy(self):
    return ResponseHeadersPolicies(self.backend).answer(self._get_param("Id"))


def update_response_headers_policy(self):
    policies = ResponseHeadersPolicies(self.backend)
    policies.answer(self._get_param("Id"))
    return policies.put(self._get_param("Id"), self._get_param("ResponseHeadersPolicyConfig"))


def delete_response_headers_policy(self):
    policies = ResponseHeadersPolicies(self.backend)
    policies.answer(self._get_param("Id"))
    del policies.by_id[self._get_param("Id")]
    return EmptyResult()


def keep_protection(self):
    """Moto drops a web ACL's data protection, so the plan after an apply would add it again."""
    body = json.loads(self.body)
    for acl in self.wafv2_backend.wacls.values():
        if acl.name == body["Name"]:
            acl.data_protection_config = body.get("DataProtectionConfig")


def create_web_acl(self):
    result = _create_web_acl(self)
    keep_protection(self)
    return result


def update_web_acl(self):
    result = _update_web_acl(self)
    keep_protection(self)
    return result


def web_acl_to_dict(self):
    protection = getattr(self, "data_protection_config", None)
    return {**_web_acl_to_dict(self), **({"DataProtectionConfig": protection} if protection else {})}


def delete_named_query(self):
    """Moto has no DeleteNamedQuery. Terraform needs it to change a query's text too, because it replaces the query."""
    del self.athena_backend.named_queries[self._get_param("NamedQueryId")]
    return "{}"


AthenaResponse.delete_named_query = delete_named_query
KinesisResponse.create_stream = create_stream
WAFV2Response.create_web_acl = create_web_acl
WAFV2Response.update_web_acl = update_web_acl
FakeWebACL.to_dict = web_acl_to_dict
FakeBucket.get_permission = get_permission
DefaultCacheBehaviour.__init__ = init_behaviour
ViewerCertificate.__init__ = init_certificate
Origin.__init__ = init_origin
for operation in (
    create_response_headers_policy, get_response_headers_policy, update_response_headers_policy, delete_response_headers_policy,
):
    setattr(CloudFrontResponse, operation.__name__, operation)
for path in ("response-headers-policy$", "response-headers-policy/(?P<policy_id>[^/]+)$"):
    cloudfront_urls.url_paths["{0}/2020-05-31/" + path] = CloudFrontResponse.dispatch
Account.apply_patch_operations = apply_patch_operations
APIGatewayResponse.update_integration = update_integration

if os.environ.get("MOTOMEND_FORK"):
    import motomend_fork  # noqa: F401
