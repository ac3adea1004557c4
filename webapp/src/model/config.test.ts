import { expect, test } from "vitest";
import { type Environment, labelOf, readConfig } from "./config.ts";

const environment = {
  name: "dev",
  submitUrl: "https://x/dev/submit",
  authorization: "none",
  region: "",
  header: "Authorization",
  event: "",
  types: [],
  local: false,
  batchUrl: "",
  testKeys: false,
  unlimited: false,
  bucket: "",
  stream: "",
};

test("reads what cdktf output writes", () => {
  const text = JSON.stringify({
    dev: { submit_url: "https://x/dev/submit", curl: "curl …", bucket_name: "b", stream_name: "s" },
    staging: { submit_url: "https://y/staging/submit", authorization: "iam", region: "eu-west-1" },
    here: { submit_url: "http://127.0.0.1:8080/dev/submit", authorization: "api_key", local: "true" },
  });
  expect(readConfig(text)).toEqual({
    environments: [
      { ...environment, bucket: "b", stream: "s" },
      {
        ...environment,
        name: "staging",
        submitUrl: "https://y/staging/submit",
        authorization: "iam",
        region: "eu-west-1",
      },
      {
        ...environment,
        name: "here",
        submitUrl: "http://127.0.0.1:8080/dev/submit",
        authorization: "api_key",
        local: true,
      },
    ],
    problem: "",
  });
});

test("reads the event of the output curl, where the environment's schema has one of its own", () => {
  const eventOf = (data: string) =>
    readConfig(
      JSON.stringify({
        qa: { submit_url: "https://x/qa/submit", curl: `curl -X POST https://x/qa/submit -d ${data}` },
      }),
    ).environments[0]?.event;
  expect(eventOf(`'{"id":"o-1","text":"it'\\''s"}'`)).toBe('{\n  "id": "o-1",\n  "text": "it\'s"\n}');
  expect(eventOf(`'{"amount":1.50}'`)).toBe('{"amount":1.50}');
  expect(eventOf(`'{"event": "signup", "user_id": 123}'`)).toBe("");
  expect(eventOf("$EVENT")).toBe("");
});

test("reads the event of a command that pipes it to curl over several lines", () => {
  const curl =
    'printf %s \'\n{"id": "o-1",\n "text": "it\'\\\'\'s", "amount": 1.50}\n\' | curl -sS -X POST \\\n  https://x/qa/submit \\\n  -d @-';
  const qa = { submit_url: "https://x/qa/submit", curl };
  expect(readConfig(JSON.stringify({ qa })).environments[0]?.event).toBe(
    '{"id": "o-1", "text": "it\'s", "amount": 1.50}',
  );
});

test("reads the event types, with an event of each", () => {
  const typesOf = (outputs: object) =>
    readConfig(JSON.stringify({ qa: { submit_url: "https://x/qa/submit", ...outputs } })).environments[0]?.types;
  const urls = { order: "https://x/qa/submit/order", "page-view": "https://x/qa/submit/page-view" };
  const curls = { curl_order: `curl -d '{"total":89.90}'`, "curl_page-view": `curl \\\n  -d '{"page":"it'\\''s"}'` };
  expect(typesOf({ event_type_urls: urls, ...curls })).toEqual([
    { name: "order", submitUrl: urls.order, event: '{"total":89.90}' },
    { name: "page-view", submitUrl: urls["page-view"], event: '{\n  "page": "it\'s"\n}' },
  ]);
  expect(typesOf({ event_type_urls: "order", ...curls })).toEqual([]);
  expect(typesOf({ event_type_urls: urls })?.map(({ event }) => event)).toEqual(["", ""]);
});

test.each([
  ["aws_iam", "iam"],
  ["AWS_IAM", "iam"],
  ["IAM", "iam"],
  ["none", "none"],
  ["aws", "none"],
  ["", "none"],
  [7, "none"],
  [undefined, "none"],
])("the output authorization %j means %s", (authorization, kind) => {
  const dev = { submit_url: "https://x/dev/submit", authorization };
  expect(readConfig(JSON.stringify({ dev })).environments[0]?.authorization).toBe(kind);
});

test("reads what ingest up adds on one machine, and only from its own texts", () => {
  const of = (outputs: object) =>
    readConfig(JSON.stringify({ dev: { submit_url: "http://127.0.0.1:8080/dev/submit", ...outputs } })).environments[0];
  const batch_url = "http://127.0.0.1:8080/dev/submit/batch";
  expect(of({ local: "true", local_test_keys: "true", local_unlimited: "true", batch_url })).toMatchObject({
    local: true,
    testKeys: true,
    unlimited: true,
    batchUrl: batch_url,
  });
  expect(of({ local: "false", local_test_keys: "false", local_unlimited: "", batch_url: 1 })).toMatchObject({
    local: false,
    testKeys: false,
    unlimited: false,
    batchUrl: "",
  });
  expect(of({ local: true })?.local).toBe(true);
});

test.each([
  ['{"event":"order"}', "order"],
  ['{"event":"","type":"view"}', "view"],
  ['{"event":7}', "dev"],
  [`{"event":"${"x".repeat(41)}"}`, "x".repeat(40)],
  ["null", "dev"],
  ["[1]", "dev"],
  ["", ""],
])("the sample of the event %j has the name %j", (event, label) => {
  expect(labelOf({ ...environment, event } as Environment)).toBe(label);
});

test("reads the headers of tokens from the output curl", () => {
  const curl = (headers: string) =>
    `curl -sS -X POST https://x/dev/submit -H 'Content-Type: application/json'${headers} -d '{"type":"signup"}'`;
  const outputs = (authorization: string, curl?: string) => ({
    submit_url: "https://x/dev/submit",
    authorization,
    curl,
  });
  const { environments } = readConfig(
    JSON.stringify({
      custom: outputs("cognito", curl(' -H "X-Token: $TOKEN"')),
      cognito: outputs("cognito", curl(' -H "Authorization: $TOKEN"')),
      lambda: outputs("lambda", curl(' -H "X-Client: $TOKEN" -H "X-Signature: $TOKEN"')),
      query: outputs("lambda", curl("")),
      alone: outputs("lambda"),
      keys: outputs("api_key", curl(' -H "X-Api-Key: $API_KEY"')),
      another: outputs("oidc"),
    }),
  );
  expect(environments.map(({ name, authorization, header }) => [name, authorization, header])).toEqual([
    ["custom", "cognito", "X-Token"],
    ["cognito", "cognito", "Authorization"],
    ["lambda", "lambda", "X-Client, X-Signature"],
    ["query", "lambda", ""],
    ["alone", "lambda", "Authorization"],
    ["keys", "api_key", "Authorization"],
    ["another", "none", "Authorization"],
  ]);
});

test.each([
  ["{", "config.json beside this page is not JSON. Write it with cdktf output --outputs-file."],
  ["[]", "config.json beside this page has no stacks. Write it with cdktf output --outputs-file."],
  ['{"dev": {"api_id": "x"}}', "config.json: dev has no output submit_url, so the page ignores it."],
  ['{"dev": null}', "config.json: dev has no output submit_url, so the page ignores it."],
  ['{"dev": "https://x/dev/submit"}', "config.json: dev has no output submit_url, so the page ignores it."],
  ["null", "config.json beside this page has no stacks. Write it with cdktf output --outputs-file."],
  [" \n<!doctype html>", ""],
  ["<!doctype html><title>not found</title>", ""],
  ["{}", ""],
])("says what is wrong with %j", (text, problem) => {
  expect(readConfig(text)).toEqual({ environments: [], problem });
});
