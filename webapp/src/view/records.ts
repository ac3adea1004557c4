import { Pages } from "../model/pages.ts";
import { ask, nameOf, type Part, previewBytes, type Query, type Row, readRow, startOf } from "../model/records.ts";
import type { Watched } from "../model/watch.ts";
import { byId, h, say, setText, soon } from "./dom.ts";
import { bytes, count, things, time } from "./format.ts";
import { type Column, Grid } from "./grid.ts";

const wrongStart = "From: type 15:04, 2026-01-31 15:04:05, or a sequence number.";

/** How many rows the first request asks for, and each later one. */
export const batch = "200";
export const laterBatch = "1000";
/** New rows that are put before the others; if more have come, the list begins anew. */
const mostFresh = 1000;

const columns: Column<Row>[] = [
  { title: "Time", class: "stamp", cell: ({ arrivedAt }) => (arrivedAt === null ? "–" : time(arrivedAt)) },
  { title: "Shard", class: "shard-number", cell: ({ shardId }) => shardOf(shardId), hint: ({ shardId }) => shardId },
  {
    title: "Partition key",
    class: "partition-key mono",
    cell: (row) => row.partitionKey,
    hint: (row) => row.partitionKey,
  },
  { title: "Size", class: "number size", cell: (row) => bytes(row.bytes) },
  { title: "Record", class: "mono", cell: preview },
  { title: "Where", class: "where", cell: where, hint: ({ parts }) => parts[0]?.key ?? "" },
];

/** shardOf is the number at the end of a shard's id. */
const shardOf = (id: string) => id.replace(/^shardId-0*(?=\d)/, "");

export function preview({ text, isText }: Row): string {
  return isText ? text.replaceAll(/\s+/g, " ") : `(base64) ${text}`;
}

const states: Record<string, string> = {
  unread: "stream",
  buffered: "buffer",
  delivered: "object",
  unknown: "delivered",
};

function where({ state, parts }: Row): string {
  const [part] = parts;
  return part === undefined ? (states[state] ?? "stream") : `object, ${count(part.record)}`;
}

export type Records = {
  /** see follows the pipeline's status. */
  see: (watched: Watched | null) => void;
  /** shown is called when the tab is chosen. */
  shown: () => void;
  /** only shows the records of one partition key. */
  only: (key: string) => void;
};

