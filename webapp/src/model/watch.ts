import { type Hops, readHops } from "./pipeline.ts";
import type { World } from "./send.ts";

export type Watched =
  | { state: "live"; hops: Hops; seenAt: number }
  /** The pipeline no longer answers; hops is its last status, or null if it never answered. */
  | { state: "ended"; hops: Hops | null; seenAt: number };

/** Milliseconds between two requests, while the pipeline answers and after it ended. */
const liveMs = 1000;
const endedMs = 5000;

/** watch asks a local pipeline for its status until the signal is aborted. It does not ask while the page is hidden. */
export async function watch(
  url: string,
  world: Pick<World, "fetch" | "sleep"> & { time: () => number; visible: () => boolean },
  show: (watched: Watched) => void,
  signal: AbortSignal,
): Promise<void> {
  let last: Hops | null = null;
  let seenAt = 0;
  let ended = false;
  while (!signal.aborted) {
    if (world.visible()) {
      try {
        const response = await world.fetch(url, {
          cache: "no-store",
          signal: AbortSignal.any([signal, AbortSignal.timeout(5000)]),
        });
        if (!response.ok) throw new Error(`status ${response.status}`);
        last = readHops(await response.json());
        seenAt = world.time();
        ended = false;
      } catch {
        ended = true;
      }
      if (signal.aborted) return;
      show(ended || last === null ? { state: "ended", hops: last, seenAt } : { state: "live", hops: last, seenAt });
    }
    await world.sleep(ended ? endedMs : liveMs, signal);
  }
}
