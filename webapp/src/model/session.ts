import { explain, fieldsOf, type Words } from "./answer.ts";
import { Figures } from "./figures.ts";
import { checkJSON } from "./json.ts";
import { type Authorization, type Target, tokenNames } from "./request.ts";
import { type Plan, run } from "./run.ts";
import { type Delivery, deliver, once, patient, type World } from "./send.ts";
import { compile, fill } from "./template.ts";

/** Rows that the log keeps. Figures count all. */
export const maxEntries = 500;

/** Characters of a body that a row keeps. */
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
  target: Target;
  text: string;
  compact: boolean;
  plan: Plan;
  retry: boolean;
};

/** The progress of a job. */
export type Progress = {
  planned: number;
  begun: number;
  accepted: number;
  rejected: number;
  unknown: number;
  retries: number;
  beganAt: number;
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

  /** start resolves when the last event of the job is done. It does nothing while another job runs. */
  async start(job: Job): Promise<void> {
    if (this.running) return;
    const stopping = new AbortController();
    this.stopping = stopping;
    this.progress = {
      planned: job.plan.count,
      begun: 0,
      accepted: 0,
      rejected: 0,
      unknown: 0,
      retries: 0,
      beganAt: this.world.time(),
      endedAt: null,
      stopped: false,
    };
    this.changed();
    const template = compile(job.text, job.compact);
    const validJSON = checkJSON(job.text).problem === null;
    const one = async () => {
      const body = fill(template, { n: ++this.number, now: this.world.time(), random: this.world.random });
      await this.send(this.number, body, validJSON, job, stopping.signal);
    };
    try {
      await run(job.plan, one, this.world, stopping.signal);
    } finally {
      this.progress.endedAt = this.world.time();
      this.stopping = null;
      this.changed();
    }
  }

  private async send(n: number, body: string, validJSON: boolean, { target, retry }: Job, signal: AbortSignal) {
    const progress = this.progress as Progress;
    progress.begun++;
    this.figures.begin();
    const delivery = await deliver(target, body, retry ? patient : once, this.world, signal, () => {
      progress.retries++;
      this.figures.retries++;
      this.changed();
    });
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
    const fields = outcome.kind === "answer" ? fieldsOf(outcome.body) : {};
    const entry: Entry = {
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
    };
    progress[words.fate]++;
    this.figures.end(
      words.fate,
      outcome.kind === "answer" ? String(outcome.status) : outcome.kind,
      outcome.kind === "answer" ? delivery.ms : null,
      entry.at,
    );
    this.entries.push(entry);
    if (this.entries.length > maxEntries) this.entries.splice(0, this.entries.length - maxEntries);
    this.changed();
  }
}

function named(authorization: Authorization): string {
  const names = tokenNames(authorization).join(", ") || "no header";
  return {
    none: "none",
    api_key: "API key",
    iam: "IAM keys, Signature Version 4",
    cognito: `Cognito token in ${names}`,
    lambda: `token of a Lambda authoriser in ${names}`,
  }[authorization.kind];
}

/** byteLength is the length in UTF-8, in which the text is sent. */
export function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}
