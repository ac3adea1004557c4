import { expect, test } from "vitest";
import { maxSamples, Samples } from "./samples.ts";

function storage(text?: string) {
  const values = new Map<string, string>(text === undefined ? [] : [["ingest.samples", text]]);
  return {
    getItem: (key: string) => values.get(key) ?? null,
    setItem: (key: string, value: string) => void values.set(key, value),
  };
}

test("a sample is kept, replaced, renamed and deleted, also for the next visit", () => {
  const kept = storage();
  const samples = new Samples(kept);
  let changes = 0;
  samples.subscribe(() => void changes++);
  expect(samples.save(" mine ", "{}")).toBe("");
  expect(samples.save("mine", '{"a":1}')).toBe("");
  expect(samples.save("other", "[]")).toBe("");
  expect(samples.rename("mine", "other")).toBe("There is a sample other already.");
  expect(samples.rename("mine", "first")).toBe("");
  expect(new Samples(kept).list).toEqual([
    { name: "first", text: '{"a":1}' },
    { name: "other", text: "[]" },
  ]);
  expect(samples.remove("first")).toBe("");
  expect(new Samples(kept).list).toEqual([{ name: "other", text: "[]" }]);
  expect(changes).toBe(5);
});

test("a sample without a name, a long one and one too many are refused", () => {
  const samples = new Samples(storage());
  expect(samples.save("  ", "{}")).toBe("Enter a name for the sample.");
  expect(samples.save("longest", "x".repeat(100_000))).toBe("");
  expect(samples.remove("longest")).toBe("");
  expect(samples.save("long", "x".repeat(100_001))).toContain("100,000 characters");
  for (let n = 0; n < maxSamples; n++) expect(samples.save(`s${n}`, "{}")).toBe("");
  expect(samples.save("more", "{}")).toBe("There are 50 samples already. Delete one first.");
  expect(samples.save("s3", "{}")).toBe("");
});

test("a name has at most 40 characters, and a rename to itself changes nothing", () => {
  const samples = new Samples(storage());
  let changes = 0;
  samples.subscribe(() => void changes++);
  samples.save("n".repeat(41), "{}");
  expect(samples.list[0]?.name).toBe("n".repeat(40));
  expect(samples.rename("n".repeat(40), " mmm ".padEnd(60, "m"))).toBe("");
  const name = samples.list[0]?.name ?? "";
  expect(name).toHaveLength(40);
  expect(samples.rename(name, ` ${name} `)).toBe("");
  expect(samples.rename(name, "  ")).toBe("Enter a name for the sample.");
  expect(changes).toBe(2);
});

test("a change in another tab is shown", () => {
  const kept = storage();
  const samples = new Samples(kept);
  let changes = 0;
  samples.subscribe(() => void changes++);
  new Samples(kept).save("mine", "{}");
  expect(samples.list).toEqual([]);
  samples.refresh();
  expect(samples.list).toEqual([{ name: "mine", text: "{}" }]);
  expect(changes).toBe(1);
});

test.each(["", "{", "{}", '[1, {"name": 2}, {"name": "a", "text": 2}, null]'])(
  "what is not a list of samples is ignored: %s",
  (text) => {
    expect(new Samples(storage(text)).list).toEqual([]);
  },
);

test("without storage, the page says so", () => {
  const full = {
    getItem: () => null,
    setItem: () => {
      throw new DOMException("full", "QuotaExceededError");
    },
  };
  for (const kept of [null, full]) {
    const samples = new Samples(kept);
    expect(samples.save("mine", "{}")).toBe("This browser does not let the page store samples.");
    expect(samples.list).toEqual([]);
  }
});
