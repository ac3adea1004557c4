import { expect, test } from "vitest";
import { readHops } from "./pipeline.ts";
import { type Watched, watch } from "./watch.ts";

const status = {
  startedAt: "2026-01-01T00:00:00Z",
  now: "2026-01-01T00:01:00.123456789Z",
  api: { requests: 12, inFlight: 1, answers: { "200": 10, "429": 2 } },
  streams: {
    streams: [
      {
        name: "s",
        shards: [
          { id: "shardId-0", closed: "2026-01-01T00:00:01Z", records: 10, bytes: 900, throttled: 1, latest: "496" },
          { id: "shardId-1", parents: ["shardId-0"], records: 1, bytes: 90, throttled: 0, latest: "497" },
        ],
      },
    ],
  },
  deliveries: [
    {
      bufferedRecords: 3,
      bufferedBytes: 270,
      nextDelivery: "2026-01-01T00:01:02.123Z",
      deliveredObjects: 2,
      deliveredRecords: 7,
      deliveredBytes: 630,
    },
  ],
};

test("reads a pipeline's status", () => {
  expect(readHops(status)).toMatchObject({
    startedAt: Date.UTC(2026, 0, 1),
    now: Date.UTC(2026, 0, 1, 0, 1, 0, 123),
    nextDelivery: Date.UTC(2026, 0, 1, 0, 1, 2, 123),
    requests: 12,
    answers: [
      { status: "200", count: 10 },
      { status: "429", count: 2 },
    ],
    shards: [
      { stream: "s", id: "shardId-0", records: 10, bytes: 900, throttled: 1, latest: "496", closed: true },
      { stream: "s", id: "shardId-1", records: 1, bytes: 90, throttled: 0, latest: "497", closed: false },
    ],
    bufferedRecords: 3,
    deliveredObjects: 2,
    failure: "",
  });
});

test.each([null, [], "x", {}, { api: 1, deliveries: [null, { deliveredObjects: [3] }], streams: { streams: {} } }])(
  "takes %j for a pipeline that says little",
  (odd) => {
    expect(readHops(odd)).toMatchObject({ requests: 0, shards: [], nextDelivery: null, bufferedRecords: 0 });
  },
);

test("a watch keeps asking after the pipeline ended, shows the last known status, and asks nothing while hidden", async () => {
  const stop = new AbortController();
  const answers = [
    Response.json(status),
    new TypeError("Failed to fetch"),
    new Response("", { status: 404 }),
    Response.json(status),
  ];
  const shown: Watched["state"][] = [];
  const slept: number[] = [];
  let last: Watched | null = null;
  let asked = 0;
  let looks = 0;
  const world = {
    fetch: async () => {
      const answer = answers[asked++];
      if (answer instanceof Response) return answer;
      throw answer;
    },
    sleep: async (ms: number) => {
      slept.push(ms);
      if (slept.length === 5) stop.abort();
    },
    time: () => 1000 + asked,
    visible: () => ++looks !== 2,
  };
  await watch(
    "_local/status",
    world,
    (watched) => {
      shown.push(watched.state);
      last = watched;
    },
    stop.signal,
  );
  expect(shown).toEqual(["live", "ended", "ended", "live"]);
  expect(slept).toEqual([1000, 1000, 5000, 5000, 1000]);
  expect(last).toMatchObject({ state: "live", seenAt: 1004 });
});

test("adds the delivery streams up, and names the first delivery and failure", () => {
  const delivery = (change: object) => ({
    ...{ bufferedRecords: 1, bufferedBytes: 10, deliveredObjects: 2, deliveredRecords: 3, deliveredBytes: 40 },
    ...{ failedRecords: 5, nextDelivery: "2026-01-01T00:01:00Z", lastFailure: "" },
    ...change,
  });
  const deliveries = [
    delivery({ nextDelivery: undefined }),
    delivery({ lastFailure: "the disk is full" }),
    delivery({ nextDelivery: "2026-01-01T00:00:30Z", lastFailure: "later" }),
  ];
  expect(readHops({ deliveries })).toMatchObject({
    ...{ bufferedRecords: 3, bufferedBytes: 30, deliveredObjects: 6, deliveredRecords: 9, deliveredBytes: 120 },
    ...{ failedRecords: 15, nextDelivery: Date.UTC(2026, 0, 1, 0, 0, 30), failure: "the disk is full" },
    ...{ startedAt: 0, now: 0 },
  });
});

test("reads how many records are below the error prefix", () => {
  const [delivery] = status.deliveries;
  expect(readHops({ ...status, deliveries: [{ ...delivery, failedRecords: 2 }] })).toMatchObject({ failedRecords: 2 });
  expect(readHops(status)).toMatchObject({ failedRecords: 0 });
});

test("reads the states of the alarms, and the drills in force", () => {
  const alarm = { name: "a", state: "ALARM", changedAt: "2026-01-01T00:00:00Z", value: null, threshold: 1 };
  expect(readHops({ alarms: [{ value: 0.5 }, { value: "1" }] }).alarms.map(({ value }) => value)).toEqual([0.5, null]);
  const fault = { name: "slow-disk", since: "2026-01-01T00:00:00Z", until: "2026-01-01T00:05:00Z" };
  expect(readHops({ ...status, alarms: [alarm], faults: [fault, {}] })).toMatchObject({
    alarms: [{ name: "a", state: "ALARM", since: "2026-01-01T00:00:00Z", value: null }],
    faults: [
      { name: "slow-disk", until: Date.UTC(2026, 0, 1, 0, 5) },
      { name: "", until: null },
    ],
  });
  expect(readHops(status)).toMatchObject({ alarms: [], faults: [] });
});
