import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { curlCommand } from "./curl.ts";

test("the command for each authorisation", () => {
  const url = "https://abc.execute-api.eu-west-1.amazonaws.com/dev/submit";
  expect(curlCommand(url, '{"a":1}', "none", "")).toBe(
    `curl -sS -X POST ${url} \\\n  -H 'Content-Type: application/json' \\\n  --data-raw '{"a":1}'`,
  );
  expect(curlCommand(url, "{}", "api_key", "")).toContain('-H "X-Api-Key: $API_KEY"');
  expect(curlCommand(url, "{}", "iam", "eu-west-1")).toContain(
    '--aws-sigv4 aws:amz:eu-west-1:execute-api --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"',
  );
  expect(curlCommand(url, "{}", "cognito", "", ["Authorization"])).toContain(' \\\n  -H "Authorization: $TOKEN" \\\n');
  expect(curlCommand(url, "{}", "lambda", "", ["X-Client", "X-Signature"])).toContain(
    ' \\\n  -H "X-Client: $TOKEN" \\\n  -H "X-Signature: $TOKEN_2" \\\n',
  );
});

test("a shell passes curl exactly the body and the address, whatever they contain", () => {
  const body = `@it's "q" $HOME \`id\` \\ !x\n  ünï`;
  const url = "https://example.com/a?b=c&d='e'";
  const command = curlCommand(url, body, "none", "").replace("curl", "printf '%s\\0'");
  const words = execFileSync("sh", ["-c", command]).toString().split("\0");
  expect(words).toEqual(["-sS", "-X", "POST", url, "-H", "Content-Type: application/json", "--data-raw", body, ""]);
});

test("curl takes an address with braces or brackets as it is, and not as a pattern", () => {
  expect(curlCommand("https://example.com/submit?only={a,b}", "{}", "lambda", "")).toMatch(
    /^curl -g -sS -X POST 'https/,
  );
  expect(curlCommand("http://[::1]:8080/submit?x=[1-3]", "{}", "none", "")).toMatch(/^curl -g /);
});

test("a body that no shell can pass to a command comes from a file", () => {
  const url = "https://example.com/dev/submit";
  const size = (command: string) => execFileSync("sh", { input: command.replace("curl", "env printf '%s\\0'") }).length;
  expect(size(curlCommand(url, "ü".repeat(65_535), "none", ""))).toBeGreaterThan(131_000);
  expect(curlCommand(url, "x".repeat(131_071), "none", "")).toContain("--data-raw");
  for (const body of ["ü".repeat(65_536), null]) {
    const command = curlCommand(url, body, "none", "");
    expect(command).toMatch(/^# The event is too long for a command line\. .*\ncurl -sS -X POST https/);
    expect(command).toMatch(/ \\\n {2}--data-binary @event\.json$/);
  }
});

test("a body that needs no quotes has them, and a signature without a region names the usual one", () => {
  expect(curlCommand("https://example.com/dev/submit", "7", "none", "")).toMatch(/ --data-raw '7'$/);
  expect(curlCommand("https://example.com/dev/submit", "{}", "iam", "")).toContain(
    " --aws-sigv4 aws:amz:us-east-1:execute-api --user ",
  );
});
