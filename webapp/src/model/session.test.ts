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

test("an API that has answered this page does not fail by CORS later", async () => {
  let posts = 0;
  const { session: s } = session((body) => {
    if (body === "undefined") return new Response(); // the page asks why there is silence
    if (posts++ === 1) throw new TypeError("Failed to fetch");
    return accepted();
  });
  await s.start(job({ plan: { count: 3, everyMs: 0, concurrency: 1 } }));
  expect(s.entries.map(({ words }) => words.summary)).toEqual([
    "In the stream",
    "The connection broke off",
    "In the stream",
  ]);
  expect(s.progress).toMatchObject({ accepted: 2, rejected: 0, unknown: 1 });
  posts = 1;
  const authorization = { kind: "lambda" as const, headers: [{ name: "X-Client", token: "t" }] };
  await s.start(job({ target: { ...target, authorization } }));
  expect(s.entries.at(-1)?.words.summary, "a header that it may not allow").toMatch(/^CORS/);
});

test("an answer that is too long to keep is read as a whole, and says that it is the beginning", async () => {
  const reason = `[object instance has properties which are not allowed by the schema: ["${"x".repeat(30_000)}"]]`;
  const { session: s } = session(() => Response.json({ message: "Invalid request body", reason }, { status: 400 }));
  await s.start(job());
  expect(s.entries[0]?.words.summary).toMatch(/^Breaks the rule: x{200}…$/);
  expect(s.entries[0]?.outcome).toMatchObject({ cut: true, body: expect.stringMatching(/^.{20000}$/) });
  const { session: short } = session(() => new Response("x".repeat(20_000)));
  await short.start(job());
  expect(short.entries[0]?.outcome).not.toHaveProperty("cut");
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

test("a batch has the interval of its events, and no more events than planned", async () => {
  const slept: number[] = [];
  let now = 0;
  const sizes: number[] = [];
  const world = {
    fetch: async (_: string, { body }: RequestInit) => {
      const { events } = JSON.parse(String(body));
      sizes.push(events.length);
      return Response.json({ results: events.map(() => ({ status: 200 })) });
    },
    now: () => now,
    time: () => now,
    sleep: async (ms: number) => {
      slept.push(ms);
      now += ms;
    },
    random: () => 0.5,
    online: () => true,
  };
  const s = new Session(world, "http://127.0.0.1:8080", () => {});
  await s.start(job({ plan: { count: 21, everyMs: 5, concurrency: 1 }, perRequest: 10 }));
  expect([sizes, slept]).toEqual([
    [10, 10, 1],
    [50, 50],
  ]);
});

test("an event that is too long for a row is not sent again cut off", async () => {
  const { session: s } = session(() => accepted());
  for (const length of [19_999, 20_000, 20_001]) await s.start(job({ text: "x".repeat(length), literal: true }));
  await s.start(job());
  expect(s.entries.map((entry) => s.bodyOf(entry)?.length)).toEqual([19_999, undefined, undefined, 7]);
  expect(s.entries.map(({ body, bytes }) => [body.length, bytes])).toEqual([
    [19_999, 19_999],
    [20_000, 20_000],
    [20_000, 20_001],
    [7, 7],
  ]);
});

test("which limit answered with 429 is known, also without retries", async () => {
  const limitOf = async (message: string, retry: boolean) => {
    let calls = 0;
    const { session: s } = session(() =>
      retry && ++calls === 2 ? accepted() : Response.json({ message }, { status: 429 }),
    );
    expect(s.progress?.limit ?? "").toBe("");
    await s.start(job({ retry }));
    expect(s.progress?.retries).toBe(s.figures.retries);
    expect(s.progress?.retries, "of one event").toBe(retry ? 1 : 0);
    return s.progress?.limit;
  };
  for (const retry of [true, false]) {
    expect(await limitOf("the stream is at its write limit", retry)).toBe("stream");
    expect(await limitOf("the API is at its request limit", retry)).toBe("api");
    expect(await limitOf("", retry)).toBe("api");
  }
});

test("a failure that is no 429 says nothing about a limit", async () => {
  const { session: s } = session(() => Response.json({ message: "the stream" }, { status: 502 }));
  await s.start(job());
  expect([...s.figures.reasons]).toEqual([["502", 1]]);
  expect(s.figures.percentiles()?.of).toBe(1);
  expect(s.progress?.limit).toBe("");
  expect(s.entries).toMatchObject([{ shardId: "", sequenceNumber: "" }]);
});

test("only a batch that is refused with 400 is refused as a whole", async () => {
  const adviceFor = async (status: number, perRequest?: number) => {
    const { session: s } = session(() => Response.json({ message: "no" }, { status }));
    const size = perRequest === undefined ? {} : { perRequest };
    await s.start(job({ plan: { count: 2, everyMs: 0, concurrency: 1 }, ...size, retry: false }));
    return s.entries[1]?.words.advice;
  };
  expect(await adviceFor(400, 2)).toMatch(/refuses a batch as a whole: none of its events is in the stream\.$/);
  for (const [status, perRequest] of [
    [400, undefined],
    [400, 1],
    [429, 2],
    [502, 2],
  ] as const)
    expect(await adviceFor(status, perRequest)).not.toContain("as a whole");
});

test.each([
  ['{"a": {{n}}}', "The API refuses the event"],
  ['{"a": oh}', "The event is not JSON"],
])("an answer of 400 to %s says %j", async (text, summary) => {
  const { session: s } = session(() => new Response("{}", { status: 400 }));
  await s.start(job({ text }));
  expect(s.entries).toMatchObject([{ words: { summary } }]);
});

test.each([
  [false, "Cannot reach 127.0.0.1:8080", "network"],
  [true, "CORS: this page may not read the answer", "cors"],
])("the silence of an API elsewhere is a rejection without a latency: up %s, %s", async (up, summary, reason) => {
  let calls = 0;
  const { session: s } = session(() => {
    if (++calls === 1 || !up) throw new TypeError("Failed to fetch");
    return accepted();
  });
  await s.start(job());
  expect(s.entries).toMatchObject([{ words: { fate: "rejected", summary } }]);
  expect([...s.figures.reasons]).toEqual([[reason, 1]]);
  expect(s.figures.percentiles()).toBeNull();
});

test("every change is shown: the beginning, a retry, each event, the end, and that nothing is left", async () => {
  const answers = [new Response("{}", { status: 429 }), accepted(), accepted()];
  const world = {
    fetch: async () => answers.shift() ?? accepted(),
    ...{ now: () => 0, time: () => 0, sleep: async () => {}, random: () => 0, online: () => true },
  };
  const seen: string[] = [];
  const s: Session = new Session(world, "http://127.0.0.1:8080", () => {
    const { running, figures, progress } = s;
    seen.push(`${running ? "runs" : "ends"}: ${progress?.retries} retries, ${figures.accepted} accepted`);
  });
  await s.start(job({ plan: { count: 2, everyMs: 0, concurrency: 1 } }));
  s.clear();
  expect(seen).toEqual([
    "runs: 0 retries, 0 accepted",
    "runs: 1 retries, 0 accepted",
    "runs: 1 retries, 1 accepted",
    "runs: 1 retries, 2 accepted",
    "ends: 1 retries, 2 accepted",
    "ends: undefined retries, 0 accepted",
  ]);
});

test("a stop after the end does not make a run one that was stopped", async () => {
  const { session: s } = session(() => accepted());
  await s.start(job());
  s.stop();
  expect(s.progress?.stopped).toBe(false);
});

test("the log says how a request identified its sender", async () => {
  const { session: s } = session(() => accepted());
  const iam = { accessKeyId: "AKIA1", secretAccessKey: "s", sessionToken: "", region: "eu-west-1" };
  await s.start(job());
  await s.start(job({ target: { ...target, authorization: { kind: "api_key", apiKey: "k" } } }));
  await s.start(job({ target: { ...target, authorization: { kind: "iam", ...iam } } }));
  await s.start(job({ target: { ...target, authorization: { kind: "lambda", headers: [] } } }));
  expect(s.entries.map(({ authorization }) => authorization)).toEqual([
    "none",
    "API key",
    "IAM keys, Signature Version 4",
    "token of a Lambda authorizer in no header",
  ]);
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
    let time = 0;
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
      time: () => time,
      sleep: async (ms: number) => {
        time += ms;
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
    expect(s.progress).toMatchObject({ pausedMs: 3000, endedAt: 3000 });
  });

  test("has a run with one pause after another in its paused time", async () => {
    let broken = false;
    const { s } = local(
      (asked) => asked > (broken ? 5 : 2),
      (posts) => {
        broken ||= posts === 2;
      },
    );
    await s.start(job({ plan: { count: 3, everyMs: 0, concurrency: 1 }, status }));
    expect(s.progress).toMatchObject({ accepted: 2, unknown: 1, pausedMs: 4000 });
  });

  test("is not the reason for the silence after an event over 10 MB", async () => {
    const summaryOf = async (chars: number) => {
      const { s } = local(
        () => true,
        () => {
          throw new TypeError("Failed to fetch");
        },
      );
      await s.start(job({ text: "x".repeat(chars), literal: true, status }));
      return s.entries[0]?.words.summary;
    };
    expect(await summaryOf(10_485_760)).toBe("The connection broke off");
    expect(await summaryOf(10_485_761)).toBe("The body is over 10 MB");
  });

  test("has a batch of which each event is unknown", async () => {
    const { s } = local(
      () => true,
      () => {
        throw new TypeError("Failed to fetch");
      },
    );
    await s.start(job({ plan: { count: 3, everyMs: 0, concurrency: 1 }, perRequest: 3, status }));
    expect(s.progress).toMatchObject({ accepted: 0, rejected: 0, unknown: 3 });
    expect([...s.figures.reasons]).toEqual([["broken", 3]]);
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
    let last = 0;
    const { s, posts } = local((asked) => {
      last = asked;
      return false;
    });
    await s.start(job({ status }));
    expect(s.progress?.pausedAt, "the job ended").toBeNull();
    expect(posts()).toBe(0);
    const before = last;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(last, "nothing asks any more").toBeLessThanOrEqual(before + 1);
    expect(s.figures).toMatchObject({ begun: 0, accepted: 0, rejected: 0, unknown: 0, inFlight: 0 });
    expect([...s.figures.reasons]).toEqual([]);
    expect(s.progress).toMatchObject({ begun: 0, accepted: 0, rejected: 0, unknown: 0 });
    expect(s.entries).toMatchObject([{ words: { fate: "unsent", summary: "Cannot reach 127.0.0.1:8080" } }]);
  });
});
