import { byteLength } from "../model/answer.ts";
import { ask, type Part, type Row, readRow } from "../model/records.ts";
import { code } from "./code.ts";
import { copyButton, h } from "./dom.ts";
import type { Drawer } from "./drawer.ts";
import { bytes, time } from "./format.ts";
import { indented } from "./indented.ts";
import { partText } from "./records.ts";

/** recordOpener opens a record of the stream. follow says where it is, and only lists the records of its key. */
export function recordOpener(
  drawer: Drawer,
  follow: (sequenceNumber: string, opened: Row) => HTMLElement,
  only: (key: string) => void,
): (sequenceNumber: string) => void {
  return (sequence) => {
    const stop = new AbortController();
    const leaf = h("div", { class: "leaf" }, h("p", { class: "hint" }, "Reading…"));
    drawer.open("Record", [leaf], () => stop.abort());
    ask("records", { sequence, limit: "1" }, readRow, stop.signal).then(
      ({ rows: [row] }) => {
        const shown = row
          ? content(row, follow, (key) => {
              drawer.close();
              only(key);
            })
          : [h("p", { class: "notice" }, `The stream has no record ${sequence} any more: its retention has passed.`)];
        leaf.replaceChildren(...shown);
      },
      (error: Error) => {
        if (!stop.signal.aborted)
          leaf.replaceChildren(h("p", { class: "notice" }, `The pipeline does not show the record: ${error.message}`));
      },
    );
  };
}

const places: Record<string, string> = {
  unread: "In the stream. Firehose has not read it yet.",
  buffered: "In the buffer. The next delivery writes it to S3.",
  unknown: "Delivered before this data folder kept a journal of its objects. Search for its text in Objects.",
};

/** placeOf says where a record is, with a button for each of its places in objects. */
export function placeOf({ state, parts }: Row, toPart: (part: Part) => void): (Node | string)[] {
  if (parts.length === 0) return [places[state] ?? "In the stream."];
  return [
    "Landed in S3: ",
    ...parts.flatMap((part, n) => [
      ...(n > 0 ? [" and "] : []),
      button(`open the object at ${partText(part)}`, () => toPart(part)),
    ]),
  ];
}

export function button(text: string, act: () => void): HTMLElement {
  const element = h("button", { type: "button", class: "link" }, text);
  element.addEventListener("click", act);
  return element;
}

function content(
  row: Row,
  follow: (sequenceNumber: string, opened: Row) => HTMLElement,
  only: (key: string) => void,
): Node[] {
  return [
    follow(row.sequenceNumber, row),
    h(
      "dl",
      { class: "facts" },
      h("dt", {}, "Arrived"),
      h("dd", {}, row.arrivedAt === null ? "–" : `${time(row.arrivedAt)} (${new Date(row.arrivedAt).toISOString()})`),
      h("dt", {}, "Partition key"),
      h(
        "dd",
        {},
        h("bdi", {}, row.partitionKey),
        " ",
        copyButton(row.partitionKey, "the partition key"),
        " ",
        button("records of this key", () => only(row.partitionKey)),
      ),
      h("dt", {}, "Shard"),
      h("dd", {}, row.shardId),
      h("dt", {}, "Sequence number"),
      h("dd", {}, row.sequenceNumber, " ", copyButton(row.sequenceNumber, "the sequence number")),
      h("dt", {}, "Size"),
      h(
        "dd",
        {},
        `${bytes(row.bytes)}; with its key the shard counts ${bytes(row.bytes + byteLength(row.partitionKey))}`,
      ),
    ),
    ...data(row, "What the record holds"),
  ];
}

/** data shows a record's data, pretty-printed if it is JSON, or byte for byte. */
export function data({ text, isText }: Pick<Row, "text" | "isText">, label: string): Node[] {
  const pretty = isText ? indented(text) : text;
  const block = h(
    "pre",
    { class: "block", tabindex: "0", role: "region", "aria-label": label },
    isText ? code(pretty) : text,
  );
  const exact = h("input", { type: "checkbox" });
  exact.addEventListener("change", () => block.replaceChildren(code(exact.checked ? text : pretty)));
  return [
    h(
      "div",
      { class: "row" },
      h("h3", {}, isText ? "Data" : "Data, in base64: it is not text"),
      ...(pretty === text ? [] : [h("label", { class: "tick" }, exact, h("span", {}, "As it is"))]),
      copyButton(text, "the data"),
    ),
    block,
  ];
}
