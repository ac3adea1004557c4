import { describe, expect, test } from "vitest";
import { type Answer, explain, fieldsOf, type Outcome, type Sent } from "./answer.ts";

const sent: Sent = {
  authorization: "none",
  headers: [],
  url: new URL("https://abc.execute-api.eu-west-1.amazonaws.com/dev/submit"),
  origin: "https://events.example.com",
  bytes: 120,
  validJSON: true,
};

function answer(status: number, body: unknown = {}, retryAfter = ""): Answer {
  return {
    kind: "answer",
    status,
    body: typeof body === "string" ? body : JSON.stringify(body),
    retryAfter,
    requestId: "",
    errorType: "",
  };
}

function summary(outcome: Outcome, change: Partial<Sent> = {}): string {
  const { fate, summary, advice } = explain(outcome, { ...sent, ...change });
  expect(fate, "none of these answers names a record").not.toBe("accepted");
  expect(advice, `${summary} has no advice`).not.toBe("");
  return summary;
}

describe("an answer in words", () => {
  test("accepted", () => {
    expect(explain(answer(200, { sequenceNumber: "496" }), sent)).toEqual({
      fate: "accepted",
      summary: "In the stream",
      advice: "",
    });
  });

  test.each([
    answer(200),
    answer(200, "<html>"),
    answer(202, ""),
    answer(200, { sequenceNumber: "" }),
    answer(207, { message: "send those again that are not accepted", results: [{ status: 200 }, { status: 429 }] }),
  ])("a success that names no record of a stream is not accepted: %j", (outcome) => {
    expect(summary(outcome)).toBe("Answered without a sequence number");
    expect(explain(outcome, sent).fate).toBe("unknown");
  });

  test.each([
    [
      answer(400, {
        message: "Invalid request body",
        reason: "[object has too few properties (found 0 but schema requires at least 1)]",
      }),
      "Breaks the rule: an object has 0 members and must have at least 1",
    ],
    [answer(400, { message: "Invalid request body" }), "Invalid request body"],
    [answer(403, { message: "Missing Authentication Token" }), "The API requires a signature, or the path is wrong"],
    [answer(403, { message: "Forbidden" }), "Not allowed, or no such stage"],
    [answer(404), "Nothing at this path"],
    [answer(405), "No POST at this path"],
    [answer(413, { message: "Request Entity Too Large" }), "The body is too large"],
    [answer(415), "The endpoint refuses the content type"],
    [{ ...answer(429), errorType: "LimitExceededException" }, "The key's quota is used up"],
    [
      answer(429, { message: "the API is at its request limit; send the event again after Retry-After seconds" }),
      "Throttled at the API's request limit",
    ],
    [
      answer(429, { message: "the stream is at its write limit; send the event again after Retry-After seconds" }),
      "Throttled at the stream's write limit",
    ],
    [answer(431, { message: "HTTP header is larger than 10240 bytes." }), "The headers are too long"],
    [answer(500), "API Gateway could not call the stream"],
    [answer(502, { message: "the stream did not accept it" }), "The stream did not accept the event"],
    [answer(502), "A proxy lost its connection"],
    [answer(502, "<html>502 Bad Gateway</html>"), "A proxy lost its connection"],
    [answer(503), "The API is not available"],
    [answer(504), "The stream did not answer in time"],
    [answer(418, { Message: "a teapot" }), "a teapot"],
  ])("refused: %j", (outcome, want) => {
    expect(summary(outcome)).toBe(want);
  });

  test("a 400 for a text that is not JSON, and for one over Kinesis's limit", () => {
    expect(summary(answer(400), { validJSON: false })).toBe("The event is not JSON");
    expect(summary(answer(400, { reason: "x" }), { bytes: 1_048_577 })).toBe("Over 1 MiB");
    expect(summary(answer(400, { reason: "x" }), { bytes: 1_048_576 })).toBe("Breaks the rule: x");
    expect(summary(answer(400), { bytes: 1_048_576 })).toBe("The API refuses the event");
  });

  test("the wait in a 429, and what to raise", () => {
    expect(explain(answer(429, {}, "2"), sent).advice).toBe(
      "Too many events at once. Wait 2 s. Lower the rate or the concurrency, or raise API.Throttle in the environment.",
    );
    expect(explain(answer(429, {}, "Wed, 21 Oct 2026 07:28:00 GMT"), sent).advice).toContain(
      " Wait until Wed, 21 Oct 2026 07:28:00 GMT. ",
    );
    expect(explain(answer(429, { message: "the stream is at its write limit" }), sent).advice).toBe(
      "Too many events at once. Lower the rate or the concurrency, or raise Stream.Capacity in the environment.",
    );
  });

  test("numbers of bytes with commas", () => {
    expect(explain(answer(400), { ...sent, bytes: 1_048_577 }).advice).toContain("this one has 1,048,577 bytes");
    expect(explain(answer(413), { ...sent, bytes: 10_485_761 }).advice).toContain("It has 10,485,761 bytes");
  });

  test.each([
    [200, "x".repeat(200)],
    [201, `${"x".repeat(200)}…`],
  ])("a message of %i characters, of which a row has 200", (length, want) => {
    expect(summary(answer(400, { message: "x".repeat(length) }))).toBe(want);
    expect(summary(answer(400, { reason: "x".repeat(length) }))).toBe(`Breaks the rule: ${want}`);
    expect(summary(answer(418, { message: "x".repeat(length) }))).toBe(want);
    expect(summary(answer(400, { message: "😀".repeat(length) })), "no half of one").toBe(want.replaceAll("x", "😀"));
  });

  test.each([
    ["The request signature we calculated does not match the signature you provided.", "The signature does not match"],
    [
      "Signature expired: 20260101T000000Z is now earlier than 20260101T001000Z",
      "The signature or the session has expired",
    ],
    [
      "Signature not yet current: 20260101T001000Z is still later than 20260101T000000Z",
      "The signature or the session has expired",
    ],
    ["The security token included in the request is expired", "The signature or the session has expired"],
    ["The security token included in the request is invalid.", "AWS does not know the access key"],
    ["Credential should be scoped to a valid region, not 'eu-west-9'.", "Signed for another region"],
    [
      "User: arn:aws:iam::1:user/x is not authorized to perform: execute-api:Invoke on resource: y",
      "These keys may not submit",
    ],
    ["Missing Authentication Token", "No such path"],
    ["Forbidden", "Refused by a policy, or no such stage"],
  ])("403 with IAM keys: %s", (message, want) => {
    expect(summary(answer(403, { message }), { authorization: "iam" })).toBe(want);
  });

  test.each([
    [401, "cognito", "Unauthorized", "The token is missing or refused"],
    [401, "lambda", "Unauthorized", "The token is missing or refused"],
    [401, "cognito", "The incoming token has expired", "The token has expired"],
    [403, "cognito", "The incoming token has expired", "The token has expired"],
    [401, "none", "Unauthorized", "The API requires a token"],
    [403, "lambda", "User is not authorized to access this resource", "The authorizer's policy denies it"],
    [
      403,
      "lambda",
      "User is not authorized to access this resource with an explicit deny",
      "The authorizer's policy denies it",
    ],
    [403, "cognito", "Forbidden", "Refused by a policy, or no such stage"],
    [403, "lambda", "Missing Authentication Token", "No such path"],
    [
      403,
      "cognito",
      "User: anonymous is not authorized to perform: execute-api:Invoke on resource: x",
      "The API's resource policy refuses this caller",
    ],
    [500, "lambda", null, "The authorizer failed"],
    [500, "lambda", "Internal server error", "API Gateway could not call the stream"],
    [500, "cognito", null, "API Gateway could not call the stream"],
  ] as const)("%i with %s: %s", (status, authorization, message, want) => {
    expect(summary(answer(status, { message }), { authorization, headers: ["X-Client"] })).toBe(want);
  });

  test("a 401 of a Lambda authorizer names what the page sent", () => {
    const unauthorised = answer(401, { message: "Unauthorized" });
    expect(explain(unauthorised, { ...sent, authorization: "lambda", headers: ["X-Client"] }).advice).toContain(
      "(the page sent X-Client)",
    );
    expect(explain(unauthorised, { ...sent, authorization: "lambda" }).advice).toContain("(the page sent no header)");
  });

  test("403 with an API key", () => {
    expect(summary(answer(403, { message: "Forbidden" }), { authorization: "api_key" })).toBe(
      "The API refuses the key",
    );
  });

  test.each([
    ["offline", "This browser is offline"],
    ["network", "Cannot reach abc.execute-api.eu-west-1.amazonaws.com"],
    ["cors", "CORS: this page may not read the answer"],
    ["timeout", "No answer within 35 s"],
    ["redirect", "The endpoint redirects"],
    ["signing", "The request could not be signed"],
    ["stopped", "Stopped"],
  ] as const)("silence: %s", (kind, want) => {
    expect(summary({ kind, detail: "" })).toBe(want);
  });

  test.each<[Outcome, string]>([
    [answer(199), "rejected"],
    [answer(200, { sequenceNumber: "496" }), "accepted"],
    [answer(299, { sequenceNumber: "496" }), "accepted"],
    [answer(300, { sequenceNumber: "496" }), "rejected"],
    [answer(300), "rejected"],
    [answer(304), "rejected"],
    [answer(503), "rejected"],
    [answer(505), "rejected"],
    [answer(504), "unknown"],
    [{ kind: "timeout", detail: "" }, "unknown"],
    [{ kind: "stopped", detail: "" }, "unknown"],
    [answer(502, { message: "not accepted" }), "rejected"],
    [answer(502), "unknown"],
    [answer(502, "<html>"), "unknown"],
    [answer(429), "rejected"],
    [{ kind: "network", detail: "" }, "rejected"],
    [{ kind: "signing", detail: "" }, "rejected"],
    [{ kind: "offline", detail: "" }, "rejected"],
    [{ kind: "cors", detail: "" }, "rejected"],
    [{ kind: "redirect", detail: "" }, "rejected"],
    [{ kind: "broken", detail: "" }, "unknown"],
    [{ kind: "unsent", detail: "" }, "unsent"],
  ])("what may be in the stream or not is neither accepted nor rejected: %j", (outcome, fate) => {
    expect(explain(outcome, sent).fate).toBe(fate);
  });

  test("a local pipeline that does not run gets advice to start it", () => {
    const { advice } = explain(
      { kind: "network", detail: "" },
      { ...sent, url: new URL("http://127.0.0.1:8080/dev/submit") },
    );
    expect(advice).toBe(
      "No server answers there. Start the pipeline with make up, or correct the port in the endpoint.",
    );
    const at = (url: string) => explain({ kind: "network", detail: "" }, { ...sent, url: new URL(url) }).advice;
    expect(at("http://localhost:8080/dev/submit")).toBe(advice);
    expect(at("https://x.example.com/submit")).toContain("Check the endpoint's host name");
  });

  test("CORS names the page's origin, or a body that is too large for a readable answer", () => {
    expect(explain({ kind: "cors", detail: "" }, sent).advice).toContain("does not allow https://events.example.com.");
    expect(explain({ kind: "cors", detail: "" }, { ...sent, headers: ["X-Client"] }).advice).toMatch(
      / API\.CORS\.AllowHeaders must name X-Client, too\.$/,
    );
    expect(explain({ kind: "cors", detail: "" }, sent).advice).not.toContain("AllowHeaders");
    expect(summary({ kind: "cors", detail: "" }, { bytes: 10_485_761 })).toBe("The body is over 10 MB");
    expect(summary({ kind: "cors", detail: "" }, { bytes: 10_485_760 })).toBe(
      "CORS: this page may not read the answer",
    );
  });

  test("fields are only texts", () => {
    expect(fieldsOf('{"Message": "m", "shardId": 7, "reason": {"a": 1}}')).toEqual({ message: "m", reason: '{"a":1}' });
    expect(fieldsOf("[]")).toEqual({});
    expect(fieldsOf("null")).toEqual({});
    expect(fieldsOf("oh")).toEqual({});
  });
});
