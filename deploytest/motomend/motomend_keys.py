"""Patches moto's S3 access logs and locks, and the keys of log groups and workgroups: see sitecustomize."""

import json

from moto.athena.responses import AthenaResponse
from moto.logs.exceptions import ResourceNotFoundException
from moto.logs.responses import LogsResponse
from moto.s3.exceptions import InvalidBucketState
from moto.s3.models import FakeBucket, S3Backend
from moto.s3.responses import S3Response

_serialized = S3Response.serialized


def log_permissions_enabled_policy(target_bucket, target_prefix):
    """Moto fails at a statement whose principal is "*", and does not support lists of resources."""
    if not target_bucket.policy:
        return False
    bucket = f"arn:{target_bucket.partition}:s3:::{target_bucket.name}"
    written = {f"{bucket}/{target_prefix or ''}*", f"{bucket}/*"}
    for statement in json.loads(target_bucket.policy.decode())["Statement"]:
        principal = statement.get("Principal")
        resources = statement.get("Resource", [])
        resources = [resources] if isinstance(resources, str) else resources
        if (
            statement.get("Effect") == "Allow"
            and isinstance(principal, dict)
            and principal.get("Service") == "logging.s3.amazonaws.com"
            and "s3:PutObject" in statement.get("Action", [])
            and written.intersection(resources)
        ):
            return True
    return False


def serialized(self, result):
    """Moto keeps the log objects' key format but does not return it, so the plan after an apply would set it again."""
    if self.data.get("Action") == "GetBucketLogging":
        logging = self.backend.get_bucket_logging(self.bucket_name)
        if logging and logging.get("TargetObjectKeyFormat"):
            result.result["LoggingEnabled"]["TargetObjectKeyFormat"] = logging["TargetObjectKeyFormat"]
    return _serialized(self, result)


def put_object_lock_configuration(self, bucket_name, lock_enabled, mode=None, days=None, years=None):
    """Moto requires an empty bucket, as S3 did until 2023, so a rule could not be removed from one with objects."""
    bucket = self.get_bucket(bucket_name)
    if not bucket.is_versioned:
        raise InvalidBucketState("Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration")
    bucket.object_lock_enabled = bucket.object_lock_enabled or lock_enabled
    bucket.default_lock_mode, bucket.default_lock_days, bucket.default_lock_years = mode, days, years


def associate_kms_key(self):
    """Moto keeps a log group's key only if the group is made with it."""
    return set_key(self, self._get_param("kmsKeyId"))


def disassociate_kms_key(self):
    return set_key(self, None)


def set_key(self, key):
    group = self.logs_backend.groups.get(self._get_param("logGroupName"))
    if group is None:
        raise ResourceNotFoundException()
    group.kms_key_id = key
    return ""


def update_work_group(self):
    """Moto has no UpdateWorkGroup. This one changes the configuration."""
    updates = dict(self._get_param("ConfigurationUpdates"))
    configuration = self.athena_backend.work_groups[self._get_param("WorkGroup")].configuration
    results = updates.pop("ResultConfigurationUpdates", {})
    configuration["ResultConfiguration"] = {**configuration.get("ResultConfiguration", {}), **results}
    configuration.update(updates)
    return "{}"


AthenaResponse.update_work_group = update_work_group
LogsResponse.associate_kms_key = associate_kms_key
LogsResponse.disassociate_kms_key = disassociate_kms_key
S3Backend.put_object_lock_configuration = put_object_lock_configuration
FakeBucket._log_permissions_enabled_policy = staticmethod(log_permissions_enabled_policy)
S3Response.serialized = serialized
