import { byteLength, type Words } from "../model/answer.ts";
import { type Entry, maxEntries, type Session } from "../model/session.ts";
import { code } from "./code.ts";
import { byId, copyButton, h, setText } from "./dom.ts";
import type { Drawer } from "./drawer.ts";
import { bytes, clock, count, latency } from "./format.ts";
import { indented } from "./indented.ts";
import { sequenceHere } from "./landing.ts";

/** log lists answers, the newest first. The function that it returns updates the list. */
export function log(
  session: Session,
  drawer: Drawer,
  follow: (sequenceNumber: string) => HTMLElement,
  again: (entry: Entry) => HTMLElement,
): () => void {
  const rows = byId<HTMLTableSectionElement>("rows");
  const hideAccepted = byId<HTMLInputElement>("hide-accepted");
  let shown: Entry | undefined;

  rows.addEventListener("click", (event) => {
    const row = (event.target as Element).closest("tr");
    const entry = session.entries.find(({ n }) => String(n) === row?.dataset.n);
    if (entry && getSelection()?.isCollapsed !== false)
      drawer.open(`Event ${entry.n}`, [again(entry), ...details(entry, follow)]);
  });
  const showEmpty = () => {
    const { entries } = session;
    const isEmpty = entries.every(({ words }) => hideAccepted.checked && words.fate === "accepted");
    byId("log").hidden = isEmpty;
    byId("answers-empty").hidden = !isEmpty;
    setText(
      byId("answers-empty"),
      entries.length === 0
        ? "Every answer is listed here, with its status, latency, shard and sequence number."
        : "Every answer here is accepted: Hide accepted hides it.",
    );
  };
  hideAccepted.addEventListener("change", () => {
    byId("log").classList.toggle("hide-accepted", hideAccepted.checked);
    showEmpty();
  });
  showEmpty();

  return () => {
    const { entries } = session;
    if (entries.length === 0) rows.replaceChildren();
    const from = shown === undefined ? 0 : entries.lastIndexOf(shown) + 1;
    rows.prepend(...entries.slice(from).reverse().map(rowOf));
    while (rows.rows.length > maxEntries) rows.deleteRow(-1);
    shown = entries.at(-1);
    showEmpty();
    const { accepted, rejected, unknown } = session.figures;
    setText(byId("badge-answers"), count(accepted + rejected + unknown));
  };
}

const colours: Record<Words["fate"], string> = { accepted: "good", rejected: "bad", unknown: "warn", unsent: "bad" };

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
    { "data-n": String(entry.n), class: words.fate },
    h(
      "td",
      {},
      h("button", { type: "button", class: "link", "aria-label": `Event ${entry.n}, details` }, String(entry.n)),
    ),
    h("td", { class: "time" }, clock(entry.at)),
    h("td", { title: summary }, h("span", { class: `status ${colours[words.fate]}` }, status), ` ${summary}`),
    h("td", { class: "number" }, outcome.kind === "answer" ? latency(entry.ms) : "–"),
    ...record,
  );
}

function details(entry: Entry, follow: (sequenceNumber: string) => HTMLElement): Node[] {
  const { outcome, words } = entry;
  const facts: [string, string, copied?: string][] = [
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
  if (entry.sequenceNumber !== "") facts.push(["Sequence number", entry.sequenceNumber, "the sequence number"]);
  if (outcome.kind === "answer") {
    if (outcome.requestId !== "") facts.push(["Request id", outcome.requestId, "the request id"]);
    if (outcome.errorType !== "") facts.push(["Error type", outcome.errorType]);
    if (outcome.retryAfter !== "") facts.push(["Retry-After", outcome.retryAfter]);
  } else if (outcome.detail !== "") facts.push(["The browser says", outcome.detail]);
  const status = outcome.kind === "answer" ? `${outcome.status} ` : "";
  const cut = entry.bytes > byteLength(entry.body) ? ", the beginning of it" : "";
  return [
    h(
      "p",
      { class: `verdict ${colours[words.fate]}` },
      h("strong", {}, `${status}${words.summary}`),
      words.advice === "" ? "" : ` ${words.advice}`,
    ),
    follow(sequenceHere(entry)),
    h(
      "dl",
      { class: "facts" },
      ...facts.flatMap(([name, value, copied]) => [
        h("dt", {}, name),
        h("dd", {}, value, ...(copied ? [" ", copyButton(value, copied)] : [])),
      ]),
    ),
    h("h3", {}, `Sent (${bytes(entry.bytes)}${cut})`),
    block(code(entry.body), "What was sent"),
    ...(outcome.kind === "answer"
      ? [
          h("h3", {}, outcome.cut ? "Answered (the beginning of it)" : "Answered"),
          block(outcome.body === "" ? "(nothing)" : code(indented(outcome.body)), "What was answered"),
        ]
      : []),
  ];
}

function block(content: Node | string, label: string): HTMLElement {
  return h("pre", { class: "block", tabindex: "0", role: "region", "aria-label": label }, content);
}
