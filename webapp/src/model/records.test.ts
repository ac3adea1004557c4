import { afterEach, expect, test, vi } from "vitest";
import { ask, folderOf, nameOf, readRow, readWritten, startOf } from "./records.ts";

afterEach(() => vi.unstubAllGlobals());

const never = new AbortController().signal;

test("asks with the parameters that are given, and reads records", async () => {
  const fetched = vi.fn(async () =>
    Response.json({
      records: [
        {
          stream: "s",
          shardId: "shardId-000000000001",
          sequenceNumber: "49",
          partitionKey: "ü",
          arrivedAt: "2026-01-31T15:04:05.123456789Z",
          bytes: 7,
          text: '{"a":1}',
          state: "delivered",
          objects: [{ bucket: "b", key: "k/x", record: 3, offset: 10, bytes: 8 }],
        },
        { bytes: 2, base64: "//4=", cut: true },
      ],
      cursor: "next",
      more: true,
      scanned: 12,
      tail: "end",
    }),
  );
  vi.stubGlobal("fetch", fetched);
  expect(await ask("records", { text: "a&b", key: "", limit: "2" }, readRow, never)).toEqual({
    rows: [
      {
        shardId: "shardId-000000000001",
        sequenceNumber: "49",
        partitionKey: "ü",
        arrivedAt: Date.UTC(2026, 0, 31, 15, 4, 5, 123),
        bytes: 7,
        text: '{"a":1}',
        isText: true,
        cut: false,
        state: "delivered",
        parts: [{ bucket: "b", key: "k/x", record: 3 }],
      },
      {
        shardId: "",
        sequenceNumber: "",
        partitionKey: "",
        arrivedAt: null,
        bytes: 2,
        text: "//4=",
        isText: false,
        cut: true,
        state: "",
        parts: [],
      },
    ],
    next: "next",
    scanned: 12,
    tail: "end",
    problems: [],
  });
  expect(fetched).toHaveBeenCalledWith("_local/records?text=a%26b&limit=2", { cache: "no-store", signal: never });
});

test("an error has the pipeline's words", async () => {
  vi.stubGlobal("fetch", async () => Response.json({ message: "limit is 0" }, { status: 400 }));
  await expect(ask("objects", {}, readWritten, never)).rejects.toThrow("limit is 0");
  vi.stubGlobal("fetch", async () => new Response("oops", { status: 502 }));
  await expect(ask("objects", {}, readWritten, never)).rejects.toThrow("status 502");
});

test("an error names the remedy where the pipeline does not answer, unless somebody stopped the request", async () => {
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
  await expect(ask("objects", {}, readWritten, never)).rejects.toThrow(
    "the pipeline does not answer; start it with make up",
  );
  await expect(ask("objects", {}, readWritten, AbortSignal.abort())).rejects.toThrow("Failed to fetch");
});

test("reads objects, and names their folder or partition", () => {
  const plain = readWritten({ bucket: "b", key: "events/year=2026/x-1.gz", records: 2, bytes: 30, storedBytes: 20 });
  expect(plain).toMatchObject({ records: 2, storedBytes: 20, at: 0, partition: [], errorType: "" });
  expect([folderOf(plain), nameOf(plain.key)]).toEqual(["events/year=2026/", "x-1.gz"]);
  expect(readWritten({ records: "3", bytes: null }), "only numbers are numbers").toMatchObject({
    records: 0,
    bytes: 0,
  });
  const parted = readWritten({
    key: "x",
    partition: { customer: "a", region: "eu" },
    deliveredAt: "2026-01-31T15:04:05Z",
  });
  expect([folderOf(parted), nameOf(parted.key), parted.at]).toEqual([
    "customer=a · region=eu",
    "x",
    Date.UTC(2026, 0, 31, 15, 4, 5),
  ]);
});

test.each([
  ["", ""],
  ["  ", ""],
  ["9:05", String(new Date(2026, 0, 31, 9, 5, 0, 0).getTime())],
  ["23:00", String(new Date(2026, 0, 31, 23).getTime())],
  ["2026-12-31", String(new Date(2026, 11, 31).getTime())],
  ["15:04:05", String(new Date(2026, 0, 31, 15, 4, 5, 0).getTime())],
  ["2026-01-30 23:59:58", String(new Date(2026, 0, 30, 23, 59, 58).getTime())],
  ["2026-01-30T23:59:58Z", String(Date.UTC(2026, 0, 30, 23, 59, 58))],
  [
    "49680636264768560573296010186758904526973333125701042178",
    "49680636264768560573296010186758904526973333125701042178",
  ],
  ["yesterday", null],
  ["25:00", null],
  ["9:60", null],
  ["2026-01-30", String(new Date(2026, 0, 30).getTime())],
  ["2026-13-45", null],
  ["2026-02-29", null],
  ["2026-02-30 10:00", null],
  ["2024-02-29 10:00", String(new Date(2024, 1, 29, 10).getTime())],
  ["2026-01-30T10:00:00+02:00", String(Date.UTC(2026, 0, 30, 8))],
  ["15:04:05.5", String(new Date(2026, 0, 31, 15, 4, 5, 500).getTime())],
  ["01-30 15:04:05.123", String(new Date(2026, 0, 30, 15, 4, 5, 123).getTime())],
  ["12-31 15:04:05.123", String(new Date(2025, 11, 31, 15, 4, 5, 123).getTime())],
  ["02-30 10:00", null],
  ["00-10 10:00", null],
  ["9:5", null],
  ["9", null],
  ["12345", null],
])("takes %j as a start", (typed, start) => {
  expect(startOf(typed, new Date(2026, 0, 31, 18, 0))).toBe(start);
});
