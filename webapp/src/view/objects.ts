import { Pages } from "../model/pages.ts";
import {
  ask,
  folderOf,
  nameOf,
  type Part,
  previewBytes,
  type Row,
  readRow,
  readWritten,
  startOf,
  type Written,
} from "../model/records.ts";
import type { Watched } from "../model/watch.ts";
import { byId, h, say, setText, soon } from "./dom.ts";
import { bytes, count, things, time } from "./format.ts";
import { type Column, Grid } from "./grid.ts";
import { batch, laterBatch, preview } from "./records.ts";

const wrongTime = "Landed from: type 15:04, or 2026-01-31 15:04:05.";

/** bdi keeps the order of a text that is cut off at its beginning. */
function bdi<T>(text: (row: T) => string): (row: T) => Node {
  return (row) => h("bdi", {}, text(row));
}

const objectColumns: Column<Written>[] = [
  { title: "Landed", class: "stamp", cell: ({ at }) => time(at) },
  { title: "Folder or partition", class: "mono tail", cell: bdi(folderOf), hint: ({ key }) => key },
  { title: "Name", class: "mono tail", cell: bdi(({ key }) => nameOf(key)), hint: ({ key }) => key },
  { title: "Records", class: "number", cell: ({ records }) => count(records) },
  { title: "Size", class: "number size", cell: sizes, hint: sizesInWords },
];

const foundColumns: Column<Row>[] = [
  { title: "Arrived", class: "stamp", cell: ({ arrivedAt }) => (arrivedAt === null ? "–" : time(arrivedAt)) },
  { title: "Record", class: "number", cell: ({ parts }) => count(parts[0]?.record ?? 0) },
  { title: "Text", class: "mono", cell: preview },
  {
    title: "Object",
    class: "mono tail",
    cell: bdi(({ parts }) => nameOf(parts[0]?.key ?? "")),
    hint: ({ parts }) => parts[0]?.key ?? "",
  },
];

function sizes({ bytes: size, errorType }: Written): string {
  return errorType === "" ? bytes(size) : `${bytes(size)}, error`;
}

function sizesInWords({ bytes: size, storedBytes, compression, errorType }: Written): string {
  const stored = storedBytes === size ? "" : `, ${bytes(storedBytes)} in the bucket as ${compression}`;
  return `${bytes(size)} of records and delimiters${stored}${errorType === "" ? "" : `; not delivered: ${errorType}`}`;
}

export type Objects = {
  see: (watched: Watched | null) => void;
  shown: () => void;
  /** newest opens the newest object. */
  newest: () => void;
};

/** objects lists the objects of the bucket, or the records in them that have a text. open shows an object from one of its records. */
export function objects(open: (part: Part) => void): Objects {
  const search = byId<HTMLInputElement>("objects-search");
  const prefix = byId<HTMLInputElement>("objects-prefix");
  const from = byId<HTMLInputElement>("objects-from");
  const panel = byId("objects-panel");
  const all = new Grid<Written>(panel, byId<HTMLTableElement>("objects"), (object) => open({ ...object, record: 0 }));
  const found = new Grid<Row>(
    panel,
    byId<HTMLTableElement>("objects-found"),
    ({ parts: [part] }) => part && open(part),
  );
  /** Objects are selected by their times alone. */
  const timeOfStart = () => (/^\s*\d{40,}\s*$/.test(from.value) ? null : startOf(from.value, new Date()));
  let pages: Pages<Written> | Pages<Row> | null = null;
  let delivered = 0;
  let listed = -1;
  /** Since when the pipeline counts. */
  let began = 0;

  const draw = soon(50, () => {
    if (pages === null) return;
    all.draw();
    found.draw();
    const text = search.value.trim();
    byId("objects-stop").hidden = !(pages.loading && text !== "");
    const begins = timeOfStart() !== null; // without a time, nothing was asked for
    byId("objects-empty").hidden = pages.count > 0 || !pages.ended || !begins;
    setText(
      byId("objects-empty"),
      text !== "" || prefix.value !== "" || from.value !== ""
        ? "No object matches."
        : "Objects are listed here as they land in the bucket.",
    );
    const state = pages.loading ? "Searching" : pages.ended ? "Searched" : "So far";
    const said = text === "" ? "" : `${state}: ${things(pages.count, "record")} found in ${count(pages.scanned)}`;
    setText(
      byId("objects-said"),
      begins ? [pages.problem || said, ...pages.notes].filter(Boolean).join(" ") : wrongTime,
    );
    byId("objects-said").classList.toggle("bad", pages.problem !== "" || !begins);
  });

  const begin = () => {
    pages?.end();
    listed = delivered;
    const [text, key, since] = [search.value.trim(), prefix.value.trim(), timeOfStart()];
    if (since === null) return draw();
    const query = { prefix: key, from: since, order: since === "" ? "newest" : "oldest" };
    if (text === "") {
      const mine = new Pages<Written>(
        (cursor, signal) =>
          ask("objects", { ...query, limit: cursor === "" ? batch : laterBatch, cursor }, readWritten, signal),
        () => mine === pages && draw(),
      );
      pages = mine;
      found.hide();
      all.show(mine, objectColumns);
    } else {
      const mine = new Pages<Row>(
        (cursor, signal) =>
          ask(
            "delivered",
            { ...query, limit: cursor === "" ? batch : laterBatch, text, most: previewBytes, cursor },
            readRow,
            signal,
          ),
        () => mine === pages && draw(),
      );
      pages = mine;
      all.hide();
      found.show(mine, foundColumns);
      void mine.more().then(() => mine === pages && say(mine.problem || `${things(mine.count, "record")} found.`));
    }
    void pages.more();
    draw();
  };

  const later = soon(300, begin);
  search.addEventListener("input", later);
  prefix.addEventListener("input", later);
  from.addEventListener("change", begin);
  byId("objects-filters").addEventListener("submit", (event) => {
    event.preventDefault();
    begin();
  });
  byId("objects-stop").addEventListener("click", () => {
    pages?.stop();
    draw();
  });

  return {
    see: (watched) => {
      if (!watched?.hops) return;
      if (watched.hops.startedAt !== began) listed = -1;
      began = watched.hops.startedAt;
      delivered = watched.hops.deliveredObjects;
      setText(byId("badge-objects"), `${count(delivered)} new`);
      if (watched.state !== "live" || byId("panel-objects").hidden) return;
      // A search and a list that somebody reads stay as they are.
      if (
        pages === null ||
        (listed !== delivered &&
          all.atTop &&
          search.value === "" &&
          from.value === "" &&
          !all.focused &&
          !document.querySelector("dialog[open]")) ||
        pages.problem !== ""
      )
        begin();
    },
    shown: () => (pages === null || listed !== delivered ? begin() : draw()),
    newest: () =>
      void ask("objects", { limit: "1" }, readWritten, AbortSignal.timeout(10_000)).then(
        ({ rows: [object] }) => {
          if (object) open({ ...object, record: 0 });
        },
        () => say("The pipeline does not answer."),
      ),
  };
}
