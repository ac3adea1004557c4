"""Patches moto's authorization of an API's callers and the contents of its deployments: see sitecustomize.

For the operations that API Gateway supports, see its API reference, "Patch Operations".
"""

import json

from moto.apigateway.exceptions import BadRequestException, ConflictException
from moto.apigateway.models import APIGatewayBackend, RestAPI, UsagePlan
from moto.apigateway.responses import APIGatewayResponse

_api_to_dict = RestAPI.to_dict
_apply_to_api = RestAPI.apply_patch_operations
_apply_to_plan = UsagePlan.apply_patch_operations
_create_authorizer = RestAPI.create_authorizer
_create_deployment = RestAPI.create_deployment
_delete_authorizer = APIGatewayBackend.delete_authorizer
_get_deployment = APIGatewayResponse.get_deployment


def patch_list(items, operation):
    """Adds a value to a list, or removes it."""
    items = [item for item in items or [] if item != operation["value"]]
    return items if operation["op"] == "remove" else [*items, operation["value"]]


def update_method(self):
    """Moto has no UpdateMethod. This one changes the authorization and the models; other operations stay unimplemented."""
    parts = self.path.split("/")
    method = self.backend.get_method(parts[2], parts[4], parts[6])
    for operation in self._get_param("patchOperations"):
        match operation["path"]:
            case "/authorizationType":
                method.authorization_type = operation["value"]
            case "/authorizerId":
                method.authorizer_id = operation.get("value") or None
            case "/apiKeyRequired":
                method.api_key_required = operation["value"] == "true"
            case "/authorizationScopes":
                method.authorization_scopes = patch_list(method.authorization_scopes, operation) or None
            case path if path.startswith("/requestModels/"):
                media_type = path.removeprefix("/requestModels/").replace("~1", "/").replace("~0", "~")
                if operation["op"] == "remove":
                    del method.request_models[media_type]
                else:
                    method.request_models[media_type] = operation["value"]
            case path:
                raise NotImplementedError(f"UpdateMethod of {path}")
    return json.dumps(method.to_json())


def api_to_dict(self):
    """
    API Gateway returns a policy escaped once more, with its slashes, and the provider fails at one that is not escaped
    (hashicorp/terraform-provider-aws, internal/service/apigateway/rest_api.go, flattenAPIPolicy).
    """
    answer = _api_to_dict(self)
    if self.policy:
        answer[self.PROP_POLICY] = json.dumps(self.policy)[1:-1].replace("/", "\\/")
    return answer


def apply_to_api(self, operations):
    """Moto ignores changes of a private API's endpoints, and of the compression."""
    endpoints = "/endpointConfiguration/vpcEndpointIds"
    _apply_to_api(self, [operation for operation in operations if operation["path"] != endpoints])
    for operation in operations:
        if operation["path"] == endpoints:
            ids = self.endpoint_configuration.get("vpcEndpointIds")
            self.endpoint_configuration["vpcEndpointIds"] = patch_list(ids, operation)
        if operation["path"] == "/minimumCompressionSize":
            value = operation.get("value")
            self.minimum_compression_size = None if value is None else int(value)


def create_authorizer(self, authorizer_id, name, *args, **kwargs):
    """Moto accepts a second authorizer of a name. API Gateway refuses it (aws/aws-cdk, issue 13711)."""
    if any(authorizer.name == name for authorizer in self.authorizers.values()):
        raise BadRequestException(f"Authorizer name must be unique. Authorizer {name} already exists in this RestApi.")
    return _create_authorizer(self, authorizer_id, name, *args, **kwargs)


def delete_authorizer(self, restapi_id, authorizer_id):
    """Moto deletes an authorizer that methods still use. API Gateway refuses that (hashicorp/terraform, pull request 6731)."""
    for resource in self.get_resources(restapi_id):
        for verb, method in resource.resource_methods.items():
            if method.authorizer_id == authorizer_id:
                raise ConflictException(f"Cannot delete authorizer, is referenced in method: {verb}/{resource.get_path()}")
    return _delete_authorizer(self, restapi_id, authorizer_id)


def apply_to_plan(self, operations):
    """Moto keeps a changed quota as text, although clients need numbers, and fails at a fractional rate."""
    _apply_to_plan(self, [operation for operation in operations if operation["path"] != "/throttle/rateLimit"])
    for operation in operations:
        if operation["path"] == "/throttle/rateLimit":
            self.throttle["rateLimit"] = float(operation["value"])
    for number in self.quota.keys() & {"limit", "offset"}:
        self.quota[number] = int(self.quota[number])


def create_deployment(self, *args, **kwargs):
    """Moto's deployments are empty. These keep the summary of the API for GetDeployment (embed=apisummary)."""
    deployment = _create_deployment(self, *args, **kwargs)
    deployment.api_summary = {
        resource.get_path(): {
            verb: {"authorizationType": method.authorization_type, "apiKeyRequired": method.api_key_required}
            for verb, method in resource.resource_methods.items()
        }
        for resource in self.resources.values() if resource.resource_methods
    }
    return deployment


def get_deployment(self):
    answer = json.loads(_get_deployment(self))
    if "apisummary" in self.querystring.get("embed", []):
        parts = self.path.split("/")
        answer["apiSummary"] = self.backend.get_deployment(parts[2], parts[4]).api_summary
    return json.dumps(answer)


APIGatewayBackend.delete_authorizer = delete_authorizer
APIGatewayResponse.get_deployment = get_deployment
APIGatewayResponse.update_method = update_method
RestAPI.apply_patch_operations = apply_to_api
RestAPI.create_authorizer = create_authorizer
RestAPI.create_deployment = create_deployment
RestAPI.to_dict = api_to_dict
UsagePlan.apply_patch_operations = apply_to_plan
