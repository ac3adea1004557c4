import type { World } from "./send.ts";

export type Plan = {
  /** How many to begin; Infinity to go on until the signal is aborted. */
  count: number;
  /** The least milliseconds between two beginnings. */
  everyMs: number;
  concurrency: number;
};

/** After a longer pause than this (a sleeping laptop, a tab in the background), no burst makes up for it. */
const maxLagMs = 1000;

/**
 * run begins work number 1, 2, … as planned and resolves when all work that it began is done. It begins no more work after
 * the signal is aborted.
 */
export async function run(
  plan: Plan,
  work: (n: number) => Promise<void>,
  world: Pick<World, "now" | "sleep">,
  signal: AbortSignal,
): Promise<void> {
  const underWay = new Set<Promise<void>>();
  let due = world.now();
  for (let n = 1; n <= plan.count && !signal.aborted; n++) {
    if (due > world.now()) await world.sleep(due - world.now(), signal);
    while (underWay.size >= plan.concurrency) await Promise.race(underWay);
    if (signal.aborted) break;
    due = Math.max(due, world.now() - maxLagMs) + plan.everyMs;
    const one = work(n).finally(() => underWay.delete(one));
    underWay.add(one);
  }
  await Promise.all(underWay);
}
