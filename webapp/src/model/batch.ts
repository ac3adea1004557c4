import type { Answer } from "./answer.ts";

// A batch is one request with many events (docs/clients.md, "Send many events at once").

/** The most bytes of a batch. API Gateway takes 10 MB, PutRecords 10 MiB with keys, and an envelope adds some to each event. */
const maxBatchBytes = 4_000_000;

/** Requests per second that six connections of a browser send even when an answer takes 300 ms, as a large batch on a busy machine does. */
const requestsPerSecond = 20;

/** Up to this rate each event has a request of its own: six connections carry as many when an answer takes 75 ms. */
const singly = 80;

/** batchSize is how many events of these bytes go into one request, so that a browser reaches the rate. */
export function batchSize(rate: number, bytes: number): number {
  const wanted = rate <= singly ? 1 : Math.min(500, Math.ceil(rate / requestsPerSecond));
  return fitting(wanted, bytes);
}

/** fitting is at most wanted, and at least 1. */
export function fitting(wanted: number, bytes: number): number {
  return Math.max(1, Math.min(wanted, Math.floor(maxBatchBytes / Math.max(1, bytes))));
}

export function joined(bodies: string[]): string {
  return `{"events":[${bodies.join(",")}]}`;
}

/** answersOf reads the answer for each event of a batch, in the events' order; null if the answer is one for all of them. */
export function answersOf(answer: Answer, events: number): Answer[] | null {
  let json: unknown;
  try {
    json = JSON.parse(answer.body);
  } catch {
    return null;
  }
  if (typeof json !== "object" || json === null || !("results" in json)) return null;
  const { results, message, requestId } = json as { results: unknown; message?: unknown; requestId?: unknown };
  if (!Array.isArray(results) || results.length !== events) return null;
  return results.map((result: { status?: unknown } | null) => ({
    ...answer,
    status: typeof result?.status === "number" ? result.status : answer.status,
    body: JSON.stringify({ ...(result?.status === 200 ? {} : { message }), ...result, requestId }),
  }));
}
