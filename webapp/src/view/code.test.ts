import { expect, test } from "vitest";
import { indented } from "./indented.ts";
import { tokens } from "./token.ts";

test("JSON over several lines, with unchanged numbers and strings", () => {
  expect(indented('{"a":12345678901234567890,"b":[],"c":{},"d":[1.0,"x, {y}: \\"z\\""],"e":{"f":null}}')).toBe(
    '{\n  "a": 12345678901234567890,\n  "b": [],\n  "c": {},\n  "d": [\n    1.0,\n    "x, {y}: \\"z\\""\n  ],\n  "e": {\n    "f": null\n  }\n}',
  );
  expect(indented("no { JSON")).toBe("no { JSON");
});

const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;

test("deeply nested JSON is written over several lines while that is not much longer than its text", () => {
  expect(indented(nested(500)).split("\n")).toHaveLength(1001);
  expect(indented(nested(500), 10_000)).toBe(nested(500));
  expect(indented(nested(200_000))).toBe(nested(200_000));
});

test("JSON as long as an object is read without deep recursion", () => {
  expect(indented(`{"a":"${"x".repeat(10_000_000)}"}`)).toMatch(/^\{\n {2}"a": "x/);
});

test("tokens of a line", () => {
  const line = '{"a": "x {{n}} y", "b": {{random 0 9}}, "c": -1.5e3, "d": true}';
  expect([...tokens(line)].map(({ from, to, kind }) => [line.slice(from, to), kind])).toEqual([
    ['"a"', "name"],
    ['"x {{n}} y"', "string"],
    ["{{n}}", "placeholder"],
    ['"b"', "name"],
    ["{{random 0 9}}", "placeholder"],
    ['"c"', "name"],
    ["-1.5e3", "number"],
    ['"d"', "name"],
    ["true", "word"],
  ]);
});

test.each([
  ["is never closed", '"\\"\\"', [['"\\"\\"', "string"]]],
  ["ends in a backslash", '"x\\', [['"x', "string"]]],
  [
    "goes on in the next line",
    '"x\n"a": 1',
    [
      ['"x', "string"],
      ['"a"', "name"],
      ["1", "number"],
    ],
  ],
])("a string that %s ends with its line", (_, line, parts) => {
  expect([...tokens(line)].map(({ from, to, kind }) => [line.slice(from, to), kind])).toEqual(parts);
});

// Looking for the end of the string from each of its quotes takes minutes.
test("a long string that is cut off is read once", { timeout: 30_000 }, () => {
  expect([...tokens(`{"a":"${'\\"'.repeat(200_000)}`)]).toHaveLength(2);
});
