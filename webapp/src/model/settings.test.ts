import { expect, test } from "vitest";
import { type bounds, corrected, within } from "./settings.ts";

test.each<[keyof typeof bounds, string, number, string]>([
  ["count", "7", 7, ""],
  ["count", " 100000 ", 100_000, ""],
  ["count", "2000000", 1_000_000, "Events takes a whole number from 1 to 1,000,000. The page uses 1,000,000."],
  ["count", "2.4", 2, "Events takes a whole number from 1 to 1,000,000. The page uses 2."],
  ["count", "", 500, "Events takes a whole number from 1 to 1,000,000. The page uses 500."],
  ["count", " ", 500, "Events takes a whole number from 1 to 1,000,000. The page uses 500."],
  ["count", "1", 1, ""],
  ["count", "0", 1, "Events takes a whole number from 1 to 1,000,000. The page uses 1."],
  ["count", "1e999", 500, "Events takes a whole number from 1 to 1,000,000. The page uses 500."],
  ["batch", "500", 500, ""],
  ["batch", " ", 0, ""],
  ["batch", "0", 1, "Per request takes a whole number from 1 to 500. The page uses 1."],
  ["concurrency", "64", 64, ""],
  ["every", "3600", 3600, ""],
  ["rate", "", 50, "Per second takes a number from 0.1 to 10,000. The page uses 50."],
  ["concurrency", "", 6, "At once takes a whole number from 1 to 64. The page uses 6."],
  ["every", "", 2, "Seconds between events takes a number from 0.1 to 3,600. The page uses 2."],
  ["rate", "0.5", 0.5, ""],
  ["rate", "5000", 5000, ""],
  ["rate", "0", 0.1, "Per second takes a number from 0.1 to 10,000. The page uses 0.1."],
  ["concurrency", "65", 64, "At once takes a whole number from 1 to 64. The page uses 64."],
  ["batch", "", 0, ""],
  ["batch", "501", 500, "Per request takes a whole number from 1 to 500. The page uses 500."],
  ["batch", "x", 0, "Per request takes a whole number from 1 to 500. The page uses one that fits the rate."],
  ["every", "a lot", 2, "Seconds between events takes a number from 0.1 to 3,600. The page uses 2."],
])("%s %j", (name, text, value, note) => {
  expect(within(name, text)).toBe(value);
  expect(corrected(name, text)).toBe(note);
});
