import { type Answer, byteLength, explain, fieldsOf, maxBodyBytes, type Outcome, type Words } from "./answer.ts";
import { Figures } from "./figures.ts";
import { Gate } from "./gate.ts";
import { checkJSON } from "./json.ts";
import { type Authorization, type Target, tokenNames } from "./request.ts";
import { type Plan, run } from "./run.ts";
import { type Delivery, deliver, deliverBatch, once, patient, type World } from "./send.ts";
import { compile, fill } from "./template.ts";

/** Rows that the log keeps. Figures count all. */
export const maxEntries = 500;

/** Characters of a body and of an answer that a row keeps. */
const maxBodyChars = 20_000;

/** One event that was sent, and its answer if there was one. */
export type Entry = Delivery & {
  /** The event's number since the page was opened, which is also {{n}}. */
  n: number;
  /** When it was done, in milliseconds since 1970. */
  at: number;
  words: Words;
  shardId: string;
  sequenceNumber: string;
  url: string;
  /** How the request identified its sender, without secrets. */
  authorization: string;
  body: string;
  bytes: number;
};

/** One press of Send. */
export type Job = {
  /** Where one event goes, or with more than one a request, where batches go. */
  target: Target;
  text: string;
  compact: boolean;
  /** Of events. */
  plan: Plan;
  /** Events per request. */
  perRequest?: number;
  retry: boolean;
  /** The address of the status of a pipeline on this machine. While it does not answer, the job pauses. */
  status?: string;
  /** Send the text byte for byte, as an event that was sent before. */
  literal?: boolean;
};

type Valid = Job & { validJSON: boolean };

/** The progress of a job. */
export type Progress = {
  planned: number;
  begun: number;
  accepted: number;
  rejected: number;
  unknown: number;
  retries: number;
  /** Which limit answered last with 429. */
  limit: "" | "stream" | "api";
  beganAt: number;
  /** Since when the pipeline does not answer; null while it does. */
  pausedAt: number | null;
  /** Milliseconds of earlier pauses. */
  pausedMs: number;
  /** null while it runs. */
  endedAt: number | null;
  stopped: boolean;
};

/** Session has the events that were sent since the page was opened. It sends one job at a time. */
export class Session {
  figures = new Figures();
  /** The newest last, at most maxEntries. */
  entries: Entry[] = [];
  progress: Progress | null = null;
  /** What the newest entry sent, in full. */
  private newest = "";
  private number = 0;
  private stopping: AbortController | null = null;

  constructor(
    private readonly world: World & { time: () => number },
    private readonly origin: string,
    private readonly changed: () => void,
  ) {}

  get running(): boolean {
    return this.stopping !== null;
  }

  stop() {
    if (this.progress !== null && this.running) this.progress.stopped = true;
    this.stopping?.abort();
  }

  /** clear forgets all answers. It counts a running job from here on. */
  clear() {
    const underWay = this.figures.inFlight;
    this.figures = new Figures();
    this.figures.begun = underWay;
    this.entries = [];
    if (!this.running) this.progress = null;
    this.changed();
  }

  /** bodyOf is what an entry sent, byte for byte; null if it was too long to keep. */
  bodyOf(entry: Entry): string | null {
    if (entry.body.length < maxBodyChars) return entry.body;
    return entry === this.entries.at(-1) ? this.newest : null;
  }

  /** start resolves when the last event of the job is done. It does nothing while another job runs. */
  async start(started: Job): Promise<void> {
    if (this.running) return;
    const job: Valid = { ...started, validJSON: checkJSON(started.text).problem === null };
    const stopping = new AbortController();
    this.stopping = stopping;
    this.progress = {
      planned: job.plan.count,
      begun: 0,
      accepted: 0,
      rejected: 0,
      unknown: 0,
      retries: 0,
      limit: "",
      beganAt: this.world.time(),
      pausedAt: null,
      pausedMs: 0,
      endedAt: null,
      stopped: false,
    };
    this.changed();
    const { signal } = stopping;
    const gate =
      job.status === undefined ? null : new Gate(job.status, this.world, signal, (closed) => this.pause(closed));
    try {
      // A single event does not wait: a person wants its answer now.
      if (gate !== null && !(await gate.check()) && job.plan.count === 1) this.keepUnsent(job);
      else await this.runAll(job, gate, signal);
    } finally {
      if (this.progress.pausedAt !== null) this.pause(false);
      this.progress.endedAt = this.world.time();
      this.stopping = null;
      stopping.abort(); // ends a gate that still asks
      this.changed();
    }
  }

  private async runAll(job: Valid, gate: Gate | null, signal: AbortSignal) {
    const make = this.maker(job);
    const { plan, perRequest = 1 } = job;
    const requests = { ...plan, count: Math.ceil(plan.count / perRequest), everyMs: plan.everyMs * perRequest };
    const one = async (n: number) => {
      await gate?.pass();
      if (signal.aborted) return;
      const events = Math.min(perRequest, plan.count - (n - 1) * perRequest);
      await this.send(Array.from({ length: events }, make), job, gate, signal);
    };
    await run(requests, one, this.world, signal);
  }

  private maker({ text, compact, literal }: Job): () => { n: number; body: string } {
    if (literal) return () => ({ n: ++this.number, body: text });
    const template = compile(text, compact);
    return () => {
      const n = ++this.number;
      return { n, body: fill(template, { n, now: this.world.time(), random: this.world.random }) };
    };
  }

