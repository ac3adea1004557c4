import { objectPath } from "../model/object.ts";
import { ask, type Batch, nameOf, type Part, type Row, readRow, readWritten, type Written } from "../model/records.ts";
import { code } from "./code.ts";
import { copyButton, h, say, setText, soon } from "./dom.ts";
import type { Drawer } from "./drawer.ts";
import { bytes, count, things, time } from "./format.ts";
import { indented } from "./indented.ts";

/** How many records are shown at once, and how many of them before the one that a person asked for. */
const batch = 100;
const before = 10;
/** The bytes of each record that the viewer shows. */
const most = "65536";
/** The parts of each record that are coloured, and the spare characters of its indentation: there are many records on the screen. */
const coloured = 500;
const spare = 10_000;

/** objectOpener opens an object at one of its records. toRecord opens a record of the stream. */
export function objectOpener(drawer: Drawer, toRecord: (sequenceNumber: string) => void): (part: Part) => void {
  return (part) => {
    const stop = new AbortController();
    const { bucket, key } = part;
    const name = nameOf(key);
    const facts = h("dl", { class: "facts" }, ...keyFacts(part));
    const viewer = lines(part, stop.signal, toRecord);
    drawer.open("Object", [facts, ...viewer.nodes], () => stop.abort());
    viewer.begin();
    ask("objects", { bucket, prefix: key, limit: "1" }, readWritten, stop.signal).then(
      ({ rows: [object] }) => {
        if (object?.key === key) facts.append(...objectFacts(object));
        facts.append(
          h("dt", {}, "File"),
          h("dd", {}, h("a", { href: objectPath(bucket, key), download: name }, "Download")),
        );
      },
      () => {}, // the records below say what is wrong
    );
  };
}

function keyFacts({ bucket, key }: Part): HTMLElement[] {
  return [
    h("dt", {}, "Bucket"),
    h("dd", {}, bucket),
    h("dt", {}, "Key"),
    h("dd", {}, h("bdi", {}, key), " ", copyButton(key, "the key")),
  ];
}

function objectFacts({ partition, timeZone, at, records, bytes: size, storedBytes, compression, errorType }: Written) {
  const facts: [string, string][] = [
    ...partition,
    ["Dates in the key", timeZone],
    ["Landed", time(at)],
    ["Holds", `${things(records, "record")}, ${bytes(size)} with their delimiters`],
    ["In the bucket", storedBytes === size ? "" : `${bytes(storedBytes)}, ${compression}`],
    ["Not delivered", errorType],
  ];
  return facts.filter(([, value]) => value !== "").flatMap(([term, value]) => [h("dt", {}, term), h("dd", {}, value)]);
}

/** lines are the records of an object, with a search among them. */
function lines(part: Part, signal: AbortSignal, toRecord: (sequenceNumber: string) => void) {
  const { bucket, key } = part;
  const search = h("input", {
    type: "search",
    "aria-label": "Search in this object",
    placeholder: "Search in this object",
  });
  const pretty = h("input", { type: "checkbox" });
  const list = h("ol", { class: "lines", tabindex: "0", "aria-label": "Records of the object" });
  const heading = h("h3", {}, "Reading…");
  const notice = h("p", { class: "notice", hidden: true });
  const earlier = h("button", { type: "button", class: "quiet", hidden: true }, "Earlier records");
  const more = h("button", { type: "button", class: "quiet", hidden: true }, "More records");
  let rows: Row[] = [];
  let next = "";
  /** The number of the first record that is shown, if all from it are. */
  let first = 1;
  let asked = 0;
  /** Which search is the newest. */
  let searches = 0;

  const item = (row: Row): HTMLElement => {
    const n = row.parts[0]?.record ?? 0;
    const shown = pretty.checked ? indented(row.text, spare) : row.text;
    const content = h("code", {}, row.isText ? code(shown, coloured) : `(base64) ${row.text}`, row.cut ? "…" : "");
    const link =
      row.sequenceNumber === ""
        ? []
        : [h("button", { type: "button", class: "link", "aria-label": `Record ${n} in the stream` }, "record")];
    for (const element of link) element.addEventListener("click", () => toRecord(row.sequenceNumber));
    return h("li", { "data-n": count(n), "aria-current": n === part.record && "true" }, content, ...link);
  };
  const draw = () => {
    list.replaceChildren(...rows.map(item));
    const text = search.value.trim();
    setText(
      heading,
      text === ""
        ? `Records ${count(first)} to ${count(first + rows.length - 1)}`
        : `${things(rows.length, "record")} found${next === "" ? "" : " so far"}`,
    );
    more.hidden = next === "";
    earlier.hidden = text !== "" || first === 1;
  };
  const load = async (query: Record<string, string>, use: (batch: Batch<Row>) => void) => {
    const mine = ++asked;
    try {
      const got = await ask(
        "delivered",
        { bucket, object: key, most, limit: String(batch), ...query },
        readRow,
        signal,
      );
      if (mine !== asked || signal.aborted) return;
      notice.hidden = true;
      use(got);
      draw();
    } catch (error) {
      if (signal.aborted) return;
      notice.hidden = false;
      setText(notice, `The page cannot read it: ${error instanceof Error ? error.message : String(error)}.`);
    }
  };
  const from = (record: number) =>
    load({ record: String(record) }, (got) => {
      first = record;
      rows = got.rows;
      next = got.next;
      say(`${things(rows.length, "record")} shown.`);
    });
  const find = async (mine: number) => {
    const text = search.value.trim();
    rows = [];
    next = "";
    do {
      await load({ text, cursor: next }, (got) => {
        rows.push(...got.rows);
        next = got.next;
      });
    } while (next !== "" && rows.length < batch && notice.hidden && !signal.aborted && mine === searches);
  };
  const begin = async () => {
    const mine = ++searches;
    if (search.value.trim() !== "") return find(mine);
    await from(Math.max(1, part.record - before));
    list.querySelector("[aria-current]")?.scrollIntoView({ block: "center" });
  };
  search.addEventListener(
    "input",
    soon(300, () => void begin()),
  );
  pretty.addEventListener("change", draw);
  more.addEventListener("click", () => {
    void load({ text: search.value.trim(), cursor: next }, (got) => {
      rows.push(...got.rows);
      next = got.next;
    });
  });
  earlier.addEventListener("click", () => void from(Math.max(1, first - batch)));
  const tools = h(
    "div",
    { class: "row" },
    heading,
    search,
    h("label", { class: "tick" }, pretty, h("span", {}, "Pretty-printed")),
  );
  return { nodes: [tools, notice, earlier, list, more], begin: () => void begin() };
}
