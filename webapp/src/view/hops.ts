import type { Hops } from "../model/pipeline.ts";
import type { Watched } from "../model/watch.ts";
import { byId, say, setText } from "./dom.ts";
import { bytes, clock, count, things } from "./format.ts";
import { button } from "./record.ts";

/** hops shows a pipeline on this machine: the counts of each hop. newest opens the newest object. */
export function hops(newest: () => void): (watched: Watched | null) => void {
  let latest: Watched | null = null;
  let landed = -1;

  // The countdown continues between two requests to the pipeline.
  setInterval(() => {
    if (latest?.state === "live") countdown(latest.hops, latest.seenAt);
  }, 200);

  return (watched) => {
    latest = watched;
    byId("pipeline").hidden = watched === null;
    if (watched === null) return;
    byId("tab-objects").hidden = false;
    showEnd(watched);
    if (watched.state === "ended") setText(byId("hop-due"), "unknown while the pipeline is down");
    if (watched.hops === null) return;
    showHops(watched.hops);
    if (watched.state === "live") countdown(watched.hops, watched.seenAt);
    if (watched.hops.deliveredObjects !== landed) showLanded(watched.hops, newest);
    if (landed >= 0 && watched.hops.deliveredObjects > landed) say("An object landed.");
    landed = watched.hops.deliveredObjects;
  };
}

function showEnd(watched: Watched) {
  const ended = watched.state === "ended";
  const text = !ended
    ? ""
    : watched.hops === null
      ? "The pipeline on this machine does not report its status. The page keeps asking."
      : `The pipeline has ended; these figures are from ${clock(watched.seenAt)}. Start it again with make up. The page keeps asking.`;
  const element = byId("pipeline-ended");
  if (ended && element.hidden) say(text);
  setText(element, text);
  element.hidden = !ended;
  byId("pipeline").classList.toggle("stale", ended);
}

function showHops(hops: Hops) {
  setText(byId("hop-requests"), count(hops.requests));
  const answers = hops.answers.map(({ status, count: times }) => `${count(times)} × ${status}`).join(" · ");
  setText(byId("hop-answers"), answers || "no requests yet");
  const records = hops.shards.reduce((sum, shard) => sum + shard.records, 0);
  setText(byId("hop-records"), count(records));
  setText(byId("hop-records-unit"), records === 1 ? "record since the start" : "records since the start");
  setText(byId("hop-shards"), shardsText(hops.shards));
  setText(byId("hop-buffered"), count(hops.bufferedRecords));
  setText(byId("hop-buffered-unit"), hops.bufferedRecords === 1 ? "record waits" : "records wait");
  setText(byId("hop-delivered"), count(hops.deliveredRecords));
  setText(
    byId("hop-delivered-unit"),
    (hops.deliveredRecords === 1 ? "record landed since the start" : "records landed since the start") +
      (hops.failedRecords === 0 ? "" : `, ${count(hops.failedRecords)} below the error prefix`),
  );
}

function shardsText(shards: Hops["shards"]): string {
  const size = bytes(shards.reduce((sum, shard) => sum + shard.bytes, 0));
  const throttled = shards.reduce((sum, shard) => sum + shard.throttled, 0);
  const throttledText = throttled === 0 ? "" : ` · ${count(throttled)} throttled`;
  const open = shards.filter(({ closed }) => !closed);
  const closed = shards.length - open.length;
  const restText = (closed === 0 ? "" : ` · ${count(closed)} closed`) + throttledText;
  if (open.length === 1) return `${size} · 1 shard${restText}`;
  const each = open.length <= 4 ? `: ${open.map(({ records }) => count(records)).join(", ")}` : "";
  return `${size} · ${count(open.length)} shards${each}${restText}`;
}

/** The first wait that was seen of this buffer, from which its bar starts. */
let longest = 0;
let dueAt: number | null = null;

function countdown(hops: Hops, seenAt: number) {
  const bar = byId("hop-countdown");
  if (hops.nextDelivery === null) {
    dueAt = null;
    bar.style.width = "0";
    setText(
      byId("hop-due"),
      hops.failure !== "" && hops.bufferedRecords > 0 ? hops.failure : "empty: waits for an event",
    );
    return;
  }
  // By the pipeline's own clock, and the time here since the page asked it.
  const left = Math.max(0, hops.nextDelivery - hops.now - (Date.now() - seenAt));
  if (dueAt !== hops.nextDelivery) longest = left;
  dueAt = hops.nextDelivery;
  bar.style.width = `${longest === 0 ? 100 : Math.round(100 * (1 - left / longest))}%`;
  setText(
    byId("hop-due"),
    `${bytes(hops.bufferedBytes)} · ${left === 0 ? "being delivered" : `delivered in ${(left / 1000).toFixed(1)} s`}`,
  );
}

function showLanded({ deliveredObjects, deliveredBytes }: Hops, newest: () => void) {
  const element = byId("hop-objects");
  if (deliveredObjects === 0) return setText(element, "no objects yet");
  // The new button takes over the focus.
  const focused = element.contains(document.activeElement);
  const open = button("open the newest", newest);
  element.replaceChildren(`${things(deliveredObjects, "object")} · ${bytes(deliveredBytes)} · `, open);
  if (focused) open.focus();
}