  private pause(closed: boolean) {
    const progress = this.progress as Progress;
    if (!closed && progress.pausedAt !== null) progress.pausedMs += this.world.time() - progress.pausedAt;
    progress.pausedAt = closed ? this.world.time() : null;
    this.changed();
  }

  private keepUnsent(job: Valid) {
    this.keep([this.maker(job)()], [{ outcome: { kind: "unsent", detail: "" }, ms: 0, tries: 1 }], job);
  }

  private async send(events: { n: number; body: string }[], job: Valid, gate: Gate | null, signal: AbortSignal) {
    const progress = this.progress as Progress;
    progress.begun += events.length;
    this.figures.begin(events.length);
    const policy = job.retry ? patient : once;
    const onRetry = (count: number, answer: Answer) => {
      progress.retries += count;
      progress.limit = limitOf(answer);
      this.figures.retries += count;
      this.changed();
    };
    const [first] = events;
    const deliveries =
      (job.perRequest ?? 1) > 1
        ? await deliverBatch(
            job.target,
            events.map(({ body }) => body),
            policy,
            this.world,
            signal,
            onRetry,
          )
        : [await deliver(job.target, first?.body ?? "", policy, this.world, signal, onRetry)];
    // The answer 413 to a body over 10 MB can close the connection before the browser reads it.
    const small = byteLength(first?.body ?? "") <= maxBodyBytes;
    const local = gate !== null && small;
    if (local && deliveries.some(({ outcome: { kind } }) => kind === "network" || kind === "broken"))
      await gate.check();
    const isAllowed = local || (small && this.hasAnswered(job));
    this.keep(events, isAllowed ? deliveries.map((one) => broken(one, local)) : deliveries, job);
  }

  /** hasAnswered says whether the page could read an answer to such a request before. */
  private hasAnswered({ target }: Job): boolean {
    return this.entries.some(
      ({ outcome, url, authorization }) =>
        outcome.kind === "answer" && url === target.url.href && authorization === named(target.authorization),
    );
  }

  /** keep counts events that are done and adds them to the entries. */
  private keep(events: { n: number; body: string }[], deliveries: Delivery[], job: Valid) {
    const progress = this.progress as Progress;
    for (const [index, { n, body }] of events.entries()) {
      const delivery = deliveries[index] as Delivery;
      const { outcome } = delivery;
      const entry = this.entryOf(n, body, delivery, job);
      this.entries.push(entry);
      this.newest = body;
      const { fate } = entry.words;
      if (fate === "unsent") continue;
      progress[fate]++;
      if (outcome.kind === "answer" && outcome.status === 429) progress.limit = limitOf(outcome);
      // The events of a batch share one answer, which has one latency.
      const ms = outcome.kind === "answer" && index === 0 ? delivery.ms : null;
      this.figures.end(fate, outcome.kind === "answer" ? String(outcome.status) : outcome.kind, ms, entry.at);
    }
    if (this.entries.length > maxEntries) this.entries.splice(0, this.entries.length - maxEntries);
    this.changed();
  }

  private entryOf(n: number, body: string, delivery: Delivery, { target, perRequest = 1, validJSON }: Valid): Entry {
    const { outcome } = delivery;
    const bytes = byteLength(body);
    const words = explain(outcome, {
      authorization: target.authorization.kind,
      headers: tokenNames(target.authorization),
      url: target.url,
      origin: this.origin,
      bytes,
      validJSON,
    });
    if (perRequest > 1 && outcome.kind === "answer" && outcome.status === 400)
      words.advice += " API Gateway or Kinesis refuses a batch as a whole: none of its events is in the stream.";
    const fields = outcome.kind === "answer" ? fieldsOf(outcome.body) : {};
    return {
      ...delivery,
      n,
      at: this.world.time(),
      words,
      shardId: fields.shardId ?? "",
      sequenceNumber: fields.sequenceNumber ?? "",
      url: target.url.href,
      authorization: named(target.authorization),
      body: body.slice(0, maxBodyChars),
      bytes,
      outcome: shortened(outcome),
    };
  }
}

/** shortened is an outcome to keep. */
function shortened(outcome: Outcome): Outcome {
  if (outcome.kind !== "answer" || outcome.body.length <= maxBodyChars) return outcome;
  return { ...outcome, body: outcome.body.slice(0, maxBodyChars), cut: true };
}

/**
 * broken corrects the reason for silence of an API that allows this page: CORS plays no part. A pipeline that also serves the page
 * answered before the event was sent, so the connection broke off, also when the pipeline is back before the page asks why.
 */
function broken(delivery: Delivery, local: boolean): Delivery {
  const { outcome } = delivery;
  const broke = outcome.kind === "cors" || (local && outcome.kind === "network");
  return broke ? { ...delivery, outcome: { ...outcome, kind: "broken" } } : delivery;
}

function limitOf({ body }: Answer): "stream" | "api" {
  return (fieldsOf(body).message ?? "").includes("stream") ? "stream" : "api";
}

function named(authorization: Authorization): string {
  const names = tokenNames(authorization).join(", ") || "no header";
  return {
    none: "none",
    api_key: "API key",
    iam: "IAM keys, Signature Version 4",
    cognito: `Cognito token in ${names}`,
    lambda: `token of a Lambda authorizer in ${names}`,
  }[authorization.kind];
}
