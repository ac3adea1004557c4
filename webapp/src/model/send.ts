import { type Answer, isOverQuota, type Outcome, type Silence, timeoutSeconds } from "./answer.ts";
import { answersOf, joined } from "./batch.ts";
import { headersOf, type Target } from "./request.ts";

/** What sending needs from outside, injected so that tests control the network and the time. */
export type World = {
  fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** Milliseconds of a monotonic clock. */
  now: () => number;
  /** Resolves after milliseconds, or at once when the signal is aborted. */
  sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  random: () => number;
  online: () => boolean;
};

export type Delivery = {
  outcome: Outcome;
  /** Milliseconds of the last try, from the call to the answer's last byte. */
  ms: number;
  /** The number of tries. The answer to every one but the last was 429. */
  tries: number;
};

export type RetryPolicy = { tries: number; firstMs: number; maxMs: number };

/** Up to six tries in about half a minute. */
export const patient: RetryPolicy = { tries: 6, firstMs: 500, maxMs: 20_000 };
export const once: RetryPolicy = { ...patient, tries: 1 };

/** What a retry sends again: so many events, because of this answer of 429. */
export type OnRetry = (events: number, answer: Answer) => void;

/**
 * deliver posts one body. It retries a 429 after the time in Retry-After and at least an exponential backoff with jitter,
 * except when a quota is used up. It retries nothing else: after a 504 or a lost connection the event may be in the stream.
 */
export async function deliver(
  target: Target,
  body: string,
  policy: RetryPolicy,
  world: World,
  signal: AbortSignal,
  onRetry: OnRetry = () => {},
): Promise<Delivery> {
  const [delivery] = await tryAll(target, [body], false, policy, world, signal, onRetry);
  return delivery as Delivery;
}

/** deliverBatch posts events as one batch, with one delivery for each. It retries only those that were throttled. */
export function deliverBatch(
  target: Target,
  bodies: string[],
  policy: RetryPolicy,
  world: World,
  signal: AbortSignal,
  onRetry: OnRetry = () => {},
): Promise<Delivery[]> {
  return tryAll(target, bodies, true, policy, world, signal, onRetry);
}

async function tryAll(
  target: Target,
  bodies: string[],
  batch: boolean,
  policy: RetryPolicy,
  world: World,
  signal: AbortSignal,
  onRetry: OnRetry,
): Promise<Delivery[]> {
  const deliveries: Delivery[] = [];
  let pending = bodies.map((body, at) => ({ body, at }));
  for (let tries = 1; ; tries++) {
    const began = world.now();
    const texts = pending.map(({ body }) => body);
    const outcome = await post(target, batch ? joined(texts) : texts.join(), world, signal);
    const ms = world.now() - began;
    const each = batch && outcome.kind === "answer" ? answersOf(outcome, pending.length) : null;
    for (const [index, { at }] of pending.entries()) deliveries[at] = { outcome: each?.[index] ?? outcome, ms, tries };
    pending = pending.filter(({ at }) => isThrottled((deliveries[at] as Delivery).outcome));
    const first = pending[0] && deliveries[pending[0].at]?.outcome;
    if (first?.kind !== "answer" || tries >= policy.tries) return deliveries;
    onRetry(pending.length, first);
    await world.sleep(backoff(tries, first, policy, world), signal);
    if (signal.aborted) return deliveries;
  }
}

function isThrottled(outcome: Outcome): boolean {
  return outcome.kind === "answer" && outcome.status === 429 && !isOverQuota(outcome);
}

/** backoff is in milliseconds: between half and all of an exponential bound, but never before Retry-After. */
function backoff(tries: number, { retryAfter }: Answer, policy: RetryPolicy, world: World): number {
  const bound = Math.min(policy.maxMs, policy.firstMs * 2 ** (tries - 1));
  const asked = /^\d+$/.test(retryAfter) ? Math.min(Number(retryAfter) * 1000, policy.maxMs) : 0;
  return Math.max(asked, bound / 2) + world.random() * (bound / 2);
}

async function post(target: Target, body: string, world: World, signal: AbortSignal): Promise<Outcome> {
  let headers: Headers;
  try {
    headers = await headersOf(target, body);
  } catch (error) {
    return silence("signing", error);
  }
  const timeout = AbortSignal.timeout(timeoutSeconds * 1000);
  const online = world.online();
  let answered = false;
  try {
    const response = await world.fetch(target.url.href, {
      method: "POST",
      headers,
      body,
      signal: AbortSignal.any([signal, timeout]),
      mode: "cors",
      credentials: "omit",
      cache: "no-store",
      redirect: "manual",
      referrerPolicy: "no-referrer",
    });
    if (response.type === "opaqueredirect") return { kind: "redirect", detail: "" };
    answered = true;
    return await read(response);
  } catch (error) {
    if (signal.aborted) return { kind: "stopped", detail: "" };
    if (timeout.aborted) return { kind: "timeout", detail: "" };
    return { kind: answered ? "broken" : await whySilent(target.url, world, signal, online), detail: String(error) };
  }
}

async function read(response: Response): Promise<Answer> {
  return {
    kind: "answer",
    status: response.status,
    body: await response.text(),
    retryAfter: response.headers.get("Retry-After") ?? "",
    requestId: response.headers.get("x-amzn-RequestId") ?? "",
    errorType: response.headers.get("x-amzn-ErrorType") ?? "",
  };
}

/**
 * whySilent distinguishes an unreachable host from one that answers without allowing this page. A request whose answer
 * nobody reads needs no CORS, so only the network can make it fail. A browser that was online may have sent the event before
 * it went offline.
 */
async function whySilent(url: URL, world: World, signal: AbortSignal, wasOnline: boolean): Promise<Silence["kind"]> {
  if (!world.online() && url.protocol === "https:") return wasOnline ? "broken" : "offline";
  try {
    await world.fetch(url.href, {
      method: "GET",
      mode: "no-cors",
      credentials: "omit",
      cache: "no-store",
      referrerPolicy: "no-referrer",
      signal: AbortSignal.any([signal, AbortSignal.timeout(5000)]),
    });
    return "cors";
  } catch {
    return signal.aborted ? "stopped" : "network";
  }
}

function silence(kind: Silence["kind"], error: unknown): Silence {
  return { kind, detail: error instanceof Error ? error.message : String(error) };
}
