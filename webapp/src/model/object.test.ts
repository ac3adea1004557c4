import { expect, test } from "vitest";
import { objectPath } from "./object.ts";

test("an object's address escapes each part of the key", () => {
  expect(objectPath("b", "a b/c#d?/é%")).toBe("_local/objects/b/a%20b/c%23d%3F/%C3%A9%25");
});
