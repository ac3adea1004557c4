import { type Json, listOf, numberOf, objectOf, textOf, timeOf } from "./records.ts";

// The status of a pipeline on this machine (GET _local/status). The page reads only the fields that it shows, and treats
// missing ones as empty, so it also works with an older or newer pipeline.

export type Hops = {
  /** In milliseconds since 1970. */
  startedAt: number;
  /** The pipeline's own clock, in milliseconds since 1970. */
  now: number;
  requests: number;
  inFlight: number;
  answers: { status: string; count: number }[];
  shards: {
    stream: string;
    id: string;
    records: number;
    bytes: number;
    throttled: number;
    latest: string;
    closed: boolean;
  }[];
  bufferedRecords: number;
  bufferedBytes: number;
  /** The latest time at which the buffer is delivered; null while it is empty. */
  nextDelivery: number | null;
  deliveredObjects: number;
  deliveredRecords: number;
  deliveredBytes: number;
  /** How many of the records are below the error prefix. */
  failedRecords: number;
  failure: string;
  /** since is in the form of JSON. */
  alarms: { name: string; state: string; since: string; value: number | null }[];
  /** The drills that are in force. until is in milliseconds since 1970. */
  faults: { name: string; until: number | null }[];
};

export function readHops(json: unknown): Hops {
  const status = objectOf(json);
  const api = objectOf(status.api);
  const deliveries = listOf(status.deliveries).map(objectOf);
  const due = deliveries.map(({ nextDelivery }) => timeOf(nextDelivery)).filter((at) => at !== null);
  return {
    startedAt: timeOf(status.startedAt) ?? 0,
    now: timeOf(status.now) ?? 0,
    requests: numberOf(api.requests),
    inFlight: numberOf(api.inFlight),
    answers: Object.entries(objectOf(api.answers)).map(([code, count]) => ({ status: code, count: numberOf(count) })),
    shards: listOf(objectOf(status.streams).streams).map(objectOf).flatMap(shardsOf),
    bufferedRecords: sum(deliveries, "bufferedRecords"),
    bufferedBytes: sum(deliveries, "bufferedBytes"),
    nextDelivery: due.length === 0 ? null : Math.min(...due),
    deliveredObjects: sum(deliveries, "deliveredObjects"),
    deliveredRecords: sum(deliveries, "deliveredRecords"),
    deliveredBytes: sum(deliveries, "deliveredBytes"),
    failedRecords: sum(deliveries, "failedRecords"),
    failure: deliveries.map(({ lastFailure }) => textOf(lastFailure)).find((text) => text !== "") ?? "",
    alarms: listOf(status.alarms)
      .map(objectOf)
      .map(({ name, state, changedAt, value }) => ({
        name: textOf(name),
        state: textOf(state),
        since: textOf(changedAt),
        value: typeof value === "number" ? value : null,
      })),
    faults: listOf(status.faults)
      .map(objectOf)
      .map(({ name, until }) => ({ name: textOf(name), until: timeOf(until) })),
  };
}

function shardsOf(stream: Json): Hops["shards"] {
  return listOf(stream.shards)
    .map(objectOf)
    .map((shard) => ({
      stream: textOf(stream.name),
      id: textOf(shard.id),
      records: numberOf(shard.records),
      bytes: numberOf(shard.bytes),
      throttled: numberOf(shard.throttled),
      latest: textOf(shard.latest),
      closed: textOf(shard.closed) !== "",
    }));
}

const sum = (list: Json[], name: string) => list.reduce((total, item) => total + numberOf(item[name]), 0);
