import assert from "node:assert/strict";
import http from "node:http";
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";

// Not every system resolves the names below localhost to loopback; here they do.
const lookup = (_host, options, done) =>
  options.all ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4);
const client = new S3Client({ endpoint: process.env.ENDPOINT, requestHandler: { httpAgent: new http.Agent({ lookup }) } });
const Bucket = process.env.BUCKET;
const hosts = new Set();
client.middlewareStack.add((next) => (args) => (hosts.add(args.request.hostname), next(args)), { step: "finalizeRequest" });

await client.send(new HeadBucketCommand({ Bucket }));
const Key = "clients/a b+c";
await client.send(new PutObjectCommand({ Bucket, Key, Body: "text", Metadata: { mykey: "Value" }, CacheControl: "no-store" }));
const got = await client.send(new GetObjectCommand({ Bucket, Key }));
assert.equal(await got.Body.transformToString(), "text");
assert.deepEqual(got.Metadata, { mykey: "Value" });
const { Contents } = await client.send(new ListObjectsV2Command({ Bucket, Prefix: "clients/" }));
assert.deepEqual(Contents.map((object) => object.Key), [Key]);
await client.send(new CopyObjectCommand({ Bucket, Key: "clients/copy", CopySource: encodeURI(`${Bucket}/${Key}`).replaceAll("+", "%2B") }));
await client.send(new DeleteObjectCommand({ Bucket, Key }));
assert.deepEqual([...hosts], [`${Bucket}.localhost`]);
client.destroy();
console.log("done");
