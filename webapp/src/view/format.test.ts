import { afterEach, expect, test, vi } from "vitest";
import { bytes, clock, count, latency, rate, things, time } from "./format.ts";

afterEach(() => vi.useRealTimers());

test.each<[string, string]>([
  [count(1_234_567), "1,234,567"],
  [things(0, "event"), "0 events"],
  [things(1, "event"), "1 event"],
  [things(1000, "batch", "batches"), "1,000 batches"],
  [bytes(0), "0 bytes"],
  [bytes(1), "1 byte"],
  [bytes(999), "999 bytes"],
  [bytes(1000), "1.0 kB"],
  [bytes(999_949), "999.9 kB"],
  [bytes(999_950), "1.0 MB"],
  [bytes(999_999), "1.0 MB"],
  [bytes(1_000_000), "1.0 MB"],
  [bytes(12_345_678), "12.3 MB"],
  [latency(0), "0.0 ms"],
  [latency(99.94), "99.9 ms"],
  [latency(99.96), "100 ms"],
  [latency(100.6), "101 ms"],
  [latency(999.4), "999 ms"],
  [latency(999.6), "1.00 s"],
  [latency(1000), "1.00 s"],
  [latency(9994), "9.99 s"],
  [latency(9996), "10.0 s"],
  [latency(10_000), "10.0 s"],
  [rate(0), "0"],
  [rate(0.25), "0.3"],
  [rate(99.94), "99.9"],
  [rate(99.96), "100"],
  [rate(100), "100"],
  [rate(1234.5), "1,235"],
])("%s", (written, want) => {
  expect(written).toBe(want);
});

test("a time has its date only on another day", () => {
  vi.useFakeTimers({ now: new Date(2026, 0, 31, 23, 59), toFake: ["Date"] });
  const today = new Date(2026, 0, 31, 4, 5, 6, 7).getTime();
  expect([clock(today), time(today)]).toEqual(["04:05:06", "04:05:06.007"]);
  expect(time(new Date(2026, 0, 30, 14, 5, 6, 78).getTime())).toBe("01-30 14:05:06.078");
  expect(time(new Date(2025, 0, 31, 14, 5, 6, 789).getTime())).toBe("01-31 14:05:06.789");
});
