import type { Session } from "../model/session.ts";
import { byId, setText } from "./dom.ts";
import { count, latency, rate } from "./format.ts";

/** figures shows the counters and percentiles. The function that it returns updates them. */
export function figures(session: Session): () => void {
  return () => {
    const { figures } = session;
    const percentiles = figures.percentiles();
    setText(byId("figure-accepted"), count(figures.accepted));
    setText(byId("figure-rejected"), count(figures.rejected));
    byId("figure-rejected").className = figures.rejected > 0 ? "bad" : "";
    setText(byId("figure-unknown"), count(figures.unknown));
    for (const id of ["tile-unknown", "key-unknown"]) byId(id).hidden = figures.unknown === 0;
    const reasons = [...figures.reasons].map(([reason, times]) => `${count(times)} × ${reason}`).join(", ");
    for (const name of ["rejected", "unknown"]) byId(`figure-${name}`).title = reasons;
    setText(byId("figure-in-flight"), count(figures.inFlight));
    setText(byId("figure-retries"), count(figures.retries));
    setText(byId("figure-rate"), rate(figures.perSecond(Date.now())));
    for (const name of ["p50", "p95", "p99"] as const)
      setText(byId(`figure-${name}`), percentiles === null ? "–" : latency(percentiles[name]));
  };
}
