import { describe, expect, test, vi } from "vitest";
import type { Target } from "./request.ts";
import { deliver, deliverBatch, once, patient, type World } from "./send.ts";

const url = new URL("https://abc.execute-api.eu-west-1.amazonaws.com/dev/submit");
const open: Target = { url, authorization: { kind: "none" } };

type Step = Response | Error;

/** world answers with one step after the other. Its clock moves only in sleep. */
function world(...steps: Step[]) {
  const calls: { url: string; init: RequestInit }[] = [];
  const slept: number[] = [];
  let now = 0;
  const made: World & { calls: typeof calls; slept: number[] } = {
    calls,
    slept,
    fetch: async (url, init) => {
      calls.push({ url, init });
      const step = steps.shift();
      if (step === undefined) throw new Error("unexpected request");
      if (step instanceof Error) throw step;
      return step;
    },
    now: () => now,
    sleep: async (ms) => {
      slept.push(ms);
      now += ms;
    },
    random: () => 0.5,
    online: () => true,
  };
  return made;
}

const never = new AbortController().signal;
const throttled = (retryAfter?: string) =>
  new Response("{}", { status: 429, headers: retryAfter === undefined ? {} : { "Retry-After": retryAfter } });
const refused = () => new TypeError("Failed to fetch");

describe("a delivery", () => {
  test("does not retry when the key's quota is used up", async () => {
    const w = world(new Response("{}", { status: 429, headers: { "x-amzn-ErrorType": "LimitExceededException" } }));
    expect(await deliver(open, "{}", patient, w, never)).toMatchObject({ outcome: { status: 429 }, tries: 1 });
  });

  test("posts the body unchanged, without cookies, and follows no redirect", async () => {
    const w = world(new Response('{"message": "accepted"}', { headers: { "x-amzn-RequestId": "r-1" } }));
    const delivery = await deliver(open, '{ "big": 12345678901234567890 }', patient, w, never);
    expect(delivery).toEqual({
      outcome: {
        kind: "answer",
        status: 200,
        body: '{"message": "accepted"}',
        retryAfter: "",
        requestId: "r-1",
        errorType: "",
      },
      ms: 0,
      tries: 1,
    });
    const { init } = w.calls[0]!;
    expect(init).toMatchObject({
      mode: "cors",
      cache: "no-store",
      method: "POST",
      body: '{ "big": 12345678901234567890 }',
      credentials: "omit",
      redirect: "manual",
      referrerPolicy: "no-referrer",
    });
    expect([...(init.headers as Headers)]).toEqual([["content-type", "application/json"]]);
  });

  test("retries a 429 with an exponential backoff, and not before Retry-After", async () => {
    const w = world(throttled(), throttled("3"), throttled("soon"), new Response("{}"));
    const delivery = await deliver(open, "{}", patient, w, never);
    expect(delivery).toMatchObject({ outcome: { status: 200 }, tries: 4 });
    // Half the bound, or Retry-After, plus a random part of the other half.
    expect(w.slept).toEqual([250 + 125, 3000 + 250, 1000 + 500]);
  });

  test("gives up after six tries, and says 429", async () => {
    const w = world(...Array.from({ length: 6 }, () => throttled("1000000")));
    const delivery = await deliver(open, "{}", patient, w, never);
    expect(delivery).toMatchObject({ outcome: { status: 429 }, tries: 6 });
    expect(w.slept[0], "no longer than 20 s and a random part").toBe(20_000 + 125);
    expect(w.slept).toHaveLength(5);
  });

  test("tries once if asked to", async () => {
    expect(await deliver(open, "{}", once, world(throttled()), never)).toMatchObject({
      outcome: { status: 429 },
      tries: 1,
    });
  });

  test.each([400, 403, 500, 502, 504])("does not try %i again: the event may be in the stream", async (status) => {
    expect(await deliver(open, "{}", patient, world(new Response("{}", { status })), never)).toMatchObject({
      outcome: { status },
      tries: 1,
    });
  });

  test("distinguishes an unreachable host from one that does not allow the page", async () => {
    const silent = world(refused(), refused());
    expect((await deliver(open, "{}", patient, silent, never)).outcome.kind).toBe("network");
    const w = world(refused(), new Response("not for you"));
    expect((await deliver(open, "{}", patient, w, never)).outcome.kind).toBe("cors");
    expect(w.calls[1]).toMatchObject({
      url: url.href,
      init: {
        ...{ method: "GET", mode: "no-cors", credentials: "omit" },
        ...{ cache: "no-store", referrerPolicy: "no-referrer" },
      },
    });
    expect(w.calls[1]!.init.headers).toBeUndefined();
  });

  test("follows no redirect, and says so", async () => {
    // A test cannot make such a Response.
    const w = world(Object.defineProperty(new Response(), "type", { value: "opaqueredirect" }));
    expect((await deliver(open, "{}", patient, w, never)).outcome).toEqual({ kind: "redirect", detail: "" });
    expect(w.calls).toHaveLength(1);
  });

  test("gives up after 35 s, and does not ask why", async () => {
    const timeout = vi.spyOn(AbortSignal, "timeout").mockImplementation(() => AbortSignal.abort());
    const w = world(refused());
    expect((await deliver(open, "{}", patient, w, never)).outcome).toEqual({ kind: "timeout", detail: "" });
    expect(timeout.mock.calls).toEqual([[35_000]]);
    expect(w.calls).toHaveLength(1);
    timeout.mockRestore();
  });

  test("has all of a long answer, and no header that it lacks", async () => {
    const w = world(new Response("x".repeat(20_001)));
    expect((await deliver(open, "{}", patient, w, never)).outcome).toEqual({
      kind: "answer",
      status: 200,
      body: "x".repeat(20_001),
      retryAfter: "",
      requestId: "",
      errorType: "",
    });
  });

  test("that cannot be signed is not sent", async () => {
    const w = world();
    const authorization = { kind: "api_key" as const, apiKey: "k\nx" };
    const { outcome } = await deliver({ url, authorization }, "{}", patient, w, never);
    expect(outcome).toMatchObject({ kind: "signing", detail: expect.stringContaining("invalid") });
    expect(w.calls).toEqual([]);
  });

  test("reaches this machine without a network", async () => {
    const local = { ...open, url: new URL("http://127.0.0.1:8080/dev/submit") };
    const w = { ...world(refused(), refused()), online: () => false };
    expect((await deliver(local, "{}", patient, w, never)).outcome.kind).toBe("network");
  });

  test("says that the browser is offline", async () => {
    const w = { ...world(refused()), online: () => false };
    expect((await deliver(open, "{}", patient, w, never)).outcome.kind).toBe("offline");
  });

  test("that goes offline under way may be in the stream, and is not called unsent", async () => {
    let online = true;
    const w = { ...world(), online: () => online };
    w.fetch = async () => {
      online = false;
      throw refused();
    };
    expect((await deliver(open, "{}", patient, w, never)).outcome.kind).toBe("broken");
  });

  test("whose answer breaks off is not called a failure of CORS or of the network", async () => {
    const breaks = new ReadableStream({ start: (controller) => controller.error(refused()) });
    const w = world(new Response(breaks));
    expect((await deliver(open, "{}", patient, w, never)).outcome.kind).toBe("broken");
    expect(w.calls).toHaveLength(1);
  });

  test("that is stopped while it waits ends with its last answer", async () => {
    const stop = new AbortController();
    const w = world(throttled());
    w.sleep = async () => stop.abort();
    expect(await deliver(open, "{}", patient, w, stop.signal)).toMatchObject({ outcome: { status: 429 }, tries: 1 });
  });

  test("that is stopped under way is neither accepted nor a network failure", async () => {
    const stop = new AbortController();
    const w = world();
    w.fetch = async () => {
      stop.abort();
      throw new DOMException("aborted", "AbortError");
    };
    expect((await deliver(open, "{}", patient, w, stop.signal)).outcome.kind).toBe("stopped");
  });

  test("that is stopped while the page asks why is stopped", async () => {
    const stop = new AbortController();
    const w = world(refused());
    const { fetch } = w;
    w.fetch = async (to, init) => {
      if (init.method === "GET") stop.abort();
      return fetch(to, init);
    };
    expect((await deliver(open, "{}", patient, w, stop.signal)).outcome.kind).toBe("stopped");
  });

  test("has the milliseconds of its last try", async () => {
    const w = world(throttled(), new Response('{"results": [{"status": 502}]}'));
    let now = 1000;
    const { fetch } = w;
    w.now = () => now;
    w.fetch = async (to, init) => {
      now += 30;
      return fetch(to, init);
    };
    const delivery = await deliver(open, "{}", patient, w, never);
    expect(delivery, "and only a batch has results").toMatchObject({ ms: 30, tries: 2, outcome: { status: 200 } });
  });

  test("sends an API key as its header", async () => {
    const w = world(new Response("{}"));
    await deliver({ url, authorization: { kind: "api_key", apiKey: "key-1" } }, "{}", patient, w, never);
    expect((w.calls[0]!.init.headers as Headers).get("X-Api-Key")).toBe("key-1");
  });

  test("sends tokens in their headers, and no empty one", async () => {
    const w = world(new Response("{}"));
    const headers = [
      { name: "X-Client", token: "Bearer t-1" },
      { name: "X-Signature", token: "" },
    ];
    await deliver({ url, authorization: { kind: "lambda", headers } }, "{}", patient, w, never);
    expect([...(w.calls[0]!.init.headers as Headers)]).toEqual([
      ["content-type", "application/json"],
      ["x-client", "Bearer t-1"],
    ]);
  });

  test("signs with IAM keys for execute-api in the region", async () => {
    const w = world(new Response("{}"));
    const authorization = {
      kind: "iam" as const,
      accessKeyId: "AKIDEXAMPLE",
      secretAccessKey: "secret",
      sessionToken: "token",
      region: "eu-west-1",
    };
    await deliver({ url, authorization }, "{}", patient, w, never);
    const headers = w.calls[0]!.init.headers as Headers;
    expect(headers.get("Authorization")).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-west-1\/execute-api\/aws4_request, SignedHeaders=host;x-amz-date;x-amz-security-token, Signature=[0-9a-f]{64}$/,
    );
    expect(headers.get("X-Amz-Security-Token")).toBe("token");
    expect([...headers.values()].join()).not.toContain("secret,");
  });
});

