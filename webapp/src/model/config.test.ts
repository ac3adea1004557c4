import { expect, test } from "vitest";
import { readConfig } from "./config.ts";

const environment = {
  name: "dev",
  submitUrl: "https://x/dev/submit",
  authorization: "none",
  region: "",
  local: false,
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

test.each([
  ["{", "config.json beside this page is no JSON; write it with cdktf output --outputs-file."],
  ["[]", "config.json beside this page holds no stacks; write it with cdktf output --outputs-file."],
  ['{"dev": {"api_id": "x"}}', "config.json: dev has no output submit_url and is left out."],
  ["<!doctype html><title>not found</title>", ""],
  ["{}", ""],
])("says what is wrong with %j", (text, problem) => {
  expect(readConfig(text)).toEqual({ environments: [], problem });
});
