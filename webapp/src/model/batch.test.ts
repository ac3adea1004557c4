import { expect, test } from "vitest";
import type { Answer } from "./answer.ts";
import { answersOf, batchSize, fitting, joined } from "./batch.ts";

test.each([
  [1, 100, 1],
  [80, 100, 1],
  [200, 100, 10],
  [5000, 100, 250],
  [10_000, 100, 500],
  [20_000, 100, 500], // the most that PutRecords takes
  [81, 100, 5],
  [5000, 1_000_000, 4],
  [5000, 1_000_001, 3],
  [5000, 4_000_001, 1],
  [5000, 9_000_000, 1],
  [5000, 0, 250],
])("a rate of %i with events of %i bytes takes %i events a request", (rate, bytes, size) => {
  expect(batchSize(rate, bytes)).toBe(size);
});

test("a typed size is bounded by the bytes alone", () => {
  expect(fitting(500, 100)).toBe(500);
  expect(fitting(500, 80_000)).toBe(50);
});

test("a batch keeps the events' text", () => {
  expect(joined(['{"a":1.50}', "{}"])).toBe('{"events":[{"a":1.50},{}]}');
});

const answer = (status: number, body: object): Answer => ({
  kind: "answer",
  status,
  body: JSON.stringify(body),
  retryAfter: "1",
  requestId: "",
  errorType: "",
});

test("each event has its own answer", () => {
  const results = [
    { status: 200, shardId: "shardId-0", sequenceNumber: "49" },
    { status: 429, error: "P" },
  ];
  const [first, second] = answersOf(answer(207, { results, requestId: "r", message: "some events" }), 2) ?? [];
  expect(first).toMatchObject({ status: 200, retryAfter: "1" });
  expect(JSON.parse(first?.body ?? "")).toEqual({ ...results[0], requestId: "r" });
  expect(second?.status).toBe(429);
  expect(JSON.parse(second?.body ?? "")).toEqual({ ...results[1], requestId: "r", message: "some events" });
});

test.each([
  ["without results", answer(400, { message: "Invalid request body" })],
  ["for another number of events", answer(200, { results: [{ status: 200 }] })],
  ["that is null", answer(200, null as unknown as object)],
  ["that is a text", { ...answer(200, {}), body: '"results"' }],
  ["with results that are no list", answer(200, { results: { length: 2 } })],
  ["that is no JSON", { ...answer(502, {}), body: "<html>" }],
])("an answer %s is one for all events", (_, one) => {
  expect(answersOf(one, 2)).toBeNull();
});

test("an event without a status of its own has the answer's", () => {
  const results = [null, { status: "200", sequenceNumber: "49" }];
  const statuses = (status: number) => answersOf(answer(status, { results }), 2)?.map((one) => one.status);
  expect(statuses(502)).toEqual([502, 502]);
  expect(statuses(200)).toEqual([200, 200]);
});
