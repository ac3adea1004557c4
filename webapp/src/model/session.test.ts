import { describe, expect, test } from "vitest";
import { type Job, maxEntries, Session } from "./session.ts";

const target = { url: new URL("http://127.0.0.1:8080/dev/submit"), authorization: { kind: "none" as const } };
const accepted = () => Response.json({ shardId: "shardId-000000000000", sequenceNumber: "496" });

function session(answer: (body: string) => Response | Promise<Response>) {
  let changes = 0;
  const world = {
    fetch: async (_url: string, init: RequestInit) => answer(String(init.body)),
    now: () => 0,
    time: () => 1_767_225_600_000,
    sleep: async () => {},
    random: () => 0.5,
    online: () => true,
  };
  return { session: new Session(world, "http://127.0.0.1:8080", () => void changes++), changes: () => changes };
}

function job(change: Partial<Job> = {}): Job {
  return {
    target,
    text: '{ "n": {{n}} }',
    compact: true,
    plan: { count: 1, everyMs: 0, concurrency: 6 },
    retry: true,
    ...change,
  };
}

test("one event", async () => {
  const bodies: string[] = [];
  const { session: s, changes } = session((body) => {
    bodies.push(body);
    return accepted();
  });
  await s.start(job());
  expect(bodies).toEqual(['{"n":1}']);
  expect(s.entries).toMatchObject([
    {
      n: 1,
      at: 1_767_225_600_000,
      shardId: "shardId-000000000000",
      sequenceNumber: "496",
      body: '{"n":1}',
      bytes: 7,
      tries: 1,
      words: { fate: "accepted" },
    },
  ]);
  expect(s.progress).toMatchObject({
    planned: 1,
    begun: 1,
    accepted: 1,
    rejected: 0,
    stopped: false,
    endedAt: 1_767_225_600_000,
  });
  expect(changes()).toBeGreaterThan(1);
});

test("the log has the header of a token, and never the token", async () => {
  const { session: s } = session(() => new Response('{"message": "Unauthorized"}', { status: 401 }));
  const authorization = { kind: "cognito" as const, headers: [{ name: "Authorization", token: "secret-1" }] };
  await s.start(job({ target: { url: target.url, authorization } }));
  expect(s.entries).toMatchObject([
    { authorization: "Cognito token in Authorization", words: { summary: "The token is missing or refused" } },
  ]);
  expect(JSON.stringify([s.entries, s.progress, s.figures])).not.toContain("secret-1");
});

test("many events differ, are all counted, and the log keeps the last", async () => {
  const bodies = new Set<string>();
  const { session: s } = session((body) => {
    bodies.add(body);
    return accepted();
  });
  await s.start(job({ plan: { count: maxEntries + 100, everyMs: 0, concurrency: 6 } }));
  await s.start(job());
  expect(bodies.size).toBe(maxEntries + 101);
  expect(s.figures).toMatchObject({ accepted: maxEntries + 101, rejected: 0, inFlight: 0 });
  expect(s.entries).toHaveLength(maxEntries);
  expect(s.entries.at(-1)?.n).toBe(maxEntries + 101);
});

test("retries are counted apart from rejected events", async () => {
  let calls = 0;
  const { session: s } = session(() => (++calls % 2 === 1 ? new Response("{}", { status: 429 }) : accepted()));
  await s.start(job({ plan: { count: 3, everyMs: 0, concurrency: 1 } }));
  expect(s.figures).toMatchObject({ accepted: 3, rejected: 0, retries: 3 });
  expect(s.progress).toMatchObject({ accepted: 3, retries: 3 });
  expect(s.entries.map(({ tries }) => tries)).toEqual([2, 2, 2]);
});

test("a stop ends an endless run, and another job can follow", async () => {
  const { session: s } = session(() => {
    if (s.figures.begun === 3) s.stop();
    return accepted();
  });
  await s.start(job({ plan: { count: Number.POSITIVE_INFINITY, everyMs: 1, concurrency: 1 } }));
  expect(s.progress).toMatchObject({ begun: 3, stopped: true });
  expect(s.running).toBe(false);
  await s.start(job());
  expect(s.figures.begun).toBe(4);
});

test("an event under way at a stop is neither accepted nor rejected", async () => {
  const { session: s } = session((body) => {
    if (body !== '{"n":3}') return accepted();
    s.stop();
    throw new DOMException("aborted", "AbortError");
  });
  await s.start(job({ plan: { count: 10, everyMs: 0, concurrency: 1 } }));
  expect(s.progress).toMatchObject({ begun: 3, accepted: 2, rejected: 0, unknown: 1, stopped: true });
  expect(s.figures).toMatchObject({ accepted: 2, rejected: 0, unknown: 1, inFlight: 0 });
  expect(s.entries.at(-1)?.words).toMatchObject({ fate: "unknown", summary: "Stopped" });
});

test("a second press while a job runs sends nothing", async () => {
  const { session: s } = session(async () => {
    await s.start(job());
    return accepted();
  });
  await s.start(job());
  expect(s.figures.begun).toBe(1);
});

test("clearing forgets figures and answers, and still counts events under way", async () => {
  const { session: s } = session(() => {
    s.clear();
    return accepted();
  });
  await s.start(job());
  expect(s.figures).toMatchObject({ begun: 1, accepted: 1, inFlight: 0 });
  s.clear();
  expect(s.figures).toMatchObject({ begun: 0, accepted: 0 });
  expect(s.entries).toEqual([]);
  expect(s.progress).toBeNull();
});

