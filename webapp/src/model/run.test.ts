import { describe, expect, test } from "vitest";
import { run } from "./run.ts";

const never = new AbortController().signal;

/** A clock that moves, when all sleep, to the earliest time at which one wakes. */
class Clock {
  time = 0;
  private waiting: { at: number; wake: () => void }[] = [];
  now = () => this.time;
  sleep = (ms: number, signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      if (signal !== never) signal.addEventListener("abort", () => resolve());
      if (signal.aborted) return resolve();
      this.waiting.push({ at: this.time + ms, wake: resolve });
    });

  /** advance wakes the next sleeper until none is left. */
  async advance(until = Number.POSITIVE_INFINITY) {
    for (;;) {
      for (let i = 0; i < 20; i++) await Promise.resolve();
      this.waiting.sort((a, b) => a.at - b.at);
      const next = this.waiting[0];
      if (next === undefined || next.at > until) return;
      this.waiting.shift();
      this.time = Math.max(this.time, next.at);
      next.wake();
    }
  }
}

describe("a run", () => {
  test("begins the planned number, at the planned rate", async () => {
    const clock = new Clock();
    const began: number[] = [];
    const done = run({ count: 5, everyMs: 20, concurrency: 2 }, async () => void began.push(clock.time), clock, never);
    await clock.advance();
    await done;
    expect(began).toEqual([0, 20, 40, 60, 80]);
  });

  test("has no more under way than planned, and catches up after a delay", async () => {
    const clock = new Clock();
    const began: number[] = [];
    let underWay = 0;
    let most = 0;
    const work = async () => {
      began.push(clock.time);
      most = Math.max(most, ++underWay);
      await clock.sleep(100, never);
      underWay--;
    };
    const done = run({ count: 6, everyMs: 10, concurrency: 2 }, work, clock, never);
    await clock.advance();
    await done;
    expect(most).toBe(2);
    expect(began).toEqual([0, 10, 100, 110, 200, 210]);
  });

  test("sends no burst after the machine slept", async () => {
    const clock = new Clock();
    const began: number[] = [];
    const work = async () => {
      began.push(clock.time);
      if (began.length === 1) clock.time += 60_000;
    };
    const done = run({ count: 20, everyMs: 500, concurrency: 10 }, work, clock, never);
    await clock.advance();
    await done;
    // It catches up at most one second's events.
    expect(began.filter((at) => at === 60_000)).toHaveLength(2 + 1);
  });

  test("begins nothing more after it is stopped while all places are taken", async () => {
    const clock = new Clock();
    const stop = new AbortController();
    let began = 0;
    const work = async () => {
      began++;
      await clock.sleep(50, never);
      stop.abort();
    };
    const done = run({ count: 10, everyMs: 0, concurrency: 2 }, work, clock, stop.signal);
    await clock.advance();
    await done;
    expect(began).toBe(2);
  });

  test("begins nothing more after it is stopped, and waits for the work under way", async () => {
    const clock = new Clock();
    const stop = new AbortController();
    let ended = 0;
    const work = async (n: number) => {
      if (n === 3) stop.abort();
      await clock.sleep(50, never);
      ended++;
    };
    const done = run({ count: Number.POSITIVE_INFINITY, everyMs: 10, concurrency: 6 }, work, clock, stop.signal);
    await clock.advance();
    await done;
    expect(ended).toBe(3);
  });
});
