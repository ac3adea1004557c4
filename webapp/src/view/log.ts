import { type Entry, maxEntries, type Session } from "../model/session.ts";
import { code } from "./code.ts";
import { byId, h, setText } from "./dom.ts";
import type { Drawer } from "./drawer.ts";
import { bytes, clock, count, latency } from "./format.ts";
import { indented } from "./indented.ts";

/** log lists answers, the newest first. Its result brings it up to date. */
export function log(session: Session, drawer: Drawer): () => void {
  const rows = byId<HTMLTableSectionElement>("rows");
  const onlyRejected = byId<HTMLInputElement>("only-rejected");
  let shown: Entry | undefined;

  rows.addEventListener("click", (event) => {
    const row = (event.target as Element).closest("tr");
    const entry = session.entries.find(({ n }) => String(n) === row?.dataset.n);
    if (entry && getSelection()?.isCollapsed !== false) drawer.open(`Event ${entry.n}`, details(entry));
  });
  onlyRejected.addEventListener("change", () => byId("log").classList.toggle("only-rejected", onlyRejected.checked));

  return () => {
    const { entries } = session;
    if (entries.length === 0) rows.replaceChildren();
    const from = shown === undefined ? 0 : entries.lastIndexOf(shown) + 1;
    rows.prepend(...entries.slice(from).reverse().map(rowOf));
    while (rows.rows.length > maxEntries) rows.deleteRow(-1);
    shown = entries.at(-1);
    byId("log").hidden = entries.length === 0;
    byId("answers-empty").hidden = entries.length > 0;
    const { accepted, rejected } = session.figures;
    setText(byId("badge-answers"), count(accepted + rejected));
  };
}

function rowOf(entry: Entry): HTMLTableRowElement {
  const { outcome, words } = entry;
  const status = outcome.kind === "answer" ? String(outcome.status) : "none";
  const tries = entry.tries > 1 ? ` (${entry.tries} tries)` : "";
  const summary = `${words.summary}${tries}`;
  const record =
    entry.sequenceNumber === ""
      ? [h("td", { class: "advice", colspan: "2", title: words.advice }, words.advice)]
      : [
          h("td", { class: "shard tail", title: entry.shardId }, h("bdi", {}, entry.shardId)),
          h("td", { class: "sequence tail", title: entry.sequenceNumber }, h("bdi", {}, entry.sequenceNumber)),
        ];
  return h(
    "tr",
    { "data-n": String(entry.n), class: words.accepted ? "accepted" : "rejected" },
    h(
      "td",
      {},
      h("button", { type: "button", class: "link", "aria-label": `Event ${entry.n}, details` }, String(entry.n)),
    ),
    h("td", { class: "time" }, clock(entry.at)),
    h(
      "td",
      { title: summary },
      h("span", { class: words.accepted ? "status good" : "status bad" }, status),
      ` ${summary}`,
    ),
    h("td", { class: "number" }, outcome.kind === "answer" ? latency(entry.ms) : "–"),
    ...record,
  );
}

function details(entry: Entry): Node[] {
  const { outcome, words } = entry;
  const facts: [string, string][] = [
    ["Sent to", entry.url],
    ["Done at", clock(entry.at)],
    [
      "Latency",
      outcome.kind === "answer"
        ? `${latency(entry.ms)}${entry.tries > 1 ? `, at try ${entry.tries}` : ""}`
        : "no answer",
    ],
    ["Authorisation", entry.authorization],
  ];
  if (entry.shardId !== "") facts.push(["Shard", entry.shardId]);
  if (entry.sequenceNumber !== "") facts.push(["Sequence number", entry.sequenceNumber]);
  if (outcome.kind === "answer") {
    if (outcome.requestId !== "") facts.push(["Request id", outcome.requestId]);
    if (outcome.errorType !== "") facts.push(["Error type", outcome.errorType]);
    if (outcome.retryAfter !== "") facts.push(["Retry-After", `${outcome.retryAfter} s`]);
  } else if (outcome.detail !== "") facts.push(["The browser says", outcome.detail]);
  const status = outcome.kind === "answer" ? `${outcome.status} ` : "";
  const cut = entry.bytes > entry.body.length ? ", the beginning of it" : "";
  return [
    h(
      "p",
      { class: words.accepted ? "verdict good" : "verdict bad" },
      h("strong", {}, `${status}${words.summary}`),
      words.advice === "" ? "" : ` ${words.advice}`,
    ),
    h("dl", { class: "facts" }, ...facts.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
    h("h3", {}, `Sent (${bytes(entry.bytes)}${cut})`),
    block(code(entry.body), "What was sent"),
    ...(outcome.kind === "answer"
      ? [
          h("h3", {}, "Answered"),
          block(outcome.body === "" ? "(nothing)" : code(indented(outcome.body)), "What was answered"),
        ]
      : []),
  ];
}

function block(content: Node | string, label: string): HTMLElement {
  return h("pre", { class: "block", tabindex: "0", role: "region", "aria-label": label }, content);
}
