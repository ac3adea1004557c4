"""What boto3 does with S3, as it comes."""

import os

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

client = boto3.client("s3", endpoint_url=os.environ["ENDPOINT"], config=Config(retries={"total_max_attempts": 1}))
bucket = os.environ["BUCKET"]


def refused(call, *codes, **arguments):
    try:
        call(Bucket=bucket, **arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] in codes, error
        return str(error)
    raise AssertionError(f"{call.__name__} {arguments} is taken")


# The names of metadata are returned as they were given, with the object's other headers.
client.put_object(
    Bucket=bucket, Key="kept", Body=b"text", Metadata={"mykey": "Value", "two-words": "x"}, CacheControl="max-age=60",
    ContentLanguage="en", ContentDisposition="inline", ContentEncoding="identity", Expires="Thu, 01 Dec 2033 16:00:00 GMT",
)
head = client.head_object(Bucket=bucket, Key="kept")
assert head["Metadata"] == {"mykey": "Value", "two-words": "x"}, head["Metadata"]
assert (head["CacheControl"], head["ContentLanguage"], head["ContentDisposition"]) == ("max-age=60", "en", "inline"), head
assert head["ExpiresString"] == "Thu, 01 Dec 2033 16:00:00 GMT", head
client.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "kept"})
assert client.head_object(Bucket=bucket, Key="copy")["Metadata"] == head["Metadata"]
client.copy_object(
    Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "kept"}, MetadataDirective="REPLACE", Metadata={"other": "y"}
)
replaced = client.head_object(Bucket=bucket, Key="copy")
assert replaced["Metadata"] == {"other": "y"} and "CacheControl" not in replaced, replaced
refused(client.put_object, "MetadataTooLarge", Key="large", Body=b"", Metadata={"m": "x" * 2048})

# Conditions.
etag, changed = head["ETag"], head["LastModified"]
other = '"00000000000000000000000000000000"'
assert client.get_object(Bucket=bucket, Key="kept", IfMatch=etag)["Body"].read() == b"text"
assert client.get_object(Bucket=bucket, Key="kept", IfMatch=etag, IfUnmodifiedSince="2001-01-01")["Body"].read() == b"text"
assert client.get_object(Bucket=bucket, Key="kept", IfNoneMatch=other, IfModifiedSince=changed)["Body"].read() == b"text"
refused(client.get_object, "PreconditionFailed", Key="kept", IfMatch=other)
refused(client.get_object, "PreconditionFailed", Key="kept", IfUnmodifiedSince="2001-01-01")
refused(client.head_object, "412", Key="kept", IfMatch=other)
refused(client.get_object, "304", Key="kept", IfNoneMatch=etag)
refused(client.get_object, "304", Key="kept", IfModifiedSince=changed)
refused(client.copy_object, "PreconditionFailed", Key="copy", CopySource={"Bucket": bucket, "Key": "kept"}, CopySourceIfMatch=other)
refused(client.copy_object, "PreconditionFailed", Key="copy", CopySource={"Bucket": bucket, "Key": "kept"}, IfNoneMatch="*")
refused(client.delete_object, "PreconditionFailed", Key="kept", IfMatch=other)
assert client.head_object(Bucket=bucket, Key="kept")["ETag"] == etag
refused(client.delete_objects, "NotImplemented", Delete={"Objects": [{"Key": "kept", "ETag": other}]})
client.delete_object(Bucket=bucket, Key="copy", IfMatch="*")
client.delete_object(Bucket=bucket, Key="kept", IfMatch=etag)
refused(client.head_object, "404", Key="kept")

# The stack's own bucket can be created again.
client.create_bucket(Bucket=bucket)

# Checksums, each as boto3 computes it, and one that is wrong.
for algorithm in ("CRC32", "SHA1", "SHA256"):
    client.put_object(Bucket=bucket, Key="sums", Body=b"text", ChecksumAlgorithm=algorithm)
client.put_object(Bucket=bucket, Key="sums", Body=b"123456789", ChecksumCRC64NVME="rosUhgp5mIg=")
client.put_object(Bucket=bucket, Key="sums", Body=b"123456789", ChecksumCRC32C="4waSgw==")
for wrong in (
    {"ChecksumCRC32": "AAAAAA=="}, {"ChecksumCRC32C": "AAAAAA=="}, {"ChecksumCRC64NVME": "AAAAAAAAAAA="},
    {"ChecksumSHA1": "AAAAAAAAAAAAAAAAAAAAAAAAAAA="}, {"ChecksumSHA256": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="},
    {"ContentMD5": "AAAAAAAAAAAAAAAAAAAAAA=="},
):
    refused(client.put_object, "BadDigest", Key="never", Body=b"text", **wrong)
refused(client.head_object, "404", Key="never")

# Requests whose settings would be dropped are refused.
for lost in (
    {"Tagging": "a=b"}, {"StorageClass": "GLACIER"}, {"ACL": "public-read"}, {"WebsiteRedirectLocation": "/x"},
    {"ObjectLockLegalHoldStatus": "ON"}, {"GrantRead": "id=x"},
):
    assert "these are: " in refused(client.put_object, "NotImplemented", Key="never", Body=b"", **lost)
assert client.get_object_tagging(Bucket=bucket, Key="sums")["TagSet"] == []
refused(client.put_object_tagging, "NotImplemented", Key="sums", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})

# A large copy is made in parts, as by `aws s3 cp` and `mv`.
parts = TransferConfig(multipart_threshold=6 << 20, multipart_chunksize=5 << 20)
content = bytes(range(256)) * (11 << 12)
client.put_object(Bucket=bucket, Key="a/large+ü", Body=content, Metadata={"mykey": "Value"})
client.copy({"Bucket": bucket, "Key": "a/large+ü"}, bucket, "b/large", Config=parts)
assert client.get_object(Bucket=bucket, Key="b/large")["Body"].read() == content
upload = client.create_multipart_upload(Bucket=bucket, Key="c")["UploadId"]
part = {"Key": "c", "UploadId": upload, "PartNumber": 1, "CopySource": {"Bucket": bucket, "Key": "b/large"}}
refused(client.upload_part_copy, "InvalidArgument", CopySourceRange=f"bytes=0-{len(content)}", **part)
refused(client.upload_part_copy, "InvalidArgument", CopySourceRange="bytes=5-", **part)
refused(client.upload_part_copy, "PreconditionFailed", CopySourceIfMatch=other, **part)
refused(client.upload_part_copy, "NoSuchKey", **{**part, "CopySource": {"Bucket": bucket, "Key": "none"}})
copied = client.upload_part_copy(Bucket=bucket, CopySourceRange="bytes=256-511", **part)["CopyPartResult"]["ETag"]
done = {"Key": "c", "UploadId": upload, "MultipartUpload": {"Parts": [{"PartNumber": 1, "ETag": copied}]}}
client.put_object(Bucket=bucket, Key="c", Body=b"before")
refused(client.complete_multipart_upload, "PreconditionFailed", IfNoneMatch="*", **done)
client.complete_multipart_upload(Bucket=bucket, **done)
assert client.get_object(Bucket=bucket, Key="c")["Body"].read() == content[256:512]
print("done")
