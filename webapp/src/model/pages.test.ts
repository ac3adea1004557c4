import { expect, test } from "vitest";
import { Pages } from "./pages.ts";
import type { Batch } from "./records.ts";

type Item = { n: number };

/** source answers with the numbers below total, each batch with the given count of them. Cursors are numbers as text. */
function source(total: number, each: number) {
  const asked: string[] = [];
  const load = async (cursor: string): Promise<Batch<Item>> => {
    asked.push(cursor);
    const from = Number(cursor);
    const to = Math.min(total, from + each);
    const rows = Array.from({ length: to - from }, (_, n) => ({ n: from + n }));
    return { rows, next: to === total ? "" : String(to), scanned: each, tail: "tail", problems: [] };
  };
  return { asked, load };
}

test("pages ask for the next rows when the end comes into view, and not beyond the last", async () => {
  const { asked, load } = source(5, 2);
  let changes = 0;
  const pages = new Pages<Item>(load, () => changes++);
  await pages.more();
  expect([pages.count, pages.ended, pages.tail, pages.row(1)?.n, pages.row(2)]).toEqual([
    2,
    false,
    "tail",
    1,
    undefined,
  ]);
  pages.need(0, 1);
  expect(asked, "the end is not in view").toEqual([""]);
  pages.need(0, 2);
  await expect.poll(() => pages.count).toBe(4);
  await pages.more();
  expect([pages.count, pages.ended, pages.scanned]).toEqual([5, true, 6]);
  pages.need(4, 9);
  expect(asked).toEqual(["", "2", "4"]);
  expect(changes).toBeGreaterThan(0);
});

test("the tail is that of the first answer, and what could not be read is kept from all", async () => {
  const pages = new Pages<Item>(
    async (cursor) => ({
      rows: [{ n: 1 }],
      next: cursor === "2" ? "" : String(Number(cursor) + 1),
      scanned: 1,
      tail: `tail ${cursor}`,
      problems: [`problem ${cursor}`],
    }),
    () => {},
  );
  for (let times = 0; times < 3; times++) await pages.more();
  expect([pages.tail, pages.notes, pages.ended]).toEqual(["tail ", ["problem ", "problem 1", "problem 2"], true]);
});

test("a search goes on while it finds nothing, shows how far it is, and stops", async () => {
  const scanned: number[] = [];
  let steps = 0;
  const pages: Pages<Item> = new Pages<Item>(
    async () => ({ rows: [], next: String(++steps), scanned: 10, tail: "", problems: [] }),
    () => {
      scanned.push(pages.scanned);
      if (pages.scanned === 30) pages.stop();
    },
  );
  await pages.more();
  expect([pages.count, pages.ended, pages.loading, steps]).toEqual([0, false, false, 3]);
  expect(scanned.slice(0, 3)).toEqual([10, 20, 30]);
  await pages.more();
  expect(steps, "a stopped search does not begin again").toBe(3);
});

test("rows far from the screen leave the memory and are asked for again; the first ones and those before them stay", async () => {
  const { asked, load } = source(20_000, 1000);
  const pages = new Pages<Item>(load, () => {});
  while (!pages.ended) await pages.more();
  expect(pages.count).toBe(20_000);
  pages.prepend([{ n: -2 }, { n: -1 }]);
  pages.prepend([{ n: -3 }]);
  expect([pages.count, pages.row(0)?.n, pages.row(3)?.n]).toEqual([20_003, -3, 0]);
  pages.need(19_990, 20_003);
  expect(pages.row(5000), "dropped").toBe(undefined);
  expect([pages.row(0)?.n, pages.row(500)?.n, pages.row(20_002)?.n]).toEqual([-3, 497, 19_999]);
  expect(pages.inMemory().length).toBeLessThan(8000);
  asked.length = 0;
  pages.need(5000, 5030);
  await expect.poll(() => pages.row(5000)?.n).toBe(4997);
  expect(asked).toEqual(["4000"]);
});

test("a failure is kept until somebody tries again", async () => {
  let fails = true;
  let asked = 0;
  const pages = new Pages<Item>(
    async () => {
      asked++;
      if (fails) throw new Error("the pipeline is gone");
      return { rows: [{ n: 1 }], next: "", scanned: 1, tail: "", problems: [] };
    },
    () => {},
  );
  await pages.more();
  expect(pages.problem).toBe("the pipeline is gone");
  pages.need(0, 10);
  expect(asked).toBe(1);
  fails = false;
  await pages.more();
  expect([pages.problem, pages.count]).toEqual(["", 1]);
});

test("a list that is left has no problem and finds nothing more", async () => {
  const pages = new Pages<Item>(
    (_, signal) =>
      new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
      }),
    () => {},
  );
  const more = pages.more();
  pages.end();
  await more;
  pages.need(0, 10);
  expect([pages.problem, pages.count, pages.loading]).toEqual(["", 0, false]);
});

test("whoever asks while a request runs gets its end", async () => {
  const whole = source(1000, 1000);
  let answer: (() => void) | undefined;
  const pages = new Pages<Item>(
    async (cursor) => {
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
      const batch = await whole.load(cursor);
      return { ...batch, rows: batch.rows.slice(0, 500), next: "500" };
    },
    () => {},
  );
  pages.need(0, 10);
  let ended = false;
  const more = pages.more().then(() => {
    ended = true;
  });
  await Promise.resolve();
  expect([ended, pages.loading]).toEqual([false, true]);
  answer?.();
  await more;
  expect([pages.count, pages.tail]).toEqual([500, "tail"]);
});

test("rows that are asked for again come in as many answers as it takes", async () => {
  const { load } = source(30_000, 1000);
  let most = 1000;
  const pages = new Pages<Item>(
    async (cursor) => {
      const batch = await load(cursor);
      const rows = batch.rows.slice(0, most);
      return { ...batch, rows, next: String(Number(cursor) + rows.length) };
    },
    () => {},
  );
  while (pages.count < 20_000) await pages.more();
  pages.need(19_990, 19_999);
  most = 300;
  pages.need(5000, 5030);
  await expect.poll(() => pages.row(5999)?.n).toBe(5999);
  expect(pages.row(5000)?.n).toBe(5000);
});
