"""Mends what moto 5.2.1 lacks and Terraform meets here.

Python loads a module of this name by itself, before moto_server starts, where its folder is on PYTHONPATH. So it needs
no more of an installed moto than the name of its program.
"""

import json

from moto.apigateway.models import Account
from moto.apigateway.responses import APIGatewayResponse
from moto.kinesis.responses import KinesisResponse

_create_stream = KinesisResponse.create_stream
_apply_patch_operations = Account.apply_patch_operations


def create_stream(self):
    """Moto drops the tags of CreateStream, so that the plan after an apply would want them again."""
    result = _create_stream(self)
    tags = self._get_param("Tags")
    if tags:
        self.kinesis_backend.add_tags_to_stream(None, self._get_param("StreamName"), tags)
    return result


def update_integration(self):
    """Moto has no UpdateIntegration. This one changes mapping templates; whatever else is asked stays unimplemented."""
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


KinesisResponse.create_stream = create_stream
Account.apply_patch_operations = apply_patch_operations
APIGatewayResponse.update_integration = update_integration
