import type { Progress } from "./session.ts";

// What limits the rate of a run, in words: before it and while it runs.

/** Over HTTP/1.1 a browser has at most this many connections to a host. */
const connections = 6;

/** The latency of an answer before the first one came, in milliseconds. */
const usualMs = 75;

/** A shard takes so many records and bytes in a second (Kinesis Data Streams developer guide, "Quotas and limits"). */
const shardRecords = 1000;
const shardBytes = 1024 * 1024;

export type Circumstances = {
  /** The planned events per second, and how many requests carry them. */
  rate: number;
  perRequest: number;
  concurrency: number;
  url: URL;
  /** Whether the environment takes batches. */
  batches: boolean;
  /** Whether the page sends an event again after 429. */
  retry: boolean;
  /** The median latency of the last answers in milliseconds; null before the first. */
  latencyMs: number | null;
  /** The open shards; null if unknown, and for a pipeline without limits. */
  shards: number | null;
  bytes: number;
};

const whole = (value: number) => Math.round(value).toLocaleString("en");

/** perSecond is a rate. A run may be slower than one event a second, which is not "0 per second". */
const perSecond = (rate: number) =>
  rate < 10 ? rate.toLocaleString("en", { maximumSignificantDigits: 2 }) : whole(rate);

/** reachable is how many events per second the connections carry. */
function reachable({ concurrency, url, perRequest, latencyMs }: Circumstances): number {
  const atOnce = url.protocol === "http:" ? Math.min(connections, concurrency) : concurrency;
  return (atOnce * perRequest * 1000) / (latencyMs ?? usualMs);
}

/** beforehand says what will limit a run most; "" for nothing. */
export function beforehand(circumstances: Circumstances): string {
  const { rate, shards, bytes, retry } = circumstances;
  const taken = shards === null ? Number.POSITIVE_INFINITY : shards * perShard(bytes);
  const carried = reachable(circumstances);
  if (Math.min(taken, carried) >= rate) return "";
  if (shards === null || carried < taken) return ofConnections(circumstances);
  return `${ofShards(shards, bytes)} The stream answers the rest with 429, and the page ${retry ? "sends it again" : "does not send it again: Retry 429 is off"}.`;
}

/** missed says why a run does not reach its rate; "" if it does. */
export function missed(progress: Progress, reached: number, circumstances: Circumstances): string {
  const { rate, shards, bytes } = circumstances;
  if (reached >= rate * 0.9) return "";
  const reason =
    progress.limit === "api"
      ? "The stage's throttle or the key's rate answers with 429."
      : progress.limit === "stream"
        ? `The stream is at its write limit. ${shards === null ? "A shard takes 1,000 events or 1 MiB per second." : ofShards(shards, bytes)}`
        : reachable(circumstances) < rate
          ? ofConnections(circumstances)
          : "The pipeline or this browser's machine is too busy, or some answers took much longer than most.";
  return `Planned ${perSecond(rate)} per second, reached ${perSecond(reached)}. ${reason}`;
}

function perShard(bytes: number): number {
  return Math.min(shardRecords, shardBytes / Math.max(1, bytes));
}

function ofShards(shards: number, bytes: number): string {
  const each = perSecond(perShard(bytes));
  const size = bytes > shardBytes / shardRecords ? " of this size" : "";
  return shards === 1
    ? `One shard takes ${each} events${size} per second.`
    : `${whole(shards)} shards take ${each} events${size} per second each.`;
}

function ofConnections(circumstances: Circumstances): string {
  const { perRequest, concurrency, url, latencyMs, batches } = circumstances;
  const http1 = url.protocol === "http:" && concurrency >= connections;
  const atOnce = http1 ? "Six connections of a browser" : `${whole(concurrency)} at once`;
  const latency = latencyMs === null ? `${usualMs} ms an answer` : `${whole(Math.max(1, latencyMs))} ms an answer`;
  const remedy = !batches
    ? " This environment takes no batches (API.Batch)."
    : perRequest >= 500
      ? ""
      : " More events per request give more.";
  return `${atOnce} carry about ${perSecond(reachable(circumstances))} events per second at ${latency}.${remedy}`;
}
