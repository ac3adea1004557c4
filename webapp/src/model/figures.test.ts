import { describe, expect, test } from "vitest";
import { chartSeconds, Figures, latencyWindow, percentilesOf } from "./figures.ts";

const at = Date.UTC(2026, 0, 1);

describe("figures", () => {
  test("percentiles use the nearest rank", () => {
    const hundred = Float64Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(percentilesOf(hundred)).toEqual({ p50: 50, p95: 95, p99: 99, max: 100, of: 100 });
    expect(percentilesOf(Float64Array.of(7))).toEqual({ p50: 7, p95: 7, p99: 7, max: 7, of: 1 });
  });

  test("count exactly, and forget only old latencies", () => {
    const figures = new Figures();
    for (let n = 0; n < latencyWindow + 500; n++) {
      figures.begin();
      figures.end("accepted", "200", n < 500 ? 1_000_000 : 5, at + n);
    }
    for (let n = 0; n < 3; n++) figures.begin();
    figures.end("rejected", "network", null, at);
    figures.end("unknown", "stopped", null, at);
    expect(figures).toMatchObject({
      begun: latencyWindow + 503,
      accepted: latencyWindow + 500,
      rejected: 1,
      unknown: 1,
      inFlight: 1,
    });
    expect(figures.percentiles()).toEqual({ p50: 5, p95: 5, p99: 5, max: 5, of: latencyWindow });
    expect([...figures.reasons]).toEqual([
      ["network", 1],
      ["stopped", 1],
    ]);
  });

  test("have a series by second, with gaps in seconds without answers", () => {
    const figures = new Figures();
    figures.end("accepted", "200", 10, at);
    figures.end("accepted", "200", 30, at + 999);
    figures.end("rejected", "429", 20, at + 2000);
    figures.end("unknown", "stopped", null, at + 2000);
    const { times, accepted, rejected, unknown, p50, p95 } = figures.series(at + 2500);
    expect(times).toHaveLength(chartSeconds);
    expect(times.at(-1)).toBe(at / 1000 + 2);
    expect([accepted, rejected, unknown, p50, p95].map((list) => list.slice(-3))).toEqual([
      [2, 0, 0],
      [0, 0, 1],
      [0, 0, 1],
      [10, null, 20],
      [30, null, 20],
    ]);
  });

  test("per second is the mean of the last five whole seconds", () => {
    const figures = new Figures();
    for (let n = 0; n < 50; n++) figures.end("accepted", "200", 1, at + n * 100);
    expect(figures.perSecond(at + 5000)).toBe(10);
    expect(figures.perSecond(at + 5999)).toBe(10);
    expect(figures.perSecond(at + 4999)).toBe(8);
    expect(figures.perSecond(at + 10_000)).toBe(0);
  });

  test("keep no more seconds than they show", () => {
    const figures = new Figures();
    for (let second = 0; second < 1000; second++) figures.end("accepted", "200", 1, at + second * 1000);
    const total = figures.series(at + 999_000).accepted.reduce((sum, value) => sum + value, 0);
    expect(total).toBe(chartSeconds);
    expect(figures.series(at + 100_000).accepted.every((value) => value === 0)).toBe(true);
  });
});
