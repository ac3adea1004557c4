import { expect, test } from "vitest";
import { Gate } from "./gate.ts";

/** gate asks a pipeline that answers in turn with these statuses; 0 is no answer. */
function gate(signal: AbortSignal, ...statuses: number[]) {
  const asked: RequestInit[] = [];
  const said: (boolean | number)[] = [];
  const world = {
    fetch: async (_: string, init: RequestInit) => {
      asked.push(init);
      const status = statuses.shift() ?? 0;
      if (status === 0) throw new TypeError("Failed to fetch");
      return new Response("{}", { status });
    },
    sleep: async (ms: number) => {
      said.push(ms);
    },
  };
  const made = new Gate("_local/status", world, signal, (closed) => said.push(closed));
  return { made, asked, said };
}

const never = new AbortController().signal;

test("a gate stays open while the pipeline answers, and asks for no kept answer", async () => {
  const { made, asked, said } = gate(never, 200);
  expect(await made.check()).toBe(true);
  await made.pass();
  expect(said).toEqual([]);
  expect(asked).toMatchObject([{ cache: "no-store" }]);
});

test.each([0, 404, 503])("a gate closes after %i, and opens when the pipeline is back", async (status) => {
  const { made, asked, said } = gate(never, status, 0, 502, 200, 200);
  expect(await made.check()).toBe(false);
  expect(await made.check(), "a closed gate is not asked about again").toBe(false);
  await made.pass();
  expect(said).toEqual([true, 1000, 1000, 1000, false]);
  expect(asked).toHaveLength(4);
  expect(await made.check()).toBe(true);
});

test("a gate opens when the run is stopped, and does not close any more", async () => {
  const stop = new AbortController();
  const { made, said } = gate(stop.signal, 0, 0, 0);
  await made.check();
  stop.abort();
  await made.pass();
  expect(said.at(-1)).toBe(false);
  const before = said.length;
  expect(await made.check()).toBe(false);
  expect(said).toHaveLength(before);
});