/** records is the browser of the stream. open shows one record. */
export function records(open: (sequenceNumber: string) => void): Records {
  const search = byId<HTMLInputElement>("records-search");
  const from = byId<HTMLInputElement>("records-from");
  const shard = byId<HTMLSelectElement>("records-shard");
  const live = byId<HTMLButtonElement>("records-live");
  const grid = new Grid<Row>(byId("records-panel"), byId<HTMLTableElement>("records"), (row) =>
    open(row.sequenceNumber),
  );
  let key = "";
  let pages: Pages<Row> | null = null;
  let tail = "";
  let isLive = true;
  /** How many records the stream had, by the status, when the list was as new as it. */
  let seen = 0;
  let known = 0;
  /** Since when the pipeline counts. */
  let began = 0;
  let tailing = false;
  /** How many rows were put before the first ones. */
  let fresh = 0;

  const query = (): Query => ({
    text: search.value.trim(),
    key,
    shard: shard.value,
    from: startOf(from.value, new Date()) ?? "",
    order: from.value.trim() === "" ? "newest" : "oldest",
    limit: batch,
    most: previewBytes,
  });

  const draw = soon(50, () => {
    if (pages === null) return;
    grid.draw();
    const asked = query();
    const searching = asked.text !== "" || asked.key !== "";
    const unseen = Math.max(0, known - seen);
    byId("records-stop").hidden = !(pages.loading && searching);
    const empty = byId("records-empty");
    const begins = startOf(from.value, new Date()) !== null; // without a start, nothing was asked for
    empty.hidden = pages.count > 0 || !pages.ended || !begins;
    setText(
      empty,
      searching || asked.from !== "" || asked.shard !== ""
        ? "No record of the stream matches. The stream keeps records for its retention only."
        : "The stream has no records yet. Send an event.",
    );
    setText(byId("records-said"), said(pages, searching, isLive || pages.count === 0 ? 0 : unseen));
    byId("records-said").classList.toggle("bad", pages.problem !== "" || !begins);
    byId("records-key").hidden = key === "";
    byId("records-key").setAttribute("aria-label", `Show all partition keys again, not only ${key}`);
  });

  const choose = (value: string) => {
    key = value;
    byId("records-key").replaceChildren("Key ", h("bdi", {}, key), " ×");
  };

  const said = (pages: Pages<Row>, searching: boolean, fresh: number): string => {
    if (startOf(from.value, new Date()) === null) return wrongStart;
    if (pages.problem !== "") return pages.problem;
    const more = fresh > 0 ? `${count(fresh)} new` : "";
    if (!searching) return more;
    const state = pages.loading ? "Searching" : pages.ended ? "Searched" : "So far";
    return `${state}: ${things(pages.count, "record")} found in ${count(pages.scanned)}${more === "" ? "" : ` · ${more}`}`;
  };

  const begin = () => {
    pages?.end();
    if (startOf(from.value, new Date()) === null) return draw();
    const asked = query();
    seen = known;
    tail = "";
    fresh = 0;
    const mine = new Pages<Row>(
      (cursor, signal) =>
        ask("records", { ...asked, limit: cursor === "" ? batch : laterBatch, cursor }, readRow, signal),
      () => mine === pages && draw(),
    );
    pages = mine;
    grid.show(mine, columns);
    void mine.more().then(() => {
      if (mine !== pages) return;
      tail = mine.tail;
      draw();
      if (asked.text !== "" || asked.key !== "") say(mine.problem || `${things(mine.count, "record")} found.`);
    });
    draw();
  };

  /** follow puts the records that came since before the others, while the first row is on the screen. */
  const follows = () =>
    isLive && from.value.trim() === "" && grid.atTop && !document.querySelector("dialog[open]") && !grid.focused;
  const follow = async () => {
    if (pages === null || tailing || tail === "") return;
    tailing = true;
    const [mine, now, asked] = [pages, known, query()];
    try {
      const answer = await ask(
        "records",
        { ...asked, order: "oldest", limit: String(mostFresh), cursor: tail },
        readRow,
        AbortSignal.timeout(10_000),
      );
      if (mine !== pages) return;
      // Rows put before the others stay in memory.
      fresh += answer.rows.length;
      if (fresh > mostFresh || answer.rows.length === mostFresh) return begin();
      tail = answer.next || answer.tail;
      if (answer.next === "") seen = now;
      mine.prepend(answer.rows.reverse());
      if (mine.count > 0 || answer.rows.length > 0) draw();
    } catch {
      // The status says that the pipeline is gone. The next one tries again.
    } finally {
      tailing = false;
    }
  };

  /** refresh asks again for the oldest rows that have no object yet: they land first. */
  const refresh = async () => {
    const mine = pages;
    const waiting = mine?.inMemory().filter(({ state }) => state === "unread" || state === "buffered") ?? [];
    const since = Math.min(...waiting.map(({ arrivedAt }) => arrivedAt ?? Number.POSITIVE_INFINITY));
    if (mine === null || tailing || !Number.isFinite(since)) return;
    tailing = true;
    try {
      const again = { ...query(), order: "oldest", from: String(since), limit: laterBatch };
      const { rows } = await ask("records", again, readRow, AbortSignal.timeout(10_000));
      const now = new Map(rows.map((row) => [row.sequenceNumber, row]));
      for (const row of waiting) {
        const changed = now.get(row.sequenceNumber);
        if (changed === undefined || changed.state === row.state) continue;
        Object.assign(row, changed);
        grid.redraw(row);
      }
    } catch {
      // The next status tries again.
    } finally {
      tailing = false;
    }
  };

  const later = soon(300, begin);
  search.addEventListener("input", later);
  from.addEventListener("change", begin);
  shard.addEventListener("change", begin);
  byId("records-filters").addEventListener("submit", (event) => {
    event.preventDefault();
    begin();
  });
  byId("records-stop").addEventListener("click", () => {
    pages?.stop();
    draw();
  });
  byId("records-key").addEventListener("click", () => {
    choose("");
    search.focus();
    begin();
  });
  live.addEventListener("click", () => {
    isLive = !isLive;
    live.setAttribute("aria-pressed", String(isLive));
    if (isLive) {
      from.value = "";
      begin();
    }
  });

  return {
    shown: () => (pages === null ? begin() : draw()),
    see: (watched) => {
      byId("tab-records").hidden = watched === null;
      const hops = watched?.hops;
      if (!hops) return;
      const total = hops.shards.reduce((sum, one) => sum + one.records, 0);
      if (hops.startedAt !== began) {
        // Its count began anew, so it does not say whether the list is as new as the stream.
        pages?.end();
        pages = null;
      }
      began = hops.startedAt;
      known = total;
      choices(
        shard,
        hops.shards.map(({ id }) => id),
      );
      setText(byId("badge-records"), `${count(total)} new`);
      if (watched.state !== "live" || byId("panel-records").hidden) return;
      if (pages === null || pages.problem !== "") begin();
      else if (known !== seen && follows()) void follow().then(draw);
      else {
        draw();
        void refresh();
      }
    },
    only: (value) => {
      choose(value);
      byId("tab-records").click();
      begin();
    },
  };
}

/** choices offers the shards of the stream, if there are several. */
function choices(select: HTMLSelectElement, ids: string[]) {
  byId("records-shard-field").hidden = ids.length < 2;
  if (select.options.length === ids.length + 1) return;
  const chosen = select.value;
  select.replaceChildren(
    h("option", { value: "" }, "All"),
    ...ids.map((id) => h("option", { value: id, selected: id === chosen }, shardOf(id))),
  );
}

/** partText names a place in an object. */
export const partText = ({ key, record }: Part) => `record ${count(record)} of ${nameOf(key)}`;
