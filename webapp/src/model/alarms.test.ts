import { expect, test } from "vitest";
import {
  courseOf,
  figure,
  inAlarm,
  inAlarmFirst,
  lasting,
  limit,
  nowOf,
  readAlarms,
  summary,
  unitOf,
} from "./alarms.ts";

const answer = {
  alarms: [
    {
      ...{ name: "api-kinesis-prod-api-4xx", id: "api-4xx", level: "notice", says: "Too many.", state: "ALARM" },
      ...{
        since: "2026-01-02T12:14:00.002Z",
        reason: "Threshold Crossed",
        threshold: 5,
        comparison: "GreaterThanThreshold",
      },
      ...{ periodSeconds: 300, datapoints: 3, periods: 3, runbook: "/_local/runbooks/api-4xx" },
      values: [
        [1782907920, null],
        [1782907980, 100],
        [1782908040, 0.25],
      ],
      history: [{ at: "2026-01-02T12:14:00Z", from: "OK", to: "ALARM", reason: "Threshold Crossed" }],
    },
  ],
};

test("reads the alarms", () => {
  const [alarm] = readAlarms(answer);
  expect(alarm).toMatchObject({
    id: "api-4xx",
    since: Date.UTC(2026, 0, 2, 12, 14, 0, 2),
    values: [
      { at: 1782907920000, value: null },
      { at: 1782907980000, value: 100 },
      { at: 1782908040000, value: 0.25 },
    ],
    history: [{ at: Date.UTC(2026, 0, 2, 12, 14), from: "OK", to: "ALARM" }],
  });
  expect(alarm && summary(alarm)).toBe("0.25 now, at most 100, threshold 5, 3 hours");
  expect(alarm && limit(alarm)).toBe("> 5");
});

test.each([null, [], {}, { alarms: 1 }])("takes %j for a pipeline without alarms", (odd) => {
  expect(readAlarms(odd)).toEqual([]);
});

test("takes an odd alarm for one that says little", () => {
  const [alarm] = readAlarms({ alarms: [{ values: [null, ["x", "y"]], history: [null], threshold: "1" }] });
  expect(alarm).toMatchObject({ id: "", since: null, threshold: 0, values: [{ value: null }, { value: null }] });
  expect(alarm && nowOf(alarm)).toBe(null);
  expect(alarm && summary(alarm)).toBe("no data now, threshold 0, 3 hours");
});

test("puts those in ALARM first, and keeps the order of the others", () => {
  const states = ["OK", "ALARM", "INSUFFICIENT_DATA", "OK", "ALARM"];
  const alarms = readAlarms({ alarms: states.map((state, n) => ({ id: `${n}`, state })) });
  expect(inAlarmFirst(alarms).map(({ id }) => id)).toEqual(["1", "4", "0", "2", "3"]);
});

test("knows the units of the pipeline's alarms", () => {
  const ids = ["api-4xx", "api-5xx", "api-latency", "delivery-errors", "delivery-stale", "stream-age", "stream-unread"];
  expect(ids.map((id) => unitOf({ id }))).toEqual(["%", "of 1", "ms", "errors", "s", "ms", "reads"]);
  expect(unitOf({ id: "one of another stack" })).toBe("");
});

test("counts those in ALARM", () => {
  expect(inAlarm([])).toBe("0 of 0 in ALARM");
  expect(inAlarm([{ state: "OK" }, { state: "ALARM" }, { state: "INSUFFICIENT_DATA" }])).toBe("1 of 3 in ALARM");
});

test.each([
  [null, "no data"],
  [0, "0"],
  [0.0123456, "0.01235"],
  [999_999, "1,000,000"],
  [151_200_000, "151.2M"],
  [-2.5, "-2.5"],
])("writes %d as %s", (value, want) => {
  expect(figure(value)).toBe(want);
});

test.each([
  [-5, "< 1 min"],
  [59_999, "< 1 min"],
  [60_000, "1 min"],
  [3_540_000, "59 min"],
  [3_600_000, "1 h 0 min"],
  [7_199_999, "1 h 59 min"],
  [3_900_000, "1 h 5 min"],
  [86_399_999, "23 h 59 min"],
  [86_400_000, "1 d 0 h"],
  [90_000_000, "1 d 1 h"],
])("a time span of %d ms is %s", (ms, want) => {
  expect(lasting(ms)).toBe(want);
});

test.each([
  ["GreaterThanThreshold", "> 5"],
  ["GreaterThanOrEqualToThreshold", "≥ 5"],
  ["LessThanThreshold", "< 5"],
  ["LessThanOrEqualToThreshold", "≤ 5"],
  ["another", "another 5"],
])("what %s breaches", (comparison, want) => {
  expect(limit({ comparison, threshold: 5 })).toBe(want);
});

const course = (threshold: number, values: (number | null)[]) =>
  courseOf({ threshold, values: values.map((value, at) => ({ at, value })) }, 110);

test("a chart has a gap where there is no data, and not 0", () => {
  expect(course(10, [null, 0, 10, null, 5, null])).toEqual({
    width: 5,
    path: "M1 110h0L2 10M4 60h0",
    ...{ threshold: 10, peak: 10, zero: 110 },
  });
});

test("0, the threshold and the values are on the chart, whatever their signs", () => {
  expect(course(1, [4])).toEqual({ width: 1, path: "M0 10h0", threshold: 85, peak: 10, zero: 110 });
  expect(course(-1, [-2])).toEqual({ width: 1, path: "M0 110h0", threshold: 60, peak: 110, zero: 10 });
});

test("a chart without values, or with zeros alone, has its threshold", () => {
  expect(course(5, [])).toEqual({ width: 1, path: "", threshold: 10, peak: null, zero: 110 });
  expect(course(0, [0, 0])).toEqual({ width: 1, path: "M0 110h0L1 110", threshold: 110, peak: 110, zero: 110 });
});
