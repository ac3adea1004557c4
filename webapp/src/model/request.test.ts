import { describe, expect, test, vi } from "vitest";
import { headerNames, headerProblem } from "./header.ts";
import { type Authorization, headersOf, missingKeys } from "./request.ts";

const here = { canSign: true, unverified: false };
const missing = (authorization: Authorization, change: Partial<typeof here> = {}) =>
  missingKeys(authorization, { ...here, ...change });
const iam = { kind: "iam", accessKeyId: "AKIA1", secretAccessKey: "s", sessionToken: "", region: "eu-west-1" } as const;

describe("what is missing before anything can be sent", () => {
  test.each<[Authorization, string, string]>([
    [{ kind: "api_key", apiKey: "" }, "api-key", "Enter the API key, or choose None below Authorisation."],
    [
      { kind: "api_key", apiKey: "k\u2026" },
      "api-key",
      "The API key has a character that no header can contain. Copy it again.",
    ],
    [
      { ...iam, accessKeyId: "" },
      "access-key-id",
      "Enter an access key id and its secret, or choose None below Authorisation.",
    ],
    [
      { ...iam, secretAccessKey: "" },
      "secret-access-key",
      "Enter an access key id and its secret, or choose None below Authorisation.",
    ],
    [{ ...iam, region: "" }, "region", "Enter the region of the API, such as us-east-1."],
    [
      { kind: "cognito", headers: [{ name: "Authorization", token: "" }] },
      "token-authorization",
      "Enter the token for Authorization, or choose None below Authorisation.",
    ],
    [{ kind: "cognito", headers: [] }, "header", "Name the header for the token. It is usually Authorization."],
    [
      {
        kind: "lambda",
        headers: ["X-Client", "X-Signature"].map((name) => ({ name, token: name === "X-Client" ? "t" : "" })),
      },
      "token-x-signature",
      "Enter the token for X-Signature, or choose None below Authorisation.",
    ],
    [
      { kind: "lambda", headers: [{ name: "X-Client", token: "a\nb" }] },
      "token-x-client",
      "The token for X-Client has a character that no header can contain. Copy it again.",
    ],
    [
      { kind: "lambda", headers: [{ name: "Cookie", token: "t" }] },
      "header",
      "Browsers let no page send the header Cookie. Use the curl command.",
    ],
  ])("%j", (authorization, field, text) => {
    expect(missing(authorization)).toEqual({ field, text });
  });

  test("a signature, if the browser does not sign", () => {
    expect(missing(iam, { canSign: false })).toEqual({
      field: "authorization",
      text: "The browser signs only on a page from https or 127.0.0.1. Open the page there.",
    });
  });

  test("nothing", () => {
    expect(missing({ kind: "none" }, { canSign: false })).toBeNull();
    expect(missing({ kind: "api_key", apiKey: "k" })).toBeNull();
    expect(missing(iam)).toBeNull();
    expect(missing({ kind: "lambda", headers: [{ name: "X-Client", token: "Bearer größe" }] })).toBeNull();
    expect(missing({ kind: "lambda", headers: [] }), "an authorizer that reads the query").toBeNull();
  });

  test("no token if nothing verifies it, but an invalid header value is still reported", () => {
    const headers = [{ name: "Authorization", token: "" }];
    expect(missing({ kind: "cognito", headers }, { unverified: true })).toBeNull();
    const broken = [{ name: "Authorization", token: "a\nb" }];
    expect(missing({ kind: "cognito", headers: broken }, { unverified: true })?.field).toBe("token-authorization");
    expect(missing({ kind: "lambda", headers: [{ name: "Host", token: "" }] }, { unverified: true })?.field).toBe(
      "header",
    );
  });
});

test("names of headers, as a person types them", () => {
  expect(headerNames(" X-Client,X-Signature  x-client ")).toEqual(["X-Client", "X-Signature"]);
  expect(headerNames("")).toEqual([]);
});

test.each([
  ["X-Client", ""],
  ["Authorization", ""],
  ["sec-token", "Browsers let no page send the header sec-token. Use the curl command."],
  ["Content-Type", "The page always sends Content-Type: application/json."],
  ["X-Client:", "X-Client: is not a header name. Use letters, digits and -, such as X-Client."],
])("whether a page can send the header %s", (name, problem) => {
  expect(headerProblem(name)).toBe(problem);
});

// The signatures come from another implementation of Signature Version 4, over POST, the path, the body and these headers.
test.each([
  [
    "https://abc.execute-api.eu-west-1.amazonaws.com/dev/submit",
    '{"größe": 1.50}',
    "token",
    "host;x-amz-date;x-amz-security-token",
    "9829ac884aaf6ac066a44fda216ddcfb91e23a79cc78e1ef7e5728a33c92cb7f",
  ],
  [
    "https://abc.execute-api.eu-west-1.amazonaws.com/dev/submit?client=a%20b",
    "{}",
    "",
    "host;x-amz-date",
    "938ed4ffcfb969ef1bdc2ba78d7b8494c4b7056ded668c4aec90833780ff7f99",
  ],
])("a signature of %s with the body %s", async (url, body, sessionToken, names, signature) => {
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 2, 3, 4, 5), toFake: ["Date"] });
  const keys = { accessKeyId: "AKIA1", secretAccessKey: "secret", sessionToken, region: "eu-west-1" };
  const headers = await headersOf({ url: new URL(url), authorization: { kind: "iam", ...keys } }, body);
  vi.useRealTimers();
  const scope = "AKIA1/20260102/eu-west-1/execute-api/aws4_request";
  expect(headers.get("Authorization")).toBe(
    `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=${names}, Signature=${signature}`,
  );
  expect(headers.get("X-Amz-Security-Token")).toBe(sessionToken || null);
  expect(headers.get("Content-Type")).toBe("application/json");
});