test("a job by batch counts events, and the log has a row for each", async () => {
  const bodies: string[] = [];
  const { session: s } = session((body) => {
    bodies.push(body);
    const { events } = JSON.parse(body);
    const results = events.map((_: unknown, at: number) => ({ status: 200, shardId: "s", sequenceNumber: `${at}` }));
    return Response.json({ results, requestId: "r" });
  });
  await s.start(job({ plan: { count: 25, everyMs: 0, concurrency: 2 }, perRequest: 10 }));
  expect(bodies.map((body) => JSON.parse(body).events.length)).toEqual([10, 10, 5]);
  expect(s.progress).toMatchObject({ planned: 25, begun: 25, accepted: 25 });
  expect(s.figures).toMatchObject({ begun: 25, accepted: 25, inFlight: 0 });
  expect(s.figures.percentiles()).toMatchObject({ of: 3 });
  expect(s.entries.map(({ body }) => body)).toEqual(Array.from({ length: 25 }, (_, at) => `{"n":${at + 1}}`));
  expect(s.entries[3]).toMatchObject({ sequenceNumber: "3", words: { fate: "accepted", summary: "In the stream" } });
});

test("an event is sent again byte for byte", async () => {
  const bodies: string[] = [];
  const { session: s } = session((body) => {
    bodies.push(body);
    return accepted();
  });
  const long = `{ "a": 1.50, "b": "{{n}}", "c": "${"x".repeat(30_000)}" }`;
  await s.start(job({ text: long, literal: true }));
  expect(bodies).toEqual([long]);
  const [entry] = s.entries;
  expect(entry && s.bodyOf(entry)).toBe(long);
  await s.start(job());
  expect(entry && s.bodyOf(entry)).toBeNull(); // too long to keep for every row
});

describe("a pipeline on this machine that is gone", () => {
  const status = "_local/status";

  /** local is a session whose pipeline is up when the function says so. */
  function local(up: (asked: number) => boolean, onPost: (posts: number) => void = () => {}) {
    let asked = 0;
    let posts = 0;
    const world = {
      fetch: async (url: string, init: RequestInit) => {
        if (url === status) {
          if (!up(++asked)) throw new TypeError("Failed to fetch");
          return new Response("{}");
        }
        if (init.method === "POST") onPost(++posts);
        if (!up(asked)) throw new TypeError("Failed to fetch");
        return accepted();
      },
      now: () => 0,
      time: () => 0,
      sleep: async () => {
        await new Promise((resolve) => setTimeout(resolve));
      },
      random: () => 0.5,
      online: () => true,
    };
    const paused: boolean[] = [];
    const s: Session = new Session(world, "http://127.0.0.1:8080", () => paused.push(s.progress?.pausedAt !== null));
    return { s, paused, posts: () => posts };
  }

  test("pauses the run before the first event, which goes on when it is back", async () => {
    const { s, paused, posts } = local((asked) => asked > 3);
    await s.start(job({ plan: { count: 4, everyMs: 0, concurrency: 2 }, status }));
    expect(s.progress).toMatchObject({ accepted: 4, rejected: 0, unknown: 0 });
    expect(posts()).toBe(4);
    expect(paused).toContain(true);
    expect(s.progress?.pausedAt).toBeNull();
  });

  test("leaves events whose request broke off unknown, and sends the others later", async () => {
    let broken = false;
    const { s } = local(
      (asked) => !broken || asked > 3,
      (posts) => {
        broken ||= posts === 3;
      },
    );
    await s.start(job({ plan: { count: 10, everyMs: 0, concurrency: 1 }, status }));
    expect(s.progress).toMatchObject({ planned: 10, begun: 10, accepted: 9, rejected: 0, unknown: 1 });
    expect(s.entries[2]?.words).toMatchObject({ fate: "unknown", summary: "The connection broke off" });
  });

  test("that is back at once leaves the event of a broken connection unknown", async () => {
    const { s } = local(
      () => true,
      () => {
        throw new TypeError("Failed to fetch");
      },
    );
    await s.start(job({ status }));
    expect(s.entries).toMatchObject([{ words: { fate: "unknown", summary: "The connection broke off" } }]);
    expect(s.figures).toMatchObject({ rejected: 0, unknown: 1, inFlight: 0 });
  });

  test("leaves the rest unsent when a person stops the run", async () => {
    const { s } = local(() => false);
    const done = s.start(job({ plan: { count: 10, everyMs: 0, concurrency: 2 }, status }));
    await new Promise((resolve) => setTimeout(resolve, 5));
    s.stop();
    await done;
    expect(s.progress).toMatchObject({ begun: 0, accepted: 0, rejected: 0, unknown: 0, stopped: true, pausedAt: null });
    expect(s.entries).toEqual([]);
  });

  test("a single event is not sent, and no figure counts it", async () => {
    const { s, posts } = local(() => false);
    await s.start(job({ status }));
    expect(posts()).toBe(0);
    expect(s.figures).toMatchObject({ begun: 0, accepted: 0, rejected: 0, unknown: 0, inFlight: 0 });
    expect(s.entries).toMatchObject([{ words: { fate: "unsent", summary: "Cannot reach 127.0.0.1:8080" } }]);
  });
});
