import { expect, test } from "vitest";
import { indented } from "./indented.ts";
import { tokens } from "./token.ts";

test("JSON over several lines, with unchanged numbers and strings", () => {
  expect(indented('{"a":12345678901234567890,"b":[],"c":{},"d":[1.0,"x, {y}: \\"z\\""],"e":{"f":null}}')).toBe(
    '{\n  "a": 12345678901234567890,\n  "b": [],\n  "c": {},\n  "d": [\n    1.0,\n    "x, {y}: \\"z\\""\n  ],\n  "e": {\n    "f": null\n  }\n}',
  );
  expect(indented("no { JSON")).toBe("no { JSON");
});

test("tokens of a line", () => {
  const line = '{"a": "x {{n}} y", "b": {{random 0 9}}, "c": -1.5e3, "d": true}';
  expect(tokens(line).map(({ from, to, kind }) => [line.slice(from, to), kind])).toEqual([
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
