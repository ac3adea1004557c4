import assert from "node:assert/strict";
import {
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
  PutRecordCommand,
  PutRecordsCommand,
} from "@aws-sdk/client-kinesis";

// Only the address is set: the clients use their defaults for the rest.
const client = new KinesisClient({ endpoint: process.env.ENDPOINT });
const StreamName = process.env.STREAM;
assert.match(String(client.config.requestHandler.metadata.handlerProtocol), /^h2/);

const { StreamDescriptionSummary: summary } = await client.send(new DescribeStreamSummaryCommand({ StreamName }));
assert.equal(summary.StreamStatus, "ACTIVE");

const put = await client.send(new PutRecordCommand({ StreamName, PartitionKey: "k", Data: Buffer.from("first") }));
assert.match(put.SequenceNumber, /^\d+$/);

// Many concurrent requests share one connection, and a large one exceeds a window of HTTP/2.
const large = Buffer.alloc((1 << 20) - 100, "x");
await Promise.all(
  Array.from({ length: 50 }, (_, n) =>
    client.send(new PutRecordCommand({ StreamName, PartitionKey: String(n), Data: n === 0 ? large : Buffer.from(String(n)) })),
  ),
);
const { FailedRecordCount } = await client.send(
  new PutRecordsCommand({ StreamName, Records: [{ PartitionKey: "a", Data: Buffer.from("b") }] }),
);
assert.equal(FailedRecordCount, 0);

let read = 0;
let bytes = 0;
const { Shards } = await client.send(new ListShardsCommand({ StreamName }));
for (const { ShardId } of Shards) {
  let { ShardIterator } = await client.send(
    new GetShardIteratorCommand({ StreamName, ShardId, ShardIteratorType: "TRIM_HORIZON" }),
  );
  for (let behind = 1; behind > 0; ) {
    const answer = await client.send(new GetRecordsCommand({ ShardIterator }));
    read += answer.Records.length;
    bytes = Math.max(bytes, ...answer.Records.map((record) => record.Data.length));
    ShardIterator = answer.NextShardIterator;
    behind = answer.MillisBehindLatest;
  }
}
assert.equal(read, 52);
assert.equal(bytes, large.length);

await assert.rejects(client.send(new PutRecordCommand({ StreamName: "none", PartitionKey: "k", Data: Buffer.from("x") })), {
  name: "ResourceNotFoundException",
});
client.destroy();
console.log("done");