describe("a batch", () => {
  const part = (...statuses: number[]) =>
    new Response(
      JSON.stringify({ results: statuses.map((status) => ({ status })), message: "at the stream's limit" }),
      {
        status: 207,
        headers: { "Retry-After": "1" },
      },
    );
  const statuses = (deliveries: Awaited<ReturnType<typeof deliverBatch>>) =>
    deliveries.map(({ outcome, tries }) => [outcome.kind === "answer" ? outcome.status : outcome.kind, tries]);

  test("sends again only the events that were throttled, and each has its own answer", async () => {
    const w = world(part(200, 429, 502, 429), part(429, 200), part(200));
    const retried: number[] = [];
    const deliveries = await deliverBatch(open, ["1", "2", "3", "4"], patient, w, never, (events) =>
      retried.push(events),
    );
    expect(statuses(deliveries)).toEqual([
      [200, 1],
      [200, 3],
      [502, 1],
      [200, 2],
    ]);
    expect(w.calls.map(({ init }) => init.body)).toEqual([
      '{"events":[1,2,3,4]}',
      '{"events":[2,4]}',
      '{"events":[2]}',
    ]);
    expect(retried).toEqual([2, 1]);
    expect(w.slept[0]).toBeGreaterThanOrEqual(1000);
  });

  test("retries all events when the stage throttles, and none without retries", async () => {
    const w = world(throttled("1"), part(200, 200));
    expect(statuses(await deliverBatch(open, ["1", "2"], patient, w, never))).toEqual([
      [200, 2],
      [200, 2],
    ]);
    expect(statuses(await deliverBatch(open, ["1", "2"], once, world(part(429, 200)), never))).toEqual([
      [429, 1],
      [200, 1],
    ]);
  });

  test("has an answer for each of 500 events", async () => {
    const results = Array.from({ length: 500 }, (_, at) => ({
      status: at === 499 ? 502 : 200,
      shardId: "s".repeat(100),
    }));
    const deliveries = await deliverBatch(
      open,
      results.map(() => "{}"),
      once,
      world(Response.json({ results })),
      never,
    );
    expect(statuses(deliveries).slice(-2)).toEqual([
      [200, 1],
      [502, 1],
    ]);
  });

  test("has one answer for all events if it is refused or lost", async () => {
    const w = world(new Response('{"message": "Invalid request body"}', { status: 400 }), refused(), refused());
    expect(statuses(await deliverBatch(open, ["1", "2"], patient, w, never))).toEqual([
      [400, 1],
      [400, 1],
    ]);
    expect(statuses(await deliverBatch(open, ["1", "2"], patient, w, never))).toEqual([
      ["network", 1],
      ["network", 1],
    ]);
  });
});
