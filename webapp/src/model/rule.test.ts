import { expect, test } from "vitest";
import { plainRule } from "./rule.ts";

test.each([
  [
    "[object has too few properties (found 0 but schema requires at least 1)]",
    "an object has 0 members and must have at least 1",
  ],
  ['[object has missing required properties (["type"])]', "the member type is missing"],
  ['[object has missing required properties (["type","user","at"])]', "the members type, user and at are missing"],
  [
    '[instance type (array) does not match any allowed primitive type (allowed: ["object"])]',
    "there is an array instead of an object",
  ],
  [
    '[instance type (null) does not match any allowed primitive type (allowed: ["integer","number"])]',
    "there is null instead of an integer or a number",
  ],
  ['[instance value ("c") not found in enum (possible values: ["a","b"])]', '"c" is not one of "a", "b"'],
  [
    '[object instance has properties which are not allowed by the schema: ["extra"]]',
    "extra is not allowed as a member",
  ],
  [
    '[object instance has properties which are not allowed by the schema: ["a","b"]]',
    "a and b are not allowed as members",
  ],
  [
    "[object has too many properties (found 1 but schema requires at most 0)]",
    "an object has 1 member and must have at most 0",
  ],
  ['[string "a" is too short (length: 1, required minimum: 3)]', '"a" has 1 character and must have at least 3'],
  ['[string "abcd" is too long (length: 4, maximum allowed: 3)]', '"abcd" has 4 characters and must have at most 3'],
  [
    "[array is too short: must have at least 1 elements but instance has 0 elements]",
    "an array has 0 items and must have at least 1",
  ],
  [
    "[array is too short: must have at least 2 elements but instance has 1 elements]",
    "an array has 1 item and must have at least 2",
  ],
  ["[numeric instance is lower than the required minimum (minimum: 0, found: -1)]", "-1 is less than 0"],
  ['[ECMA 262 regex "^u-" does not match input string "x-1"]', '"x-1" does not match "^u-"'],
  [
    '[object has missing required properties (["a"]), numeric instance is greater than the required maximum (maximum: 9, found: 10)]',
    "the member a is missing; 10 is more than 9",
  ],
  [
    '[string "abcd" is too long (length: 4, maximum allowed: 3), input string "abcd" is not a valid UUID, and more]',
    '"abcd" has 4 characters and must have at most 3; input string "abcd" is not a valid UUID; and more',
  ],
  ["[array must not contain duplicate elements, and 3 more]", "array must not contain duplicate elements; and 3 more"],
  ["1 validation error detected: Value at 'partitionKey'", "1 validation error detected: Value at 'partitionKey'"],
  ["", ""],
])("%s", (reason, want) => {
  expect(plainRule(reason)).toBe(want);
});
