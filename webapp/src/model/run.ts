import type { World } from "./send.ts";

export type Plan = {
  /** How many to begin; Infinity for until it is stopped. */
  count: number;
  /** Milliseconds between the beginnings of two, at least. */
  everyMs: number;
  concurrency: number;
};

/** A pause longer than this (a laptop that slept, a tab in the background) is not caught up with a burst. */
const maxLagMs = 1000;

/**
 * run begins work number 1, 2, … as planned and resolves when all that it began is done. After the signal is aborted it
 * begins nothing more.
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
