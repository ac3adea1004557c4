import { expect, test } from "vitest";
import { beforehand, type Circumstances, missed } from "./pace.ts";
import type { Progress } from "./session.ts";

const circumstances = (change: Partial<Circumstances> = {}): Circumstances => ({
  rate: 5000,
  perRequest: 1,
  concurrency: 6,
  url: new URL("http://127.0.0.1:8080/dev/submit"),
  batches: false,
  retry: true,
  latencyMs: null,
  shards: null,
  bytes: 100,
  ...change,
});
const limited = (limit: Progress["limit"]) => ({ limit }) as Progress;

test.each<[string, Partial<Circumstances>, string]>([
  [
    "six connections without batches",
    {},
    "Six connections of a browser carry about 80 events per second at 75 ms an answer. This environment takes no batches (API.Batch).",
  ],
  [
    "the measured latency",
    { latencyMs: 10, batches: true },
    "Six connections of a browser carry about 600 events per second at 10 ms an answer. More events per request give more.",
  ],
  [
    "fewer at once than connections",
    { concurrency: 2, batches: true, perRequest: 500, latencyMs: 1000 },
    "2 at once carry about 1,000 events per second at 1,000 ms an answer.",
  ],
  [
    "less than one event a second",
    { rate: 0.4, concurrency: 1, batches: true, latencyMs: 3000 },
    "1 at once carry about 0.33 events per second at 3,000 ms an answer. More events per request give more.",
  ],
  [
    "more at once over HTTP/2",
    { url: new URL("https://x.example.com/submit"), concurrency: 32, batches: true },
    "32 at once carry about 427 events per second at 75 ms an answer. More events per request give more.",
  ],
  [
    "more at once than connections over HTTP/1.1",
    { concurrency: 32, batches: true },
    "Six connections of a browser carry about 80 events per second at 75 ms an answer. More events per request give more.",
  ],
  [
    "a shard's records",
    { perRequest: 250, batches: true, shards: 1 },
    "One shard takes 1,000 events per second. The stream answers the rest with 429, and the page sends it again.",
  ],
  [
    "a shard's records, without another try",
    { perRequest: 250, batches: true, shards: 1, retry: false },
    "One shard takes 1,000 events per second. The stream answers the rest with 429, and the page does not send it again: Retry 429 is off.",
  ],
  [
    "the bytes of shards",
    { perRequest: 500, batches: true, shards: 2, bytes: 10_486 },
    "2 shards take 100 events of this size per second each. The stream answers the rest with 429, and the page sends it again.",
  ],
  [
    "what limits most",
    { batches: true, shards: 1, perRequest: 20, latencyMs: 100 },
    "One shard takes 1,000 events per second. The stream answers the rest with 429, and the page sends it again.",
  ],
  [
    "connections, although the shards take more",
    { batches: true, shards: 8 },
    "Six connections of a browser carry about 80 events per second at 75 ms an answer. More events per request give more.",
  ],
  [
    "connections with nearly the largest batches",
    { concurrency: 1, batches: true, perRequest: 499, latencyMs: 1000 },
    "1 at once carry about 499 events per second at 1,000 ms an answer. More events per request give more.",
  ],
  [
    "a shard's bytes, just",
    { rate: 512.4, perRequest: 250, batches: true, shards: 1, bytes: 2048 },
    "One shard takes 512 events of this size per second. The stream answers the rest with 429, and the page sends it again.",
  ],
  ["nothing at what a shard's bytes take", { rate: 512, perRequest: 250, batches: true, shards: 1, bytes: 2048 }, ""],
  ["nothing at what a shard's records take", { rate: 1000, perRequest: 250, batches: true, shards: 1 }, ""],
  ["nothing at what the connections carry", { rate: 80 }, ""],
  ["nothing", { perRequest: 250, batches: true, shards: 8 }, ""],
  ["nothing at a low rate", { rate: 50, shards: 1 }, ""],
])("before a run: %s", (_, change, said) => {
  expect(beforehand(circumstances(change))).toBe(said);
});

test.each<[Progress["limit"], number, Partial<Circumstances>, string]>([
  ["", 4900, { batches: true }, ""],
  ["", 4500, { batches: true }, ""],
  [
    "",
    4499,
    { batches: true, perRequest: 250, latencyMs: 10 },
    "Planned 5,000 per second, reached 4,499. The pipeline or this browser's machine is too busy, or some answers took much longer than most.",
  ],
  [
    "api",
    0.25,
    { rate: 0.4 },
    "Planned 0.4 per second, reached 0.25. The stage's throttle or the key's rate answers with 429.",
  ],
  ["api", 100, {}, "Planned 5,000 per second, reached 100. The stage's throttle or the key's rate answers with 429."],
  [
    "stream",
    950,
    { batches: true, perRequest: 250, shards: 1 },
    "Planned 5,000 per second, reached 950. The stream is at its write limit. One shard takes 1,000 events per second.",
  ],
  [
    "stream",
    950,
    { batches: true, perRequest: 250 },
    "Planned 5,000 per second, reached 950. The stream is at its write limit. A shard takes 1,000 events or 1 MiB per second.",
  ],
  [
    "",
    80,
    {},
    "Planned 5,000 per second, reached 80. Six connections of a browser carry about 80 events per second at 75 ms an answer. This environment takes no batches (API.Batch).",
  ],
  [
    "",
    80,
    { batches: true, perRequest: 250, latencyMs: 10 },
    "Planned 5,000 per second, reached 80. The pipeline or this browser's machine is too busy, or some answers took much longer than most.",
  ],
])("a run with limit %j that reached %i", (limit, reached, change, said) => {
  expect(missed(limited(limit), reached, circumstances(change))).toBe(said);
});
