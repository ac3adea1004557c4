// Many records in a stream, for the tests of the page's lists.

import { AwsClient } from "aws4fetch";
import type { Pipeline } from "./ingest.ts";

/** Kinesis accepts at most this many records in one PutRecords. */
const most = 500;
/** How many requests wait for their answers at once. */
const atOnce = 4;

type Put = { key: string; data: string };

/** putRecords puts records into a pipeline's stream by PutRecords, in the order of their numbers within each request. */
export async function putRecords(pipeline: Pipeline, count: number, record: (n: number) => Put): Promise<void> {
  const client = new AwsClient({
    accessKeyId: "test",
    secretAccessKey: "test",
    region: "us-east-1",
    service: "kinesis",
  });
  const stream = await streamName(pipeline);
  let next = 0;
  const work = async () => {
    while (next < count) {
      const from = next;
      next = Math.min(count, from + most);
      const records = Array.from({ length: next - from }, (_, n) => record(from + n));
      const response = await client.fetch(pipeline.aws, {
        method: "POST",
        headers: { "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "Kinesis_20131202.PutRecords" },
        body: JSON.stringify({
          StreamName: stream,
          Records: records.map(({ key, data }) => ({ PartitionKey: key, Data: Buffer.from(data).toString("base64") })),
        }),
      });
      const answer = await response.json();
      if (answer.FailedRecordCount !== 0) throw new Error(`PutRecords: ${response.status} ${JSON.stringify(answer)}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}

async function streamName({ url }: Pipeline): Promise<string> {
  const { streams } = await (await fetch(`${url}_local/status`)).json();
  return streams.streams[0].name;
}
