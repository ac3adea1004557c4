import { describe, expect, test } from "vitest";
import { checkEndpoint, isLocalPipeline, regionOf } from "./endpoint.ts";

const page = new URL("http://127.0.0.1:8080/");
const hosted = new URL("https://events.example.com/try/");

describe("an endpoint", () => {
  test.each([
    ["https://abc.execute-api.eu-west-1.amazonaws.com/dev/submit", hosted],
    ["http://127.0.0.1:9000/dev/submit", hosted],
    ["http://localhost:9000/dev/submit", hosted],
    ["  https://events.example.com/submit ", hosted],
    ["http://192.168.1.7:8080/dev/submit", new URL("http://192.168.1.7:8080/")],
  ])("%s may be sent to", (text, from) => {
    expect(checkEndpoint(text, from)).toEqual({ url: new URL(text.trim()), problem: "" });
  });

  test.each([
    ["", "Enter the address to post events to, such as https://….amazonaws.com/dev/submit."],
    ["abc.execute-api.eu-west-1.amazonaws.com/dev/submit", "Begin the endpoint with https:// or http://."],
    ["ftp://example.com/", "Begin the endpoint with https:// or http://."],
    ["javascript:alert(1)", "Begin the endpoint with https:// or http://."],
    ["https://", "This is not an address. Enter one such as https://….amazonaws.com/dev/submit."],
    [
      "https://me:secret@example.com/",
      "Remove the user and password from the endpoint. Enter keys below Authorisation.",
    ],
    ...["https://me@example.com/", "https://:secret@example.com/", "https:///me:secret@example.com/"].map((text) => [
      text,
      "Remove the user and password from the endpoint. Enter keys below Authorisation.",
    ]),
    ["https://example.com/#x", "Take #x out of the endpoint; it is never sent."],
    [
      "http://example.com/dev/submit",
      "This page uses http only for 127.0.0.1 and localhost. Use https for other hosts.",
    ],
    [
      "http://127.0.0.1.example.com/dev/submit",
      "This page uses http only for 127.0.0.1 and localhost. Use https for other hosts.",
    ],
    [
      "http://[::1]:8080/dev/submit",
      "This page uses http only for 127.0.0.1 and localhost. Use https for other hosts.",
    ],
  ])("%j may not, and why", (text, problem) => {
    expect(checkEndpoint(text, page)).toEqual({ url: null, problem });
  });

  test("names its region", () => {
    expect(regionOf(new URL("https://abc.execute-api.eu-west-1.amazonaws.com/dev"))).toBe("eu-west-1");
    expect(regionOf(new URL("https://abc.execute-api.cn-north-1.amazonaws.com.cn/dev"))).toBe("cn-north-1");
    expect(regionOf(new URL("https://abc.execute-api-fips.us-gov-west-1.amazonaws.com/dev"))).toBe("us-gov-west-1");
    expect(regionOf(new URL("https://abc.execute-api-fop.us-east-1.amazonaws.com/dev"))).toBe("");
    expect(regionOf(new URL("https://execute-api.eu-west-1.amazonaws.com.example.com/dev"))).toBe("");
    expect(regionOf(null)).toBe("");
  });

  test("is a local pipeline's if config.json says so and the page comes from it", () => {
    const own = new URL("http://127.0.0.1:8080/dev/submit");
    expect(isLocalPipeline(own, page, true)).toBe(true);
    expect(isLocalPipeline(own, page, false)).toBe(false);
    expect(isLocalPipeline(own, hosted, true)).toBe(false);
    expect(isLocalPipeline(null, page, true)).toBe(false);
  });
});
