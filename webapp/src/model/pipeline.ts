// The status of a pipeline on this machine (GET _local/status). The page reads only the fields that it shows, and treats
// missing ones as empty, so it also works with an older or newer pipeline.

export type Landed = {
  bucket: string;
  key: string;
  records: number;
  bytes: number;
  at: number;
  compression: string;
  /** The time zone of the dates in the key. */
  timeZone: string;
  /** Why its records have no partition; empty for delivered ones. */
  errorType: string;
};

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
  /** Each partition has a buffer of its own. */
  partitioned: boolean;
  /** The newest first. */
  objects: Landed[];
  failure: string;
};

type Json = Record<string, unknown>;

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
    partitioned: deliveries.some(({ partitioned }) => partitioned === true),
    objects: deliveries
      .flatMap((delivery) => listOf(delivery.lastObjects).map(objectOf).map(landed))
      .sort((a, b) => b.at - a.at),
    failure: deliveries.map(({ lastFailure }) => textOf(lastFailure)).find((text) => text !== "") ?? "",
  };
}

/** Where an accepted event is in a pipeline on this machine. */
export type Landing =
  | { state: "landed"; object: Landed }
  /**
   * On the way to the buffer; in it; answered by an earlier run of the pipeline; before the objects that are listed; in an object or
   * the buffer of its partition.
   */
  | { state: "coming" | "buffered" | "earlier" | "unlisted" | "partition" };

/**
 * landingOf compares only times: the first object after an answer usually contains the event. With partitions the times do not show
 * which object does.
 */
export function landingOf(hops: Hops, answeredAt: number): Landing {
  const { startedAt, objects, deliveredObjects, nextDelivery } = hops;
  if (startedAt > answeredAt) return { state: "earlier" };
  const object = objects.findLast(({ at }) => at >= answeredAt);
  if (object === undefined) return { state: nextDelivery === null ? "coming" : "buffered" };
  if (hops.partitioned) return { state: "partition" };
  if (object === objects.at(-1) && deliveredObjects > objects.length) return { state: "unlisted" };
  return { state: "landed", object };
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

function landed(object: Json): Landed {
  return {
    bucket: textOf(object.bucket),
    key: textOf(object.key),
    records: numberOf(object.records),
    bytes: numberOf(object.bytes),
    at: timeOf(object.deliveredAt) ?? timeOf(object.at) ?? 0,
    compression: textOf(object.compression),
    timeZone: textOf(object.timeZone),
    errorType: textOf(object.errorType),
  };
}

const sum = (list: Json[], name: string) => list.reduce((total, item) => total + numberOf(item[name]), 0);
const objectOf = (value: unknown): Json =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const numberOf = (value: unknown): number => (typeof value === "number" && Number.isFinite(value) ? value : 0);
const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** timeOf reads a time of Go's JSON, which has up to nine decimals, as milliseconds since 1970. */
function timeOf(value: unknown): number | null {
  const at = typeof value === "string" ? Date.parse(value.replace(/(\.\d{3})\d+/, "$1")) : Number.NaN;
  return Number.isFinite(at) && at > 0 ? at : null;
}
