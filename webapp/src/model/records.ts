// The records of the stream and the objects of a pipeline on this machine (GET _local/records, _local/objects, _local/delivered).

/** Where a record is in an object. record counts from 1; 0 names the object alone. */
export type Part = { bucket: string; key: string; record: number };

/** A record of the stream, or of an object. What is not known is empty. */
export type Row = {
  shardId: string;
  sequenceNumber: string;
  partitionKey: string;
  /** In milliseconds since 1970. */
  arrivedAt: number | null;
  bytes: number;
  /** Its data, in base64 if it is not text. */
  text: string;
  isText: boolean;
  /** Whether text is only the beginning. */
  cut: boolean;
  /** unread, buffered, delivered or unknown. */
  state: string;
  parts: Part[];
};

/** An object that a delivery stream wrote. */
export type Written = {
  bucket: string;
  key: string;
  records: number;
  /** Before compression. */
  bytes: number;
  storedBytes: number;
  at: number;
  compression: string;
  timeZone: string;
  errorType: string;
  partition: [string, string][];
};

/** One answer: rows, how to continue, and how many records the pipeline looked at. next is empty at the end. */
export type Batch<T> = { rows: T[]; next: string; scanned: number; tail: string; problems: string[] };

export type Query = Record<string, string>;

/** The bytes of text that a list asks for of each record. */
export const previewBytes = "300";

const noAnswer = "the pipeline does not answer; start it with make up";

/** ask asks for a batch. Its error has the pipeline's own words, if it answers. */
export async function ask<T>(
  path: "records" | "objects" | "delivered",
  query: Query,
  read: (item: Json) => T,
  signal: AbortSignal,
): Promise<Batch<T>> {
  const given = Object.entries(query).filter(([, value]) => value !== "");
  const asked = fetch(`_local/${path}?${new URLSearchParams(given)}`, { cache: "no-store", signal });
  const response = await asked.catch((error: unknown) => {
    throw signal.aborted ? error : new Error(noAnswer); // the browser's own words name no remedy
  });
  const answer = objectOf(await response.json().catch(() => null));
  if (!response.ok) throw new Error(textOf(answer.message) || `status ${response.status}`);
  return {
    rows: listOf(answer[path === "objects" ? "objects" : "records"]).map((item) => read(objectOf(item))),
    next: textOf(answer.cursor),
    scanned: numberOf(answer.scanned),
    tail: textOf(answer.tail),
    problems: listOf(answer.problems).map(textOf),
  };
}

export function readRow(item: Json): Row {
  return {
    shardId: textOf(item.shardId),
    sequenceNumber: textOf(item.sequenceNumber),
    partitionKey: textOf(item.partitionKey),
    arrivedAt: timeOf(item.arrivedAt),
    bytes: numberOf(item.bytes),
    text: textOf(item.text) || textOf(item.base64),
    isText: item.base64 === undefined,
    cut: item.cut === true,
    state: textOf(item.state),
    parts: listOf(item.objects)
      .map(objectOf)
      .map(({ bucket, key, record }) => ({ bucket: textOf(bucket), key: textOf(key), record: numberOf(record) })),
  };
}

export function readWritten(item: Json): Written {
  return {
    bucket: textOf(item.bucket),
    key: textOf(item.key),
    records: numberOf(item.records),
    bytes: numberOf(item.bytes),
    storedBytes: numberOf(item.storedBytes),
    at: timeOf(item.deliveredAt) ?? 0,
    compression: textOf(item.compression),
    timeZone: textOf(item.timeZone),
    errorType: textOf(item.errorType),
    partition: Object.entries(objectOf(item.partition)).map(([name, value]) => [name, textOf(value)]),
  };
}

/** nameOf is the last part of a key. */
export const nameOf = (key: string) => key.slice(key.lastIndexOf("/") + 1);

/** folderOf is a partition in words, or the key without its name. */
export function folderOf({ key, partition }: Pick<Written, "key" | "partition">): string {
  if (partition.length > 0) return partition.map(([name, value]) => `${name}=${value}`).join(" · ");
  return key.slice(0, key.lastIndexOf("/") + 1);
}

const start = /^(?:(?:(\d{4})-)?(\d\d)-(\d\d)(?:[T ]|$))?(?:(\d{1,2})(:\d\d\S*))?$/;

/**
 * startOf reads what a person types as a start: a time of today, another time, also as the lists show it, or a sequence number. It
 * returns null for anything else, and "" for nothing.
 */
export function startOf(typed: string, now: Date): string | null {
  const text = typed.trim();
  if (text === "" || /^\d{40,}$/.test(text)) return text;
  const parts = start.exec(text);
  if (parts === null) return null;
  const [, year, month = String(now.getMonth() + 1), day = String(now.getDate()), hour = "0", rest = ":00"] = parts;
  const inYear = (year: number | string) => {
    // Date.parse takes 30 February for 2 March.
    if (Number(day) > new Date(Number(year), Number(month), 0).getDate()) return Number.NaN;
    return Date.parse(`${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}T${hour.padStart(2, "0")}${rest}`);
  };
  let at = inYear(year ?? now.getFullYear());
  // The lists show no year: 31 December is not in the future. Nor do they show the date of a time of today.
  if (year === undefined && parts[2] !== undefined && at > now.getTime()) at = inYear(now.getFullYear() - 1);
  return Number.isNaN(at) ? null : String(at);
}

export type Json = Record<string, unknown>;
export const objectOf = (value: unknown): Json =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
export const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
export const numberOf = (value: unknown): number => (typeof value === "number" && Number.isFinite(value) ? value : 0);
export const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** timeOf reads a time of Go's JSON, which has up to nine decimals, as milliseconds since 1970. */
export function timeOf(value: unknown): number | null {
  const at = typeof value === "string" ? Date.parse(value.replace(/(\.\d{3})\d+/, "$1")) : Number.NaN;
  return Number.isFinite(at) && at > 0 ? at : null;
}
