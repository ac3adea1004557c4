import type { Fate } from "./answer.ts";

// Figures of the events from this page: exact counts since they were last cleared, counts for each of the last seconds,
// and percentiles of the last answers.

/** Seconds that the charts show. */
export const chartSeconds = 60;

/** The number of answers that the percentiles cover. */
export const latencyWindow = 10_000;

type Second = Record<Fate, number> & { latencies: number[] };

export type Percentiles = { p50: number; p95: number; p99: number; max: number; of: number };

export class Figures {
  begun = 0;
  accepted = 0;
  rejected = 0;
  /** Events that may or may not be in the stream. */
  unknown = 0;
  /** Answers of 429 that the page followed with another try. */
  retries = 0;
  /** How many events were not accepted, by status or by the kind of silence. */
  readonly reasons = new Map<string, number>();
  private readonly seconds = new Map<number, Second>();
  private readonly latencies = new Float64Array(latencyWindow);
  private latencyCount = 0;

  get inFlight(): number {
    return this.begun - this.accepted - this.rejected - this.unknown;
  }

  begin(events = 1) {
    this.begun += events;
  }

  /** end counts an event that is done. ms is null without an answer. at is in milliseconds since 1970. */
  end(fate: Fate, reason: string, ms: number | null, at: number) {
    const second = this.second(Math.floor(at / 1000));
    this[fate]++;
    second[fate]++;
    if (fate !== "accepted") this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + 1);
    if (ms === null) return;
    second.latencies.push(ms);
    this.latencies[this.latencyCount++ % latencyWindow] = ms;
  }

  private second(time: number): Second {
    let second = this.seconds.get(time);
    if (second === undefined) {
      second = { accepted: 0, rejected: 0, unknown: 0, latencies: [] };
      this.seconds.set(time, second);
      for (const old of this.seconds.keys()) if (old < time - chartSeconds) this.seconds.delete(old);
    }
    return second;
  }

  percentiles(): Percentiles | null {
    const of = Math.min(this.latencyCount, latencyWindow);
    return of === 0 ? null : percentilesOf(this.latencies.slice(0, of));
  }

  /** perSecond is the mean over the last five whole seconds. */
  perSecond(now: number): number {
    const current = Math.floor(now / 1000);
    let sum = 0;
    for (let time = current - 5; time < current; time++) {
      const second = this.seconds.get(time);
      if (second) sum += second.accepted + second.rejected + second.unknown;
    }
    return sum / 5;
  }

  /** series has one entry for each second of the chart. A second without answers has no latency. */
  series(now: number): Series {
    const last = Math.floor(now / 1000);
    const series: Series = { times: [], accepted: [], rejected: [], unknown: [], p50: [], p95: [] };
    for (let time = last - chartSeconds + 1; time <= last; time++) {
      const second = this.seconds.get(time);
      const latency = second && second.latencies.length > 0 ? percentilesOf(Float64Array.from(second.latencies)) : null;
      series.times.push(time);
      series.accepted.push(second?.accepted ?? 0);
      series.rejected.push(second?.rejected ?? 0);
      series.unknown.push(second?.unknown ?? 0);
      series.p50.push(latency?.p50 ?? null);
      series.p95.push(latency?.p95 ?? null);
    }
    return series;
  }
}

export type Series = {
  /** Seconds since 1970. */
  times: number[];
  accepted: number[];
  rejected: number[];
  unknown: number[];
  p50: (number | null)[];
  p95: (number | null)[];
};

/** percentilesOf uses the nearest rank. It sorts values in place. */
export function percentilesOf(values: Float64Array): Percentiles {
  values.sort();
  const rank = (part: number) => values[Math.max(0, Math.ceil(part * values.length) - 1)] ?? 0;
  return { p50: rank(0.5), p95: rank(0.95), p99: rank(0.99), max: rank(1), of: values.length };
}
